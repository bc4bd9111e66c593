/* SIGKILL at any instant of `god evaluate`: the next run works and gives the same numbers, and no process is left. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "test_cli.h"

enum { kills = 40, submissions = 3 };

/* Processes that have `text` in their command line, other than this one. */
static unsigned count_processes(const char *text)
{
    unsigned count = 0;
    DIR *proc = opendir("/proc");
    ck_assert_ptr_nonnull(proc);
    for (const struct dirent *entry; (entry = readdir(proc)) != NULL;) {
        char path[300], line[4096];
        (void)snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
        FILE *file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "re") : NULL;
        if (file == NULL) {
            continue;
        }
        size_t bytes = fread(line, 1, sizeof line - 1, file);
        (void)fclose(file);
        count += memmem(line, bytes, text, strlen(text)) != NULL;
    }
    (void)closedir(proc);
    return count;
}

/* What must be the same in every run: everything but the times. */
static json_t *numbers_of(const test_cli *cli)
{
    json_t *result = test_cli_result(cli);
    static const char *const times[] = {"started_at", "finished_at", "seconds"};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(json_object_del(result, times[i]), 0);
    }
    return result;
}

static size_t count_run_folders(const test_cli *cli)
{
    char path[GOD_PATH_MAX];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "%.4000s/cache/jobs", cli->root);
    DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        count += strncmp(entry->d_name, "run-", 4) == 0;
    }
    (void)closedir(dir);
    return count;
}

START_TEST(test_cli_kill__leaves_nothing_that_disturbs_the_next_run)
{
    static const test_submission group[submissions] = {{"a", 2.5, NULL}, {"b", 1.25, "crash"}, {"c", 0.5, NULL}};
    char arguments[submissions][GOD_PATH_MAX];
    const char *more[2 * submissions + 2] = {NULL};
    test_cli cli = test_cli_make("kill");
    test_cli_add_plugin(&cli, "crash_one"); /* so that splitting is interrupted too */
    for (int i = 0; i < submissions; i++) {
        more[2 * i] = "--submission";
        more[2 * i + 1] = test_cli_submission(&cli, &group[i], arguments[i]);
    }
    more[2 * submissions] = "--quiet";

    uint64_t start_ms = gdi_clock_ms();
    ck_assert_int_eq(test_cli_run(&cli, more, NULL), 0);
    uint64_t whole_ms = gdi_clock_ms() - start_ms;
    json_t *reference = numbers_of(&cli);
    srand(1);
    for (int i = 0; i < kills; i++) {
        gdi_child_end end;
        if (i % 8 == 0) { /* an empty cache now and then, so that its making is interrupted as well */
            char cache[GOD_PATH_MAX];
            (void)snprintf(cache, sizeof cache, "%.4000s/cache", cli.root);
            ck_assert_int_eq(god_dir_remove(cache, NULL), GOD_OK);
        }
        gdi_child *child = test_cli_start(&cli, more);
        (void)usleep((useconds_t)((uint64_t)rand() % (whole_ms * 1000 + 1)));
        (void)kill(gdi_child_pid(child), SIGKILL);
        ck_assert_int_eq(gdi_child_wait(child, 60000, &end, NULL), GOD_OK);
        gdi_child_free(child);
    }
    for (int i = 0; i < 30000 && count_processes(cli.root) > 0; i++) {
        (void)usleep(1000); /* the last worker may take a moment to die */
    }
    ck_assert_uint_eq(count_processes(cli.root), 0);
    ck_assert_int_eq(test_cli_run(&cli, more, NULL), 0);
    json_t *after = numbers_of(&cli);
    ck_assert_int_eq(json_equal(reference, after), 1);
    ck_assert_uint_eq(count_run_folders(&cli), 0); /* its own and those of the dead are gone */
    json_decref(reference);
    json_decref(after);
}
END_TEST

Suite *suite_cli_kill(void)
{
    Suite *suite = suite_create("cli_kill");
    TCase *tests = tcase_create("kill");
    tcase_add_test(tests, test_cli_kill__leaves_nothing_that_disturbs_the_next_run);
    suite_add_tcase(suite, tests);
    return suite;
}
