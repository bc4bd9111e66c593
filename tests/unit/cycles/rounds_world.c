#include "rounds_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cycles/work.h"
#include "god/eval.h"

#define OK(call, err)                                                                       \
    do {                                                                                    \
        god_status ok_status_ = (call);                                                     \
        if (ok_status_ != GOD_OK) {                                                         \
            ck_abort_msg("%s: %s: %s", #call, god_status_name(ok_status_), (err)->message); \
        }                                                                                   \
    } while (0)

static const char *const kinds[] = {GDI_WORK_ASK_MINERS,         GDI_WORK_CHECK_REPOSITORY,
                                    GDI_WORK_FIND_HEAD,          GDI_WORK_REVIEW_DUPLICATES,
                                    GDI_WORK_CHOOSE_CONTENT,     GDI_WORK_PREPARE_TASK,
                                    GDI_WORK_PREPARE_MODEL,      GDI_WORK_START_TRAINING,
                                    GDI_WORK_WATCH_TRAINING,     GDI_WORK_REFRESH_GPUS,
                                    GDI_WORK_EVALUATE,           GDI_WORK_PLAY_PAIR,
                                    GDI_WORK_PLAY_ALONE,         GDI_WORK_COMPARE_SOURCES,
                                    GDI_WORK_READ_MODEL_BASE,    GDI_WORK_NOTIFY,
                                    GDI_WORK_PUBLISH_REPOSITORY, NULL};

void world_trainer(world *w, const char *trainer_ip, uint32_t gpus)
{
    for (uint32_t i = 0; i < gpus; i++) {
        char sql[256];
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO trainers_gpus (trainer_ip, gpu_id, gpu_type, vram_gb, created_at, updated_at)"
                       " VALUES ('%s', %u, 'H100', 80, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z')",
                       trainer_ip, i);
        stage_sql(&w->stage, sql);
    }
}

void world_open(world *w, uint32_t type, uint32_t count, uint32_t gpus)
{
    *w = (world){.boss_place = 1000, .stops_at_decision = true};
    stage_open(&w->stage);
    stage_miners(&w->stage, count);
    if (gpus > 0) {
        world_trainer(w, "10.1.0.1", gpus);
    }
    (void)stage_activate(&w->stage, type, count);
}

void world_close(world *w)
{
    stage_close(&w->stage);
}

/* ---- answers ---- */

static double place_of(const world *w, const char *hotkey)
{
    return strcmp(hotkey, STAGE_BURN) == 0 ? w->boss_place : atof(hotkey + 2);
}

static json_t *content(void)
{
    return json_pack("{s:s, s:s, s:I, s:i, s:{s:s}}", "model_id", "org/model", "ds", "org/data", "model_params_count",
                     (json_int_t)3000000000, "rows", 75000, "fields", "field_instruction", "question");
}

static json_t *scores(const world *w, const json_t *payload)
{
    json_t *list = json_object();
    const json_t *submission = NULL;
    size_t i = 0;
    const char *type = json_string_value(json_object_get(payload, "task_type"));
    bool higher = gdi_task_kind_of(&w->stage.kinds, type)->direction == GOD_HIGHER_WINS;
    json_array_foreach(json_object_get(payload, "submissions"), i, submission)
    {
        const char *hotkey = json_string_value(json_object_get(submission, "hotkey"));
        double place = place_of(w, hotkey), value = higher ? 100 / (1 + place) : 1 + place;
        (void)json_object_set_new(list, hotkey, json_pack("{s:s, s:f}", "status", "ok", "test_loss", value));
    }
    return json_pack("{s:o}", "scores", list);
}

static json_t *games(const world *w, const json_t *payload)
{
    const char *a = json_string_value(json_object_get(json_object_get(payload, "a"), "hotkey"));
    const char *b = json_string_value(json_object_get(json_object_get(payload, "b"), "hotkey"));
    bool a_wins = place_of(w, a) < place_of(w, b);
    return json_pack("{s:i, s:i, s:i}", "model_a_wins", a_wins ? 60 : 30, "model_b_wins", a_wins ? 30 : 60, "draws",
                     10);
}

json_t *world_result(world *w, const gdi_job_lease *lease, const json_t *payload)
{
    const char *kind = lease->kind;
    if (strcmp(kind, GDI_WORK_CHOOSE_CONTENT) == 0) {
        return content();
    }
    if (strcmp(kind, GDI_WORK_PREPARE_TASK) == 0) {
        return json_pack("{s:s, s:s}", "training_data", "s3://train", "test_data", "s3://test");
    }
    if (strcmp(kind, GDI_WORK_PREPARE_MODEL) == 0) {
        return json_pack("{s:{s:s}}", "baseline_stats", "task_type", "instruct");
    }
    if (strcmp(kind, GDI_WORK_START_TRAINING) == 0) {
        return json_pack("{s:s}", "outcome", "accepted");
    }
    if (strcmp(kind, GDI_WORK_WATCH_TRAINING) == 0) {
        return json_pack("{s:s}", "status", "success");
    }
    if (strcmp(kind, GDI_WORK_EVALUATE) == 0) {
        return scores(w, payload);
    }
    if (strcmp(kind, GDI_WORK_PLAY_PAIR) == 0) {
        return games(w, payload);
    }
    if (strcmp(kind, GDI_WORK_PLAY_ALONE) == 0) {
        const char *hotkey = json_string_value(json_object_get(json_object_get(payload, "player"), "hotkey"));
        return json_pack("{s:f}", "score", 1000 - place_of(w, hotkey));
    }
    return json_object();
}

/* With faults: whether the caller is to try again. */
static bool try_again(world *w, god_status status, uint32_t failures)
{
    if (w->stage.failures == failures) {
        return false;
    }
    ck_assert_int_eq(status, GOD_E_IO);
    w->stage.fail_at = w->stage.statements + w->fault_every;
    return true;
}

static god_status claim(world *w, gdi_job_lease *lease, god_error *err)
{
    stage *s = &w->stage;
    for (;;) {
        uint32_t failures = s->failures;
        god_status status = gdi_job_claim(s->db, kinds, "world", s->now_us, GDI_HOUR_US, lease, err);
        if (!try_again(w, status, failures)) {
            return status;
        }
    }
}

static god_status end_job(world *w, const gdi_job_lease *lease, const char *result, god_error *err)
{
    stage *s = &w->stage;
    for (;;) {
        uint32_t failures = s->failures;
        god_status status = result == NULL ? gdi_job_fail(s->db, lease, s->now_us, 0, "the test made it fail", err)
                                           : gdi_job_finish(s->db, lease, s->now_us, result, err);
        if (!try_again(w, status, failures)) {
            return status;
        }
    }
}

bool world_answer_one(world *w)
{
    god_error err = GOD_ERROR_INIT;
    gdi_job_lease lease = {.job_id = 0};
    god_status status = claim(w, &lease, &err);
    if (status == GOD_E_NOT_FOUND) {
        return false;
    }
    OK(status, &err);
    json_t *payload = json_loads(lease.payload_json, 0, NULL), *result = NULL;
    ck_assert_ptr_nonnull(payload);
    if (w->hook == NULL || !w->hook(w, &lease, payload, &result)) {
        result = world_result(w, &lease, payload);
    }
    char *text = result == NULL ? NULL : json_dumps(result, JSON_COMPACT);
    OK(end_job(w, &lease, text, &err), &err);
    free(text);
    json_decref(result);
    json_decref(payload);
    gdi_job_lease_clear(&lease);
    w->answered++;
    return true;
}

/* ---- playing ---- */

/* Until nothing is left to do, whatever fails meanwhile. */
static void turn_with_faults(world *w)
{
    stage *s = &w->stage;
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t failures = s->failures;
        god_status status = stage_try_turn(s);
        if (!try_again(w, status, failures)) {
            ck_assert_int_eq(status, GOD_OK);
            if (s->last.steps == 0) {
                return;
            }
        }
    }
    ck_abort_msg("a thousand turns did not come to rest");
}

/* What the test itself asks never fails, and does not bring the next fault nearer. */
static uint64_t pause_faults(world *w)
{
    uint64_t left = w->stage.fail_at - w->stage.statements;
    w->stage.fail_at = 0;
    return left;
}

static void resume_faults(world *w, uint64_t left)
{
    w->stage.fail_at = w->fault_every > 0 ? w->stage.statements + left : 0;
}

static bool is_decided(world *w)
{
    uint64_t left = pause_faults(w);
    bool decided = world_winner(w)[0] != '\0';
    resume_faults(w, left);
    return decided;
}

static bool move_clock(world *w)
{
    god_error err = GOD_ERROR_INIT;
    int64_t next_us = INT64_MAX;
    uint64_t left = pause_faults(w);
    OK(gdi_job_next_due(w->stage.db, &next_us, &err), &err);
    resume_faults(w, left);
    next_us = w->stage.last.next_due_us < next_us ? w->stage.last.next_due_us : next_us;
    if (next_us == INT64_MAX || w->clock_stands) {
        return false;
    }
    ck_assert_int_gt(next_us, w->stage.now_us);
    w->stage.now_us = next_us;
    return true;
}

void world_play(world *w)
{
    for (uint32_t i = 0; i < 20000; i++) {
        if (w->fault_every > 0) {
            turn_with_faults(w);
        } else {
            stage_turn(&w->stage);
        }
        if (w->stops_at_decision && is_decided(w)) {
            return;
        }
        bool any = false;
        while (world_answer_one(w)) {
            any = true;
        }
        if (!any && !move_clock(w)) {
            return;
        }
    }
    ck_abort_msg("the tournament does not come to an end");
}

const char *world_winner(world *w)
{
    return stage_text(&w->stage,
                      "SELECT COALESCE(winner_hotkey, '') FROM tournaments ORDER BY created_at DESC LIMIT 1");
}

const char *world_shape(world *w)
{
    return stage_text(
        &w->stage,
        "SELECT group_concat(shape, ' ') FROM (SELECT ((SELECT count(*) FROM tournament_groups g WHERE g.round_id ="
        " r.round_id) + (SELECT count(*) FROM tournament_pairs p WHERE p.round_id = r.round_id)) ||"
        " CASE WHEN round_type = 'group' THEN 'g' ELSE '' END || CASE WHEN is_final_round THEN 'f' ELSE '' END AS shape"
        " FROM tournament_rounds r ORDER BY round_number)");
}
