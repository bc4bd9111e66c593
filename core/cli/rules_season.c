/* core/cli/rules_season.c: the vector that plays a whole text tournament from its values. */
#include "core/cli/rules_vector.h"
#include "core/tournament/advance.h"
#include "core/tournament/allocation.h"
#include "core/tournament/boss.h"
#include "core/tournament/next_round.h"
#include "core/tournament/performance.h"
#include "core/tournament/points.h"
#include "core/tournament/shares.h"

enum { rounds_max = 64 };

typedef struct season {
    const char *base_winner; /* NULL: no champion yet */
    uint32_t champion_wins;
    const json_t *rounds[rounds_max]; /* the last is the final */
    uint32_t round_count;
    gdi_roster roster;
    gdi_entrant *living, *winners, *out;
    uint32_t living_count;
    double *points;
    /* answers */
    json_t *round_winners, *second_field, *eliminated, *differences;
    double median;
    gdi_entrant challenger; /* of the final */
    bool dethroned;
} season;

/* One task, [direction, {hotkey: value}]. */
static god_status read_task(const json_t *task, const char *where, uint32_t *ret_direction, json_t **ret_values,
                            god_error *err)
{
    GOD_TRY(gdi_read_row(where, task, 2, err));
    GOD_TRY(gdi_read_direction(where, json_array_get(task, 0), ret_direction, err));
    json_t *values = json_array_get(task, 1);
    if (!json_is_object(values) || json_object_size(values) < 1 || json_object_size(values) > 2) {
        return god_fail(err, GOD_E_DATA, "in: %s: [direction, {hotkey: value}] of two hotkeys is needed", where);
    }
    *ret_values = values;
    return GOD_OK;
}

/* round_1_pairs, round_2_pairs, ..., round_n_final_tasks. */
static god_status read_rounds(const json_t *in, season *of, god_error *err)
{
    for (uint32_t number = 1; number <= rounds_max; number++) {
        char pairs_key[40], final_key[40];
        (void)snprintf(pairs_key, sizeof pairs_key, "round_%u_pairs", number);
        (void)snprintf(final_key, sizeof final_key, "round_%u_final_tasks", number);
        const json_t *pairs = json_object_get(in, pairs_key), *final = json_object_get(in, final_key);
        const json_t *tasks = pairs != NULL ? pairs : final;
        if (!json_is_array(tasks)) {
            return god_fail(err, GOD_E_DATA, "in: an array \"%s\" or \"%s\" is needed", pairs_key, final_key);
        }
        of->rounds[of->round_count++] = tasks;
        if (pairs == NULL) {
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_DATA, "in: more than %d rounds", rounds_max);
}

static god_status read_season(gdi_vector *vector, const json_t *in, season *of, god_error *err)
{
    gdi_names names = {0};
    void *living = NULL, *winners = NULL, *out = NULL, *points = NULL;
    GOD_TRY(god_json_opt_str("in", in, "base_winner_hotkey", &of->base_winner, err));
    GOD_TRY(gdi_read_count(in, "champion_consecutive_wins", 0, &of->champion_wins, err));
    GOD_TRY(read_rounds(in, of, err));
    GOD_TRY(gdi_names_add(vector, &names, GDI_BOSS_ENTRY, err));
    if (of->base_winner != NULL) {
        GOD_TRY(gdi_names_add(vector, &names, of->base_winner, err));
    }
    size_t task_count = 0;
    for (uint32_t r = 0; r < of->round_count; r++) {
        for (size_t t = 0; t < json_array_size(of->rounds[r]); t++, task_count++) {
            uint32_t direction = 0;
            json_t *values = NULL;
            GOD_TRY(read_task(json_array_get(of->rounds[r], t), "rounds", &direction, &values, err));
            GOD_TRY(gdi_names_add_keys(vector, &names, values, err));
        }
    }
    gdi_roster_init(names.texts, names.count, GDI_BOSS_ENTRY, &of->roster);
    size_t cap = of->roster.count + task_count + 1;
    GOD_TRY(gdi_vector_alloc(vector, cap, sizeof(gdi_entrant), &living, err));
    GOD_TRY(gdi_vector_alloc(vector, cap, sizeof(gdi_entrant), &winners, err));
    GOD_TRY(gdi_vector_alloc(vector, cap, sizeof(gdi_entrant), &out, err));
    GOD_TRY(gdi_vector_alloc(vector, cap, sizeof(double), &points, err));
    of->living = living;
    of->winners = winners;
    of->out = out;
    of->points = points;
    of->challenger = GDI_NOBODY;
    return GOD_OK;
}

/* Everybody of round 1 and the boss are the participants; the base winner takes part as the boss. */
static god_status begin(gdi_vector *vector, season *of, god_error *err)
{
    void *room = NULL;
    GOD_TRY(gdi_vector_alloc(vector, of->roster.count, sizeof(bool), &room, err));
    bool *present = room;
    present[of->roster.boss] = true;
    for (size_t t = 0; t < json_array_size(of->rounds[0]); t++) {
        json_t *values = json_array_get(json_array_get(of->rounds[0], t), 1), *value = NULL;
        const char *key = NULL;
        json_object_foreach(values, key, value)
        {
            present[gdi_roster_find(&of->roster, key)] = true;
        }
    }
    for (gdi_entrant e = 0; e < of->roster.count; e++) {
        if (present[e]) {
            of->living[of->living_count++] = e;
        }
    }
    return GOD_OK;
}

/* Books who is out in round `number` and takes them from the living. `winners` is sorted by this. */
static void end_round(gdi_vector *vector, season *of, uint32_t number, bool boss_lost_final, uint32_t winner_count)
{
    uint32_t out_count = gdi_eliminated(of->roster.boss, boss_lost_final, of->living, of->living_count, of->winners,
                                        winner_count, of->out);
    uint32_t kept = 0, at = 0;
    for (uint32_t i = 0; i < of->living_count; i++) {
        if (at < out_count && of->living[i] == of->out[at]) {
            at++;
        } else {
            of->living[kept++] = of->living[i];
        }
    }
    of->living_count = kept;
    char key[16];
    (void)snprintf(key, sizeof key, "%u", number);
    gdi_set(vector, of->eliminated, key, gdi_hotkeys(vector, &of->roster, of->out, out_count));
}

static god_status play_pairs(gdi_vector *vector, season *of, uint32_t number, god_error *err)
{
    const json_t *pairs = of->rounds[number - 1];
    uint32_t winner_count = 0;
    for (size_t p = 0; p < json_array_size(pairs); p++) {
        uint32_t direction = 0, score_count = 0;
        json_t *values = NULL;
        gdi_score *scores = NULL;
        GOD_TRY(read_task(json_array_get(pairs, p), "rounds", &direction, &values, err));
        GOD_TRY(gdi_read_scores(vector, &of->roster, "rounds", values, &scores, &score_count, err));
        gdi_entrant winner = gdi_task_winner(direction, scores, score_count);
        gdi_points_add_winner(gdi_rules_of(vector->rules, GDI_TEXT), number, winner, of->points);
        winner_count += gdi_advance_pairs(&winner, 1, of->winners + winner_count);
    }
    gdi_put(vector, of->round_winners, gdi_hotkeys(vector, &of->roster, of->winners, winner_count));
    end_round(vector, of, number, false, winner_count);
    return GOD_OK;
}

/* The field of round 2 in the order of the winners of round 1, which end_round has sorted: asked of the answer. */
static god_status put_second_field(gdi_vector *vector, season *of, god_error *err)
{
    const json_t *first_winners = json_array_get(of->round_winners, 0);
    bool has_pairs = of->round_count > 1; /* otherwise these are the winners of the final's tasks */
    uint32_t count = has_pairs ? (uint32_t)json_array_size(first_winners) : 0;
    void *room = NULL;
    GOD_TRY(gdi_vector_alloc(vector, (size_t)count + 1, sizeof(gdi_entrant), &room, err));
    gdi_entrant *field = room;
    for (uint32_t i = 0; i < count; i++) {
        field[i] = gdi_roster_find(&of->roster, json_string_value(json_array_get(first_winners, i)));
    }
    (void)gdi_next_field(GDI_TEXT, of->roster.boss, field, &count);
    of->second_field = gdi_hotkeys(vector, &of->roster, field, count);
    return GOD_OK;
}

/* Reads one final task: the boss's value and the other one's, whoever that is. */
static god_status read_final_task(season *of, const json_t *task, uint32_t *ret_direction, double *ret_boss,
                                  double *ret_challenger, god_error *err)
{
    json_t *values = NULL, *value = NULL;
    const char *key = NULL;
    GOD_TRY(read_task(task, "final", ret_direction, &values, err));
    *ret_boss = *ret_challenger = GDI_NO_VALUE;
    json_object_foreach(values, key, value)
    {
        gdi_entrant entrant = gdi_roster_find(&of->roster, key);
        if (entrant == of->roster.boss) {
            GOD_TRY(gdi_read_value(key, value, ret_boss, err));
            continue;
        }
        if (of->challenger != GDI_NOBODY && of->challenger != entrant) {
            return god_fail(err, GOD_E_DATA, "in: the final has two challengers, \"%.60s\" and \"%.60s\"",
                            of->roster.hotkeys[of->challenger], key);
        }
        of->challenger = entrant;
        GOD_TRY(gdi_read_value(key, value, ret_challenger, err));
    }
    return GOD_OK;
}

static god_status play_final(gdi_vector *vector, season *of, double threshold, god_error *err)
{
    const json_t *tasks = of->rounds[of->round_count - 1];
    uint32_t task_count = (uint32_t)json_array_size(tasks), challenger_wins = 0;
    json_t *task_winners = json_array();
    gdi_put(vector, of->round_winners, task_winners);
    void *room = NULL;
    GOD_TRY(gdi_vector_alloc(vector, task_count, sizeof(double), &room, err));
    double *differences = room;
    for (uint32_t t = 0; t < task_count; t++) {
        uint32_t direction = 0;
        double boss = 0, challenger = 0;
        GOD_TRY(read_final_task(of, json_array_get(tasks, t), &direction, &boss, &challenger, err));
        bool won = gdi_boss_task(direction, threshold, boss, challenger) == GDI_CHALLENGER_WINS;
        gdi_entrant winner = won ? of->challenger : of->roster.boss;
        challenger_wins += won;
        differences[t] = gdi_performance(direction, boss, challenger);
        gdi_put(vector, of->differences, gdi_number(differences[t]));
        gdi_put(vector, task_winners, json_string(of->roster.hotkeys[winner]));
        gdi_points_add_winner(gdi_rules_of(vector->rules, GDI_TEXT), of->round_count, winner, of->points);
    }
    of->dethroned = gdi_boss_round(task_count, challenger_wins) == GDI_CHALLENGER_WINS;
    of->median = gdi_performance_median(differences, task_count);
    of->winners[0] = of->dethroned ? of->challenger : of->roster.boss;
    end_round(vector, of, of->round_count, of->dethroned, 1);
    return GOD_OK;
}

/* Who holds the title afterwards, as an entrant: the boss when there is nobody behind it. */
static gdi_entrant champion_of(const season *of)
{
    if (of->dethroned) {
        return of->challenger;
    }
    return of->base_winner != NULL ? gdi_roster_find(&of->roster, of->base_winner) : of->roster.boss;
}

static god_status put_emission(gdi_vector *vector, season *of, json_t *out, god_error *err)
{
    gdi_entrant champion = champion_of(of);
    void *room = NULL;
    GOD_TRY(gdi_vector_alloc(vector, (size_t)of->roster.count + 1, sizeof(gdi_share), &room, err));
    gdi_share *shares = room;
    gdi_points_leave_out(champion, of->roster.boss, of->base_winner != NULL, of->points);
    uint32_t count = gdi_place(vector->rules, champion, of->points, of->roster.count, shares);
    json_t *by_hotkey = json_object();
    for (uint32_t i = 0; i < count; i++) {
        gdi_set(vector, by_hotkey, of->roster.hotkeys[shares[i].entrant], gdi_number(shares[i].share));
    }
    /* After a defence the difference stored with the champion's own win counts (19.3); the vector has none. */
    double difference = of->dethroned ? of->median : 0.0;
    gdi_set(vector, out, "points", gdi_hotkey_values(vector, &of->roster, of->points));
    gdi_set(vector, out, "shares", by_hotkey);
    gdi_set(vector, out, "winning_performance_difference", gdi_number(of->median));
    gdi_set(vector, out, "allocation_on_day_0",
            gdi_number(gdi_allocation_after(vector->rules, GDI_TEXT, difference, 0.0)));
    return GOD_OK;
}

/* Plays it into `out`, which the caller owns. */
static god_status play(gdi_vector *vector, season *of, json_t *out, god_error *err)
{
    double threshold = gdi_threshold(vector->rules, of->champion_wins);
    GOD_TRY(begin(vector, of, err));
    for (uint32_t number = 1; number < of->round_count; number++) {
        GOD_TRY(play_pairs(vector, of, number, err));
    }
    GOD_TRY(play_final(vector, of, threshold, err));
    GOD_TRY(put_second_field(vector, of, err));
    gdi_set(vector, out, "round_2_entrants", of->second_field);
    gdi_set(vector, out, "threshold", gdi_number(threshold));
    gdi_set(vector, out, "winner_hotkey",
            json_string(of->dethroned ? of->roster.hotkeys[of->challenger] : GDI_BURN_NODE));
    return put_emission(vector, of, out, err);
}

static god_status end_to_end_text(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    season of = {0};
    GOD_TRY(read_season(vector, in, &of, err));
    json_t *out = json_object();
    of.round_winners = json_array();
    of.eliminated = json_object();
    of.differences = json_array();
    gdi_set(vector, out, "round_winners", of.round_winners);
    gdi_set(vector, out, "eliminated_in_round", of.eliminated);
    gdi_set(vector, out, "performance_differences", of.differences);
    god_status status = play(vector, &of, out, err);
    if (status != GOD_OK) {
        json_decref(out);
        return status;
    }
    *ret_out = out;
    return GOD_OK;
}

const gdi_vector_kind gdi_rules_season_kinds[] = {
    {.name = "end_to_end_text", .answer = end_to_end_text},
    {.name = NULL},
};
