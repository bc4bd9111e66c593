#include "core/trainer/store.h"

#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "suites.h"

#define NOON (INT64_C(1783684800) * 1000000) /* 2026-07-10T12:00 */

static gdi_records *records;
static char dir[GOD_PATH_MAX];

static void reopen(void)
{
    god_error err = GOD_ERROR_INIT;
    gdi_records_close(records);
    ck_assert_msg(gdi_records_open(dir, NULL, &records, &err) == GOD_OK, "%s", err.message);
}

static void set_up(void)
{
    (void)snprintf(dir, sizeof dir, "%s", fresh_dir("records"));
    records = NULL;
    reopen();
}

static void tear_down(void)
{
    gdi_records_close(records);
    records = NULL;
}

static void begin(const char *task_id, const char *hotkey, int64_t now_us, char ret_id[GDI_RECORD_ID_BYTES])
{
    god_error err = GOD_ERROR_INIT;
    json_t *request = start_request(task_id, hotkey, "m/1", "[0, 3]");
    gdi_record_new_id(ret_id);
    ck_assert_msg(gdi_records_begin(records, request, ret_id, now_us, &err) == GOD_OK, "%s", err.message);
    json_decref(request);
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

START_TEST(test_trainer_store__shows_a_training_as_the_interface_has_it)
{
    static const char *const keys[] = {"job_type",
                                       "gpu_ids",
                                       "status",
                                       "started_at",
                                       "finished_at",
                                       "container_name",
                                       "logs",
                                       "training_data",
                                       "github_repo",
                                       "hotkey",
                                       "github_commit_hash",
                                       "github_token",
                                       "requested_datasets",
                                       "wandb_url"};
    char id[GDI_RECORD_ID_BYTES];
    const char *key = NULL;
    const json_t *value = NULL;
    size_t i = 0;
    begin("t", "hk", NOON + 1, id);
    json_t *shown = gdi_records_show(records, GDI_RECORD_START, "t", "hk");
    json_object_foreach(shown, key, value)
    {
        ck_assert_str_eq(key, keys[i++]);
    }
    ck_assert_uint_eq(i, sizeof keys / sizeof *keys);
    ck_assert_str_eq(text(shown, "started_at"), "2026-07-10T12:00:00.000001");
    ck_assert_str_eq(text(shown, "github_repo"), "https://example.org/a/b");
    ck_assert(json_is_null(json_object_get(shown, "github_token")));
    ck_assert(json_is_false(json_object_get(json_object_get(shown, "training_data"), "use_kl")));
    ck_assert_ptr_null(gdi_records_show(records, GDI_RECORD_START, "t", "other"));
    ck_assert_ptr_null(gdi_records_show(records, GDI_RECORD_PREP, "t", NULL));
    json_decref(shown);
}
END_TEST

START_TEST(test_trainer_store__remembers_everything_after_a_restart)
{
    char id[GDI_RECORD_ID_BYTES];
    begin("t", "hk", NOON, id);
    gdi_records_say(records, id, NOON + 500000, "Downloading data");
    gdi_records_container(records, id, "god-run-1", NOON + 1000000);
    gdi_records_end(records, id, GDI_RECORD_SUCCESS, NULL, NOON + 2000000);
    json_t *before = gdi_records_show_id(records, id);
    reopen();
    json_t *after = gdi_records_show_id(records, id);
    ck_assert(json_equal(before, after));
    ck_assert_str_eq(text(after, "status"), "success");
    ck_assert_str_eq(text(after, "finished_at"), "2026-07-10T12:00:02");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(after, "logs"), 0)),
                     "[2026-07-10T12:00:00.500000] Downloading data");
    json_decref(before);
    json_decref(after);
}
END_TEST

typedef struct counting {
    uint32_t count, gpus;
    int64_t trains_since_us;
} counting;

static uint32_t count(void *user, const gdi_record *record)
{
    counting *c = user;
    c->count++;
    c->gpus += record->gpu_count;
    c->trains_since_us = record->trains_since_us;
    ck_assert_double_eq(record->hours, 1.5);
    return 0;
}

START_TEST(test_trainer_store__a_new_start_takes_the_place_of_the_old_one)
{
    char old[GDI_RECORD_ID_BYTES], new[GDI_RECORD_ID_BYTES];
    begin("t", "hk", NOON, old);
    gdi_records_say(records, old, NOON, "of the old one");
    gdi_records_container(records, old, "c", NOON);
    gdi_records_end(records, old, GDI_RECORD_FAILURE, NULL, NOON + 1);
    begin("t", "hk", NOON + 2, new);
    begin("t", "other", NOON + 3, (char[GDI_RECORD_ID_BYTES]){0});
    gdi_records_say(records, old, NOON, "too late");
    gdi_records_end(records, old, GDI_RECORD_SUCCESS, NULL, NOON + 4);
    for (int i = 0; i < 2; i++) { /* now, and after a restart */
        counting c = {0};
        json_t *shown = gdi_records_show(records, GDI_RECORD_START, "t", "hk");
        gdi_records_each(records, &c, count);
        ck_assert_uint_eq(c.count, 2);
        ck_assert_uint_eq(c.gpus, 4);
        ck_assert_str_eq(text(shown, "status"), "training");
        ck_assert_uint_eq(json_array_size(json_object_get(shown, "logs")), 0);
        ck_assert_ptr_null(gdi_records_show_id(records, old));
        json_decref(shown);
        reopen();
    }
}
END_TEST

START_TEST(test_trainer_store__lists_what_is_recent_newest_first)
{
    char a[GDI_RECORD_ID_BYTES], b[GDI_RECORD_ID_BYTES], c[GDI_RECORD_ID_BYTES];
    const int64_t hour = INT64_C(3600) * 1000000;
    begin("a", "hk", NOON - 10 * hour, a);
    gdi_records_end(records, a, GDI_RECORD_SUCCESS, NULL, NOON - hour);
    begin("b", "hk", NOON - 2 * hour, b);
    begin("c", "hk", NOON - 20 * hour, c);
    json_t *list = gdi_records_recent(records, NOON - 3 * hour);
    ck_assert_uint_eq(json_array_size(list), 2);
    ck_assert_str_eq(text(json_object_get(json_array_get(list, 0), "training_data"), "task_id"), "a");
    ck_assert_str_eq(text(json_object_get(json_array_get(list, 1), "training_data"), "task_id"), "b");
    json_decref(list);
    list = gdi_records_recent(records, NOON);
    ck_assert_uint_eq(json_array_size(list), 0);
    json_decref(list);
}
END_TEST

START_TEST(test_trainer_store__bounds_the_log_and_survives_odd_lines)
{
    char id[GDI_RECORD_ID_BYTES], long_line[3 * GDI_RECORD_LINE_BYTES_MAX];
    begin("t", "hk", NOON, id);
    memset(long_line, 'x', sizeof long_line);
    long_line[sizeof long_line - 1] = '\0';
    gdi_records_say(records, id, NOON, long_line);
    gdi_records_say(records, id, NOON, "\xff no UTF-8");
    for (int i = 0; i < GDI_RECORD_LOG_LINES_MAX + 5; i++) {
        gdi_records_say(records, id, NOON, "line");
    }
    json_t *shown = gdi_records_show_id(records, id);
    const json_t *logs = json_object_get(shown, "logs");
    ck_assert_uint_eq(json_array_size(logs), GDI_RECORD_LOG_LINES_MAX);
    ck_assert_uint_lt(json_string_length(json_array_get(logs, 0)), GDI_RECORD_LINE_BYTES_MAX + 64);
    json_decref(shown);
}
END_TEST

START_TEST(test_trainer_store__goes_on_without_a_file_that_is_no_record)
{
    char path[GOD_PATH_MAX + 64], id[GDI_RECORD_ID_BYTES];
    static const char *const bad[] = {"", "{}", "{\"record\": {\"job_type\": \"training\"}}", "[1]", "\xff"};
    begin("t", "hk", NOON, id);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(path, sizeof path, "%s/%032zu.json", dir, i);
        ck_assert_int_eq(god_file_write(path, bad[i], strlen(bad[i]), NULL), GOD_OK);
    }
    reopen();
    counting c = {0};
    gdi_records_each(records, &c, count);
    ck_assert_uint_eq(c.count, 1);
    (void)snprintf(path, sizeof path, "%s/%032d.json.bad", dir, 0);
    ck_assert_uint_eq(god_file_exists(path), 1);
}
END_TEST

START_TEST(test_trainer_store__shows_a_model_preparation_and_its_result)
{
    char id[GDI_RECORD_ID_BYTES];
    json_t *request = json_pack("{s:s, s:s, s:s}", "task_id", "t", "model_id", "m", "training_data_url", "u");
    json_t *result = json_pack("{s:n, s:{}}", "augmented_model_id", "baseline_stats");
    gdi_record_new_id(id);
    ck_assert_int_eq(gdi_records_begin(records, request, id, NOON, NULL), GOD_OK);
    gdi_records_end(records, id, GDI_RECORD_SUCCESS, result, NOON + 1);
    reopen();
    json_t *shown = gdi_records_show(records, GDI_RECORD_PREP, "t", NULL);
    ck_assert_str_eq(text(shown, "job_type"), "model_prep");
    ck_assert(json_equal(json_object_get(shown, "result"), result));
    ck_assert_int_eq((int)json_integer_value(json_array_get(json_object_get(shown, "gpu_ids"), 0)), 0);
    ck_assert_ptr_null(gdi_records_show(records, GDI_RECORD_PREP, "t", "hk"));
    json_decref(shown);
    json_decref(request);
    json_decref(result);
}
END_TEST

Suite *suite_trainer_store(void)
{
    Suite *suite = suite_create("trainer/store");
    TCase *tcase = tcase_create("store");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_trainer_store__shows_a_training_as_the_interface_has_it);
    tcase_add_test(tcase, test_trainer_store__remembers_everything_after_a_restart);
    tcase_add_test(tcase, test_trainer_store__a_new_start_takes_the_place_of_the_old_one);
    tcase_add_test(tcase, test_trainer_store__lists_what_is_recent_newest_first);
    tcase_add_test(tcase, test_trainer_store__bounds_the_log_and_survives_odd_lines);
    tcase_add_test(tcase, test_trainer_store__goes_on_without_a_file_that_is_no_record);
    tcase_add_test(tcase, test_trainer_store__shows_a_model_preparation_and_its_result);
    suite_add_tcase(suite, tcase);
    return suite;
}
