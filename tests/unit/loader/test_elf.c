#include "fixture.h"

#include <elf.h>
#include <stdlib.h>

#include "core/loader/elf.h"

enum { file_bytes_max = 16 << 20 };

static const char changed[] = "scratch/changed.so";

static void read_normal(char **ret_data, size_t *ret_bytes)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(god_file_read(FAULT("normal"), file_bytes_max, ret_data, ret_bytes, &err) == GOD_OK, "%s",
                  err.message);
}

static god_status check_bytes(const char *data, size_t bytes, god_error *err)
{
    ck_assert(god_file_write(changed, data, bytes, err) == GOD_OK);
    return gdi_elf_check(changed, err);
}

static void assert_refused(const char *data, size_t bytes, god_status status, const char *part)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(check_bytes(data, bytes, &err), status);
    ck_assert_msg(strstr(err.message, part) != NULL, "\"%s\" lacks \"%s\"", err.message, part);
}

START_TEST(test_loader_elf__accepts_a_plug_in)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_elf_check(FAULT("normal"), &err) == GOD_OK, "%s", err.message);
}
END_TEST

START_TEST(test_loader_elf__refuses_what_is_no_shared_object)
{
    assert_refused("", 0, GOD_E_DATA, "has 0 bytes");
    assert_refused("#!/bin/sh\nexit 0\n", 17, GOD_E_DATA, "has 17 bytes");
    char text[256];
    memset(text, 'x', sizeof text);
    assert_refused(text, sizeof text, GOD_E_DATA, "does not begin as an ELF file");
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_elf_check("scratch", &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "is not a regular file");
    ck_assert_int_eq(gdi_elf_check("scratch/absent.so", &err), GOD_E_NOT_FOUND);
}
END_TEST

START_TEST(test_loader_elf__names_another_machine)
{
    char *data = NULL;
    size_t bytes = 0;
    read_normal(&data, &bytes);
    Elf64_Ehdr header;
    memcpy(&header, data, sizeof header);
    header.e_machine = EM_RISCV;
    memcpy(data, &header, sizeof header);
    assert_refused(data, bytes, GOD_E_UNSUPPORTED, "was built for RISC-V, this host runs on");
    data[EI_CLASS] = ELFCLASS32;
    assert_refused(data, bytes, GOD_E_UNSUPPORTED, "rebuild the plug-in here");
    free(data);
}
END_TEST

START_TEST(test_loader_elf__refuses_an_executable)
{
    char *data = NULL;
    size_t bytes = 0;
    read_normal(&data, &bytes);
    Elf64_Ehdr header;
    memcpy(&header, data, sizeof header);
    header.e_type = ET_EXEC;
    memcpy(data, &header, sizeof header);
    assert_refused(data, bytes, GOD_E_DATA, "not a shared object (type 2)");
    free(data);
}
END_TEST

/* Wherever the file is cut inside what would be mapped, it is refused and not opened. */
START_TEST(test_loader_elf__refuses_a_cut_file)
{
    char *data = NULL;
    size_t bytes = 0;
    read_normal(&data, &bytes);
    Elf64_Ehdr header;
    memcpy(&header, data, sizeof header);
    uint64_t mapped_end = 0;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        memcpy(&segment, data + header.e_phoff + i * sizeof segment, sizeof segment);
        uint64_t end = segment.p_type == PT_LOAD ? segment.p_offset + segment.p_filesz : 0;
        mapped_end = end > mapped_end ? end : mapped_end;
    }
    ck_assert_uint_gt(mapped_end, 4096);
    ck_assert_uint_le(mapped_end, bytes);
    for (size_t cut = 0; cut < mapped_end; cut += cut < 1024 ? 7 : 1021) {
        god_error err = GOD_ERROR_INIT;
        ck_assert_int_eq(check_bytes(data, cut, &err), GOD_E_DATA);
    }
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(check_bytes(data, mapped_end - 1, &err), GOD_E_DATA);
    ck_assert_int_eq(check_bytes(data, mapped_end, &err), GOD_OK);
    free(data);
}
END_TEST

static god_status count_export(void *user, const char *name, god_error *err)
{
    char *names = user;
    (void)err;
    strcat(strcat(names, name), " ");
    return GOD_OK;
}

START_TEST(test_loader_elf__lists_exports)
{
    char names[512] = "";
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_elf_exports(FAULT("normal"), names, count_export, &err) == GOD_OK, "%s", err.message);
    ck_assert_str_eq(names, "god_plugin_entry ");
    names[0] = '\0';
    ck_assert(gdi_elf_exports(FAULT("extra_export"), names, count_export, &err) == GOD_OK);
    ck_assert_ptr_nonnull(strstr(names, "json_surprise "));
    ck_assert_ptr_nonnull(strstr(names, "god_plugin_entry "));
}
END_TEST

static god_status ignore_export(void *user, const char *name, god_error *err)
{
    (void)err;
    *(size_t *)user += strlen(name); /* reads the whole name: a bad offset is seen by the address sanitizer */
    return GOD_OK;
}

/* Any byte of the headers and of the symbol sections may be wrong: a refusal is fine, a crash is not. */
START_TEST(test_loader_elf__survives_changed_bytes)
{
    char *data = NULL;
    size_t bytes = 0, total = 0;
    read_normal(&data, &bytes);
    Elf64_Ehdr header;
    memcpy(&header, data, sizeof header);
    for (size_t round = 0; round < 600; round++) {
        size_t in_header =
            round % 2 == 0 ? round % sizeof header : header.e_shoff + (round * 131) % (bytes - header.e_shoff);
        char kept = data[in_header];
        data[in_header] = (char)(round % 3 == 0 ? 0xff : round % 3 == 1 ? 0x00 : kept ^ 0x40);
        god_error err = GOD_ERROR_INIT;
        (void)check_bytes(data, bytes, &err);
        (void)gdi_elf_exports(changed, &total, ignore_export, &err);
        data[in_header] = kept;
    }
    free(data);
}
END_TEST

Suite *loader_elf_suite(void)
{
    Suite *suite = suite_create("loader_elf");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, scratch_begin, NULL);
    tcase_add_test(tests, test_loader_elf__accepts_a_plug_in);
    tcase_add_test(tests, test_loader_elf__refuses_what_is_no_shared_object);
    tcase_add_test(tests, test_loader_elf__names_another_machine);
    tcase_add_test(tests, test_loader_elf__refuses_an_executable);
    tcase_add_test(tests, test_loader_elf__refuses_a_cut_file);
    tcase_add_test(tests, test_loader_elf__lists_exports);
    tcase_add_test(tests, test_loader_elf__survives_changed_bytes);
    suite_add_tcase(suite, tests);
    return suite;
}
