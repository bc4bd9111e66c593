/* core/cycles/task_plan.c: what one task of a round is to be, drawn from the streams of the round. Sections 10, 11.1,
 * 11.3 and 11.5. A place that is drawn again, after a crash or for a replacement, comes out the same. */
#include <stdio.h>

#include "core/cycles/rounds.h"
#include "core/tournament/task_mix.h"

enum { LABEL_BYTES = GDI_ID_BYTES + 32 };

static uint32_t stage_of(const gdi_round *round)
{
    if (round->is_final) {
        return GDI_STAGE_FINAL;
    }
    return round->type == GDI_ROUND_GROUP ? GDI_STAGE_GROUP : GDI_STAGE_PAIR;
}

static god_status kinds_of(gdi_step *step, const gdi_named_task_kind **kinds, uint32_t *ret_count, god_error *err)
{
    *ret_count = gdi_task_kinds_of_type(step->options->kinds, step->tournament.type, kinds);
    if (*ret_count == 0) {
        return god_fail(err, GOD_E_NOT_FOUND, "no plug-in serves tasks of %s tournaments",
                        gdi_type_name(step->tournament.type));
    }
    return GOD_OK;
}

static void mix_of(const gdi_named_task_kind *const *kinds, uint32_t count, gdi_task_kind *ret_mix)
{
    for (uint32_t i = 0; i < count; i++) {
        ret_mix[i] = kinds[i]->mix;
    }
}

god_status gdi_task_places(gdi_step *step, const gdi_round *round, uint32_t *ret_per_slot, god_error *err)
{
    const gdi_named_task_kind *kinds[GDI_TASK_KINDS_MAX];
    gdi_task_kind mix[GDI_TASK_KINDS_MAX];
    uint32_t count = 0;
    GOD_TRY(kinds_of(step, kinds, &count, err));
    mix_of(kinds, count, mix);
    uint32_t places = gdi_text_task_count(mix, count, stage_of(round));
    if (places == 0) {
        return god_fail(err, GOD_E_DATA, "no kind of task takes part in this stage of %s tournaments",
                        gdi_type_name(step->tournament.type));
    }
    *ret_per_slot = places;
    return GOD_OK;
}

static god_status new_details(gdi_step *step, json_t *details_taken, gdi_task_plan *plan, god_error *err)
{
    GOD_TRY(gdi_step_keep_json_take(step, details_taken, err));
    plan->details = details_taken;
    return GOD_OK;
}

/* ---- text ---- */

static god_status plan_text(gdi_step *step, const gdi_task_place *at, gdi_task_plan *plan, god_error *err)
{
    const gdi_named_task_kind *kinds[GDI_TASK_KINDS_MAX];
    gdi_task_kind mix[GDI_TASK_KINDS_MAX];
    uint32_t count = 0;
    GOD_TRY(kinds_of(step, kinds, &count, err));
    mix_of(kinds, count, mix);
    gdi_text_task task = gdi_draw_text_task(step->options->rules, mix, count, stage_of(at->round), at->round->id,
                                            at->slots[at->slot].id, at->place);
    plan->kind = kinds[task.kind];
    plan->params = task.params;
    plan->needs_content = true;
    json_t *details = json_pack("{s:s}", "file_format", "s3");
    if (plan->kind->mix.may_use_kl) {
        GOD_TRY(new_details(step, details, plan, err));
        GOD_TRY(gdi_json_set_take(details, "use_kl", json_boolean(task.use_kl), err));
        return gdi_json_set_take(details, "kl_coef", task.use_kl ? json_real(task.kl_coef) : json_null(), err);
    }
    return new_details(step, details, plan, err);
}

/* ---- image ---- */

/* The stream for hours is this document's own (11.3 leaves it open): one unit per place. */
static double drawn_hours(const gdi_task_place *at, const gdi_named_task_kind *kind)
{
    char label[LABEL_BYTES];
    (void)snprintf(label, sizeof label, "hours/%s/%u", at->slots[at->slot].id, at->place);
    gdi_stream stream;
    gdi_stream_open(&stream, at->round->id, label);
    return kind->hours_min + (kind->hours_max - kind->hours_min) * gdi_stream_unit(&stream);
}

static god_status plan_image(gdi_step *step, const gdi_task_place *at, gdi_task_plan *plan, god_error *err)
{
    const gdi_named_task_kind *kinds[GDI_TASK_KINDS_MAX];
    bool is_opening[GDI_TASK_FAMILIES_MAX];
    uint32_t count = 0, per_slot = 0, *families = NULL;
    GOD_TRY(kinds_of(step, kinds, &count, err));
    GOD_TRY(gdi_task_places(step, at->round, &per_slot, err));
    const gdi_named_task_kind *kind = kinds[0];
    for (uint32_t family = 0; family < kind->family_count; family++) {
        is_opening[family] = kind->families[family].is_opening;
    }
    plan->kind = kind;
    plan->needs_content = true;
    plan->hours = drawn_hours(at, kind);
    if (kind->family_count == 0) {
        return new_details(step, json_object(), plan, err);
    }
    uint32_t task_count = at->slot_count * per_slot;
    GOD_TRY(GDI_STEP_NEW(step, task_count, &families, err));
    gdi_draw_image_families(step->options->rules, is_opening, kind->family_count, at->round->is_final, at->round->id,
                            task_count, families);
    const gdi_task_family *family = &kind->families[families[at->slot * per_slot + at->place]];
    plan->hours += family->extra_hours;
    return new_details(step, json_pack("{s:s}", "model_type", family->name), plan, err);
}

/* ---- environment ---- */

static const char *start_name(uint32_t start)
{
    switch (start) {
    case GDI_START_DEFAULT: return "default";
    case GDI_START_CONTINUATION: return "continuation";
    case GDI_START_FROM_SCRATCH: return "from_scratch";
    default: return "previous_winner";
    }
}

/* The model that the tournament began with; NULL in round 1. */
static god_status base_model(gdi_step *step, const char **ret_model, god_error *err)
{
    gdi_rows *rows = NULL;
    GDI_KEEP(step, rows, err, gdi_task_first_model(step->db, step->tournament.id, &rows, err));
    *ret_model = gdi_rows_next(rows) ? gdi_rows_text(rows, 0) : NULL;
    return GOD_OK;
}

static god_status previous_winner(gdi_step *step, gdi_task_plan *plan, god_error *err)
{
    const char *target = step->options->environment_target_model;
    gdi_rows *rows = NULL;
    GDI_KEEP(step, rows, err, gdi_task_winner_model(step->db, gdi_type_name(step->tournament.type), &rows, err));
    plan->model_id = target;
    if (gdi_rows_next(rows)) {
        const char *base = gdi_rows_text(rows, GDI_WINNER_MODEL_BASE);
        plan->starting_repo =
            base != NULL && strcmp(base, target) == 0 ? gdi_rows_text(rows, GDI_WINNER_MODEL_REPO) : NULL;
    }
    return GOD_OK;
}

/* Models to draw from: all, or all but the base; none when nothing is drawn. Returns how many. */
static uint32_t candidates_of(const gdi_step *step, uint32_t start, const char *base, const char **ret_models)
{
    uint32_t count = 0;
    const char *const *models = step->options->environment_models;
    for (uint32_t i = 0; models != NULL && models[i] != NULL; i++) {
        bool other = start == GDI_START_FROM_SCRATCH && (base == NULL || strcmp(models[i], base) != 0);
        if (start == GDI_START_DEFAULT || other) {
            ret_models[count++] = models[i];
        }
    }
    return count;
}

static uint32_t list_length(const char *const *list)
{
    uint32_t count = 0;
    while (list != NULL && list[count] != NULL) {
        count++;
    }
    return count;
}

static god_status environment_details(gdi_step *step, const uint32_t *sample, uint32_t count, uint32_t eval_seed,
                                      gdi_task_plan *plan, god_error *err)
{
    json_t *names = json_array();
    GOD_TRY(gdi_step_keep_json_take(step, names, err));
    for (uint32_t i = 0; i < count; i++) {
        GOD_TRY(gdi_json_append_take(names, json_string(step->options->environments[sample[i]]), err));
    }
    /* The names are the fields of the request, too: environment specification, dataset type. */
    json_t *details = json_pack("{s:{s:O}, s:O, s:I}", "fields", "environment_names", names, "environment_names", names,
                                "eval_seed", (json_int_t)eval_seed);
    return new_details(step, details, plan, err);
}

static god_status plan_environment(gdi_step *step, const gdi_task_place *at, gdi_task_plan *plan, god_error *err)
{
    const gdi_named_task_kind *kinds[GDI_TASK_KINDS_MAX];
    uint32_t count = 0, *sample = NULL, supported = list_length(step->options->environments);
    const char **models = NULL, *base = NULL;
    GOD_TRY(kinds_of(step, kinds, &count, err));
    GOD_TRY(GDI_STEP_NEW(step, supported, &sample, err));
    GOD_TRY(GDI_STEP_NEW(step, list_length(step->options->environment_models), &models, err));
    GOD_TRY(base_model(step, &base, err));
    const gdi_round *round = at->round;
    uint32_t start = gdi_environment_start(round->number, round->is_final, at->place);
    uint32_t candidates = candidates_of(step, start, base, models);
    uint32_t environments = gdi_environment_count(step->options->rules, round->number, supported);
    gdi_environment_draw draw =
        gdi_draw_environments(round->id, round->is_final ? at->place : 0, environments, supported, candidates, sample);
    plan->kind = kinds[0];
    plan->start_point = start_name(start);
    plan->continues = start == GDI_START_CONTINUATION;
    plan->hours = start == GDI_START_FROM_SCRATCH && kinds[0]->hours_from_scratch > 0 ? kinds[0]->hours_from_scratch
                                                                                      : drawn_hours(at, kinds[0]);
    plan->model_id = draw.model < candidates ? models[draw.model] : base;
    if (start == GDI_START_PREVIOUS_WINNER) {
        GOD_TRY(previous_winner(step, plan, err));
    }
    if (plan->model_id == NULL) {
        return god_fail(err, GOD_E_NOT_FOUND, "no model is configured for environment tasks that start as %s",
                        plan->start_point);
    }
    return environment_details(step, sample, environments, draw.eval_seed, plan, err);
}

god_status gdi_task_plan_draw(gdi_step *step, const gdi_task_place *at, gdi_task_plan *ret_plan, god_error *err)
{
    gdi_task_plan plan = {.hours = 0};
    switch (step->tournament.type) {
    case GDI_IMAGE: GOD_TRY(plan_image(step, at, &plan, err)); break;
    case GDI_ENVIRONMENT: GOD_TRY(plan_environment(step, at, &plan, err)); break;
    default: GOD_TRY(plan_text(step, at, &plan, err)); break;
    }
    *ret_plan = plan;
    return GOD_OK;
}
