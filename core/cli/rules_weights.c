/* core/cli/rules_weights.c: vectors about points, shares and the weight vector. */
#include "core/cli/rules_vector.h"
#include "core/tournament/points.h"
#include "core/tournament/shares.h"
#include "core/tournament/weights.h"

static god_status decay_shares(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t n = 0;
    void *shares = NULL;
    GOD_TRY(gdi_read_count(in, "n", 0, &n, err));
    GOD_TRY(gdi_vector_alloc(vector, n, sizeof(double), &shares, err));
    gdi_decay_shares(vector->rules, n, shares);
    json_t *out = json_array();
    for (uint32_t i = 0; i < n; i++) {
        gdi_put(vector, out, gdi_number(((double *)shares)[i]));
    }
    *ret_out = out;
    return GOD_OK;
}

/* How a hotkey is written as a node: the boss's entry is the burn hotkey. */
static const char *as_node(const char *hotkey)
{
    return strcmp(hotkey, GDI_BOSS_ENTRY) == 0 ? GDI_BURN_NODE : hotkey;
}

/* {hotkey: points} into points[] by entrant; no value is no points. */
static god_status read_points(const gdi_roster *roster, const json_t *object, double *points, god_error *err)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        double number = 0;
        GOD_TRY(gdi_read_value(key, value, &number, err));
        if (!gdi_has_value(number) || number < 0 || number > 1e9) {
            return god_fail(err, GOD_E_DATA, "in: the points of \"%.60s\" are not in the range from 0 to 1e9", key);
        }
        points[gdi_roster_find(roster, as_node(key))] = number;
    }
    return GOD_OK;
}

static god_status add_nodes_of_keys(gdi_vector *vector, gdi_names *names, const json_t *object, god_error *err)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        GOD_TRY(gdi_names_add(vector, names, as_node(key), err));
    }
    return GOD_OK;
}

/* Members `champion` (null: there is none) and `points`, and their hotkeys. */
static god_status read_standing(gdi_vector *vector, const json_t *type, gdi_names *names, const char **ret_champion,
                                json_t **ret_points, god_error *err)
{
    *ret_champion = GDI_BURN_NODE;
    GOD_TRY(god_json_opt_str("in", type, "champion", ret_champion, err));
    *ret_champion = as_node(*ret_champion);
    GOD_TRY(god_json_get_object("in", type, "points", ret_points, err));
    GOD_TRY(gdi_names_add(vector, names, *ret_champion, err));
    return add_nodes_of_keys(vector, names, *ret_points, err);
}

/* The shares of one type over a finished roster. */
static god_status place(gdi_vector *vector, const gdi_roster *roster, const char *champion, const json_t *object,
                        gdi_share **ret_shares, uint32_t *ret_count, god_error *err)
{
    void *points = NULL, *shares = NULL;
    GOD_TRY(gdi_vector_alloc(vector, roster->count, sizeof(double), &points, err));
    GOD_TRY(gdi_vector_alloc(vector, (size_t)roster->count + 1, sizeof(gdi_share), &shares, err));
    GOD_TRY(read_points(roster, object, points, err));
    *ret_shares = shares;
    *ret_count = gdi_place(vector->rules, gdi_roster_find(roster, champion), points, roster->count, shares);
    return GOD_OK;
}

static god_status placement(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    gdi_names names = {0};
    gdi_roster roster;
    const char *champion = NULL;
    json_t *points = NULL;
    gdi_share *shares = NULL;
    uint32_t count = 0;
    GOD_TRY(read_standing(vector, in, &names, &champion, &points, err));
    gdi_roster_init(names.texts, names.count, GDI_BURN_NODE, &roster);
    GOD_TRY(place(vector, &roster, champion, points, &shares, &count, err));
    json_t *out = json_object();
    for (uint32_t i = 0; i < count; i++) {
        gdi_set(vector, out, roster.hotkeys[shares[i].entrant], gdi_number(shares[i].share));
    }
    *ret_out = out;
    return GOD_OK;
}

/* ---- points ---- */

typedef struct points_run {
    gdi_roster roster;
    json_t *rounds;
    gdi_entrant champion;
    bool has_base_winner;
    double *points;
} points_run;

/* Each round is [round_number, list of tasks]. */
static god_status read_round(const json_t *round, uint32_t *ret_number, const json_t **ret_tasks, god_error *err)
{
    GOD_TRY(gdi_read_row("rounds", round, 2, err));
    const json_t *number = json_array_get(round, 0);
    *ret_tasks = json_array_get(round, 1);
    if (!json_is_integer(number) || json_integer_value(number) < 1 || json_integer_value(number) > 1000 ||
        !json_is_array(*ret_tasks)) {
        return god_fail(err, GOD_E_DATA, "in: \"rounds\": [round number from 1 to 1000, list of tasks] is needed");
    }
    *ret_number = (uint32_t)json_integer_value(number);
    return GOD_OK;
}

/* Collects the hotkeys of all rounds; a task is a winner's name or null, or an object of values. */
static god_status begin_points(gdi_vector *vector, const json_t *in, points_run *run, god_error *err)
{
    const char *champion = NULL, *base_winner = NULL;
    gdi_names names = {0};
    void *points = NULL;
    GOD_TRY(god_json_opt_str("in", in, "champion", &champion, err));
    GOD_TRY(god_json_opt_str("in", in, "base_winner", &base_winner, err));
    GOD_TRY(god_json_get_array("in", in, "rounds", &run->rounds, err));
    GOD_TRY(gdi_names_add(vector, &names, GDI_BOSS_ENTRY, err));
    if (champion != NULL) {
        GOD_TRY(gdi_names_add(vector, &names, champion, err));
    }
    for (size_t r = 0; r < json_array_size(run->rounds); r++) {
        uint32_t number = 0;
        const json_t *tasks = NULL;
        GOD_TRY(read_round(json_array_get(run->rounds, r), &number, &tasks, err));
        for (size_t t = 0; t < json_array_size(tasks); t++) {
            const json_t *task = json_array_get(tasks, t);
            if (json_is_string(task)) {
                GOD_TRY(gdi_names_add(vector, &names, json_string_value(task), err));
            }
            GOD_TRY(gdi_names_add_keys(vector, &names, task, err));
        }
    }
    gdi_roster_init(names.texts, names.count, GDI_BOSS_ENTRY, &run->roster);
    GOD_TRY(gdi_vector_alloc(vector, run->roster.count, sizeof(double), &points, err));
    run->points = points;
    run->champion = gdi_roster_find(&run->roster, champion);
    run->has_base_winner = base_winner != NULL;
    return GOD_OK;
}

static god_status points_text(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    points_run run = {0};
    GOD_TRY(begin_points(vector, in, &run, err));
    const gdi_type_rules *type_rules = gdi_rules_of(vector->rules, GDI_TEXT);
    for (size_t r = 0; r < json_array_size(run.rounds); r++) {
        uint32_t number = 0;
        const json_t *tasks = NULL;
        GOD_TRY(read_round(json_array_get(run.rounds, r), &number, &tasks, err));
        for (size_t t = 0; t < json_array_size(tasks); t++) {
            const json_t *task = json_array_get(tasks, t);
            if (!json_is_string(task) && !json_is_null(task)) {
                return god_fail(err, GOD_E_DATA, "in: \"rounds\": a task winner is a hotkey or null");
            }
            gdi_entrant winner = gdi_roster_find(&run.roster, json_string_value(task));
            gdi_points_add_winner(type_rules, number, winner, run.points);
        }
    }
    gdi_points_leave_out(run.champion, run.roster.boss, run.has_base_winner, run.points);
    *ret_out = gdi_hotkey_values(vector, &run.roster, run.points);
    return GOD_OK;
}

static god_status points_environment(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    points_run run = {0};
    GOD_TRY(begin_points(vector, in, &run, err));
    const gdi_type_rules *type_rules = gdi_rules_of(vector->rules, GDI_ENVIRONMENT);
    for (size_t r = 0; r < json_array_size(run.rounds); r++) {
        uint32_t number = 0;
        const json_t *tasks = NULL;
        GOD_TRY(read_round(json_array_get(run.rounds, r), &number, &tasks, err));
        for (size_t t = 0; t < json_array_size(tasks); t++) {
            gdi_score *scores = NULL;
            uint32_t count = 0;
            void *scratch = NULL, *ranked = NULL;
            GOD_TRY(gdi_read_scores(vector, &run.roster, "rounds", json_array_get(tasks, t), &scores, &count, err));
            GOD_TRY(gdi_vector_alloc(vector, count, sizeof(gdi_score), &scratch, err));
            GOD_TRY(gdi_vector_alloc(vector, count, sizeof(gdi_standing), &ranked, err));
            gdi_points_add_environment(type_rules, number, run.champion, run.roster.boss, scores, count, scratch,
                                       ranked, run.points);
        }
    }
    gdi_points_leave_out(run.champion, run.roster.boss, run.has_base_winner, run.points);
    *ret_out = gdi_hotkey_values(vector, &run.roster, run.points);
    return GOD_OK;
}

/* ---- the weight vector ---- */

typedef struct weights_run {
    const json_t *types[GDI_TYPE_COUNT]; /* NULL: never held */
    const char *champions[GDI_TYPE_COUNT];
    json_t *points[GDI_TYPE_COUNT], *active, *registered;
    gdi_roster roster;
    gdi_weights_input input;
} weights_run;

static god_status add_nodes_of_array(gdi_vector *vector, gdi_names *names, const char *name, const json_t *array,
                                     god_error *err)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *text = NULL;
        GOD_TRY(gdi_read_text(name, json_array_get(array, i), &text, err));
        GOD_TRY(gdi_names_add(vector, names, as_node(text), err));
    }
    return GOD_OK;
}

static god_status read_hotkeys(gdi_vector *vector, const json_t *in, weights_run *run, god_error *err)
{
    gdi_names names = {0};
    for (uint32_t t = 0; t < GDI_TYPE_COUNT; t++) {
        json_t *type = NULL;
        GOD_TRY(god_json_opt_object("in", in, gdi_type_name(t + 1), &type, err));
        run->types[t] = type;
        if (type != NULL) {
            GOD_TRY(read_standing(vector, type, &names, &run->champions[t], &run->points[t], err));
        }
    }
    GOD_TRY(god_json_get_array("in", in, "active_participants", &run->active, err));
    GOD_TRY(god_json_get_array("in", in, "registered", &run->registered, err));
    GOD_TRY(add_nodes_of_array(vector, &names, "active_participants", run->active, err));
    GOD_TRY(add_nodes_of_array(vector, &names, "registered", run->registered, err));
    gdi_roster_init(names.texts, names.count, GDI_BURN_NODE, &run->roster);
    return GOD_OK;
}

/* Marks the hotkeys of a list. */
static void mark(const gdi_roster *roster, const json_t *array, bool *marks)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        marks[gdi_roster_find(roster, as_node(json_string_value(json_array_get(array, i))))] = true;
    }
}

static god_status read_participants(gdi_vector *vector, weights_run *run, god_error *err)
{
    void *is_node = NULL, *is_active = NULL, *active = NULL;
    uint32_t count = run->roster.count;
    GOD_TRY(gdi_vector_alloc(vector, count, sizeof(bool), &is_node, err));
    GOD_TRY(gdi_vector_alloc(vector, count, sizeof(bool), &is_active, err));
    GOD_TRY(gdi_vector_alloc(vector, count, sizeof(gdi_entrant), &active, err));
    mark(&run->roster, run->registered, is_node);
    mark(&run->roster, run->active, is_active);
    uint32_t active_count = 0;
    for (gdi_entrant e = 0; e < count; e++) {
        if (((bool *)is_active)[e]) {
            ((gdi_entrant *)active)[active_count++] = e;
        }
    }
    run->input.is_node = is_node;
    run->input.active = active;
    run->input.active_count = active_count;
    run->input.burn = run->roster.boss;
    run->input.entrant_count = count;
    return GOD_OK;
}

static god_status read_payment(gdi_vector *vector, weights_run *run, uint32_t t, god_error *err)
{
    gdi_payment *payment = &run->input.payments[t];
    payment->base_weight = gdi_rules_of(vector->rules, t + 1)->base_weight;
    payment->allocation = payment->base_weight;
    payment->champion = GDI_NOBODY;
    if (run->types[t] == NULL) {
        return GOD_OK;
    }
    gdi_share *shares = NULL;
    GOD_TRY(god_json_get_num("in", run->types[t], "allocation", &payment->allocation, err));
    GOD_TRY(place(vector, &run->roster, run->champions[t], run->points[t], &shares, &payment->share_count, err));
    payment->shares = shares;
    payment->champion = gdi_roster_find(&run->roster, run->champions[t]);
    return GOD_OK;
}

static god_status full_weights(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    weights_run run = {0};
    void *room = NULL;
    GOD_TRY(read_hotkeys(vector, in, &run, err));
    GOD_TRY(read_participants(vector, &run, err));
    for (uint32_t t = 0; t < GDI_TYPE_COUNT; t++) {
        GOD_TRY(read_payment(vector, &run, t, err));
    }
    GOD_TRY(gdi_vector_alloc(vector, run.roster.count, sizeof(double), &room, err));
    double *weights = room;
    gdi_weights_summary summary;
    gdi_weights(vector->rules, &run.input, weights, &summary);
    json_t *out = json_object(), *nodes = json_object();
    for (gdi_entrant e = 0; e < run.roster.count; e++) {
        if (run.input.is_node[e]) {
            gdi_set(vector, nodes, run.roster.hotkeys[e], gdi_number(weights[e]));
        }
    }
    gdi_set(vector, out, "scale", gdi_number(summary.scale));
    gdi_set(vector, out, "weights", nodes);
    gdi_set(vector, out, "sum", gdi_number(summary.sum));
    *ret_out = out;
    return GOD_OK;
}

const gdi_vector_kind gdi_rules_weight_kinds[] = {
    {.name = "decay_shares", .answer = decay_shares},
    {.name = "full_weights", .answer = full_weights, .sparse = "weights"},
    {.name = "placement", .answer = placement},
    {.name = "points_environment", .answer = points_environment},
    {.name = "points_text", .answer = points_text},
    {.name = "weights_edge", .answer = full_weights, .sparse = "weights"},
    {.name = NULL},
};
