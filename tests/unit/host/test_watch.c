#include "core/host/watch.h"

#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "jobs.h"
#include "test_host.h"

static gdi_watch watch;
static uint32_t here, later;

static void set_up(void)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_dir_remove("watched", &err), GOD_OK);
    ck_assert_int_eq(god_dir_make("watched/here", &err), GOD_OK);
    ck_assert_int_eq(gdi_watch_open(&watch, &err), GOD_OK);
    ck_assert_int_eq(gdi_watch_add(&watch, "watched/here", &here, &err), GOD_OK);
    ck_assert_int_eq(gdi_watch_add(&watch, "watched/later", &later, &err), GOD_OK);
    ck_assert_uint_eq(gdi_watch_take(&watch), 0);
}

static void tear_down(void)
{
    gdi_watch_close(&watch);
}

static uint64_t bit(uint32_t index)
{
    return UINT64_C(1) << index;
}

START_TEST(test_host_watch__sees_files_written_renamed_and_removed)
{
    FILE *file = fopen("watched/here/a", "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_eq(gdi_watch_take(&watch), bit(here));
    ck_assert_uint_eq(gdi_watch_take(&watch), 0);
    ck_assert_int_eq(rename("watched/here/a", "watched/here/b"), 0);
    ck_assert_uint_eq(gdi_watch_take(&watch), bit(here));
    ck_assert_int_eq(unlink("watched/here/b"), 0);
    ck_assert_uint_eq(gdi_watch_take(&watch), bit(here));
}
END_TEST

START_TEST(test_host_watch__follows_a_folder_that_comes_and_goes)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_dir_make("watched/later", &err), GOD_OK);
    ck_assert_uint_eq(gdi_watch_take(&watch), bit(later));
    test_write("watched/later", "a", "");
    ck_assert_uint_eq(gdi_watch_take(&watch), bit(later));
    ck_assert_int_eq(god_dir_remove("watched/later", &err), GOD_OK);
    ck_assert_uint_eq(gdi_watch_take(&watch), bit(later));
    ck_assert_uint_eq(gdi_watch_take(&watch), 0);
    ck_assert_int_eq(god_dir_make("watched/later", &err), GOD_OK);
    ck_assert_uint_eq(gdi_watch_take(&watch), bit(later));
    ck_assert_int_eq(rename("watched/later", "watched/moved"), 0);
    ck_assert_uint_eq(gdi_watch_take(&watch), bit(later));
    test_write("watched/moved", "a", "");
    ck_assert_uint_eq(gdi_watch_take(&watch), 0); /* it is not the watched folder any more */
}
END_TEST

Suite *suite_host_watch(void)
{
    Suite *suite = suite_create("host_watch");
    TCase *tests = tcase_create("watch");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_host_watch__sees_files_written_renamed_and_removed);
    tcase_add_test(tests, test_host_watch__follows_a_folder_that_comes_and_goes);
    suite_add_tcase(suite, tests);
    return suite;
}
