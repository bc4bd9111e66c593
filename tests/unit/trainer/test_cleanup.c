/* What a trainer removes by itself, and what it leaves: TV-11 and TV-24 on real folders. */
#include "core/trainer/cleanup.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/host/cache.h"
#include "core/trainer/fetching.h"
#include "god/helpers/file.h"
#include "suites.h"

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)
#define NOW (INT64_C(1783684800) * SECOND) /* 2026-07-10T12:00 */
#define JULY(day) (NOW - (10 - (day)) * DAY)

static gdi_config config;
static gdi_layout layout;
static gdi_records *records;
static gdi_crew *crew;
static gdi_cleanup cleanup;
static char top[GOD_PATH_MAX], jobs_dir[GOD_PATH_MAX], cache_dir[GOD_PATH_MAX];

static void set_up(void)
{
    char yaml[2 * GOD_PATH_MAX], records_dir[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    (void)snprintf(top, sizeof top, "%s", fresh_dir("cleanup"));
    ck_assert_int_eq(god_path_join(top, "jobs", jobs_dir, NULL), GOD_OK);
    ck_assert_int_eq(god_path_join(top, "cache", cache_dir, NULL), GOD_OK);
    ck_assert_int_eq(god_path_join(top, "records", records_dir, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(jobs_dir, NULL), GOD_OK);
    (void)snprintf(yaml, sizeof yaml,
                   "paths: {state_dir: \"%.2000s\", cache_dir: \"%.2000s\"}\nhost: {keep_jobs_days: 365}", top,
                   cache_dir);
    ck_assert_msg(gdi_config_read("god.yaml", "/", yaml, strlen(yaml), &config, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(gdi_records_open(records_dir, NULL, &records, NULL), GOD_OK);
    const gdi_crew_options options = {
        .config = &config, .layout = &layout, .records = records, .jobs_dir = jobs_dir, .salt = ""};
    ck_assert_int_eq(gdi_crew_open(&options, &crew, NULL), GOD_OK);
    cleanup = (gdi_cleanup){.config = &config, .records = records, .crew = crew, .jobs_dir = jobs_dir};
}

static void tear_down(void)
{
    gdi_crew_close(crew);
    gdi_records_close(records);
    gdi_config_clear(&config);
}

static void put(const char *dir, const char *name, const char *content)
{
    char path[GOD_PATH_MAX];
    ck_assert_int_eq(god_dir_make(dir, NULL), GOD_OK);
    ck_assert_int_eq(god_path_join(dir, name, path, NULL), GOD_OK);
    ck_assert_int_eq(god_file_write(path, content, strlen(content), NULL), GOD_OK);
}

static uint32_t has_job(const char *id)
{
    char path[GOD_PATH_MAX];
    ck_assert_int_eq(god_path_join(jobs_dir, id, path, NULL), GOD_OK);
    return god_file_exists(path);
}

/* A job with a folder. finished_us 0: it is in training. */
static void add(const char *task_id, const char *hotkey, const char *model, int64_t started_us, int64_t finished_us,
                char ret_id[GDI_RECORD_ID_BYTES])
{
    static const char ended[] = "{\"version\": 1, \"succeeded\": true, \"ended_us\": 1, \"message\": \"\", "
                                "\"repository\": \"\", \"commit\": \"\"}";
    char dir[GOD_PATH_MAX];
    json_t *request = start_request(task_id, hotkey, model, "[0]");
    gdi_record_new_id(ret_id);
    ck_assert_int_eq(gdi_records_begin(records, request, ret_id, started_us, NULL), GOD_OK);
    json_decref(request);
    ck_assert_int_eq(god_path_join(jobs_dir, ret_id, dir, NULL), GOD_OK);
    put(dir, "job.json", "{}");
    if (finished_us != 0) {
        put(dir, "end.json", ended);
        gdi_records_end(records, ret_id, GDI_RECORD_SUCCESS, NULL, finished_us);
    }
}

static god_status make_entry(void *user, const char *staging_dir, god_error *err)
{
    (void)err;
    put(staging_dir, "file", user);
    return GOD_OK;
}

static void cache_put(const char *owner, const char *key, const char *source)
{
    char content[] = "content";
    gdi_cache_hold hold = {.fd = -1};
    const gdi_cache_maker maker = {.user = content, .make = make_entry, .source = source};
    ck_assert_int_eq(gdi_cache_take(cache_dir, owner, key, &maker, &hold, NULL), GOD_OK);
    gdi_cache_release(&hold);
}

static uint32_t cache_has(const char *key)
{
    gdi_cache_list list = {.entries = NULL};
    uint32_t found = 0;
    ck_assert_int_eq(gdi_cache_list_read(cache_dir, &list, NULL), GOD_OK);
    for (size_t i = 0; i < list.count; i++) {
        found |= strcmp(list.entries[i].key, key) == 0;
    }
    gdi_cache_list_clear(&list);
    return found;
}

static void cache_data_key(const char *task_id, char ret_key[GDI_CACHE_KEY_BYTES_MAX + 1])
{
    ck_assert_int_eq(gdi_fetching_web_key("https://s3.example/b/k.json?X-Signature=b", task_id, ret_key, NULL), GOD_OK);
}

START_TEST(test_trainer_cleanup__tv_24_what_is_old_goes_and_the_rest_stays)
{
    static const char *const tasks[] = {"a", "b", "c", "d"};
    char a[GDI_RECORD_ID_BYTES], b1[GDI_RECORD_ID_BYTES], b2[GDI_RECORD_ID_BYTES], c[GDI_RECORD_ID_BYTES],
        d[GDI_RECORD_ID_BYTES], data[4][GDI_CACHE_KEY_BYTES_MAX + 1];
    add("a", "hk", "m/1", JULY(5), JULY(5), a);
    add("b", "hk", "m/2", JULY(5), JULY(5), b1);
    add("b", "other", "m/2", JULY(9), JULY(9), b2);
    add("c", "hk", "m/3", NOW - 60 * SECOND, 0, c);
    add("d", "hk", "m/4", NOW - 60 * SECOND, NOW - SECOND, d);
    for (int i = 0; i < 4; i++) {
        char model[16], source[64];
        (void)snprintf(model, sizeof model, "model-%d", i + 1);
        (void)snprintf(source, sizeof source, "hf://m/%d@0123456789ab", i + 1);
        cache_put("hub", model, source);
        cache_data_key(tasks[i], data[i]);
        cache_put("downloads", data[i], "https://s3.example/b/k.json");
    }
    cache_put("hub", "model-9", "hf://z/9@0123456789ab");
    cache_put("hub", "model-10", "hf://m/10@0123456789ab"); /* its name begins as that of an old one */
    gdi_cleanup_turn(&cleanup, 0, NOW);
    ck_assert(!has_job(a) && !cache_has("model-1") && !cache_has(data[0]));
    ck_assert(has_job(b1) && has_job(b2) && cache_has("model-2") && !cache_has(data[1]));
    ck_assert(has_job(c) && cache_has("model-3") && cache_has(data[2]));
    ck_assert(has_job(d) && cache_has("model-4") && cache_has(data[3]));
    ck_assert(cache_has("model-9") && cache_has("model-10"));
    json_t *shown = gdi_records_show_id(records, a); /* its record stays until host.keep_jobs_days */
    ck_assert_ptr_nonnull(shown);
    json_decref(shown);
    gdi_cleanup_turn(&cleanup, 0, JULY(5) + 366 * DAY);
    ck_assert_ptr_null(gdi_records_show_id(records, a));
}
END_TEST

START_TEST(test_trainer_cleanup__folders_without_records_go_once_they_are_not_new)
{
    static const char stray[] = "00000000000000000000000000000abc";
    char dir[GOD_PATH_MAX];
    ck_assert_int_eq(god_path_join(jobs_dir, stray, dir, NULL), GOD_OK);
    put(dir, "job.json", "{}");
    put(jobs_dir, "not-an-id", "{}");
    struct stat info;
    ck_assert_int_eq(stat(dir, &info), 0);
    gdi_cleanup_turn(&cleanup, 0, info.st_mtime * SECOND + 599 * SECOND);
    ck_assert(has_job(stray)); /* its record may come in the next moment */
    gdi_cleanup_turn(&cleanup, 0, info.st_mtime * SECOND + 600 * SECOND);
    ck_assert(!has_job(stray) && has_job("not-an-id"));
    put(dir, "job.json", "{}");
    gdi_cleanup_turn(&cleanup, 1, info.st_mtime * SECOND);
    ck_assert(!has_job(stray));
}
END_TEST

START_TEST(test_trainer_cleanup__a_stale_job_is_a_failure)
{
    char id[GDI_RECORD_ID_BYTES];
    add("t", "hk", "m", NOW, 0, id);
    gdi_records_container(records, id, "c", NOW);
    gdi_cleanup_turn(&cleanup, 0, NOW + 6000 * SECOND); /* 1.5 hours and ten minutes */
    json_t *shown = gdi_records_show_id(records, id);
    ck_assert_str_eq(json_string_value(json_object_get(shown, "status")), "training");
    json_decref(shown);
    gdi_cleanup_turn(&cleanup, 0, NOW + 6001 * SECOND);
    shown = gdi_records_show_id(records, id);
    ck_assert_str_eq(json_string_value(json_object_get(shown, "status")), "failure");
    ck_assert_uint_eq(json_array_size(json_object_get(shown, "logs")), 1);
    ck_assert(!has_job(id)); /* nobody works on it: what is there is removed at once */
    json_decref(shown);
}
END_TEST

START_TEST(test_trainer_cleanup__time_counts_from_the_container_on)
{
    const gdi_record preparing = {
        .kind = GDI_RECORD_START, .status = GDI_RECORD_TRAINING, .started_us = NOW, .hours = 1.5};
    gdi_record training = preparing, prep = preparing, ended = preparing;
    training.trains_since_us = NOW + 3600 * SECOND;
    prep.kind = GDI_RECORD_PREP;
    prep.trains_since_us = NOW;
    ended.status = GDI_RECORD_SUCCESS;
    int64_t limit = 6000 * SECOND, around = GDI_AROUND_S * SECOND;
    ck_assert(!gdi_job_is_stale(&preparing, GDI_WORK_DOWNLOADING, NOW + limit + around));
    ck_assert(gdi_job_is_stale(&preparing, GDI_WORK_DOWNLOADING, NOW + limit + around + SECOND));
    ck_assert(!gdi_job_is_stale(&training, GDI_WORK_RUNNING, NOW + 3600 * SECOND + limit));
    ck_assert(gdi_job_is_stale(&training, GDI_WORK_RUNNING, NOW + 3601 * SECOND + limit));
    ck_assert(!gdi_job_is_stale(&training, GDI_WORK_UPLOADING, NOW + 3601 * SECOND + limit));
    ck_assert(!gdi_job_is_stale(&prep, GDI_WORK_RUNNING, NOW + 3600 * SECOND));
    ck_assert(gdi_job_is_stale(&prep, GDI_WORK_RUNNING, NOW + 3601 * SECOND));
    ck_assert(!gdi_job_is_stale(&ended, 0, NOW + 100 * DAY));
}
END_TEST

START_TEST(test_trainer_cleanup__a_record_whose_folder_is_gone_becomes_a_failure)
{
    char id[GDI_RECORD_ID_BYTES], half[GDI_RECORD_ID_BYTES], path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    add("t", "hk", "m", NOW, 0, id);
    add("half", "hk", "m", NOW, 0, half);
    gdi_records_end(records, half, GDI_RECORD_FAILURE, NULL, NOW);
    ck_assert_int_eq(god_path_join(jobs_dir, id, path, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_remove(path, NULL), GOD_OK);
    ck_assert_msg(gdi_cleanup_recover(&cleanup, NOW + SECOND, &err) == GOD_OK, "%s", err.message);
    json_t *shown = gdi_records_show_id(records, id);
    const char *line = json_string_value(json_array_get(json_object_get(shown, "logs"), 0));
    ck_assert_str_eq(json_string_value(json_object_get(shown, "status")), "failure");
    ck_assert_str_eq(json_string_value(json_object_get(shown, "finished_at")), "2026-07-10T12:00:01");
    ck_assert_msg(strstr(line, "] [STARTUP_RECOVERY] ") != NULL, "%s", line);
    json_decref(shown);
    gdi_cleanup_turn(&cleanup, 1, NOW + SECOND);
    ck_assert(!has_job(half)); /* it had not ended when its record did */
}
END_TEST

Suite *suite_trainer_cleanup(void)
{
    Suite *suite = suite_create("trainer/cleanup");
    TCase *tcase = tcase_create("cleanup");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_trainer_cleanup__tv_24_what_is_old_goes_and_the_rest_stays);
    tcase_add_test(tcase, test_trainer_cleanup__folders_without_records_go_once_they_are_not_new);
    tcase_add_test(tcase, test_trainer_cleanup__a_stale_job_is_a_failure);
    tcase_add_test(tcase, test_trainer_cleanup__time_counts_from_the_container_on);
    tcase_add_test(tcase, test_trainer_cleanup__a_record_whose_folder_is_gone_becomes_a_failure);
    suite_add_tcase(suite, tcase);
    return suite;
}
