#include "core/host/cache.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/child.h"
#include "jobs.h"
#include "test_host.h"

enum { processes = 6 };

static char cache_dir[GOD_PATH_MAX];

static void set_up(void)
{
    char cwd[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    ck_assert_int_eq(god_path_join(cwd, "cache", cache_dir, &err), GOD_OK);
    ck_assert_int_eq(god_dir_remove(cache_dir, &err), GOD_OK);
    ck_assert_int_eq(god_dir_make(cache_dir, &err), GOD_OK);
}

static gdi_child *start(const char *how)
{
    gdi_child *child = NULL;
    god_error err = GOD_ERROR_INIT;
    const char *const argv[] = {GOD_BUILD_DIR "/tests/test-cache-helper", cache_dir, how, NULL};
    const gdi_child_options options = {.argv = argv};
    ck_assert_msg(gdi_child_start(&options, &child, &err) == GOD_OK, "%s", err.message);
    return child;
}

static void assert_entry_is_whole(void)
{
    char path[GOD_PATH_MAX];
    static const char *const names[] = {"first", "second"};
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%.3000s/prepared/god.test/key-1/%s", cache_dir, names[i]);
        ck_assert_msg(god_file_exists(path), "%s", path);
    }
}

static uint32_t staging_exists(void)
{
    char path[GOD_PATH_MAX];
    (void)snprintf(path, sizeof path, "%.3000s/prepared/god.test/.key-1.staging", cache_dir);
    return god_file_exists(path);
}

START_TEST(test_host_cache__one_process_makes_and_the_others_wait)
{
    gdi_child *children[processes];
    unsigned made = 0;
    for (int i = 0; i < processes; i++) {
        children[i] = start("slow");
    }
    for (int i = 0; i < processes; i++) {
        gdi_child_end end;
        ck_assert_int_eq(gdi_child_wait(children[i], 60000, &end, NULL), GOD_OK);
        ck_assert_msg(end.how == GDI_CHILD_EXITED && end.code == 0, "%s", gdi_child_output(children[i]));
        made += strncmp(gdi_child_output(children[i]), "made\n", 5) == 0;
        gdi_child_free(children[i]);
    }
    ck_assert_uint_eq(made, 1);
    assert_entry_is_whole();
}
END_TEST

/* Starts a maker, waits until it is in the middle, kills it. */
static void leave_half_an_entry(void)
{
    char path[GOD_PATH_MAX];
    gdi_child_end end;
    gdi_child *child = start("hang");
    (void)snprintf(path, sizeof path, "%.3000s/prepared/god.test/.key-1.staging/first", cache_dir);
    for (int i = 0; i < 30000 && !god_file_exists(path); i++) {
        (void)usleep(1000);
    }
    ck_assert_uint_eq(god_file_exists(path), 1);
    gdi_child_signal(child, SIGKILL);
    ck_assert_int_eq(gdi_child_wait(child, 60000, &end, NULL), GOD_OK);
    gdi_child_free(child);
}

START_TEST(test_host_cache__half_an_entry_of_a_killed_process_is_made_anew)
{
    gdi_child_end end;
    leave_half_an_entry();
    ck_assert_uint_eq(staging_exists(), 1);
    gdi_child *child = start("slow");
    ck_assert_int_eq(gdi_child_wait(child, 60000, &end, NULL), GOD_OK);
    ck_assert_int_eq(strncmp(gdi_child_output(child), "made\n", 5), 0);
    gdi_child_free(child);
    assert_entry_is_whole();
    ck_assert_uint_eq(staging_exists(), 0);
}
END_TEST

START_TEST(test_host_cache__a_sweep_removes_what_nobody_works_on)
{
    god_error err = GOD_ERROR_INIT;
    char path[GOD_PATH_MAX];
    ck_assert_int_eq(gdi_cache_sweep(cache_dir, &err), GOD_OK); /* an empty cache is fine */
    leave_half_an_entry();
    ck_assert_int_eq(gdi_cache_sweep(cache_dir, &err), GOD_OK);
    ck_assert_uint_eq(staging_exists(), 0);

    gdi_child *child = start("hang");
    (void)snprintf(path, sizeof path, "%.3000s/prepared/god.test/.key-1.staging/first", cache_dir);
    for (int i = 0; i < 30000 && !god_file_exists(path); i++) {
        (void)usleep(1000);
    }
    ck_assert_int_eq(gdi_cache_sweep(cache_dir, &err), GOD_OK);
    ck_assert_uint_eq(staging_exists(), 1); /* somebody is at work on it */
    gdi_child_free(child);
}
END_TEST

static god_status make_nothing(void *user, const char *staging_dir, god_error *err)
{
    unsigned *calls = user;
    (void)staging_dir;
    return ++*calls == 1 ? god_fail(err, GOD_E_DATA, "row 17 is not JSON") : GOD_OK;
}

START_TEST(test_host_cache__a_failure_leaves_nothing_and_is_passed_on)
{
    unsigned calls = 0;
    char dir[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    const gdi_cache_maker maker = {.user = &calls, .make = make_nothing};
    ck_assert_int_eq(gdi_cache_get(cache_dir, "god.test", "key-1", &maker, dir, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "row 17 is not JSON");
    ck_assert_uint_eq(staging_exists(), 0);
    ck_assert_int_eq(gdi_cache_get(cache_dir, "god.test", "key-1", &maker, dir, &err), GOD_OK);
    ck_assert_int_eq(gdi_cache_get(cache_dir, "god.test", "key-1", &maker, dir, &err), GOD_OK);
    ck_assert_uint_eq(calls, 2);
}
END_TEST

static uint32_t stop_asked(void *user)
{
    (void)user;
    return 1;
}

START_TEST(test_host_cache__waiting_ends_when_asked)
{
    char dir[GOD_PATH_MAX], path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    gdi_child *child = start("hang");
    (void)snprintf(path, sizeof path, "%.3000s/prepared/god.test/.key-1.staging/first", cache_dir);
    for (int i = 0; i < 30000 && !god_file_exists(path); i++) {
        (void)usleep(1000);
    }
    const gdi_cache_maker maker = {.make = make_nothing, .stop_asked = stop_asked};
    ck_assert_int_eq(gdi_cache_get(cache_dir, "god.test", "key-1", &maker, dir, &err), GOD_E_CANCELLED);
    gdi_child_free(child);
}
END_TEST

START_TEST(test_host_cache__refuses_names_that_lead_elsewhere)
{
    static const char *const keys[] = {"", ".", "..", "../x", "a/b", ".hidden", "-x", "a b", "caf\xc3\xa9"};
    char dir[GOD_PATH_MAX], longest[GDI_CACHE_KEY_BYTES_MAX + 2];
    const gdi_cache_maker maker = {.make = make_nothing};
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        god_error err = GOD_ERROR_INIT;
        ck_assert_int_eq(gdi_cache_get(cache_dir, "god.test", keys[i], &maker, dir, &err), GOD_E_INVALID);
        ck_assert_int_eq(gdi_cache_get(cache_dir, keys[i], "key", &maker, dir, &err), GOD_E_INVALID);
    }
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_cache_get(cache_dir, "god.test", longest, &maker, dir, &err), GOD_E_INVALID);
}
END_TEST

Suite *suite_host_cache(void)
{
    Suite *suite = suite_create("host_cache");
    TCase *tests = tcase_create("cache");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_host_cache__one_process_makes_and_the_others_wait);
    tcase_add_test(tests, test_host_cache__half_an_entry_of_a_killed_process_is_made_anew);
    tcase_add_test(tests, test_host_cache__a_sweep_removes_what_nobody_works_on);
    tcase_add_test(tests, test_host_cache__a_failure_leaves_nothing_and_is_passed_on);
    tcase_add_test(tests, test_host_cache__waiting_ends_when_asked);
    tcase_add_test(tests, test_host_cache__refuses_names_that_lead_elsewhere);
    suite_add_tcase(suite, tests);
    return suite;
}
