#include "core/tournament/rules.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

enum { thursday = 3, monday = 0 };
#define MINUTE_US ((int64_t)60 * 1000000)

static const gdi_rules guide = {
    .types =
        {
            {.fee_rao = 250000000,
             .field_min = 8,
             .start_weekday = thursday,
             .start_hour = 14,
             .final_task_count = 6,
             .base_weight = 0.15,
             .weight_max = 0.48},
            {.fee_rao = 200000000,
             .field_min = 8,
             .start_weekday = thursday,
             .start_hour = 15,
             .final_task_count = 6,
             .base_weight = 0.125,
             .weight_max = 0.32},
            {.fee_rao = 250000000,
             .field_min = 5,
             .start_weekday = monday,
             .start_hour = 14,
             .final_task_count = 3,
             .base_weight = 0.15,
             .weight_max = 0.16},
        },
    .registration_wait_us = 30 * MINUTE_US,
    .requested_datasets_max = 2,
    .knockout_field_max = 14,
    .group_size_expected = 32,
    .group_size_min = 20,
    .group_advance_count = 8,
    .environment_group_max = 6,
    .environment_group_min = 2,
    .environment_replays_max = 3,
    .large_model_probability = 0.2,
    .kl_probability = 0.2,
    .kl_coef_min = 0.1,
    .kl_coef_range = 1.4,
    .image_opening_families_max = 3,
    .environments_per_round = 2,
    .training_attempts_max = 2,
    .training_overdue_us = 60 * MINUTE_US,
    .first_place_score = 3.0,
    .score_penalty = -1.0,
    .penalty_free_count = 8,
    .penalty_share = 0.25,
    .failed_trainings_max = 0.5,
    .threshold_base = 0.05,
    .threshold_factor = 0.8,
    .threshold_min = 0.03,
    .pvp_win_points = 3,
    .pvp_draw_points = 1,
    .pvp_attempts_max = 3,
    .individual_win_margin = 0.015,
    .pvp_win_share_min = 0.60,
    .pvp_performance_slope = 0.125,
    .performance_threshold = 0.05,
    .performance_multiplier = 2.0,
    .decay_per_day = 0.0033,
    .decay_per_win = 0.01,
    .decay_start_us = (int64_t)1764115200 * 1000000,
    .share_decay = 0.3,
    .participation_weight = 0.0001,
    .daily_alpha = 2952.0,
};

static const char *const type_names[GDI_TYPE_COUNT] = {"text", "image", "environment"};

void gdi_rules_default(gdi_rules *ret_rules)
{
    *ret_rules = guide;
}

const gdi_type_rules *gdi_rules_of(const gdi_rules *rules, uint32_t type)
{
    assert(type >= GDI_TEXT && type <= GDI_TYPE_COUNT);
    return &rules->types[type - 1];
}

const char *gdi_type_name(uint32_t type)
{
    assert(type >= GDI_TEXT && type <= GDI_TYPE_COUNT);
    return type_names[type - 1];
}

uint32_t gdi_type_from_name(const char *name)
{
    for (uint32_t i = 0; i < GDI_TYPE_COUNT; i++) {
        if (strcmp(name, type_names[i]) == 0) {
            return i + 1;
        }
    }
    return 0;
}
