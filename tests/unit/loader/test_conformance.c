#include "fixture.h"

#include <stdlib.h>

#include "core/loader/checks.h"
#include "core/loader/conformance.h"

enum { results_max = 64, text_bytes = 600 };

typedef struct report {
    struct {
        char id[32], message[text_bytes];
        uint32_t verdict;
    } results[results_max];
    size_t count;
} report;

static void keep_result(void *user, const gdi_conformance_result *result)
{
    report *r = user;
    ck_assert_uint_lt(r->count, results_max);
    (void)snprintf(r->results[r->count].id, sizeof r->results[0].id, "%s", result->id);
    (void)snprintf(r->results[r->count].message, text_bytes, "%s", result->message);
    r->results[r->count++].verdict = result->verdict;
}

/* A task, its data and two submissions, as the misbehaving plug-ins want them. */
static void write_inputs(void)
{
    god_error err = GOD_ERROR_INIT;
    scratch_begin();
    ck_assert(god_dir_make("scratch/alice", &err) == GOD_OK && god_dir_make("scratch/bob", &err) == GOD_OK);
    scratch_write("task.json", "{\"task_id\": \"t\", \"task_type\": \"FaultTask\", \"extra\": {\"depth\": [1, 2]}}");
    scratch_write("rows.json", "[1, 2, 3]\n");
    scratch_write("alice/score.txt", "3.5\n");
    scratch_write("bob/score.txt", "2.25\n");
}

static void check_plugin(const char *fault, uint32_t with_task, uint64_t time_limit_ms, report *ret,
                         gdi_conformance_count *ret_count)
{
    static const gdi_conformance_submission submissions[] = {{"alice", "scratch/alice"}, {"bob", "scratch/bob"}};
    char path[GOD_PATH_MAX];
    gdi_plugin_info info;
    god_error err = GOD_ERROR_INIT;
    const gdi_conformance_options options = {.worker_path = WORKER_PATH,
                                             .plugin_path = fault_path(fault, path),
                                             .task_path = with_task ? "scratch/task.json" : NULL,
                                             .data_path = with_task ? "scratch/rows.json" : NULL,
                                             .submissions = submissions,
                                             .submission_count = with_task ? 2 : 0,
                                             .time_limit_ms = time_limit_ms};
    ret->count = 0;
    god_status status = gdi_conformance_run(&options, ret, keep_result, &info, ret_count, &err);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
    gdi_plugin_info_clear(&info);
}

static const char *failures_of(const report *r, char buf[static 4096])
{
    size_t used = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < r->count; i++) {
        if (r->results[i].verdict == GDI_FAIL) {
            used += (size_t)snprintf(buf + used, 4096 - used, "%s: %s\n", r->results[i].id, r->results[i].message);
        }
    }
    return buf;
}

static const char *const sound[] = {"normal", "eval_short", "minor_newer", "flood_run", "crash_destructor"};

START_TEST(test_loader_conformance__passes_sound_plug_ins)
{
    report r;
    char failures[4096];
    gdi_conformance_count count;
    check_plugin(sound[_i], 1, plenty_ms, &r, &count);
    ck_assert_msg(count.failed == 0, "%s", failures_of(&r, failures));
    ck_assert_uint_eq(count.passed + count.skipped, gdi_check_count + 1);
    ck_assert_uint_ge(count.passed, gdi_check_count - 8);
}
END_TEST

START_TEST(test_loader_conformance__skips_what_it_has_no_task_for)
{
    report r;
    gdi_conformance_count count;
    check_plugin("normal", 0, plenty_ms, &r, &count);
    ck_assert_uint_eq(count.failed, 0);
    ck_assert_uint_ge(count.passed, 11);
    ck_assert_uint_ge(count.skipped, 15);
}
END_TEST

/* Each fault is caught by the check that is meant for it, with a reason, and by no other than those that are named. */
static const struct {
    const char *fault, *failing; /* ids with a space after each */
    const char *message;         /* part of the first one's reason */
} caught[] = {
    {"extra_export", "exports ", "\"json_surprise\" first"},
    {"noise", "opening ", "prints 116 bytes"},
    {"thread_entry", "opening ", "it starts "},
    {"crash_open", "open-close ", "crashes in this check: segmentation fault"},
    {"silent_open", "open-close ", "open returns GOD_E_INTERNAL without a message"},
    {"crash_close_null", "close-null ", "crashes in this check"},
    {"query_anything", "query-unknown ", "answers with a table"},
    {"accepts_rubbish", "task-rubbish ", "check accepts an empty text"},
    {"crash_check", "task-rubbish task-given ", "crashes in this check"},
    {"silent_check", "task-rubbish task-odd task-given ", "without a message"},
    {"random_args", "args-steady ", "another command"},
    {"ignores_sink", "args-refused ", "build_args returns GOD_OK"},
    {"direction_0", "score-spec ", "gives direction 0"},
    {"primary_empty", "score-spec ", "names no primary metric"},
    {"range_empty", "score-spec ", "range 0 to 0"},
    {"random_key", "cache-key ", "gives \"key-0\", then \"key-1\""},
    {"escaping_key", "cache-key ", "../../outside"},
    {"random_prepare", "prepare ", "other bytes the second time"},
    {"failing_prepare", "prepare ", "row 17"},
    {"nan_metric", "run ", "reports nan"},
    {"range_metric", "run ", "the score -1, the range is 0 to 1000"},
    {"huge_name", "run ", "whose name is not"},
    {"bad_index", "run ", "does not exist"},
    {"no_metrics", "run ", "neither \"score\" nor a reason"},
    {"failing_run", "run ", "row 17"},
    {"silent_run", "run ", "run returns GOD_E_INTERNAL without a message"},
    {"device_lost", "run ", "the device context is lost"},
    {"crash_run", "run ", "crashes in this check: segmentation fault"},
    {"abort_run", "run ", "crashes in this check: abort"},
    {"abort_thread", "run ", "crashes in this check: abort"},
    {"exit_run", "run ", "ends the process in this check with exit status 0"},
    {"forge_run", "run ", "ends the process in this check with exit status 0"},
    {"random_run", "run-steady run-alone ", "\"score\" of submission 0 is "},
    {"grandchild", "run-tidy ", "leaves a process behind"},
    {"all_fail_together", "run-alone ", "has no score.txt"},
    {"ignores_cancel", "cancel-before ", "cannot be stopped"},
};

START_TEST(test_loader_conformance__catches)
{
    report r;
    char failing[512] = "", failures[4096];
    const char *first = NULL;
    gdi_conformance_count count;
    check_plugin(caught[_i].fault, 1, plenty_ms, &r, &count);
    for (size_t i = 0; i < r.count; i++) {
        if (r.results[i].verdict == GDI_FAIL) {
            first = first == NULL ? r.results[i].message : first;
            strcat(strcat(failing, r.results[i].id), " ");
        }
    }
    (void)failures_of(&r, failures);
    ck_assert_msg(strcmp(failing, caught[_i].failing) == 0, "%s: %s", caught[_i].fault, failures);
    ck_assert_msg(strstr(first, caught[_i].message) != NULL, "%s: %s", caught[_i].fault, first);
    ck_assert_uint_eq(r.count, gdi_check_count + 1); /* the suite went on to its end */
}
END_TEST

START_TEST(test_loader_conformance__ends_a_check_that_hangs)
{
    report r;
    gdi_conformance_count count;
    check_plugin("hang_run", 1, 2 * hang_limit_ms, &r, &count);
    ck_assert_uint_eq(count.failed, 1);
    ck_assert_uint_eq(r.count, gdi_check_count + 1);
    for (size_t i = 0; i < r.count; i++) {
        if (r.results[i].verdict == GDI_FAIL) {
            ck_assert_str_eq(r.results[i].id, "run");
            ck_assert_ptr_nonnull(strstr(r.results[i].message, "hangs: it was still in this check"));
        }
    }
}
END_TEST

START_TEST(test_loader_conformance__checks_nothing_of_a_refused_plug_in)
{
    report r;
    gdi_conformance_count count;
    check_plugin("abi_newer", 1, plenty_ms, &r, &count);
    ck_assert_uint_eq(r.count, 1);
    ck_assert_uint_eq(count.failed, 1);
    ck_assert_str_eq(r.results[0].id, "described");
    ck_assert_ptr_nonnull(strstr(r.results[0].message, "was built for plug-in ABI 2"));
}
END_TEST

START_TEST(test_loader_conformance__fails_itself_without_a_worker)
{
    report r = {.count = 0};
    gdi_plugin_info info;
    gdi_conformance_count count;
    god_error err = GOD_ERROR_INIT;
    const gdi_conformance_options options = {
        .worker_path = "/nonexistent/god-worker", .plugin_path = FAULT("normal"), .time_limit_ms = plenty_ms};
    ck_assert_int_eq(gdi_conformance_run(&options, &r, keep_result, &info, &count, &err), GOD_E_NOT_FOUND);
    ck_assert_uint_eq(r.count, 0);
}
END_TEST

/* Ids are names that people may grep for, and a check builds only on ones before it. */
START_TEST(test_loader_conformance__checks_have_unique_ids_in_order)
{
    for (uint32_t i = 0; i < gdi_check_count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            ck_assert_str_ne(gdi_checks[i].id, gdi_checks[k].id);
        }
        for (size_t a = 0; a < 2 && gdi_checks[i].after[a] != NULL; a++) {
            uint32_t found = 0;
            for (uint32_t k = 0; k < i; k++) {
                found |= strcmp(gdi_checks[k].id, gdi_checks[i].after[a]) == 0;
            }
            ck_assert_msg(found, "%s builds on %s", gdi_checks[i].id, gdi_checks[i].after[a]);
        }
    }
}
END_TEST

Suite *loader_conformance_suite(void)
{
    Suite *suite = suite_create("loader_conformance");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, write_inputs, NULL);
    tcase_add_test(tests, test_loader_conformance__checks_have_unique_ids_in_order);
    tcase_add_loop_test(tests, test_loader_conformance__passes_sound_plug_ins, 0, sizeof sound / sizeof *sound);
    tcase_add_test(tests, test_loader_conformance__skips_what_it_has_no_task_for);
    tcase_add_loop_test(tests, test_loader_conformance__catches, 0, sizeof caught / sizeof *caught);
    tcase_add_test(tests, test_loader_conformance__ends_a_check_that_hangs);
    tcase_add_test(tests, test_loader_conformance__checks_nothing_of_a_refused_plug_in);
    tcase_add_test(tests, test_loader_conformance__fails_itself_without_a_worker);
    suite_add_tcase(suite, tests);
    return suite;
}
