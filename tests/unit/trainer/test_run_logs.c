/* What is taken of the run logs that a stranger's training leaves. */
#include "core/trainer/run_logs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "suites.h"

static char from[GOD_PATH_MAX], to[GOD_PATH_MAX];

static void set_up(void)
{
    const char *top = fresh_dir("run-logs");
    ck_assert_int_eq(god_path_join(top, "from", from, NULL), GOD_OK);
    ck_assert_int_eq(god_path_join(top, "to", to, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(from, NULL), GOD_OK);
}

static void in(const char *dir, const char *name, char ret_path[GOD_PATH_MAX])
{
    ck_assert_int_eq(god_path_join(dir, name, ret_path, NULL), GOD_OK);
}

START_TEST(test_trainer_run_logs__takes_plain_files_and_no_links)
{
    char path[GOD_PATH_MAX];
    in(from, "files", path);
    ck_assert_int_eq(god_dir_make(path, NULL), GOD_OK);
    in(from, "files/media.json", path);
    ck_assert_int_eq(god_file_write(path, "{}", 2, NULL), GOD_OK);
    in(from, "files/link", path);
    ck_assert_int_eq(symlink("/etc/hostname", path), 0);
    in(from, "folder", path);
    ck_assert_int_eq(symlink("/etc", path), 0);
    in(from, "pipe", path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(gdi_run_logs_take(from, to, NULL), GOD_OK);
    in(to, "files/media.json", path);
    ck_assert_uint_eq(god_file_exists(path), 1);
    static const char *const left_out[] = {"files/link", "folder", "pipe"};
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        in(to, left_out[i], path);
        ck_assert_uint_eq(god_file_exists(path), 0);
    }
}
END_TEST

START_TEST(test_trainer_run_logs__refuses_what_is_too_large)
{
    char path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    in(from, "huge", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(ftruncate(fd, (off_t)GDI_RUN_LOGS_BYTES_MAX + 1), 0);
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(gdi_run_logs_take(from, to, &err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "1024 MiB"));
    ck_assert_uint_eq(god_file_exists(to), 0);
}
END_TEST

START_TEST(test_trainer_run_logs__refuses_what_is_too_deep)
{
    char path[GOD_PATH_MAX] = "d";
    char deep[GOD_PATH_MAX];
    for (int i = 0; i < 40; i++) {
        (void)strcat(path, "/d");
    }
    in(from, path, deep);
    ck_assert_int_eq(god_dir_make(deep, NULL), GOD_OK);
    ck_assert_int_eq(gdi_run_logs_take(from, to, NULL), GOD_E_DATA);
    ck_assert_uint_eq(god_file_exists(to), 0);
}
END_TEST

START_TEST(test_trainer_run_logs__finds_the_first_address)
{
    char url[GDI_RUN_URL_BYTES];
    gdi_run_logs_find_url(
        "syncing https://example.org\n  \x1b[34mhttps://wandb.ai/a/b/runs/c\x1b[0m\nhttps://wandb.ai/d", url);
    ck_assert_str_eq(url, "https://wandb.ai/a/b/runs/c");
    gdi_run_logs_find_url("nothing to see at https://wandb.example/a", url);
    ck_assert_str_eq(url, "");
}
END_TEST

Suite *suite_trainer_run_logs(void)
{
    Suite *suite = suite_create("trainer/run_logs");
    TCase *cases = tcase_create("run_logs");
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, test_trainer_run_logs__takes_plain_files_and_no_links);
    tcase_add_test(cases, test_trainer_run_logs__refuses_what_is_too_large);
    tcase_add_test(cases, test_trainer_run_logs__refuses_what_is_too_deep);
    tcase_add_test(cases, test_trainer_run_logs__finds_the_first_address);
    suite_add_tcase(suite, cases);
    return suite;
}
