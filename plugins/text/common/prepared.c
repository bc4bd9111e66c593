#include "common/prepared.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "god/helpers/sha256.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the prepared form is mapped as it lies in the file");
_Static_assert(sizeof(gtx_prepared_header) == 128 && sizeof(gtx_part) == 32, "the file layout is fixed");

static const char magic[8] = {'G', 'O', 'D', 'T', 'E', 'X', 'T', '\n'};

god_status gtx_prepared_add_part(gtx_prepared_writer *writer, const int32_t *ids, size_t id_count, const char *text,
                                 size_t text_bytes, god_error *err)
{
    const gtx_part part = {writer->ids.count, id_count, writer->text.bytes, text_bytes};
    GOD_TRY(gtx_ids_append(&writer->ids, ids, id_count, err));
    GOD_TRY(god_text_append(&writer->text, text, text_bytes, err));
    return god_text_append(&writer->parts, (const char *)&part, sizeof part, err);
}

/* SHA-256 as 32 bytes. */
static void digest(const char *data, size_t bytes, char ret_digest[32])
{
    char hex[GOD_SHA256_HEX];
    god_sha256_bytes(data, bytes, hex);
    for (size_t i = 0; i < 32; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        ret_digest[i] = (char)strtoul(pair, NULL, 16);
    }
}

god_status gtx_prepared_write(gtx_prepared_writer *writer, const char *dir, god_error *err)
{
    char path[GOD_PATH_MAX];
    god_text file = GOD_TEXT_INIT;
    gtx_prepared_header *header = &writer->header;
    assert(header->part_count > 0 && header->part_count <= GTX_PARTS_MAX);
    memcpy(header->magic, magic, sizeof magic);
    header->version = GTX_PREPARED_VERSION;
    header->row_count = writer->parts.bytes / sizeof(gtx_part) / header->part_count;
    header->id_count = writer->ids.count;
    header->text_bytes = writer->text.bytes;
    GOD_TRY(god_path_join(dir, GTX_PREPARED_FILE, path, err));
    god_status status = god_text_append(&file, (const char *)header, sizeof *header, err);
    if (status == GOD_OK) {
        status = god_text_append(&file, writer->parts.data, writer->parts.bytes, err);
    }
    if (status == GOD_OK) {
        status = god_text_append(&file, (const char *)writer->ids.items, writer->ids.count * sizeof(int32_t), err);
    }
    if (status == GOD_OK) {
        status = god_text_append(&file, writer->text.data, writer->text.bytes, err);
    }
    if (status == GOD_OK) {
        digest(file.data + sizeof *header, file.bytes - sizeof *header,
               file.data + offsetof(gtx_prepared_header, sha256));
        status = god_file_write(path, file.data, file.bytes, err);
    }
    god_text_free(&file);
    return status;
}

void gtx_prepared_writer_free(gtx_prepared_writer *writer)
{
    god_text_free(&writer->parts);
    god_text_free(&writer->text);
    gtx_ids_free(&writer->ids);
}

static god_status map_file(const char *path, void **ret_map, size_t *ret_bytes, god_error *err)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return god_fail_errno(err, errno == ENOENT ? GOD_E_NOT_FOUND : GOD_E_IO, "cannot open \"%s\"", path);
    }
    if (fstat(fd, &about) != 0) {
        god_status status = god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", path);
        (void)close(fd);
        return status;
    }
    if (!S_ISREG(about.st_mode) || about.st_size < (off_t)sizeof(gtx_prepared_header) ||
        (uint64_t)about.st_size > GTX_PREPARED_BYTES_MAX) {
        (void)close(fd);
        return god_fail(err, GOD_E_DATA, "\"%s\" is not a prepared test file: %lld bytes", path,
                        (long long)about.st_size);
    }
    void *map = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    god_status status = map == MAP_FAILED ? god_fail_errno(err, GOD_E_IO, "cannot map \"%s\"", path) : GOD_OK;
    (void)close(fd);
    if (status == GOD_OK) {
        *ret_map = map;
        *ret_bytes = (size_t)about.st_size;
    }
    return status;
}

/* Do the counts of the header fill the file exactly? */
static uint32_t sizes_fit(const gtx_prepared_header *header, size_t file_bytes)
{
    uint64_t rest = file_bytes - sizeof *header;
    if (header->part_count == 0 || header->part_count > GTX_PARTS_MAX ||
        header->row_count > rest / (sizeof(gtx_part) * header->part_count)) {
        return 0;
    }
    rest -= header->row_count * header->part_count * sizeof(gtx_part);
    if (header->id_count > rest / sizeof(int32_t)) {
        return 0;
    }
    rest -= header->id_count * sizeof(int32_t);
    return header->text_bytes == rest;
}

static uint32_t parts_fit(const gtx_prepared *prepared)
{
    const gtx_prepared_header *header = prepared->header;
    for (uint64_t i = 0; i < header->row_count * header->part_count; i++) {
        const gtx_part *part = &prepared->parts[i];
        if (part->id_at > header->id_count || part->id_count > header->id_count - part->id_at ||
            part->text_at > header->text_bytes || part->text_bytes > header->text_bytes - part->text_at) {
            return 0;
        }
    }
    return 1;
}

static god_status check(gtx_prepared *prepared, const char *path, god_error *err)
{
    const gtx_prepared_header *header = prepared->header;
    const char *behind = (const char *)(header + 1);
    char measured[32];
    if (memcmp(header->magic, magic, sizeof magic) != 0) {
        return god_fail(err, GOD_E_DATA, "\"%s\" is not a prepared test file", path);
    }
    if (header->version != GTX_PREPARED_VERSION) {
        return god_fail(err, GOD_E_DATA, "\"%s\" has version %u, this plug-in reads %d", path, header->version,
                        GTX_PREPARED_VERSION);
    }
    digest(behind, prepared->map_bytes - sizeof *header, measured);
    if (!sizes_fit(header, prepared->map_bytes) || memcmp(measured, header->sha256, sizeof measured) != 0) {
        return god_fail(err, GOD_E_DATA, "\"%s\" is damaged; remove its folder to have it prepared again", path);
    }
    prepared->parts = (const gtx_part *)(const void *)behind;
    prepared->ids = (const int32_t *)(const void *)(prepared->parts + header->row_count * header->part_count);
    prepared->text = (const char *)(prepared->ids + header->id_count);
    return parts_fit(prepared) ? GOD_OK : god_fail(err, GOD_E_DATA, "\"%s\" has an offset outside the file", path);
}

god_status gtx_prepared_open(const char *dir, gtx_prepared *ret_prepared, god_error *err)
{
    char path[GOD_PATH_MAX];
    gtx_prepared prepared = {0};
    GOD_TRY(god_path_join(dir, GTX_PREPARED_FILE, path, err));
    GOD_TRY(map_file(path, &prepared.map, &prepared.map_bytes, err));
    prepared.header = prepared.map;
    god_status status = check(&prepared, path, err);
    if (status != GOD_OK) {
        gtx_prepared_close(&prepared);
        return status;
    }
    *ret_prepared = prepared;
    return GOD_OK;
}

void gtx_prepared_close(gtx_prepared *prepared)
{
    if (prepared->map != NULL) {
        (void)munmap(prepared->map, prepared->map_bytes);
    }
    *prepared = (gtx_prepared){0};
}

uint64_t gtx_prepared_longest(const gtx_prepared *prepared)
{
    uint64_t longest = 0;
    for (uint64_t row = 0; row < prepared->header->row_count; row++) {
        uint64_t ids = 0;
        for (uint32_t part = 0; part < prepared->header->part_count; part++) {
            ids += gtx_prepared_part(prepared, row, part)->id_count;
        }
        longest = ids > longest ? ids : longest;
    }
    return longest;
}

const gtx_part *gtx_prepared_part(const gtx_prepared *prepared, uint64_t row, uint32_t part)
{
    return &prepared->parts[row * prepared->header->part_count + part];
}

const int32_t *gtx_prepared_ids(const gtx_prepared *prepared, const gtx_part *part)
{
    return prepared->ids + part->id_at;
}

const char *gtx_prepared_text(const gtx_prepared *prepared, const gtx_part *part)
{
    return prepared->text + part->text_at;
}
