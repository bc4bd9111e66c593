#include "core/host/rules_settings.h"

#include <stddef.h>

#include "core/base/nearest.h"

enum { of_uint = 1, of_int64, of_double, of_bool };

typedef struct constant {
    const char *name;
    uint32_t kind;
    size_t offset;
    double lowest, highest;
} constant;

#define TYPE_RULE(kind, field, lowest, highest)                        \
    {                                                                  \
#field, kind, offsetof(gdi_type_rules, field), lowest, highest \
    }
static const constant of_type[] = {
    TYPE_RULE(of_int64, fee_rao, 0, 1e15),       TYPE_RULE(of_uint, field_min, 1, 4096),
    TYPE_RULE(of_uint, start_weekday, 0, 6),     TYPE_RULE(of_uint, start_hour, 0, 23),
    TYPE_RULE(of_uint, final_task_count, 1, 64), TYPE_RULE(of_double, base_weight, 0, 1),
    TYPE_RULE(of_double, weight_max, 0, 1),      {.name = NULL},
};

#define RULE(kind, field, lowest, highest)                        \
    {                                                             \
#field, kind, offsetof(gdi_rules, field), lowest, highest \
    }
static const constant of_all[] = {
    RULE(of_int64, registration_wait_us, 1e6, 31 * 86400e6),
    RULE(of_uint, requested_datasets_max, 0, 64),
    RULE(of_uint, knockout_field_max, 2, 4096),
    RULE(of_uint, group_size_expected, 2, 4096),
    RULE(of_uint, group_size_min, 1, 4096),
    RULE(of_uint, group_advance_count, 1, 4096),
    RULE(of_uint, environment_group_max, 2, 64),
    RULE(of_uint, environment_group_min, 2, 64),
    RULE(of_uint, environment_replays_max, 0, 64),
    RULE(of_double, large_model_probability, 0, 1),
    RULE(of_double, kl_probability, 0, 1),
    RULE(of_double, kl_coef_min, 0, 1e3),
    RULE(of_double, kl_coef_range, 0, 1e3),
    RULE(of_uint, image_opening_families_max, 0, 64),
    RULE(of_uint, environments_per_round, 1, 64),
    RULE(of_uint, training_attempts_max, 1, 64),
    RULE(of_int64, training_overdue_us, 0, 31 * 86400e6),
    RULE(of_double, first_place_score, 0, 1e6),
    RULE(of_double, score_penalty, -1e6, 0),
    RULE(of_uint, penalty_free_count, 0, 4096),
    RULE(of_double, penalty_share, 0, 1),
    RULE(of_double, failed_trainings_max, 0, 1),
    RULE(of_double, threshold_base, 0, 1),
    RULE(of_double, threshold_factor, 1e-6, 1),
    RULE(of_double, threshold_min, 0, 1),
    RULE(of_uint, pvp_win_points, 0, 1000),
    RULE(of_uint, pvp_draw_points, 0, 1000),
    RULE(of_uint, pvp_attempts_max, 1, 64),
    RULE(of_double, individual_win_margin, 0, 1),
    RULE(of_double, pvp_win_share_min, 0, 1),
    RULE(of_double, pvp_performance_slope, 0, 1e3),
    RULE(of_double, performance_threshold, 0, 1),
    RULE(of_double, performance_multiplier, 0, 1e3),
    RULE(of_double, decay_per_day, 0, 1),
    RULE(of_double, decay_per_win, 0, 1),
    RULE(of_int64, decay_start_us, 0, 4e15),
    RULE(of_bool, decay_replays_history, 0, 1),
    RULE(of_double, share_decay, 1e-6, 1),
    RULE(of_double, participation_weight, 0, 0.01),
    RULE(of_bool, burn_keeps_participation, 0, 1),
    RULE(of_double, daily_alpha, 0, 1e9),
    {.name = NULL},
};

static const constant *find(const constant *constants, const char *name)
{
    while (constants->name != NULL && strcmp(constants->name, name) != 0) {
        constants++;
    }
    return constants->name == NULL ? NULL : constants;
}

static god_status fail_unknown(const char *section, const constant *constants, const char *name, god_error *err)
{
    const char *names[sizeof of_all / sizeof *of_all];
    size_t count = 0;
    for (; constants->name != NULL; constants++) {
        names[count++] = constants->name;
    }
    const char *nearest = gdi_nearest(name, names, count);
    return nearest == NULL
               ? god_fail(err, GOD_E_INVALID, "tournament.rules.%s has no constant \"%.100s\"", section, name)
               : god_fail(err, GOD_E_INVALID, "tournament.rules.%s has no constant \"%.100s\", did you mean \"%s\"?",
                          section, name, nearest);
}

static god_status set(const char *section, const constant *to, const json_t *value, void *rules, god_error *err)
{
    double number = json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
    uint32_t is_whole = to->kind == of_double || json_is_integer(value) || json_is_boolean(value);
    if (!(json_is_number(value) || json_is_boolean(value)) || !is_whole || number < to->lowest ||
        number > to->highest) {
        return god_fail(err, GOD_E_INVALID, "tournament.rules.%s.%s must be a%s number from %.12g to %.12g", section,
                        to->name, to->kind == of_double ? "" : " whole", to->lowest, to->highest);
    }
    void *field = (char *)rules + to->offset;
    switch (to->kind) {
    case of_uint: *(uint32_t *)field = (uint32_t)number; break;
    case of_int64: *(int64_t *)field = json_integer_value(value); break;
    case of_bool: *(bool *)field = number != 0; break;
    default: *(double *)field = number; break;
    }
    return GOD_OK;
}

static god_status apply(const char *section, const constant *constants, const json_t *values, void *rules,
                        god_error *err)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)values, name, value)
    {
        const constant *to = find(constants, name);
        if (to == NULL) {
            return fail_unknown(section, constants, name, err);
        }
        GOD_TRY(set(section, to, value, rules, err));
    }
    return GOD_OK;
}

/* What the parts must be to each other. */
static god_status check(const gdi_rules *rules, god_error *err)
{
    double sum = 0;
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        const gdi_type_rules *of = gdi_rules_of(rules, type);
        sum += of->weight_max;
        if (of->base_weight > of->weight_max) {
            return god_fail(err, GOD_E_INVALID, "tournament.rules.%s.base_weight is larger than weight_max",
                            gdi_type_name(type));
        }
    }
    if (sum > 1) {
        return god_fail(err, GOD_E_INVALID, "the weight_max of tournament.rules sum to %.12g, 1 is the most", sum);
    }
    if (rules->group_size_min > rules->group_size_expected ||
        rules->environment_group_min > rules->environment_group_max) {
        return god_fail(err, GOD_E_INVALID, "a smallest group of tournament.rules.all is larger than the largest");
    }
    return GOD_OK;
}

god_status gdi_rules_from_settings(const json_t *sections, gdi_rules *ret_rules, god_error *err)
{
    gdi_rules rules;
    const char *name = NULL;
    json_t *values = NULL;
    gdi_rules_default(&rules);
    json_object_foreach((json_t *)sections, name, values)
    {
        uint32_t type = gdi_type_from_name(name);
        if (type == 0 && strcmp(name, "all") != 0) {
            return god_fail(err, GOD_E_INVALID,
                            "tournament.rules has no section \"%.100s\", there are text, image, environment and all",
                            name);
        }
        if (type != 0) {
            GOD_TRY(apply(name, of_type, values, &rules.types[type - 1], err));
        } else {
            GOD_TRY(apply(name, of_all, values, &rules, err));
        }
    }
    GOD_TRY(check(&rules, err));
    *ret_rules = rules;
    return GOD_OK;
}
