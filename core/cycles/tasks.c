/* core/cycles/tasks.c: the tasks of a pending round, those who work on them, and tasks that take another's place.
 * Sections 11, 12. */
#include "core/cycles/content.h"
#include "core/cycles/rounds.h"
#include "core/tournament/task_size.h"

/* ---- those who work on it ---- */

typedef struct outputs {
    const char **hotkeys, **repos; /* ascending */
    size_t count;
} outputs;

/* What the entrants' trainings of the round before produced. */
static god_status read_outputs(gdi_step *step, const gdi_round *round, outputs *ret_outputs, god_error *err)
{
    *ret_outputs = (outputs){.count = 0};
    gdi_round before = {.number = 0};
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_round_read(step->db, step->tournament.id, round->number - 1, &before, err));
    GDI_KEEP(step, rows, err, gdi_tasks_outputs(step->db, before.id, &rows, err));
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows), &ret_outputs->hotkeys, err));
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows), &ret_outputs->repos, err));
    for (; gdi_rows_next(rows); ret_outputs->count++) {
        ret_outputs->hotkeys[ret_outputs->count] = gdi_rows_text(rows, GDI_OUTPUT_HOTKEY);
        GOD_TRY(gdi_step_output_repo(step, gdi_rows_text(rows, GDI_OUTPUT_REPOSITORY),
                                     &ret_outputs->repos[ret_outputs->count], err));
    }
    return GOD_OK;
}

static const char *output_of(const outputs *of, const char *hotkey)
{
    for (size_t i = 0; i < of->count; i++) {
        if (strcmp(of->hotkeys[i], hotkey) == 0) {
            return of->repos[i];
        }
    }
    return NULL;
}

static god_status assign(gdi_step *step, const gdi_task_place *at, const gdi_task_plan *plan, const char *task_id,
                         god_error *err)
{
    outputs before = {.count = 0};
    if (plan->continues) {
        GOD_TRY(read_outputs(step, at->round, &before, err));
    }
    const gdi_round_slot *slot = &at->slots[at->slot];
    for (uint32_t i = 0; i < slot->count; i++) {
        char repo[GDI_REPOSITORY_BYTES];
        if (!gdi_output_repository(step->tournament.id, task_id, slot->hotkeys[i], repo, sizeof repo)) {
            return god_fail(err, GOD_E_INVALID, "the name of the repository of task %s is too long", task_id);
        }
        const char *start = plan->continues ? output_of(&before, slot->hotkeys[i]) : plan->starting_repo;
        GOD_TRY(gdi_task_node_add_in(step->db, task_id, slot->hotkeys[i], step->options->netuid, repo, start, err));
    }
    return GOD_OK;
}

/* ---- one task ---- */

static god_status add_task(gdi_step *step, const gdi_task_place *at, const gdi_task_plan *plan,
                           const gdi_content *content, uint32_t replacement, char ret_task_id[GDI_UUID_BYTES],
                           god_error *err)
{
    const char *label = NULL, *details = NULL;
    char task_id[GDI_UUID_BYTES];
    GOD_TRY(gdi_step_format(step, &label, err, "task/%s/%u/%u", at->slots[at->slot].id, at->place, replacement));
    GOD_TRY(gdi_step_uuid(step, label, task_id, err));
    if (content->fields != NULL && json_object_set(plan->details, "fields", content->fields) != 0) {
        return god_fail(err, GOD_E_NOMEM, "no memory for the details of a task");
    }
    GOD_TRY(gdi_step_dump(step, plan->details, &details, err));
    double hours = plan->hours > 0 ? plan->hours
                                   : gdi_training_hours(content->rows, (double)content->model_params_count,
                                                        plan->kind->hours_factor);
    const gdi_task_new task = {.task_id = task_id,
                               .task_type = plan->kind->task_type,
                               .model_id = content->model_id,
                               .ds = content->ds,
                               .start_point = plan->start_point,
                               .details_json = details,
                               .hours_to_complete = hours,
                               .model_params_count = content->model_params_count};
    const gdi_task_link link = {.tournament_id = step->tournament.id,
                                .round_id = at->round->id,
                                .slot_id = at->slots[at->slot].id,
                                .round_type = at->round->type,
                                .place = at->place,
                                .replacements = replacement};
    GOD_TRY(gdi_task_add_in(step->db, &task, step->now_us, err));
    GOD_TRY(gdi_step_write_details(step, task_id, plan->kind, plan->details, err));
    GOD_TRY(gdi_task_link_in(step->db, task_id, &link, err));
    step->changed = true;
    gdi_step_raise(step, GDI_ON_TO_PREPARE);
    gdi_step_raise(step, GDI_ON_TASKS);
    (void)memcpy(ret_task_id, task_id, sizeof task_id);
    return GOD_OK;
}

static god_status find_content(gdi_step *step, const gdi_task_place *at, const gdi_task_plan *plan,
                               uint32_t replacement, int64_t not_before_us, bool *ret_found, gdi_content *ret_content,
                               god_error *err)
{
    if (plan->needs_content) {
        return gdi_content_find(step, at, plan, replacement, not_before_us, ret_found, ret_content, err);
    }
    *ret_content = (gdi_content){.model_id = plan->model_id};
    *ret_found = not_before_us <= step->now_us;
    if (!*ret_found) {
        gdi_step_due(step, not_before_us);
    }
    return GOD_OK;
}

static god_status create_task(gdi_step *step, const gdi_task_place *at, bool *ret_created, god_error *err)
{
    gdi_task_plan plan = {.hours = 0};
    gdi_content content = {.rows = 0};
    char task_id[GDI_UUID_BYTES];
    GOD_TRY(gdi_task_plan_draw(step, at, &plan, err));
    GOD_TRY(find_content(step, at, &plan, 0, 0, ret_created, &content, err));
    if (!*ret_created) {
        return GOD_OK;
    }
    GOD_TRY(add_task(step, at, &plan, &content, 0, task_id, err));
    return assign(step, at, &plan, task_id, err);
}

/* ---- a pending round ---- */

/* Goes to the row of this place, if the round has a task there. Rows and places are in the same order. */
static bool has_task(gdi_rows *rows, bool *at_row, const char *slot_id, uint32_t place)
{
    if (!*at_row || strcmp(gdi_rows_text(rows, GDI_ROUND_TASK_SLOT), slot_id) != 0 ||
        gdi_rows_int(rows, GDI_ROUND_TASK_PLACE) != place) {
        return false;
    }
    *at_row = gdi_rows_next(rows);
    return true;
}

static god_status create_missing(gdi_step *step, const gdi_round *round, uint32_t *ret_missing, god_error *err)
{
    gdi_task_place at = {.round = round};
    gdi_round_slot *slots = NULL;
    gdi_rows *rows = NULL;
    uint32_t per_slot = 0, missing = 0;
    GOD_TRY(gdi_round_slots(step, round, &slots, &at.slot_count, err));
    GOD_TRY(gdi_task_places(step, round, &per_slot, err));
    GDI_KEEP(step, rows, err, gdi_tasks_of_round(step->db, round->id, &rows, err));
    at.slots = slots;
    bool at_row = gdi_rows_next(rows);
    for (at.slot = 0; at.slot < at.slot_count; at.slot++) {
        for (at.place = 0; at.place < per_slot; at.place++) {
            bool created = has_task(rows, &at_row, slots[at.slot].id, at.place);
            if (!created) {
                GOD_TRY(create_task(step, &at, &created, err));
            }
            missing += !created;
        }
    }
    *ret_missing = missing;
    return GOD_OK;
}

god_status gdi_step_create_tasks(gdi_step *step, god_error *err)
{
    gdi_round round = {.number = 0};
    god_error none = GOD_ERROR_INIT;
    god_status status = gdi_round_last(step->db, step->tournament.id, &round, &none);
    if (status != GOD_OK || round.status != GDI_ROUND_PENDING) {
        return status == GOD_OK || status == GOD_E_NOT_FOUND ? GOD_OK : god_fail(err, status, "%s", none.message);
    }
    uint32_t missing = 0;
    GOD_TRY(create_missing(step, &round, &missing, err));
    if (missing > 0) {
        return GOD_OK;
    }
    /* Every task got its nodes with its row. */
    GOD_TRY(gdi_round_start_in(step->db, round.id, step->now_us, err));
    step->changed = true;
    gdi_step_raise(step, GDI_ON_ROUND_STARTED);
    gdi_step_log(step, GOD_LOG_INFO, "round started", "round", round.id);
    return GOD_OK;
}

/* ---- replacement (11.6) ---- */

typedef struct broken_task {
    const char *task_id;
    uint32_t replacements;
    double params;
    int64_t broken_us;
} broken_task;

/* Copies what the new task inherits, then the old one goes with its jobs and GPUs. */
static god_status take_place(gdi_step *step, const broken_task *old, const char *new_id, god_error *err)
{
    GOD_TRY(gdi_task_nodes_copy_in(step->db, old->task_id, new_id, err));
    GOD_TRY(gdi_gpus_release_task_in(step->db, old->task_id, step->now_us, err));
    GOD_TRY(gdi_task_remove_in(step->db, old->task_id, err));
    gdi_step_raise(step, GDI_ON_TRAINERS);
    gdi_step_log(step, GOD_LOG_WARNING, "task replaced", "task", old->task_id);
    return GOD_OK;
}

static god_status replace_task(gdi_step *step, const gdi_task_place *at, const broken_task *old, god_error *err)
{
    gdi_task_plan plan = {.hours = 0};
    gdi_content content = {.rows = 0};
    char task_id[GDI_UUID_BYTES];
    bool found = false, first_text_groups = at->round->number == 1 && at->round->type == GDI_ROUND_GROUP;
    GOD_TRY(gdi_task_plan_draw(step, at, &plan, err));
    if (plan.params.highest > 0 && !first_text_groups) {
        plan.params = gdi_replacement_params(old->params);
    }
    int64_t wait_us = gdi_replacement_wait_us(old->replacements);
    if (wait_us > 0) {
        const char *event = NULL;
        GOD_TRY(gdi_step_format(step, &event, err, "replaced_often/%s", old->task_id));
        GOD_TRY(gdi_step_notify(step, event, err,
                                "Task %s of %s could not be prepared; its place was given away %u "
                                "times. Trying again in 15 minutes.",
                                old->task_id, step->tournament.id, old->replacements));
    }
    GOD_TRY(find_content(step, at, &plan, old->replacements + 1, wait_us > 0 ? old->broken_us + wait_us : 0, &found,
                         &content, err));
    if (!found) {
        return GOD_OK;
    }
    GOD_TRY(add_task(step, at, &plan, &content, old->replacements + 1, task_id, err));
    return take_place(step, old, task_id, err);
}

static god_status replace_broken(gdi_step *step, const gdi_round *round, gdi_rows *tasks, god_error *err)
{
    gdi_task_place at = {.round = round};
    gdi_round_slot *slots = NULL;
    GOD_TRY(gdi_round_slots(step, round, &slots, &at.slot_count, err));
    at.slots = slots;
    while (gdi_rows_next(tasks)) {
        if (strcmp(gdi_rows_text(tasks, GDI_ROUND_TASK_STATUS), "prep_task_failure") != 0) {
            continue;
        }
        const char *slot_id = gdi_rows_text(tasks, GDI_ROUND_TASK_SLOT);
        for (at.slot = 0; at.slot < at.slot_count && strcmp(slots[at.slot].id, slot_id) != 0;) {
            at.slot++;
        }
        if (at.slot == at.slot_count) {
            continue; /* its group or pair is gone */
        }
        at.place = (uint32_t)gdi_rows_int(tasks, GDI_ROUND_TASK_PLACE);
        const broken_task old = {.task_id = gdi_rows_text(tasks, GDI_ROUND_TASK_ID),
                                 .replacements = (uint32_t)gdi_rows_int(tasks, GDI_ROUND_TASK_REPLACEMENTS),
                                 .params = (double)gdi_rows_int(tasks, GDI_ROUND_TASK_PARAMS),
                                 .broken_us = gdi_rows_time(tasks, GDI_ROUND_TASK_UPDATED)};
        GOD_TRY(replace_task(step, &at, &old, err));
    }
    return GOD_OK;
}

god_status gdi_step_replace_tasks(gdi_step *step, god_error *err)
{
    gdi_round round = {.number = 0};
    god_error none = GOD_ERROR_INIT;
    god_status status = gdi_round_last(step->db, step->tournament.id, &round, &none);
    if (status != GOD_OK || round.status == GDI_ROUND_FINISHED) {
        return status == GOD_OK || status == GOD_E_NOT_FOUND ? GOD_OK : god_fail(err, status, "%s", none.message);
    }
    gdi_rows *counts = NULL, *tasks = NULL;
    GDI_KEEP(step, counts, err, gdi_tasks_counts(step->db, round.id, &counts, err));
    if (!gdi_rows_next(counts) || gdi_rows_int(counts, GDI_ROUND_COUNT_PREP_FAILURE) == 0) {
        return GOD_OK;
    }
    GDI_KEEP(step, tasks, err, gdi_tasks_of_round(step->db, round.id, &tasks, err));
    return replace_broken(step, &round, tasks, err);
}
