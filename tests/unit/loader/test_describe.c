#include "fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"

static const char memory_path[] = "scratch/plugins.json";

static gdi_describe_options options_with(const char *worker, const char *memory, uint64_t time_limit_ms)
{
    return (gdi_describe_options){.worker_path = worker, .memory_path = memory, .time_limit_ms = time_limit_ms};
}

static void describe(const char *path, const gdi_describe_options *options, gdi_plugin_info *ret_info)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_plugin_describe(path, options, ret_info, &err) == GOD_OK, "%s", err.message);
}

START_TEST(test_loader_describe__says_what_a_plug_in_is)
{
    gdi_plugin_info info;
    gdi_describe_options options = options_with(WORKER_PATH, NULL, plenty_ms);
    describe(FAULT("normal"), &options, &info);
    ck_assert_int_eq(info.state, GOD_OK);
    ck_assert_str_eq(info.message, "");
    ck_assert_str_eq(info.id, "fault.normal");
    ck_assert_str_eq(info.version, "1.0.0");
    ck_assert_str_eq(info.build, "tests/faults");
    ck_assert_str_eq(info.config_schema_json, "{}");
    ck_assert_uint_eq(info.abi_major, GOD_ABI_MAJOR);
    ck_assert_uint_eq(info.abi_minor, GOD_ABI_MINOR);
    ck_assert_uint_eq(info.caps, GOD_CAP_CPU | GOD_CAP_CANCEL | GOD_CAP_BITWISE);
    ck_assert_uint_eq(info.task_type_count, 1);
    ck_assert_str_eq(info.task_types[0], "FaultTask");
    ck_assert_uint_eq(info.has_task + info.has_dataset + info.has_eval, 3);
    ck_assert_uint_eq(strlen(info.sha256), 64);
    ck_assert_int_eq(info.path[0], '/');
    gdi_plugin_info_clear(&info);
}
END_TEST

/* What is right, or harmless, or cannot be seen before the plug-in is used. */
static const char *const accepted[] = {
    "minor_newer", "eval_short", "noise",       "crash_destructor", "extra_export", "thread_entry",
    "direction_0", "crash_run",  "crash_check", "query_anything",   "abort_thread",
};

START_TEST(test_loader_describe__accepts)
{
    gdi_plugin_info info;
    char path[GOD_PATH_MAX];
    gdi_describe_options options = options_with(WORKER_PATH, NULL, plenty_ms);
    describe(fault_path(accepted[_i], path), &options, &info);
    ck_assert_msg(info.state == GOD_OK, "%s", info.message);
    ck_assert_ptr_nonnull(strstr(info.id, accepted[_i]));
    gdi_plugin_info_clear(&info);
}
END_TEST

static const struct {
    const char *fault;
    god_status state;
    const char *message; /* a part of it */
} refused[] = {
    {"abi_newer", GOD_E_UNSUPPORTED,
     "\"abi_newer.so\" was built for plug-in ABI 2, this host speaks ABI 1 and is older: update the host, or rebuild "
     "the plug-in with this SDK"},
    {"abi_older", GOD_E_UNSUPPORTED,
     "\"abi_older.so\" was built for plug-in ABI 0 and is older, this host speaks ABI 1: update the plug-in"},
    {"no_entry", GOD_E_INVALID, "does not export god_plugin_entry"},
    {"undefined_symbol", GOD_E_IO, "undefined symbol: god_nobody_has_this"},
    {"null_table", GOD_E_INVALID, "returns no table from god_plugin_entry"},
    {"table_empty", GOD_E_INVALID, "has a plug-in table of 0 bytes"},
    {"table_short", GOD_E_INVALID, "ends before \"query\""},
    {"id_empty", GOD_E_INVALID, "has the id \"\""},
    {"id_null", GOD_E_INVALID, "leaves \"id\" of its plug-in table empty"},
    {"id_bad", GOD_E_INVALID, "has the id \"fault/../bad id\""},
    {"version_null", GOD_E_INVALID, "leaves \"version\""},
    {"schema_bad", GOD_E_INVALID, "config_schema_json"},
    {"no_task_types", GOD_E_INVALID, "names no task type"},
    {"task_type_bad", GOD_E_INVALID, "has the task type \"Fault Task\""},
    {"no_open", GOD_E_INVALID, "leaves \"open\""},
    {"no_close", GOD_E_INVALID, "leaves \"close\""},
    {"no_query", GOD_E_INVALID, "leaves \"query\""},
    {"no_interfaces", GOD_E_INVALID, "offers none of god.task/1, god.dataset/1, god.eval/1"},
    {"task_short", GOD_E_INVALID, "god.task/1 table of 16 bytes, which ends before \"build_args\""},
    {"dataset_short", GOD_E_INVALID, "ends before \"cache_key\""},
    {"eval_too_short", GOD_E_INVALID, "ends before \"run\""},
    {"no_check", GOD_E_INVALID, "leaves \"check\" of its god.task/1 table empty"},
    {"no_prepare", GOD_E_INVALID, "leaves \"prepare\" of its god.dataset/1 table empty"},
    {"no_run", GOD_E_INVALID, "leaves \"run\" of its god.eval/1 table empty"},
    {"crash_constructor", GOD_E_INTERNAL, "crashes in its opening: segmentation fault"},
    {"crash_entry", GOD_E_INTERNAL, "crashes in god_plugin_entry: segmentation fault"},
    {"abort_entry", GOD_E_INTERNAL, "crashes in god_plugin_entry: abort"},
    {"exit_entry", GOD_E_INTERNAL, "ends the process in god_plugin_entry with exit status 0"},
    {"forge_entry", GOD_E_INTERNAL, "ends the process in god_plugin_entry with exit status 0"},
};

START_TEST(test_loader_describe__refuses)
{
    gdi_plugin_info info;
    char path[GOD_PATH_MAX];
    gdi_describe_options options = options_with(WORKER_PATH, NULL, plenty_ms);
    describe(fault_path(refused[_i].fault, path), &options, &info);
    ck_assert_msg(info.state == refused[_i].state, "%s: %d %s", refused[_i].fault, info.state, info.message);
    ck_assert_msg(strstr(info.message, refused[_i].message) != NULL, "%s", info.message);
    ck_assert_str_eq(info.id, "");
    gdi_plugin_info_clear(&info);
}
END_TEST

static const char *const hanging[] = {"hang_constructor", "hang_entry"};

START_TEST(test_loader_describe__ends_one_that_hangs)
{
    gdi_plugin_info info;
    char path[GOD_PATH_MAX];
    uint64_t begun = gdi_clock_ms();
    gdi_describe_options options = options_with(WORKER_PATH, NULL, hang_limit_ms);
    describe(fault_path(hanging[_i], path), &options, &info);
    ck_assert_int_eq(info.state, GOD_E_TIMEOUT);
    ck_assert_msg(strstr(info.message, "hangs: it was still in") != NULL, "%s", info.message);
    ck_assert_uint_ge(gdi_clock_ms() - begun, hang_limit_ms);
    gdi_plugin_info_clear(&info);
}
END_TEST

/* With a worker that does not exist, only the memory can answer. */
START_TEST(test_loader_describe__remembers)
{
    static const char *const names[] = {"normal", "crash_entry", "hang_entry"};
    gdi_describe_options asks = options_with(WORKER_PATH, memory_path, hang_limit_ms);
    gdi_describe_options remembers = options_with("/nonexistent/god-worker", memory_path, hang_limit_ms);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gdi_plugin_info first, second;
        char path[GOD_PATH_MAX];
        describe(fault_path(names[i], path), &asks, &first);
        describe(path, &remembers, &second);
        ck_assert_int_eq(first.state, second.state);
        ck_assert_str_eq(first.message, second.message);
        ck_assert_str_eq(first.id, second.id);
        ck_assert_str_eq(first.sha256, second.sha256);
        ck_assert_uint_eq(first.caps, second.caps);
        ck_assert_uint_eq(first.task_type_count, second.task_type_count);
        ck_assert_uint_eq(first.has_eval, second.has_eval);
        gdi_plugin_info_clear(&first);
        gdi_plugin_info_clear(&second);
    }
}
END_TEST

/* The same bytes under another name are known, and the message speaks of the name they have now. */
START_TEST(test_loader_describe__remembers_bytes_not_names)
{
    gdi_plugin_info info;
    god_error err = GOD_ERROR_INIT;
    gdi_describe_options asks = options_with(WORKER_PATH, memory_path, plenty_ms);
    gdi_describe_options remembers = options_with("/nonexistent/god-worker", memory_path, plenty_ms);
    describe(FAULT("no_run"), &asks, &info);
    gdi_plugin_info_clear(&info);
    ck_assert(god_file_copy(FAULT("no_run"), "scratch/other.so", &err) == GOD_OK);
    describe("scratch/other.so", &remembers, &info);
    ck_assert_int_eq(strncmp(info.message, "\"other.so\" leaves", 17), 0);
    gdi_plugin_info_clear(&info);
}
END_TEST

START_TEST(test_loader_describe__asks_again_when_the_file_changes)
{
    gdi_plugin_info info;
    god_error err = GOD_ERROR_INIT;
    gdi_describe_options options = options_with(WORKER_PATH, memory_path, plenty_ms);
    ck_assert(god_file_copy(FAULT("no_run"), "scratch/x.so", &err) == GOD_OK);
    describe("scratch/x.so", &options, &info);
    ck_assert_int_eq(info.state, GOD_E_INVALID);
    gdi_plugin_info_clear(&info);
    ck_assert(god_file_copy(FAULT("normal"), "scratch/x.so", &err) == GOD_OK);
    describe("scratch/x.so", &options, &info);
    ck_assert_int_eq(info.state, GOD_OK);
    gdi_plugin_info_clear(&info);
}
END_TEST

/* A missing library may be installed tomorrow, without a change to the file. */
START_TEST(test_loader_describe__does_not_remember_what_the_system_is_at_fault_for)
{
    gdi_plugin_info info;
    god_error err = GOD_ERROR_INIT;
    gdi_describe_options asks = options_with(WORKER_PATH, memory_path, plenty_ms);
    gdi_describe_options remembers = options_with("/nonexistent/god-worker", memory_path, plenty_ms);
    describe(FAULT("undefined_symbol"), &asks, &info);
    ck_assert_int_eq(info.state, GOD_E_IO);
    gdi_plugin_info_clear(&info);
    ck_assert_int_eq(gdi_plugin_describe(FAULT("undefined_symbol"), &remembers, &info, &err), GOD_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "/nonexistent/god-worker"));
}
END_TEST

START_TEST(test_loader_describe__mends_a_damaged_memory)
{
    gdi_plugin_info info;
    gdi_describe_options asks = options_with(WORKER_PATH, memory_path, plenty_ms);
    gdi_describe_options remembers = options_with("/nonexistent/god-worker", memory_path, plenty_ms);
    scratch_write("plugins.json", "{\"version\": 1, \"rul");
    describe(FAULT("normal"), &asks, &info);
    gdi_plugin_info_clear(&info);
    describe(FAULT("normal"), &remembers, &info);
    ck_assert_int_eq(info.state, GOD_OK);
    gdi_plugin_info_clear(&info);
}
END_TEST

START_TEST(test_loader_describe__works_without_a_place_to_remember)
{
    gdi_plugin_info info;
    gdi_describe_options options = options_with(WORKER_PATH, "scratch/absent/plugins.json", plenty_ms);
    describe(FAULT("normal"), &options, &info);
    ck_assert_int_eq(info.state, GOD_OK);
    gdi_plugin_info_clear(&info);
}
END_TEST

START_TEST(test_loader_describe__refuses_files_that_are_no_plug_ins)
{
    gdi_plugin_info info;
    gdi_describe_options options = options_with(WORKER_PATH, NULL, plenty_ms);
    scratch_write("text.so", "hello\n");
    describe("scratch/text.so", &options, &info);
    ck_assert_int_eq(info.state, GOD_E_DATA);
    ck_assert_str_eq(info.message, "\"text.so\" is not a shared object: it has 6 bytes");
    gdi_plugin_info_clear(&info);
}
END_TEST

START_TEST(test_loader_describe__fails_itself_without_a_file_or_worker)
{
    gdi_plugin_info info;
    god_error err = GOD_ERROR_INIT;
    gdi_describe_options options = options_with(WORKER_PATH, NULL, plenty_ms);
    ck_assert_int_eq(gdi_plugin_describe("scratch/absent.so", &options, &info, &err), GOD_E_NOT_FOUND);
    options.worker_path = "/bin/true"; /* starts, and is no god-worker */
    ck_assert_int_eq(gdi_plugin_describe(FAULT("normal"), &options, &info, &err), GOD_E_INTERNAL);
    ck_assert_msg(strstr(err.message, "\"/bin/true --describe\" cannot describe any plug-in") != NULL, "%s",
                  err.message);
}
END_TEST

Suite *loader_describe_suite(void)
{
    Suite *suite = suite_create("loader_describe");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, scratch_begin, NULL);
    tcase_add_test(tests, test_loader_describe__says_what_a_plug_in_is);
    tcase_add_loop_test(tests, test_loader_describe__accepts, 0, sizeof accepted / sizeof *accepted);
    tcase_add_loop_test(tests, test_loader_describe__refuses, 0, sizeof refused / sizeof *refused);
    tcase_add_loop_test(tests, test_loader_describe__ends_one_that_hangs, 0, sizeof hanging / sizeof *hanging);
    tcase_add_test(tests, test_loader_describe__remembers);
    tcase_add_test(tests, test_loader_describe__remembers_bytes_not_names);
    tcase_add_test(tests, test_loader_describe__asks_again_when_the_file_changes);
    tcase_add_test(tests, test_loader_describe__does_not_remember_what_the_system_is_at_fault_for);
    tcase_add_test(tests, test_loader_describe__mends_a_damaged_memory);
    tcase_add_test(tests, test_loader_describe__works_without_a_place_to_remember);
    tcase_add_test(tests, test_loader_describe__refuses_files_that_are_no_plug_ins);
    tcase_add_test(tests, test_loader_describe__fails_itself_without_a_file_or_worker);
    suite_add_tcase(suite, tests);
    return suite;
}
