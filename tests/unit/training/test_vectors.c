/* The tables of the training specification's test vectors, as tests/golden/training/extract.py reads them. Whole start
 * requests are compared by tests/golden/training/check_args.py. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "core/runner/last_error.h"
#include "core/tournament/rules.h"
#include "core/tournament/training.h"
#include "core/training/callers.h"
#include "core/training/datasets.h"
#include "core/training/gpus.h"
#include "core/training/plan.h"
#include "core/training/places.h"
#include "core/training/split.h"
#include "core/training/times.h"
#include "god/helpers/json.h"

static json_t *vectors;

static void setup(void)
{
    god_error err = GOD_ERROR_INIT;
    god_status status = god_json_read(GOD_SOURCE_DIR "/tests/golden/training/vectors.json", 4 << 20, &vectors, &err);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
}

static void teardown(void)
{
    json_decref(vectors);
}

static const json_t *table(const char *id, size_t rows)
{
    const json_t *found = json_object_get(json_object_get(vectors, "tables"), id);
    ck_assert_uint_eq(json_array_size(found), rows);
    return found;
}

static const char *cell(const json_t *rows, size_t row, size_t column)
{
    const char *text = json_string_value(json_array_get(json_array_get(rows, row), column));
    ck_assert_ptr_nonnull(text);
    return text;
}

/* The text between the first pair of backquotes. */
static void unquote(const char *text, char *buf, size_t cap)
{
    const char *start = strchr(text, '`');
    ck_assert_ptr_nonnull(start);
    (void)snprintf(buf, cap, "%.*s", (int)strcspn(start + 1, "`"), start + 1);
}

START_TEST(test_training_vectors__stale_strictly_after_the_deadline)
{
    const json_t *stale = json_object_get(vectors, "stale");
    int hours = 0, minutes = 0, seconds = 0;
    ck_assert_int_eq(sscanf(json_string_value(json_array_get(stale, 2)), "%d:%d:%d", &hours, &minutes, &seconds), 3);
    const int64_t start = 10 * 3600, deadline = hours * 3600 + minutes * 60 + seconds;
    const double limit = json_number_value(json_array_get(stale, 1));
    ck_assert(!gdi_training_is_stale(start, limit, deadline));
    ck_assert(gdi_training_is_stale(start, limit, deadline + 1));
}
END_TEST

START_TEST(test_training_vectors__model_hash)
{
    char hash[17];
    god_error err = GOD_ERROR_INIT;
    const json_t *rows = table("TV-12", 5);
    for (size_t i = 0; i < 5; i++) {
        char model[100], folder[100], wanted[120];
        unquote(cell(rows, i, 0), model, sizeof model);
        unquote(cell(rows, i, 2), folder, sizeof folder);
        ck_assert_int_eq(gdi_model_hash(model, "s4lt", hash, &err), GOD_OK);
        (void)snprintf(wanted, sizeof wanted, "/cache/models/%s", hash);
        ck_assert_str_eq(wanted, folder);
    }
}
END_TEST

/* One of two downloads fails, then both do: TV-13, below its table. */
START_TEST(test_training_vectors__data_sets_that_could_be_fetched)
{
    god_error err = GOD_ERROR_INIT;
    gdi_strings there = {.items = NULL};
    god_text text = GOD_TEXT_INIT;
    ck_assert_int_eq(gdi_strings_add(&there, "SoelMgd/Poker_Dataset", &err), GOD_OK);
    ck_assert_int_eq(gdi_datasets_variable(&there, &text, &err), GOD_OK);
    ck_assert_str_eq(text.data, "SoelMgd--Poker_Dataset");
    ck_assert_int_eq(gdi_strings_add(&there, "RZ412/PokerBench", &err), GOD_OK);
    god_text_clear(&text);
    ck_assert_int_eq(gdi_datasets_variable(&there, &text, &err), GOD_OK);
    ck_assert_str_eq(text.data, "SoelMgd--Poker_Dataset,RZ412--PokerBench");
    god_text_free(&text);
    gdi_strings_clear(&there);
}
END_TEST

START_TEST(test_training_vectors__last_error_line)
{
    const json_t *rows = table("TV-17", 5);
    for (size_t i = 0; i < 5; i++) {
        char log[400] = "", wanted[100] = "";
        const char *at = cell(rows, i, 0), *line = NULL;
        while ((at = strchr(at, '`')) != NULL) { /* `line` / `line` */
            size_t bytes = strcspn(at + 1, "`");
            (void)snprintf(log + strlen(log), sizeof log - strlen(log), "%.*s\n", (int)bytes, at + 1);
            at += bytes + 2;
        }
        if (cell(rows, i, 1)[0] == '`') {
            unquote(cell(rows, i, 1), wanted, sizeof wanted);
        }
        size_t bytes = gdi_last_error(log, strlen(log), &line);
        ck_assert_uint_eq(bytes, strlen(wanted));
        ck_assert(bytes == 0 || strncmp(line, wanted, bytes) == 0);
    }
}
END_TEST

START_TEST(test_training_vectors__gpu_requirement)
{
    const json_t *rows = table("TV-18", 21);
    for (size_t i = 0; i < 21; i++) {
        const char *type = cell(rows, i, 0);
        const gdi_gpu_need need = {.params = strtod(cell(rows, i, 1), NULL), /* "unknown": 0 */
                                   .gpu_factor = strcmp(type, "Dpo") == 0    ? 3.0
                                                 : strcmp(type, "Grpo") == 0 ? 2.0
                                                                             : 1.0,
                                   .fixed_count = strcmp(type, "Env") == 0     ? 4
                                                  : strcmp(type, "Image") == 0 ? 1
                                                                               : 0,
                                   .fixed_without_size = strcmp(type, "Image") == 0,
                                   .use_kl = strcmp(cell(rows, i, 2), "yes") == 0};
        ck_assert_msg(gdi_gpu_requirement(&need) == strtoul(cell(rows, i, 3), NULL, 10), "row %zu", i + 1);
    }
}
END_TEST

START_TEST(test_training_vectors__trainer_choice)
{
    static const uint32_t eight[] = {0, 1, 2, 3, 4, 5, 6, 7}, four[] = {0, 1, 2, 3}, two[] = {1, 6};
    const json_t *rows = table("TV-19", 7);
    const gdi_gpu_offer all[] = {{eight, 8, 8}, {four, 4, 6}, {two, 2, 2}}, same[] = {{eight, 8, 8}, {eight, 8, 8}};
    const gdi_gpu_offer seven = {eight, 7, 7};
    for (size_t i = 0; i < 4; i++) { /* the letter of the table is the place in `all` */
        uint32_t needed = (uint32_t)strtoul(cell(rows, i, 0), NULL, 10);
        ck_assert_uint_eq(gdi_gpus_choose(all, 3, needed), (uint32_t)(cell(rows, i, 1)[0] - 'A'));
    }
    ck_assert_uint_eq(all[2].ids[0], strtoul(cell(rows, 0, 2), NULL, 10));
    ck_assert_uint_eq(gdi_gpus_choose(all, 1, 4), 0);
    ck_assert_uint_eq(gdi_gpus_choose(same, 2, 2), 0);
    ck_assert_uint_eq(gdi_gpus_choose(&seven, 1, 8), UINT32_MAX);
}
END_TEST

static int64_t at(int hour, int minute)
{
    return INT64_C(1780000000) / 86400 * 86400 + hour * 3600 + minute * 60;
}

START_TEST(test_training_vectors__gpu_synchronisation)
{
    const json_t *rows = table("TV-20", 6);
    ck_assert_ptr_nonnull(strstr(cell(rows, 0, 2), "grace"));
    const int64_t now = at(12, 0);
    const gdi_gpu_row graced = {at(13, 0), at(11, 55)}, busy = {at(13, 0), at(11, 45)}, none = {0, 0},
                      past = {at(11, 59), at(9, 0)};
    ck_assert_int_eq(gdi_gpu_synchronise(&graced, GDI_GPU_SAYS_FREE, now), at(13, 0));
    ck_assert_int_eq(gdi_gpu_synchronise(&busy, GDI_GPU_SAYS_FREE, now), 0);
    ck_assert_int_eq(gdi_gpu_synchronise(&none, GDI_GPU_SAYS_BUSY, now), at(14, 0));
    ck_assert_int_eq(gdi_gpu_synchronise(&past, GDI_GPU_SAYS_FREE, now), at(11, 59));
    ck_assert(gdi_gpu_is_free(&past, now));
    ck_assert_int_eq(gdi_gpu_synchronise(&busy, GDI_GPU_SAYS_NOTHING, now), at(14, 0));
    ck_assert_int_eq(gdi_gpu_synchronise(&none, GDI_GPU_SAYS_NOTHING, now), at(14, 0));
}
END_TEST

START_TEST(test_training_vectors__monitor_and_attempts)
{
    gdi_rules defaults;
    gdi_rules_default(&defaults);
    const gdi_rules *rules = &defaults;
    const gdi_training once = {GDI_TRAINING_TRAINING, 1}, twice = {GDI_TRAINING_TRAINING, 2},
                       fresh = {GDI_TRAINING_PENDING, 0};
    const gdi_training_poll runs = {.training_count = 1}, failed = {.failure_count = 1}, nobody = {0, 0, 0},
                            both = {.success_count = 1, .failure_count = 1};
    ck_assert_uint_eq(json_array_size(table("TV-21", 7)), 7);
    ck_assert_uint_eq(gdi_training_polled(once, &runs).status, GDI_TRAINING_TRAINING);
    gdi_training again = gdi_training_polled(once, &failed);
    ck_assert_uint_eq(again.status, GDI_TRAINING_PENDING);
    again = gdi_training_start(rules, again, GDI_START_ACCEPTED);
    ck_assert_uint_eq(again.status, GDI_TRAINING_TRAINING);
    ck_assert_uint_eq(again.attempts, 2);
    gdi_training last = gdi_training_polled(twice, &failed);
    ck_assert_uint_eq(last.status, GDI_TRAINING_PENDING);
    ck_assert_uint_eq(gdi_training_start(rules, last, GDI_START_NOT_TRIED).status, GDI_TRAINING_FAILURE);
    ck_assert_uint_eq(gdi_training_polled(once, &nobody).status, GDI_TRAINING_PENDING);
    ck_assert_uint_eq(gdi_training_polled(once, &both).status, GDI_TRAINING_SUCCESS);
    gdi_training refused = gdi_training_start(rules, fresh, GDI_START_FAILED);
    ck_assert_uint_eq(refused.status, GDI_TRAINING_PENDING);
    ck_assert_uint_eq(refused.attempts, 0);
    ck_assert_uint_eq(gdi_training_start(rules, fresh, GDI_START_NO_RETRY).status, GDI_TRAINING_FAILURE);
}
END_TEST

START_TEST(test_training_vectors__splits)
{
    const json_t *rows = table("TV-22", 8);
    god_error err = GOD_ERROR_INIT;
    uint64_t test = 0;
    ck_assert_int_eq(gdi_split_text(3999, &test, &err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "3999"));
    for (size_t i = 1; i < 6; i++) { /* "text 4005" -> "400 / 3605" */
        uint64_t count = strtoul(cell(rows, i, 0) + strlen("text "), NULL, 10), train = 0;
        ck_assert_int_eq(sscanf(cell(rows, i, 1), "%*u / %lu", &train), 1);
        ck_assert_int_eq(gdi_split_text(count, &test, &err), GOD_OK);
        ck_assert_uint_eq(test, strtoul(cell(rows, i, 1), NULL, 10));
        ck_assert_uint_eq(count - test, train);
    }
    ck_assert_int_eq(gdi_split_images(9, &test, &err), GOD_E_DATA);
    ck_assert_int_eq(gdi_split_images(51, &test, &err), GOD_E_DATA);
    const char *counts = cell(rows, 7, 0) + strlen("image "), *splits = cell(rows, 7, 1);
    for (int i = 0; i < 5; i++) { /* "10, 11, ..." -> "1/9, 2/9, ..." */
        char *end = NULL, *split_end = NULL;
        uint64_t count = strtoul(counts, &end, 10);
        ck_assert_int_eq(gdi_split_images(count, &test, &err), GOD_OK);
        ck_assert_uint_eq(test, strtoul(splits, &split_end, 10));
        ck_assert_uint_eq(count - test, strtoul(split_end + 1, &split_end, 10));
        counts = end + (*end == ',');
        splits = split_end + (*split_end == ',');
    }
}
END_TEST

START_TEST(test_training_vectors__gpu_conflict)
{
    static const uint32_t taken[] = {0, 1, 2}; /* records in training, and the running text-trainer- container */
    const json_t *rows = table("TV-23", 4);
    ck_assert(gdi_gpu_holder("text-trainer-0f") && gdi_gpu_holder("model-prep-1") && !gdi_gpu_holder("other"));
    for (size_t i = 0; i < 4; i++) {
        char text[40];
        unquote(cell(rows, i, 0), text, sizeof text);
        uint32_t wanted[2] = {0, 0};
        int count = sscanf(text, "[%u, %u]", &wanted[0], &wanted[1]);
        ck_assert_int_ge(count, 1);
        ck_assert_int_eq(gdi_gpus_conflict(wanted, (uint32_t)count, taken, 3), cell(rows, i, 1)[0] == '4');
    }
}
END_TEST

START_TEST(test_training_vectors__cache_cleaning)
{
    enum { day = 86400 };
    const int64_t now = INT64_C(1783684800); /* 2026-07-10T12:00 */
    const int64_t july_1 = now - 9 * day, july_5 = now - 5 * day, july_9 = now - day;
    const gdi_past_job a = {july_5, july_5, false}, c = {july_1, 0, true}, d = {july_1, 0, false};
    const gdi_past_job b[] = {{july_5, july_5, false}, {july_9, july_9, false}};
    ck_assert_uint_eq(json_array_size(table("TV-24", 5)), 5);
    ck_assert(gdi_checkpoints_are_old(&a, 1, now) && gdi_data_is_old(&a, 1, now) && gdi_model_is_old(&a, 1, now));
    ck_assert(!gdi_checkpoints_are_old(b, 2, now) && gdi_data_is_old(b, 2, now) && !gdi_model_is_old(b, 2, now));
    ck_assert(!gdi_checkpoints_are_old(&c, 1, now) && !gdi_data_is_old(&c, 1, now) && !gdi_model_is_old(&c, 1, now));
    ck_assert(!gdi_checkpoints_are_old(&d, 1, now) && !gdi_data_is_old(&d, 1, now) && !gdi_model_is_old(&d, 1, now));
    ck_assert(!gdi_model_is_old(NULL, 0, now));
}
END_TEST

START_TEST(test_training_vectors__h200_counts)
{
    const json_t *rows = table("TV-27", 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(gdi_gpus_as_h200((uint32_t)strtoul(cell(rows, i, 0), NULL, 10)),
                          strtoul(cell(rows, i, 1), NULL, 10));
    }
}
END_TEST

START_TEST(test_training_vectors__callers)
{
    const json_t *rows = table("TV-28", 3);
    const char *list = json_string_value(json_array_get(rows, 0));
    for (size_t i = 0; i < 3; i++) {
        ck_assert(gdi_caller_is_allowed(list, cell(rows, 1, i)));
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert(!gdi_caller_is_allowed(list, cell(rows, 2, i)));
    }
    ck_assert(!gdi_caller_is_allowed(list, "10.0.0") && !gdi_caller_is_allowed(list, "10.0.0.11"));
    ck_assert(!gdi_caller_is_allowed(NULL, "10.0.0.1") && gdi_caller_is_allowed(NULL, "127.0.0.1"));
    ck_assert(!gdi_caller_is_allowed("", ""));
}
END_TEST

Suite *training_vectors_suite(void)
{
    const TTest *const tests[] = {test_training_vectors__stale_strictly_after_the_deadline,
                                  test_training_vectors__model_hash,
                                  test_training_vectors__data_sets_that_could_be_fetched,
                                  test_training_vectors__last_error_line,
                                  test_training_vectors__gpu_requirement,
                                  test_training_vectors__trainer_choice,
                                  test_training_vectors__gpu_synchronisation,
                                  test_training_vectors__monitor_and_attempts,
                                  test_training_vectors__splits,
                                  test_training_vectors__gpu_conflict,
                                  test_training_vectors__cache_cleaning,
                                  test_training_vectors__h200_counts,
                                  test_training_vectors__callers};
    Suite *suite = suite_create("training vectors");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        tcase_add_test(all, tests[i]);
    }
    suite_add_tcase(suite, all);
    return suite;
}
