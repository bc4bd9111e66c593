/* The cache as something that fills up: listing, eviction, checking, downloads that are gone on with. */
#include <check.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/host/cache.h"

static char cache_dir[GOD_PATH_MAX];

static void set_up(void)
{
    ck_assert_ptr_nonnull(getcwd(cache_dir, sizeof cache_dir - 16));
    (void)strcat(cache_dir, "/room");
    ck_assert_int_eq(god_dir_remove(cache_dir, NULL), GOD_OK);
}

static void tear_down(void)
{
    (void)god_dir_remove(cache_dir, NULL);
}

static god_status make_kilobyte(void *user, const char *staging_dir, god_error *err)
{
    static const char data[1000];
    char path[GOD_PATH_MAX];
    (void)user;
    GOD_TRY(god_path_join(staging_dir, "data", path, err));
    return god_file_write(path, data, sizeof data, err);
}

static const gdi_cache_maker kilobyte = {.make = make_kilobyte, .source = "hf://test/plain"};

static void take(const char *key, gdi_cache_hold *hold)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_cache_take(cache_dir, "downloads", key, &kilobyte, hold, &err) == GOD_OK, "%s", err.message);
}

/* Makes an entry whose last use was so many seconds ago. */
static void make_old(const char *key, time_t seconds)
{
    char path[GOD_PATH_MAX];
    gdi_cache_hold hold;
    take(key, &hold);
    gdi_cache_release(&hold);
    (void)snprintf(path, sizeof path, "%.3000s/prepared/downloads/.%s.use", cache_dir, key);
    const struct timespec times[2] = {{.tv_sec = time(NULL) - seconds}, {.tv_sec = time(NULL) - seconds}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static uint32_t is_there(const char *key)
{
    char path[GOD_PATH_MAX];
    (void)snprintf(path, sizeof path, "%.3000s/prepared/downloads/%s", cache_dir, key);
    return god_file_exists(path);
}

START_TEST(test_host_cache_room__lists_what_is_there)
{
    gdi_cache_list list;
    gdi_cache_hold hold;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_cache_list_read(cache_dir, &list, &err), GOD_OK); /* no folder yet */
    ck_assert_uint_eq(list.count, 0);
    make_old("b", 10);
    make_old("a", 5);
    take("c", &hold);
    ck_assert_int_eq(gdi_cache_list_read(cache_dir, &list, &err), GOD_OK);
    ck_assert_uint_eq(list.count, 3);
    ck_assert_uint_eq(list.bytes, 3000);
    ck_assert_str_eq(list.entries[0].key, "b");
    ck_assert_str_eq(list.entries[1].key, "a");
    ck_assert_str_eq(list.entries[2].key, "c");
    ck_assert_str_eq(list.entries[0].owner, "downloads");
    ck_assert_str_eq(list.entries[0].source, "hf://test/plain");
    ck_assert_uint_eq(list.entries[0].files, 1);
    ck_assert_uint_eq(strlen(list.entries[0].sha256), 64);
    ck_assert_uint_eq(list.entries[0].in_use, 0);
    ck_assert_uint_eq(list.entries[2].in_use, 1);
    gdi_cache_list_clear(&list);
    gdi_cache_release(&hold);
}
END_TEST

START_TEST(test_host_cache_room__evicts_the_longest_unused_first)
{
    uint64_t evicted = 0, bytes = 0;
    god_error err = GOD_ERROR_INIT;
    make_old("old", 300);
    make_old("older", 400);
    make_old("new", 10);
    ck_assert_int_eq(gdi_cache_prune(cache_dir, 3000, &evicted, &bytes, &err), GOD_OK);
    ck_assert_uint_eq(evicted, 0);
    ck_assert_int_eq(gdi_cache_prune(cache_dir, 1999, &evicted, &bytes, &err), GOD_OK);
    ck_assert_uint_eq(evicted, 2);
    ck_assert_uint_eq(bytes, 2000);
    ck_assert_uint_eq(is_there("old") + is_there("older"), 0);
    ck_assert_uint_eq(is_there("new"), 1);
}
END_TEST

START_TEST(test_host_cache_room__never_evicts_what_is_in_use)
{
    uint64_t evicted = 0, bytes = 0;
    uint32_t gone = 1;
    gdi_cache_hold hold, again;
    god_error err = GOD_ERROR_INIT;
    take("used", &hold);
    take("used", &again); /* by two */
    ck_assert_int_eq(gdi_cache_prune(cache_dir, 0, &evicted, &bytes, &err), GOD_OK);
    ck_assert_uint_eq(evicted, 0);
    gdi_cache_release(&again);
    ck_assert_int_eq(gdi_cache_evict(cache_dir, "downloads", "used", &gone, &err), GOD_OK);
    ck_assert_uint_eq(gone, 0);
    ck_assert_uint_eq(is_there("used"), 1);
    gdi_cache_release(&hold);
    ck_assert_int_eq(gdi_cache_prune(cache_dir, 0, &evicted, &bytes, &err), GOD_OK);
    ck_assert_uint_eq(evicted, 1);
    ck_assert_uint_eq(is_there("used"), 0);
    take("used", &hold); /* and it can be made again */
    gdi_cache_release(&hold);
}
END_TEST

/* Users and evictors at the same time: whoever holds an entry finds it whole, every time. */
START_TEST(test_host_cache_room__users_and_evictors_do_not_meet)
{
    pid_t users[3];
    for (int i = 0; i < 3; i++) {
        users[i] = fork();
        ck_assert_int_ge(users[i], 0);
        if (users[i] == 0) {
            int wrong = 0;
            for (int k = 0; k < 40; k++) {
                gdi_cache_hold hold;
                char path[GOD_PATH_MAX + 8];
                struct stat info;
                wrong += gdi_cache_take(cache_dir, "downloads", "shared", &kilobyte, &hold, NULL) != GOD_OK;
                (void)snprintf(path, sizeof path, "%s/data", hold.dir);
                wrong += stat(path, &info) != 0 || info.st_size != 1000;
                gdi_cache_release(&hold);
            }
            _exit(wrong == 0 ? 0 : 1);
        }
    }
    int left = 3, status = 0;
    while (left > 0) {
        uint32_t gone = 0;
        god_error err = GOD_ERROR_INIT;
        ck_assert_msg(gdi_cache_evict(cache_dir, "downloads", "shared", &gone, &err) == GOD_OK || left == 3, "%s",
                      err.message);
        if (waitpid(-1, &status, WNOHANG) > 0) {
            ck_assert_int_eq(status, 0);
            left--;
        }
    }
}
END_TEST

START_TEST(test_host_cache_room__verify_finds_a_changed_byte)
{
    gdi_cache_list list;
    gdi_cache_hold hold;
    uint32_t good = 0;
    char path[GOD_PATH_MAX + 8];
    god_error err = GOD_ERROR_INIT;
    take("x", &hold);
    gdi_cache_release(&hold);
    ck_assert_int_eq(gdi_cache_list_read(cache_dir, &list, &err), GOD_OK);
    ck_assert_int_eq(gdi_cache_verify(cache_dir, &list.entries[0], &good, &err), GOD_OK);
    ck_assert_uint_eq(good, 1);
    (void)snprintf(path, sizeof path, "%s/data", hold.dir);
    ck_assert_int_eq(god_file_write(path, "changed", 7, &err), GOD_OK);
    ck_assert_int_eq(gdi_cache_verify(cache_dir, &list.entries[0], &good, &err), GOD_OK);
    ck_assert_uint_eq(good, 0);
    gdi_cache_list_clear(&list);
}
END_TEST

typedef struct download {
    int calls, found_before;
    god_status first;
} download;

/* Leaves something, fails the first time, and looks for it the second. */
static god_status make_in_two(void *user, const char *staging_dir, god_error *err)
{
    download *d = user;
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(staging_dir, "first", path, err));
    d->found_before = (int)god_file_exists(path);
    GOD_TRY(god_file_write(path, "1", 1, err));
    return ++d->calls == 1 ? god_fail(err, d->first, "the connection broke") : GOD_OK;
}

START_TEST(test_host_cache_room__a_broken_download_is_gone_on_with)
{
    download d = {.first = GOD_E_IO};
    gdi_cache_hold hold;
    god_error err = GOD_ERROR_INIT;
    const gdi_cache_maker maker = {.user = &d, .make = make_in_two, .goes_on = 1};
    ck_assert_int_eq(gdi_cache_take(cache_dir, "hub", "k", &maker, &hold, &err), GOD_E_IO);
    ck_assert_int_eq(gdi_cache_sweep(cache_dir, &err), GOD_OK); /* not yet a day old */
    ck_assert_int_eq(gdi_cache_take(cache_dir, "hub", "k", &maker, &hold, &err), GOD_OK);
    ck_assert_int_eq(d.found_before, 1);
    gdi_cache_release(&hold);
}
END_TEST

START_TEST(test_host_cache_room__a_wrong_download_is_not)
{
    download d = {.first = GOD_E_DATA};
    gdi_cache_hold hold;
    god_error err = GOD_ERROR_INIT;
    const gdi_cache_maker maker = {.user = &d, .make = make_in_two, .goes_on = 1};
    ck_assert_int_eq(gdi_cache_take(cache_dir, "hub", "k", &maker, &hold, &err), GOD_E_DATA);
    ck_assert_int_eq(gdi_cache_take(cache_dir, "hub", "k", &maker, &hold, &err), GOD_OK);
    ck_assert_int_eq(d.found_before, 0);
    gdi_cache_release(&hold);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_host_cache_room__lists_what_is_there,         test_host_cache_room__evicts_the_longest_unused_first,
        test_host_cache_room__never_evicts_what_is_in_use, test_host_cache_room__users_and_evictors_do_not_meet,
        test_host_cache_room__verify_finds_a_changed_byte, test_host_cache_room__a_broken_download_is_gone_on_with,
        test_host_cache_room__a_wrong_download_is_not};
    Suite *suite = suite_create("host cache room");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, set_up, tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        tcase_add_test(all, tests[i]);
    }
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
