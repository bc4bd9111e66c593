#include "core/worker/job.h"

#include <stdlib.h>

#include "test_worker.h"

static const char good[] =
    "{\"version\": 1, \"id\": \"a1\", \"operation\": \"evaluate\","
    " \"plugin\": {\"path\": \"/p/x.so\", \"id\": \"god.x\", \"config\": {\"depth\": 2}},"
    " \"spec\": {\"task_type\": \"T\", \"kl\": 0.1}, \"inputs\": {\"data\": \"/d/rows.json\"},"
    " \"input_sha256\": {\"data\": \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"},"
    " \"submissions\": [{\"id\": \"alice\", \"model_dir\": \"/m/a\"}, {\"id\": \"bob\", \"model_dir\": \"/m/b\"},"
    "                   {\"id\": \"carol\", \"model_dir\": \"/m/c\"}],"
    " \"device\": \"cuda\", \"device_index\": 3, \"precision\": \"bf16\", \"threads\": 5, \"seed\": 7,"
    " \"cache_dir\": \"/c\", \"somebody_elses\": true}";

static gdi_job parse_good(void)
{
    gdi_job job;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_job_parse("job.json", good, strlen(good), &job, &err) == GOD_OK, "%s", err.message);
    return job;
}

START_TEST(test_worker_job__reads_every_member_and_fills_in_the_rest)
{
    gdi_job job = parse_good();
    ck_assert_str_eq(job.id, "a1");
    ck_assert_uint_eq(job.operation, GDI_OPERATION_EVALUATE);
    ck_assert_str_eq(job.plugin_config, "{\"depth\":2}");
    ck_assert_str_eq(job.spec_json, "{\"task_type\":\"T\",\"kl\":0.10000000000000001}");
    ck_assert_str_eq(job.task_type, "T");
    ck_assert_uint_eq(job.input_count, 1);
    ck_assert_str_eq(job.inputs[0].key, "data");
    ck_assert_int_eq(job.inputs[0].sha256[1], '1');
    ck_assert_uint_eq(job.submission_count, 3);
    ck_assert_str_eq(job.submissions[1].id, "bob");
    ck_assert_uint_eq(job.device, GOD_DEV_CUDA);
    ck_assert_int_eq(job.device_index, 3);
    ck_assert_uint_eq(job.precision, GOD_PRECISION_BF16);
    ck_assert_uint_eq(job.threads, 5);
    ck_assert_uint_eq(job.seed, 7);
    ck_assert_uint_eq(job.time_limit_ms, 0);
    ck_assert_uint_eq(job.grace_ms, 10000);
    ck_assert_ptr_null(job.plugin_sha256);
    ck_assert_ptr_null(job.base_model_dir);
    ck_assert_ptr_null(job.http_allow);
    gdi_job_clear(&job);
}
END_TEST

START_TEST(test_worker_job__a_part_is_the_same_job_for_some_submissions)
{
    god_error err = GOD_ERROR_INIT;
    gdi_job job = parse_good(), part;
    ck_assert_int_eq(gdi_job_part(&job, 1, 2, &part, &err), GOD_OK);
    ck_assert_str_eq(part.id, "a1.1-2");
    ck_assert_uint_eq(part.submission_count, 2);
    ck_assert_str_eq(part.submissions[0].id, "bob");
    ck_assert_str_eq(part.submissions[1].id, "carol");
    ck_assert_str_eq(part.spec_json, job.spec_json);
    ck_assert_uint_eq(part.threads, 5);
    ck_assert_uint_eq(job.submission_count, 3);
    gdi_job_clear(&job);
    gdi_job_clear(&part); /* owns its own JSON: fine after the whole is gone */
}
END_TEST

START_TEST(test_worker_job__writes_what_it_reads)
{
    god_error err = GOD_ERROR_INIT;
    gdi_job job = parse_good(), again;
    ck_assert_msg(gdi_job_write("job-written.json", &job, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(gdi_job_read("job-written.json", &again, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(json_equal(job.root, again.root), 1);
    gdi_job_clear(&job);
    gdi_job_clear(&again);
}
END_TEST

/* One member of the good job replaced, and what is said about it. `with` NULL: the member is taken out. */
static const struct bad_job {
    const char *member, *with, *message;
} bad_jobs[] = {
    {"version", "2", "job.json: \"version\" is 2"},
    {"id", NULL, "job.json: \"id\" is missing"},
    {"id", "\"a/b\"", "job.json: \"id\" is \"a/b\", 1 to 128 bytes without slash"},
    {"id", "\"\"", "job.json: \"id\" is \"\", 1 to 128 bytes"},
    {"id", "\"..\"", "leading dot"},
    {"operation", NULL, "job.json: \"operation\" is missing"},
    {"operation", "\"train\"",
     "job.json: \"operation\" is \"train\", \"evaluate\", \"check\", \"explain\" or \"intake\" is needed"},
    {"plugin", NULL, "job.json: \"plugin\" is missing"},
    {"plugin", "{\"path\": \"x.so\", \"id\": \"x\"}", "job.json: \"path\" is \"x.so\", an absolute path"},
    {"plugin", "{\"path\": \"/x.so\", \"id\": \"x\", \"sha256\": \"12\"}", "64 lower-case hex digits are needed"},
    {"spec", "[]", "job.json: \"spec\" is"},
    {"inputs", "{\"data\": \"rows.json\"}", "job.json: \"data\" is \"rows.json\", an absolute path"},
    {"input_sha256", "{\"data\": \"xyz\"}", "job.json: \"data\" is \"xyz\", 64 lower-case hex digits are needed"},
    {"submissions", "[7]", "job.json: submission 0 is not an object"},
    {"submissions", "[{\"id\": \"a\"}]", "job.json: submission 0: \"model_dir\" is missing"},
    {"submissions", "[{\"id\": \"a\", \"model_dir\": \"/a\"}, {\"id\": \"a\", \"model_dir\": \"/b\"}]",
     "job.json: two submissions have the id \"a\""},
    {"device", "\"tpu\"", "job.json: \"device\" is \"tpu\", \"cpu\" or \"cuda\" is needed"},
    {"precision", "\"fp8\"", "job.json: \"precision\" is \"fp8\", \"f32\" or \"bf16\" is needed"},
    {"threads", "0", "job.json: \"threads\" is 0"},
    {"threads", "\"many\"", "job.json: \"threads\" is a string"},
    {"seed", "-1", "job.json: \"seed\" is -1"},
    {"cache_dir", NULL, "job.json: \"cache_dir\" is missing"},
    {"cache_dir", "\"cache\"", "job.json: \"cache_dir\" is \"cache\", an absolute path"},
    {"http", "{}", "job.json: \"allow\" is missing"},
    {"http", "{\"allow\": [1]}", "job.json: \"allow\" has an entry that is not a string"},
};

START_TEST(test_worker_job__says_what_is_wrong_with_which_value)
{
    const struct bad_job *bad = &bad_jobs[_i];
    json_t *root = json_loads(good, 0, NULL);
    if (bad->with == NULL) {
        ck_assert_int_eq(json_object_del(root, bad->member), 0);
    } else {
        json_t *value = json_loads(bad->with, JSON_DECODE_ANY, NULL);
        ck_assert_ptr_nonnull(value);
        ck_assert_int_eq(json_object_set_new(root, bad->member, value), 0);
    }
    gdi_job job;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_job_from_json_take("job.json", root, &job, &err), GOD_E_DATA);
    ck_assert_msg(strstr(err.message, bad->message) != NULL, "\"%s\" does not say \"%s\"", err.message, bad->message);
}
END_TEST

START_TEST(test_worker_job__refuses_too_many_submissions_and_bytes)
{
    gdi_job job;
    god_error err = GOD_ERROR_INIT;
    json_t *root = json_loads(good, 0, NULL), *list = json_array();
    for (int i = 0; i <= GDI_JOB_SUBMISSIONS_MAX; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "s%d", i);
        (void)json_array_append_new(list, json_pack("{s:s, s:s}", "id", id, "model_dir", "/m"));
    }
    ck_assert_int_eq(json_object_set_new(root, "submissions", list), 0);
    ck_assert_int_eq(gdi_job_from_json_take("job.json", root, &job, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "job.json: \"submissions\" has 4097 entries, 4096 are allowed");
    ck_assert_int_eq(gdi_job_parse("job.json", "", (size_t)GDI_JOB_BYTES_MAX + 1, &job, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "job.json has 16777217 bytes, 16777216 are allowed");
}
END_TEST

Suite *suite_worker_job(void)
{
    Suite *suite = suite_create("worker_job");
    TCase *tests = tcase_create("job");
    tcase_add_test(tests, test_worker_job__reads_every_member_and_fills_in_the_rest);
    tcase_add_test(tests, test_worker_job__a_part_is_the_same_job_for_some_submissions);
    tcase_add_test(tests, test_worker_job__writes_what_it_reads);
    tcase_add_loop_test(tests, test_worker_job__says_what_is_wrong_with_which_value, 0,
                        sizeof bad_jobs / sizeof *bad_jobs);
    tcase_add_test(tests, test_worker_job__refuses_too_many_submissions_and_bytes);
    suite_add_tcase(suite, tests);
    return suite;
}
