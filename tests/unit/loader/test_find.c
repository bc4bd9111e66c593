#include "fixture.h"

#include "core/loader/find.h"

static god_status collect(void *user, const char *path, god_error *err)
{
    char *all = user;
    (void)err;
    strcat(strcat(all, path), " ");
    return GOD_OK;
}

static god_status refuse(void *user, const char *path, god_error *err)
{
    (void)path;
    ++*(int *)user;
    return god_fail(err, GOD_E_CANCELLED, "enough");
}

START_TEST(test_loader_find__lists_shared_objects_in_byte_order)
{
    char all[512] = "";
    god_error err = GOD_ERROR_INIT;
    scratch_write("b.so", "");
    scratch_write("a.so", "");
    scratch_write(".half.so", "");
    scratch_write("a.so.XyZ", "");
    scratch_write(".so", "");
    scratch_write("readme.md", "");
    ck_assert(gdi_plugins_find("scratch", all, collect, &err) == GOD_OK);
    ck_assert_str_eq(all, "scratch/a.so scratch/b.so ");
}
END_TEST

START_TEST(test_loader_find__takes_a_file_whatever_its_name)
{
    char all[512] = "";
    god_error err = GOD_ERROR_INIT;
    scratch_write("plugin", "");
    ck_assert(gdi_plugins_find("scratch/plugin", all, collect, &err) == GOD_OK);
    ck_assert_str_eq(all, "scratch/plugin ");
}
END_TEST

START_TEST(test_loader_find__a_missing_folder_is_empty)
{
    char all[512] = "";
    god_error err = GOD_ERROR_INIT;
    ck_assert(gdi_plugins_find("scratch/absent", all, collect, &err) == GOD_OK);
    ck_assert_str_eq(all, "");
}
END_TEST

START_TEST(test_loader_find__stops_when_told)
{
    int calls = 0;
    god_error err = GOD_ERROR_INIT;
    scratch_write("a.so", "");
    scratch_write("b.so", "");
    ck_assert_int_eq(gdi_plugins_find("scratch", &calls, refuse, &err), GOD_E_CANCELLED);
    ck_assert_int_eq(calls, 1);
}
END_TEST

Suite *loader_find_suite(void)
{
    Suite *suite = suite_create("loader_find");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, scratch_begin, NULL);
    tcase_add_test(tests, test_loader_find__lists_shared_objects_in_byte_order);
    tcase_add_test(tests, test_loader_find__takes_a_file_whatever_its_name);
    tcase_add_test(tests, test_loader_find__a_missing_folder_is_empty);
    tcase_add_test(tests, test_loader_find__stops_when_told);
    suite_add_tcase(suite, tests);
    return suite;
}
