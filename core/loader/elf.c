#include "core/loader/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    program_headers_max = 256,
    sections_max = 4096,
    symbol_bytes_max = 64 << 20, /* of the dynamic symbol table, and of its names */
};

#if defined(__x86_64__)
enum { this_machine = EM_X86_64 };
#elif defined(__aarch64__)
enum { this_machine = EM_AARCH64 };
#else
#error "name the ELF machine number of this architecture"
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { this_byte_order = ELFDATA2LSB };
#else
enum { this_byte_order = ELFDATA2MSB };
#endif

typedef struct elf_file {
    int fd;
    uint64_t bytes;
    ElfW(Ehdr) header;
} elf_file;

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_AARCH64: return "aarch64";
    case EM_386: return "32-bit x86";
    case EM_RISCV: return "RISC-V";
    default: return "another architecture";
    }
}

static uint32_t is_inside(const elf_file *file, uint64_t offset, uint64_t bytes)
{
    return offset <= file->bytes && bytes <= file->bytes - offset;
}

static god_status read_at(const elf_file *file, uint64_t offset, void *ret_data, size_t bytes, god_error *err)
{
    if (!is_inside(file, offset, bytes)) {
        return god_fail(err, GOD_E_DATA, "is cut short: it has %llu bytes and speaks of byte %llu",
                        (unsigned long long)file->bytes, (unsigned long long)(offset + bytes));
    }
    ssize_t count = pread(file->fd, ret_data, bytes, (off_t)offset);
    if (count < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot be read");
    }
    return (size_t)count == bytes ? GOD_OK : god_fail(err, GOD_E_DATA, "is cut short while it is being read");
}

static god_status check_header(const ElfW(Ehdr) * header, god_error *err)
{
    const unsigned char *ident = header->e_ident;
    if (memcmp(ident, ELFMAG, SELFMAG) != 0) {
        return god_fail(err, GOD_E_DATA, "is not a shared object: it does not begin as an ELF file");
    }
    if (ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) || ident[EI_DATA] != this_byte_order ||
        header->e_machine != this_machine) {
        return god_fail(err, GOD_E_UNSUPPORTED, "was built for %s, this host runs on %s: rebuild the plug-in here",
                        machine_name(header->e_machine), machine_name(this_machine));
    }
    if (header->e_type != ET_DYN) {
        return god_fail(err, GOD_E_DATA, "is an ELF file but not a shared object (type %u): link it with -shared",
                        (unsigned)header->e_type);
    }
    return GOD_OK;
}

static god_status elf_open(const char *path, elf_file *ret_file, god_error *err)
{
    struct stat info;
    elf_file file = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.fd < 0) {
        return god_fail_errno(err, errno == ENOENT ? GOD_E_NOT_FOUND : GOD_E_IO, "cannot be opened");
    }
    god_status status = GOD_OK;
    if (fstat(file.fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = god_fail(err, GOD_E_DATA, "is not a regular file");
        goto fail;
    }
    file.bytes = (uint64_t)info.st_size;
    if (file.bytes < sizeof file.header) {
        status = god_fail(err, GOD_E_DATA, "is not a shared object: it has %llu bytes", (unsigned long long)file.bytes);
        goto fail;
    }
    status = read_at(&file, 0, &file.header, sizeof file.header, err);
    if (status == GOD_OK) {
        status = check_header(&file.header, err);
    }
    if (status != GOD_OK) {
        goto fail;
    }
    *ret_file = file;
    return GOD_OK;
fail:
    (void)close(file.fd);
    return status;
}

/* Everything that opening it would map must be there: touching a mapped page beyond the end is a bus error. */
static god_status check_segments(const elf_file *file, god_error *err)
{
    const ElfW(Ehdr) *header = &file->header;
    if (header->e_phentsize != sizeof(ElfW(Phdr)) || header->e_phnum == 0 || header->e_phnum > program_headers_max) {
        return god_fail(err, GOD_E_DATA, "is damaged: it has %u program headers of %u bytes", (unsigned)header->e_phnum,
                        (unsigned)header->e_phentsize);
    }
    for (unsigned i = 0; i < header->e_phnum; i++) {
        ElfW(Phdr) segment;
        GOD_TRY(read_at(file, header->e_phoff + i * sizeof segment, &segment, sizeof segment, err));
        if (segment.p_type == PT_LOAD && !is_inside(file, segment.p_offset, segment.p_filesz)) {
            return god_fail(err, GOD_E_DATA, "is cut short: it has %llu bytes and a part of it ends at byte %llu",
                            (unsigned long long)file->bytes, (unsigned long long)(segment.p_offset + segment.p_filesz));
        }
    }
    return GOD_OK;
}

god_status gdi_elf_check(const char *path, god_error *err)
{
    elf_file file;
    GOD_TRY(elf_open(path, &file, err));
    god_status status = check_segments(&file, err);
    (void)close(file.fd);
    return status;
}

static god_status read_section(const elf_file *file, uint64_t index, ElfW(Shdr) * ret_section, god_error *err)
{
    if (index >= file->header.e_shnum) {
        return god_fail(err, GOD_E_DATA, "is damaged: it names section %llu of %u", (unsigned long long)index,
                        (unsigned)file->header.e_shnum);
    }
    return read_at(file, file->header.e_shoff + index * sizeof *ret_section, ret_section, sizeof *ret_section, err);
}

static god_status find_dynamic_symbols(const elf_file *file, ElfW(Shdr) * ret_symbols, god_error *err)
{
    if (file->header.e_shnum == 0 || file->header.e_shnum > sections_max ||
        file->header.e_shentsize != sizeof(ElfW(Shdr))) {
        return god_fail(err, GOD_E_UNSUPPORTED, "keeps no section table");
    }
    for (uint64_t i = 0; i < file->header.e_shnum; i++) {
        ElfW(Shdr) section;
        GOD_TRY(read_section(file, i, &section, err));
        if (section.sh_type == SHT_DYNSYM) {
            *ret_symbols = section;
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "keeps no dynamic symbol table");
}

/* The bytes of a section, with one NUL behind them. Freed by the caller. */
static god_status load_section(const elf_file *file, const ElfW(Shdr) * section, char **ret_data, god_error *err)
{
    if (section->sh_size > symbol_bytes_max) {
        return god_fail(err, GOD_E_DATA, "has a symbol section of %llu bytes, %d are allowed",
                        (unsigned long long)section->sh_size, symbol_bytes_max);
    }
    char *data = malloc((size_t)section->sh_size + 1);
    if (data == NULL) {
        return god_fail(err, GOD_E_NOMEM, "needs %llu bytes for its symbols, and memory is out",
                        (unsigned long long)section->sh_size);
    }
    god_status status = read_at(file, section->sh_offset, data, (size_t)section->sh_size, err);
    if (status != GOD_OK) {
        free(data);
        return status;
    }
    data[section->sh_size] = '\0';
    *ret_data = data;
    return GOD_OK;
}

static uint32_t is_exported(const ElfW(Sym) * symbol)
{
    unsigned binding = ELF64_ST_BIND(symbol->st_info), visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS && binding != STB_LOCAL &&
           (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

static god_status walk_symbols(const elf_file *file, void *user,
                               god_status (*each)(void *user, const char *name, god_error *err), god_error *err)
{
    ElfW(Shdr) symbols, names;
    char *symbol_data = NULL, *name_data = NULL;
    GOD_TRY(find_dynamic_symbols(file, &symbols, err));
    GOD_TRY(read_section(file, symbols.sh_link, &names, err));
    GOD_TRY(load_section(file, &symbols, &symbol_data, err));
    god_status status = load_section(file, &names, &name_data, err);
    for (uint64_t at = 0; status == GOD_OK && symbols.sh_size - at >= sizeof(ElfW(Sym)); at += sizeof(ElfW(Sym))) {
        ElfW(Sym) symbol;
        memcpy(&symbol, symbol_data + at, sizeof symbol);
        if (!is_exported(&symbol)) {
            continue;
        }
        status = symbol.st_name < names.sh_size
                     ? each(user, name_data + symbol.st_name, err)
                     : god_fail(err, GOD_E_DATA, "is damaged: a symbol's name lies outside its table");
    }
    free(name_data);
    free(symbol_data);
    return status;
}

god_status gdi_elf_exports(const char *path, void *user,
                           god_status (*each)(void *user, const char *name, god_error *err), god_error *err)
{
    elf_file file;
    GOD_TRY(elf_open(path, &file, err));
    god_status status = walk_symbols(&file, user, each, err);
    (void)close(file.fd);
    return status;
}
