#include "fixture.h"

#include "god/helpers/sha256.h"

static const gdi_plugin *kept; /* loaded plug-ins live until the process ends; this keeps the last one reachable */

static const gdi_plugin *load(const char *path)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_plugin_load(path, NULL, &kept, &err) == GOD_OK, "%s", err.message);
    return kept;
}

START_TEST(test_loader_load__copies_the_tables)
{
    const gdi_plugin *p = load(FAULT("normal"));
    ck_assert_str_eq(p->plugin.id, "fault.normal");
    ck_assert_uint_eq(p->plugin.size, GOD_SIZE_TO(god_plugin, query));
    ck_assert_uint_eq(p->has_task + p->has_dataset + p->has_eval, 3);
    god_error err = GOD_ERROR_INIT;
    god_instance *instance = NULL;
    ck_assert(p->plugin.open(NULL, "{}", &instance, &err) == GOD_OK);
    ck_assert_int_eq(p->task.check(instance, "{\"task_type\": \"FaultTask\"}", &err), GOD_OK);
    ck_assert_int_eq(p->task.check(instance, "{}", &err), GOD_E_INVALID);
    p->plugin.close(instance);
}
END_TEST

static void assert_lacks(god_status status, const god_error *err, const char *message)
{
    ck_assert_int_eq(status, GOD_E_UNSUPPORTED);
    ck_assert_int_eq(err->code, GOD_E_UNSUPPORTED);
    ck_assert_str_eq(err->message, message);
}

/* "eval_short" was built before score_group existed, and leaves device_bytes out. */
START_TEST(test_loader_load__fills_missing_calls)
{
    const gdi_plugin *p = load(FAULT("eval_short"));
    god_error err = GOD_ERROR_INIT;
    uint64_t bytes = 7;
    double score = 7;
    assert_lacks(p->eval.device_bytes(NULL, NULL, &bytes, &err), &err,
                 "the plug-in has no \"device_bytes\" (god.eval/1)");
    assert_lacks(p->eval.score_group(NULL, "{}", "[]", &score, 1, &err), &err,
                 "the plug-in has no \"score_group\" (god.eval/1)");
    ck_assert_uint_eq(bytes, 7);
    ck_assert_double_eq(score, 7);
    ck_assert_uint_eq(p->eval.size, GOD_SIZE_TO(god_eval, score_group));
    god_score_spec spec = {.size = GOD_SIZE_TO(god_score_spec, metrics)};
    ck_assert(p->eval.score_spec(NULL, "{\"task_type\": \"FaultTask\"}", &spec, &err) == GOD_OK);
}
END_TEST

/* The smallest example offers god.eval/1 alone. */
START_TEST(test_loader_load__fills_missing_interfaces)
{
    const gdi_plugin *p = load(GOD_BUILD_DIR "/sdk/examples/minimal/minimal.so");
    god_error err = GOD_ERROR_INIT;
    char key[8];
    ck_assert_uint_eq(p->has_task, 0);
    ck_assert_uint_eq(p->has_dataset, 0);
    ck_assert_uint_eq(p->has_eval, 1);
    assert_lacks(p->task.check(NULL, "{}", &err), &err, "the plug-in has no \"check\" (god.task/1)");
    assert_lacks(p->task.build_args(NULL, "{}", NULL, &err), &err, "the plug-in has no \"build_args\" (god.task/1)");
    assert_lacks(p->dataset.needs(NULL, "{}", NULL, NULL, &err), &err, "the plug-in has no \"needs\" (god.dataset/1)");
    assert_lacks(p->dataset.cache_key(NULL, "{}", NULL, key, sizeof key, &err), &err,
                 "the plug-in has no \"cache_key\" (god.dataset/1)");
    assert_lacks(p->dataset.prepare(NULL, "{}", NULL, "", &err), &err,
                 "the plug-in has no \"prepare\" (god.dataset/1)");
}
END_TEST

START_TEST(test_loader_load__accepts_longer_tables)
{
    const gdi_plugin *p = load(FAULT("minor_newer"));
    ck_assert_uint_eq(p->plugin.abi_minor, GOD_ABI_MINOR + 7);
    ck_assert_uint_eq(p->plugin.size, GOD_SIZE_TO(god_plugin, query));
    ck_assert_uint_eq(p->eval.size, GOD_SIZE_TO(god_eval, score_group));
}
END_TEST

static const struct {
    const char *fault;
    god_status status;
} refused[] = {
    {"abi_newer", GOD_E_UNSUPPORTED}, {"abi_older", GOD_E_UNSUPPORTED}, {"no_entry", GOD_E_INVALID},
    {"null_table", GOD_E_INVALID},    {"table_short", GOD_E_INVALID},   {"id_bad", GOD_E_INVALID},
    {"no_run", GOD_E_INVALID},        {"undefined_symbol", GOD_E_IO},   {"eval_too_short", GOD_E_INVALID},
    {"no_close", GOD_E_INVALID},      {"no_interfaces", GOD_E_INVALID},
};

START_TEST(test_loader_load__refuses_what_describing_refuses)
{
    char path[GOD_PATH_MAX], start[64];
    const gdi_plugin *untouched = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_plugin_load(fault_path(refused[_i].fault, path), NULL, &untouched, &err), refused[_i].status);
    (void)snprintf(start, sizeof start, "\"%s.so\" ", refused[_i].fault);
    ck_assert_msg(strncmp(err.message, start, strlen(start)) == 0, "%s", err.message);
    ck_assert_ptr_null(untouched);
}
END_TEST

START_TEST(test_loader_load__wants_the_described_bytes)
{
    char sha256[GOD_SHA256_HEX];
    god_error err = GOD_ERROR_INIT;
    ck_assert(god_sha256_file(FAULT("normal"), sha256, &err) == GOD_OK);
    ck_assert(gdi_plugin_load(FAULT("normal"), sha256, &kept, &err) == GOD_OK);
    const gdi_plugin *untouched = NULL;
    ck_assert_int_eq(gdi_plugin_load(FAULT("minor_newer"), sha256, &untouched, &err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "\"minor_newer.so\" has changed since it was described"));
    ck_assert_ptr_null(untouched);
    ck_assert_int_eq(gdi_plugin_load("scratch/absent.so", sha256, &untouched, &err), GOD_E_NOT_FOUND);
}
END_TEST

Suite *loader_load_suite(void)
{
    Suite *suite = suite_create("loader_load");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, scratch_begin, NULL);
    tcase_add_test(tests, test_loader_load__copies_the_tables);
    tcase_add_test(tests, test_loader_load__fills_missing_calls);
    tcase_add_test(tests, test_loader_load__fills_missing_interfaces);
    tcase_add_test(tests, test_loader_load__accepts_longer_tables);
    tcase_add_loop_test(tests, test_loader_load__refuses_what_describing_refuses, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, test_loader_load__wants_the_described_bytes);
    suite_add_tcase(suite, tests);
    return suite;
}
