#include "core/tournament/task_mix.h"

#include <assert.h>
#include <stdio.h>

#include "core/tournament/ids.h"

enum { label_bytes = GDI_ID_BYTES + 32 };

uint32_t gdi_draw_task_kind(const gdi_task_kind *kinds, uint32_t kind_count, double u)
{
    assert(kind_count > 0);
    double sum = 0.0;
    for (uint32_t kind = 0; kind + 1 < kind_count; kind++) {
        sum += kinds[kind].pair_probability;
        if (u < sum) {
            return kind;
        }
    }
    return kind_count - 1;
}

static uint32_t fixed_count(const gdi_task_kind *kind, uint32_t stage)
{
    return stage == GDI_STAGE_GROUP ? kind->group_count : kind->final_count;
}

uint32_t gdi_text_task_count(const gdi_task_kind *kinds, uint32_t kind_count, uint32_t stage)
{
    assert(stage >= GDI_STAGE_GROUP && stage <= GDI_STAGE_FINAL);
    if (stage == GDI_STAGE_PAIR) {
        return 1;
    }
    uint32_t count = 0;
    for (uint32_t kind = 0; kind < kind_count; kind++) {
        count += fixed_count(&kinds[kind], stage);
    }
    return count;
}

/* In a group and in the final the kinds come one after the other, each as often as it is wanted. */
static uint32_t fixed_kind(const gdi_task_kind *kinds, uint32_t kind_count, uint32_t stage, uint32_t i)
{
    for (uint32_t kind = 0; kind < kind_count; kind++) {
        uint32_t count = fixed_count(&kinds[kind], stage);
        if (i < count) {
            return kind;
        }
        i -= count;
    }
    assert(false); /* the stage has fewer tasks than i */
    return kind_count;
}

static gdi_params_range params_of(uint32_t stage, bool large_model)
{
    if (large_model) {
        return (gdi_params_range){.lowest = 12e9, .highest = 71e9};
    }
    return (gdi_params_range){.lowest = 0.1e9, .highest = stage == GDI_STAGE_GROUP ? 4e9 : 12e9};
}

gdi_text_task gdi_draw_text_task(const gdi_rules *rules, const gdi_task_kind *kinds, uint32_t kind_count,
                                 uint32_t stage, const char *round_id, const char *slot_id, uint32_t i)
{
    assert(stage >= GDI_STAGE_GROUP && stage <= GDI_STAGE_FINAL);
    char label[label_bytes];
    int label_length = snprintf(label, sizeof label, "task/%s/%u", slot_id, i);
    assert(label_length > 0 && (size_t)label_length < sizeof label);
    (void)label_length; /* read by the assertion alone */
    gdi_stream stream;
    gdi_stream_open(&stream, round_id, label);
    double kind_u = gdi_stream_unit(&stream), large_u = gdi_stream_unit(&stream);
    double kl_u = gdi_stream_unit(&stream), coef_u = gdi_stream_unit(&stream);

    gdi_text_task task = {.kind = stage == GDI_STAGE_PAIR ? gdi_draw_task_kind(kinds, kind_count, kind_u)
                                                          : fixed_kind(kinds, kind_count, stage, i)};
    task.large_model = stage == GDI_STAGE_FINAL && large_u < rules->large_model_probability;
    task.use_kl = kinds[task.kind].may_use_kl && kl_u < rules->kl_probability;
    task.kl_coef = task.use_kl ? rules->kl_coef_min + rules->kl_coef_range * coef_u : 0.0;
    task.params = params_of(stage, task.large_model);
    return task;
}

/* The place of the n-th family (from 0) of one sort. */
static uint32_t nth_family(const bool *is_opening, uint32_t family_count, bool opening, uint32_t n)
{
    uint32_t family = 0;
    while (family < family_count && (is_opening[family] != opening || n-- > 0)) {
        family++;
    }
    assert(family < family_count);
    return family;
}

static void draw_final_families(const gdi_rules *rules, const bool *is_opening, uint32_t family_count,
                                gdi_stream *stream, uint32_t task_count, uint32_t *ret_families)
{
    uint32_t opening_count = 0;
    for (uint32_t family = 0; family < family_count; family++) {
        opening_count += is_opening[family];
    }
    assert(opening_count > 0 && opening_count < family_count);
    uint32_t opening_tasks = (uint32_t)gdi_stream_below(stream, (uint64_t)rules->image_opening_families_max + 1);
    for (uint32_t i = 0; i < task_count; i++) {
        bool opening = i < opening_tasks;
        uint32_t choices = opening ? opening_count : family_count - opening_count;
        ret_families[i] = nth_family(is_opening, family_count, opening, (uint32_t)gdi_stream_below(stream, choices));
    }
}

void gdi_draw_image_families(const gdi_rules *rules, const bool *is_opening, uint32_t family_count, bool is_final,
                             const char *round_id, uint32_t task_count, uint32_t *ret_families)
{
    assert(family_count > 0);
    gdi_stream stream;
    gdi_stream_open(&stream, round_id, "image");
    if (is_final) {
        draw_final_families(rules, is_opening, family_count, &stream, task_count, ret_families);
        return;
    }
    for (uint32_t i = 0; i < task_count; i++) {
        ret_families[i] = (uint32_t)gdi_stream_below(&stream, family_count);
    }
}

uint32_t gdi_environment_count(const gdi_rules *rules, uint32_t round_number, uint32_t supported_count)
{
    uint64_t wanted = (uint64_t)rules->environments_per_round * round_number;
    return wanted < supported_count ? (uint32_t)wanted : supported_count;
}

uint32_t gdi_environment_start(uint32_t round_number, bool is_final, uint32_t i)
{
    if (is_final && i > 0) {
        return i == 1 ? GDI_START_FROM_SCRATCH : GDI_START_PREVIOUS_WINNER;
    }
    return round_number == 1 ? GDI_START_DEFAULT : GDI_START_CONTINUATION;
}

gdi_environment_draw gdi_draw_environments(const char *round_id, uint32_t i, uint32_t environment_count,
                                           uint32_t supported_count, uint32_t candidate_count,
                                           uint32_t *ret_environments)
{
    assert(environment_count <= supported_count);
    (void)environment_count;
    char label[label_bytes];
    (void)snprintf(label, sizeof label, "environments/%u", i);
    gdi_stream stream;
    gdi_stream_open(&stream, round_id, label);
    for (uint32_t e = 0; e < supported_count; e++) {
        ret_environments[e] = e;
    }
    gdi_stream_shuffle(&stream, ret_environments, supported_count);
    gdi_environment_draw draw = {.eval_seed = (uint32_t)gdi_stream_below(&stream, (uint64_t)1 << 31),
                                 .model = UINT32_MAX};
    if (candidate_count > 0) {
        draw.model = (uint32_t)gdi_stream_below(&stream, candidate_count);
    }
    return draw;
}
