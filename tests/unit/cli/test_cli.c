#include "test_cli.h"

#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/json.h"

enum { patience = 100 * 1000, arguments_max = 64 };

static void join(const char *dir, const char *name, char path[GOD_PATH_MAX])
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_path_join(dir, name, path, &err), GOD_OK);
}

test_cli test_cli_make(const char *name)
{
    test_cli cli;
    char cwd[GOD_PATH_MAX], plugins[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    join(cwd, name, cli.root);
    ck_assert_int_eq(god_dir_remove(cli.root, &err), GOD_OK);
    join(cli.root, "plugins", plugins);
    ck_assert_int_eq(god_dir_make(plugins, &err), GOD_OK);
    test_write(cli.root, "god.yaml",
               "plugins: {folders: [plugins]}\npaths: {cache_dir: cache, state_dir: state}\n"
               "worker: {threads: 1, grace_ms: 2000}\n");
    test_write(cli.root, "task.json", "{\"task_type\": \"FaultTask\"}\n");
    test_write(cli.root, "rows.json", "[]\n");
    join(cli.root, "god.yaml", cli.config);
    join(cli.root, "task.json", cli.task);
    join(cli.root, "rows.json", cli.data);
    join(cli.root, "out.json", cli.out);
    return cli;
}

void test_cli_add_plugin(const test_cli *cli, const char *fault)
{
    char from[GOD_PATH_MAX], dir[GOD_PATH_MAX], to[GOD_PATH_MAX], name[64];
    god_error err = GOD_ERROR_INIT;
    (void)snprintf(name, sizeof name, "%s.so", fault);
    join(cli->root, "plugins", dir);
    join(dir, name, to);
    ck_assert_msg(god_file_copy(test_fault_path(fault, from), to, &err) == GOD_OK, "%s", err.message);
}

gdi_child *test_cli_start(const test_cli *cli, const char *const *more)
{
    const char *argv[arguments_max] = {GOD_BUILD_DIR "/bin/god",
                                       "evaluate",
                                       "--config",
                                       cli->config,
                                       "--task",
                                       cli->task,
                                       "--data",
                                       cli->data,
                                       "--out",
                                       cli->out};
    gdi_child *child = NULL;
    god_error err = GOD_ERROR_INIT;
    size_t count = 10;
    for (; *more != NULL; more++) {
        ck_assert_uint_lt(count + 1, arguments_max);
        argv[count++] = *more;
    }
    const gdi_child_options options = {.argv = argv, .cwd = cli->root};
    ck_assert_msg(gdi_child_start(&options, &child, &err) == GOD_OK, "%s", err.message);
    return child;
}

int test_cli_run(const test_cli *cli, const char *const *more, char **ret_output)
{
    gdi_child_end end;
    god_error err = GOD_ERROR_INIT;
    gdi_child *child = test_cli_start(cli, more);
    ck_assert_msg(gdi_child_wait(child, patience, &end, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(end.how == GDI_CHILD_EXITED, "signal %d: %s", end.code, gdi_child_output(child));
    if (ret_output != NULL) {
        *ret_output = strdup(gdi_child_output(child));
    }
    gdi_child_free(child);
    return end.code;
}

const char *test_cli_submission(const test_cli *cli, const test_submission *submission, char buf[GOD_PATH_MAX])
{
    char dir[GOD_PATH_MAX];
    (void)test_submission_make(cli->root, submission, dir);
    (void)snprintf(buf, GOD_PATH_MAX, "%s=%.4000s", submission->id, dir);
    return buf;
}

json_t *test_cli_result(const test_cli *cli)
{
    json_t *value = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(god_json_read(cli->out, 1 << 20, &value, &err) == GOD_OK, "%s", err.message);
    return value;
}

int main(void)
{
    SRunner *runner = srunner_create(suite_cli_options());
    srunner_add_suite(runner, suite_cli_progress());
    srunner_add_suite(runner, suite_cli_evaluate());
    srunner_add_suite(runner, suite_cli_kill());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
