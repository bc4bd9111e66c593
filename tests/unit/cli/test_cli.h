/* The suites of this folder, and the god command as a test runs it. */
#ifndef GDI_TEST_CLI_H
#define GDI_TEST_CLI_H

#include "core/base/child.h"
#include "jobs.h"

Suite *suite_cli_evaluate(void);
Suite *suite_cli_kill(void);
Suite *suite_cli_options(void);
Suite *suite_cli_progress(void);

/* A folder for one test: a task, data, a god.yaml with its own cache and state, no plug-ins but those named. */
typedef struct test_cli {
    char root[GOD_PATH_MAX], config[GOD_PATH_MAX], task[GOD_PATH_MAX], data[GOD_PATH_MAX], out[GOD_PATH_MAX];
} test_cli;

test_cli test_cli_make(const char *name);
/* Adds plug-in `fault` as plugins/FAULT.so. */
void test_cli_add_plugin(const test_cli *cli, const char *fault);
/* Starts "god evaluate --config ... --task ... --data ... --out ..." and `more`, a NULL-ended list. */
gdi_child *test_cli_start(const test_cli *cli, const char *const *more);
/* The same, to its end. `ret_output` (may be NULL) is freed by the caller. */
int test_cli_run(const test_cli *cli, const char *const *more, char **ret_output);
/* "NAME=DIR", made. `buf` is the caller's. */
const char *test_cli_submission(const test_cli *cli, const test_submission *submission, char buf[GOD_PATH_MAX]);
/* The file that --out wrote. The caller frees it. */
json_t *test_cli_result(const test_cli *cli);

#endif
