/* core/tournament/rules.h: every constant of the rules that a network may set, with the values of the Guide.
 *
 * Source: tournament specification, section 2 (and 11.1 for the KL draw). god.yaml may change any of them; the rules
 * take the whole struct by pointer and keep nothing. Times are microseconds since 1970-01-01 00:00 UTC, amounts RAO
 * (1e-9 TAO), weekday 0 is Monday, probabilities and shares lie in [0, 1].
 */
#ifndef GDI_TOURNAMENT_RULES_H
#define GDI_TOURNAMENT_RULES_H

#include <stdbool.h>
#include <stdint.h>

/* The three types run independently of one another. 0 is nobody's type. The order is that of every sum over types. */
enum { GDI_TEXT = 1, GDI_IMAGE = 2, GDI_ENVIRONMENT = 3, GDI_TYPE_COUNT = 3 };

typedef struct gdi_type_rules {
    int64_t fee_rao;                /* participation fee */
    uint32_t field_min;             /* validated miners needed to activate; the boss is not counted */
    uint32_t start_weekday;         /* weekly window: this day, */
    uint32_t start_hour;            /* this hour, sixty minutes long */
    uint32_t final_task_count;      /* tasks of the last round */
    double base_weight, weight_max; /* TOURNAMENT_*_WEIGHT and MAX_*_TOURNAMENT_WEIGHT */
} gdi_type_rules;

typedef struct gdi_rules {
    gdi_type_rules types[GDI_TYPE_COUNT]; /* read with gdi_rules_of */

    /* Registration (section 8) */
    int64_t registration_wait_us; /* between two passes */
    uint32_t requested_datasets_max;

    /* Brackets (section 10) */
    uint32_t knockout_field_max; /* a larger text or image field starts with groups */
    uint32_t group_size_expected, group_size_min;
    uint32_t group_advance_count; /* of the whole group stage */
    uint32_t environment_group_max, environment_group_min;
    uint32_t environment_replays_max; /* rounds that may leave a field unchanged before its tie is broken */

    /* Tasks (section 11) */
    double large_model_probability;
    double kl_probability, kl_coef_min, kl_coef_range; /* coefficient = min + range * u */
    uint32_t image_opening_families_max;               /* k of the image final is uniform on 0 .. this */
    uint32_t environments_per_round;                   /* times the round number, never more than supported */

    /* Training and evaluation (sections 13 to 15) */
    uint32_t training_attempts_max;
    int64_t training_overdue_us; /* past the hours of the task */
    double first_place_score, score_penalty;
    uint32_t penalty_free_count; /* MIN_IDEAL_NUM_MINERS_IN_POOL: up to this many valid results nobody is punished */
    double penalty_share;        /* of the valid results, otherwise */
    double failed_trainings_max; /* share of a task's trainings that may fail */

    /* Boss round (section 16) */
    double threshold_base, threshold_factor, threshold_min;

    /* Environments (section 17) */
    uint32_t pvp_win_points, pvp_draw_points, pvp_attempts_max;
    double individual_win_margin; /* relative */
    double pvp_win_share_min, pvp_performance_slope;

    /* Weights (sections 19, 20, 22) */
    double performance_threshold, performance_multiplier;
    double decay_per_day, decay_per_win;
    int64_t decay_start_us;     /* 2025-11-26 00:00 */
    bool decay_replays_history; /* also the two rules for reigns begun before decay_start_us (20.1) */
    double share_decay;         /* TOURNAMENT_SIMPLE_DECAY_BASE */
    double participation_weight;
    bool burn_keeps_participation; /* add to the burn hotkey's entry instead of assigning it (29); off by default */
    double daily_alpha;            /* DAILY_ALPHA_TO_MINERS */
} gdi_rules;

/* The values of the Guide. */
void gdi_rules_default(gdi_rules *ret_rules);

/* The part that differs by type; `type` is GDI_TEXT, GDI_IMAGE or GDI_ENVIRONMENT. */
const gdi_type_rules *gdi_rules_of(const gdi_rules *rules, uint32_t type);

/* "text", "image", "environment"; and back, 0 for any other word. */
const char *gdi_type_name(uint32_t type);
uint32_t gdi_type_from_name(const char *name);

#endif
