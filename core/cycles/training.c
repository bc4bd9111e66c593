/* core/cycles/training.c: what became of a start, and of a training that a trainer accepted. Sections 5.5, 13.3 and
 * 13.4. */
#include "core/tournament/training.h"

#include <math.h>

#include "core/cycles/rounds.h"
#include "core/tournament/calendar.h"

typedef struct row {
    const char *task_id, *hotkey, *trainer_ip, *message;
    uint32_t attempts;
    int64_t starts;
    double hours;
    json_t *result; /* NULL: the job failed, or its answer cannot be read */
} row;

static god_status read_row(gdi_step *step, gdi_rows *ended, row *ret_row, god_error *err)
{
    row read = {.task_id = gdi_rows_text(ended, GDI_TRAINING_ENDED_TASK),
                .hotkey = gdi_rows_text(ended, GDI_TRAINING_ENDED_HOTKEY),
                .trainer_ip = gdi_rows_text(ended, GDI_TRAINING_ENDED_TRAINER),
                .attempts = (uint32_t)gdi_rows_int(ended, GDI_TRAINING_ENDED_ATTEMPTS),
                .starts = gdi_rows_int(ended, GDI_TRAINING_ENDED_STARTS),
                .hours = gdi_rows_real(ended, GDI_TRAINING_ENDED_HOURS)};
    GOD_TRY(gdi_ended_result(step, gdi_rows_text(ended, GDI_TRAINING_ENDED_STATE),
                             gdi_rows_text(ended, GDI_TRAINING_ENDED_RESULT),
                             gdi_rows_text(ended, GDI_TRAINING_ENDED_MESSAGE), &read.result, &read.message, err));
    const char *said = NULL;
    GOD_TRY(gdi_step_reason(step, json_string_value(json_object_get(read.result, "message")), &said, err));
    read.message = said != NULL ? said : read.message;
    *ret_row = read;
    return GOD_OK;
}

static god_status release(gdi_step *step, const char *task_id, const char *hotkey, god_error *err)
{
    const char *held_by = NULL;
    GOD_TRY(gdi_step_format(step, &held_by, err, "%s/%s", task_id, hotkey));
    gdi_step_raise(step, GDI_ON_TRAINERS);
    return gdi_gpus_release_in(step->db, held_by, step->now_us, err);
}

/* ---- starts ---- */

static uint32_t start_outcome(const row *of)
{
    const char *word = json_string_value(json_object_get(of->result, "outcome"));
    if (word != NULL && strcmp(word, "accepted") == 0) {
        return GDI_START_ACCEPTED;
    }
    return word != NULL && strcmp(word, "no_retry") == 0 ? GDI_START_NO_RETRY : GDI_START_FAILED;
}

/* When the host stops waiting for a trainer that still says that it is at work. */
static int64_t overdue_at(const gdi_step *step, double hours)
{
    return step->now_us + (int64_t)ceil(hours * (double)GDI_HOUR_US) + step->options->rules->training_overdue_us;
}

static god_status watch(gdi_step *step, const row *of, int64_t until_us, const char **ret_key, god_error *err)
{
    const char *name = NULL;
    char until[GDI_TIME_TEXT];
    GOD_TRY(gdi_step_format(step, &name, err, "%s/%s/%lld", of->task_id, of->hotkey, (long long)of->starts));
    gdi_time_format(until_us, until);
    const gdi_task_work work = {.kind = GDI_WORK_WATCH_TRAINING,
                                .key = name,
                                .task_id = of->task_id,
                                .hotkey = of->hotkey,
                                .payload = json_pack("{s:s, s:s, s:s?, s:s}", "task_id", of->task_id, "hotkey",
                                                     of->hotkey, "trainer_ip", of->trainer_ip, "until", until)};
    return gdi_task_work_add(step, &work, ret_key, err);
}

/* The hours of the reservation begin with the training. */
static god_status extend(gdi_step *step, const row *of, god_error *err)
{
    const char *held_by = NULL;
    int64_t until_us = step->now_us + (int64_t)(of->hours * (double)GDI_HOUR_US);
    GOD_TRY(gdi_step_format(step, &held_by, err, "%s/%s", of->task_id, of->hotkey));
    return gdi_gpus_extend_in(step->db, held_by, until_us, step->now_us, err);
}

static god_status end_start(gdi_step *step, const row *of, god_error *err)
{
    const gdi_training before = {.status = GDI_TRAINING_PENDING, .attempts = of->attempts};
    uint32_t outcome = start_outcome(of);
    gdi_training after = gdi_training_start(step->options->rules, before, outcome);
    gdi_training_change change = {.status = "pending", .attempts = after.attempts, .reason = of->message};
    if (after.status == GDI_TRAINING_TRAINING) {
        change.status = "training";
        change.reason = NULL;
        change.overdue_us = overdue_at(step, of->hours);
        GOD_TRY(extend(step, of, err));
        GOD_TRY(watch(step, of, change.overdue_us, &change.job_key, err));
        gdi_step_raise(step, GDI_ON_STARTED);
        gdi_step_raise(step, GDI_ON_TO_QUEUE);
        return gdi_training_change_in(step->db, of->task_id, of->hotkey, &change, step->now_us, err);
    }
    GOD_TRY(release(step, of->task_id, of->hotkey, err));
    if (after.status == GDI_TRAINING_FAILURE) {
        change.status = "failure";
        gdi_step_raise(step, GDI_ON_TO_CLOSE);
    } else {
        change.next_attempt_us = step->now_us + GDI_STEP_MINUTE_US;
        gdi_step_raise(step, GDI_ON_TRAININGS); /* somebody must wait for that moment */
        GOD_TRY(gdi_gpus_doubt(step, err));
    }
    return gdi_training_change_in(step->db, of->task_id, of->hotkey, &change, step->now_us, err);
}

god_status gdi_step_started(gdi_step *step, god_error *err)
{
    gdi_rows *ended = NULL;
    GDI_KEEP(step, ended, err, gdi_trainings_ended(step->db, "pending", &ended, err));
    while (gdi_rows_next(ended)) {
        row of = {.task_id = NULL};
        GOD_TRY(read_row(step, ended, &of, err));
        GOD_TRY(end_start(step, &of, err));
    }
    step->changed |= gdi_rows_count(ended) > 0;
    return GOD_OK;
}

/* ---- trainings ---- */

static god_status end_training(gdi_step *step, const char *task_id, const char *hotkey, uint32_t attempts,
                               const gdi_training_poll *poll, const char *message, god_error *err)
{
    const gdi_training before = {.status = GDI_TRAINING_TRAINING, .attempts = attempts};
    gdi_training after = gdi_training_polled(before, poll);
    bool success = after.status == GDI_TRAINING_SUCCESS;
    const gdi_training_change change = {
        .status = success ? "success" : "pending", .attempts = after.attempts, .reason = success ? NULL : message};
    GOD_TRY(gdi_training_change_in(step->db, task_id, hotkey, &change, step->now_us, err));
    GOD_TRY(release(step, task_id, hotkey, err));
    step->changed = true;
    gdi_step_raise(step, GDI_ON_TRAININGS);
    gdi_step_raise(step, GDI_ON_TO_CLOSE);
    return GOD_OK;
}

static god_status end_watched(gdi_step *step, god_error *err)
{
    gdi_rows *ended = NULL;
    GDI_KEEP(step, ended, err, gdi_trainings_ended(step->db, "training", &ended, err));
    while (gdi_rows_next(ended)) {
        row of = {.task_id = NULL};
        GOD_TRY(read_row(step, ended, &of, err));
        const char *word = json_string_value(json_object_get(of.result, "status"));
        bool success = word != NULL && strcmp(word, "success") == 0;
        const gdi_training_poll poll = {.success_count = success, .failure_count = !success};
        GOD_TRY(end_training(step, of.task_id, of.hotkey, of.attempts, &poll, of.message, err));
        if (word == NULL || strcmp(word, "failure") == 0 || success) {
            continue;
        }
        GOD_TRY(gdi_gpus_doubt(step, err)); /* nobody answered: what is the trainer doing? */
    }
    return GOD_OK;
}

static god_status end_overdue(gdi_step *step, god_error *err)
{
    gdi_rows *overdue = NULL;
    GDI_KEEP(step, overdue, err, gdi_trainings_overdue(step->db, step->now_us, &overdue, err));
    const gdi_training_poll failed = {.failure_count = 1};
    while (gdi_rows_next(overdue)) {
        const char *job = gdi_rows_text(overdue, GDI_OVERDUE_JOB);
        if (job != NULL) {
            GOD_TRY(gdi_job_cancel_in(step->db, job, step->now_us, "the training is overdue", err));
        }
        GOD_TRY(end_training(step, gdi_rows_text(overdue, GDI_OVERDUE_TASK), gdi_rows_text(overdue, GDI_OVERDUE_HOTKEY),
                             (uint32_t)gdi_rows_int(overdue, GDI_OVERDUE_ATTEMPTS), &failed,
                             "its trainer said nothing until long after its hours", err));
    }
    return GOD_OK;
}

god_status gdi_step_watched(gdi_step *step, god_error *err)
{
    int64_t next_us = INT64_MAX;
    GOD_TRY(end_watched(step, err));
    GOD_TRY(gdi_trainings_next_overdue(step->db, &next_us, err));
    if (next_us <= step->now_us) {
        GOD_TRY(end_overdue(step, err));
        GOD_TRY(gdi_trainings_next_overdue(step->db, &next_us, err));
    }
    gdi_step_due(step, next_us);
    return GOD_OK;
}

/* ---- all rows of a task are at their end ---- */

god_status gdi_step_close_trainings(gdi_step *step, god_error *err)
{
    gdi_rows *closed = NULL;
    GDI_KEEP(step, closed, err, gdi_trainings_closed_tasks(step->db, &closed, err));
    while (gdi_rows_next(closed)) {
        const char *task_id = gdi_rows_text(closed, 0);
        GOD_TRY(gdi_evaluations_add_in(step->db, task_id, step->options->netuid, step->now_us, NULL, err));
        GOD_TRY(gdi_task_move_in(step->db, task_id, "training", "preevaluation", NULL, step->now_us, NULL, err));
        step->changed = true;
        gdi_step_raise(step, GDI_ON_TO_EVALUATE);
        gdi_step_raise(step, GDI_ON_TASKS);
    }
    return GOD_OK;
}
