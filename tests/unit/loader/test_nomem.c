/* From a file to a loaded plug-in with one allocation failing: first the first, then the second, and so on. Each time
 * the call must say GOD_E_NOMEM, or not need that allocation after all; and nothing may be left behind. */
#include <check.h>
#include <stdlib.h>

#include "core/loader/loader.h"
#include "failing_alloc.h"
#include "god/helpers/file.h"

#define WORKER_PATH GOD_BUILD_DIR "/libexec/god/god-worker"
#define FAULT(name) GOD_BUILD_DIR "/tests/faults/" name ".so"

enum { allocations_max = 5000, time_limit_ms = 60 * 1000 };

static const char memory_path[] = "plugins.json";

typedef god_status step(god_error *err);

static god_status describe(const char *path, god_error *err)
{
    const gdi_describe_options options = {
        .worker_path = WORKER_PATH, .memory_path = memory_path, .time_limit_ms = time_limit_ms};
    gdi_plugin_info info;
    GOD_TRY(gdi_plugin_describe(path, &options, &info, err));
    gdi_plugin_info_clear(&info);
    return GOD_OK;
}

static god_status describe_anew(god_error *err)
{
    (void)remove(memory_path);
    return describe(FAULT("normal"), err);
}

static god_status describe_refused(god_error *err)
{
    (void)remove(memory_path);
    return describe(FAULT("no_run"), err);
}

static god_status describe_remembered(god_error *err)
{
    return describe(FAULT("normal"), err);
}

static god_status load(god_error *err)
{
    const gdi_plugin *plugin = NULL;
    GOD_TRY(gdi_plugin_load(FAULT("normal"), NULL, &plugin, err));
    free((void *)(uintptr_t)plugin); /* only here: a thousand loads would be a thousand tables */
    return GOD_OK;
}

/* Returns how often the step failed. */
static size_t fail_each_allocation(step *run)
{
    size_t failures = 0;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(run(&err) == GOD_OK, "%s", err.message);
    for (size_t at = 1; at < allocations_max; at++) {
        size_t live = failing_alloc_live();
        god_error problem = GOD_ERROR_INIT;
        failing_alloc_begin(at);
        god_status status = run(&problem);
        size_t used = failing_alloc_end();
        ck_assert_msg(status == GOD_OK || status == GOD_E_NOMEM, "allocation %zu: %d %s", at, status, problem.message);
        ck_assert_msg((status == GOD_OK) == (problem.message[0] == '\0'), "allocation %zu: %d %s", at, status,
                      problem.message);
        ck_assert_msg(failing_alloc_live() == live, "allocation %zu: %zu blocks are left behind (%s)", at,
                      failing_alloc_live() - live, problem.message);
        failures += status != GOD_OK;
        if (used < at) {
            return failures;
        }
    }
    ck_abort_msg("more than %d allocations", allocations_max);
    return 0;
}

START_TEST(test_loader_nomem__describe)
{
    ck_assert_uint_gt(fail_each_allocation(describe_anew), 20);
}
END_TEST

START_TEST(test_loader_nomem__describe_refused)
{
    ck_assert_uint_gt(fail_each_allocation(describe_refused), 10);
}
END_TEST

START_TEST(test_loader_nomem__describe_remembered)
{
    ck_assert_uint_gt(fail_each_allocation(describe_remembered), 5);
}
END_TEST

START_TEST(test_loader_nomem__load)
{
    ck_assert_uint_gt(fail_each_allocation(load), 2);
}
END_TEST

int main(void)
{
    failing_alloc_use_in_jansson();
    Suite *suite = suite_create("loader_nomem");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, test_loader_nomem__describe);
    tcase_add_test(tests, test_loader_nomem__describe_refused);
    tcase_add_test(tests, test_loader_nomem__describe_remembered);
    tcase_add_test(tests, test_loader_nomem__load);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
