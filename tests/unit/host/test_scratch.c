#include "core/host/scratch.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs.h"
#include "test_host.h"

static char cache_dir[GOD_PATH_MAX];

static void set_up(void)
{
    char cwd[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    ck_assert_int_eq(god_path_join(cwd, "scratch", cache_dir, &err), GOD_OK);
    ck_assert_int_eq(god_dir_remove(cache_dir, &err), GOD_OK);
}

static gdi_scratch_dir open_scratch(uint32_t keep)
{
    gdi_scratch_dir scratch;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_scratch_dir_open(cache_dir, keep, &scratch, &err) == GOD_OK, "%s", err.message);
    return scratch;
}

START_TEST(test_host_scratch__is_gone_when_closed_unless_kept)
{
    char dir[GOD_PATH_MAX];
    gdi_scratch_dir scratch = open_scratch(0);
    memcpy(dir, scratch.dir, sizeof dir);
    test_write(dir, "job.json", "{}");
    ck_assert_uint_eq(god_file_exists(dir), 1);
    gdi_scratch_dir_close(&scratch);
    ck_assert_uint_eq(god_file_exists(dir), 0);
    gdi_scratch_dir_close(&scratch); /* again is fine */

    gdi_scratch_dir kept = open_scratch(1);
    memcpy(dir, kept.dir, sizeof dir);
    gdi_scratch_dir_close(&kept);
    gdi_scratch_dir other = open_scratch(0); /* sweeps */
    ck_assert_uint_eq(god_file_exists(dir), 1);
    gdi_scratch_dir_close(&other);
}
END_TEST

START_TEST(test_host_scratch__of_a_dead_process_is_swept_and_that_of_a_living_one_is_not)
{
    char dead[GOD_PATH_MAX];
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    gdi_scratch_dir living = open_scratch(0);
    pid_t pid = fork();
    if (pid == 0) {
        gdi_scratch_dir scratch;
        if (gdi_scratch_dir_open(cache_dir, 0, &scratch, NULL) != GOD_OK ||
            write(ends[1], scratch.dir, sizeof scratch.dir) != (ssize_t)sizeof scratch.dir) {
            _exit(1);
        }
        _exit(0); /* without closing: as if it had been killed */
    }
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(read(ends[0], dead, sizeof dead), (ssize_t)sizeof dead);
    ck_assert_uint_eq(god_file_exists(dead), 1);
    ck_assert_uint_eq(god_file_exists(living.dir), 1); /* the other process looked at it, and let it be */
    gdi_scratch_dir mine = open_scratch(0);
    ck_assert_uint_eq(god_file_exists(dead), 0);
    ck_assert_uint_eq(god_file_exists(living.dir), 1);
    gdi_scratch_dir_close(&mine);
    gdi_scratch_dir_close(&living);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

Suite *suite_host_scratch(void)
{
    Suite *suite = suite_create("host_scratch");
    TCase *tests = tcase_create("scratch");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, test_host_scratch__is_gone_when_closed_unless_kept);
    tcase_add_test(tests, test_host_scratch__of_a_dead_process_is_swept_and_that_of_a_living_one_is_not);
    suite_add_tcase(suite, tests);
    return suite;
}
