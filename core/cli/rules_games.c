/* core/cli/rules_games.c: the vector about the points of one environment task. */
#include "core/cli/rules_vector.h"
#include "core/tournament/environment.h"
#include "core/tournament/environment_advance.h"

enum { environments_max = 64, entrants_max = 512 };

/* The task while it is read. Pairs stand as first named in pair_rows; those never named follow, in hotkey order. */
typedef struct games_run {
    gdi_roster roster;
    const char *environment_names[environments_max];
    gdi_environment environments[environments_max];
    uint32_t environment_count;
    gdi_meeting *meetings;
    uint32_t meeting_count;
    uint32_t *meeting_of; /* [a * count + b], both ways; UINT32_MAX: not named yet */
    gdi_game_row *games;
    bool *has_game;
    gdi_individual_row *individual;
} games_run;

static god_status read_environments(const json_t *in, const char *key, bool individual, games_run *run, god_error *err)
{
    json_t *names = NULL;
    GOD_TRY(god_json_get_array("in", in, key, &names, err));
    for (size_t i = 0; i < json_array_size(names); i++) {
        if (run->environment_count == environments_max) {
            return god_fail(err, GOD_E_DATA, "in: more than %d environments", environments_max);
        }
        uint32_t e = run->environment_count++;
        GOD_TRY(gdi_read_text(key, json_array_get(names, i), &run->environment_names[e], err));
        run->environments[e] = (gdi_environment){.individual = individual, .weight = 1.0};
    }
    return GOD_OK;
}

static god_status make_room(gdi_vector *vector, const json_t *in, games_run *run, god_error *err)
{
    json_t *hotkeys = NULL;
    gdi_names names = {0};
    void *meetings = NULL, *meeting_of = NULL, *games = NULL, *has_game = NULL, *individual = NULL;
    GOD_TRY(god_json_get_array("in", in, "hotkeys", &hotkeys, err));
    GOD_TRY(gdi_names_add_array(vector, &names, "hotkeys", hotkeys, err));
    gdi_roster_init(names.texts, names.count, GDI_BOSS_ENTRY, &run->roster);
    if (run->roster.count != json_array_size(hotkeys) || run->roster.count > entrants_max) {
        return god_fail(err, GOD_E_DATA, "in: \"hotkeys\": at most %d different hotkeys are needed", entrants_max);
    }
    GOD_TRY(read_environments(in, "pvp_envs", false, run, err));
    GOD_TRY(read_environments(in, "individual_envs", true, run, err));
    size_t n = run->roster.count, pairs = n * (n > 0 ? n - 1 : 0) / 2, cells = run->environment_count;
    GOD_TRY(gdi_vector_alloc(vector, pairs, sizeof(gdi_meeting), &meetings, err));
    GOD_TRY(gdi_vector_alloc(vector, n * n, sizeof(uint32_t), &meeting_of, err));
    GOD_TRY(gdi_vector_alloc(vector, pairs * cells, sizeof(gdi_game_row), &games, err));
    GOD_TRY(gdi_vector_alloc(vector, pairs * cells, sizeof(bool), &has_game, err));
    GOD_TRY(gdi_vector_alloc(vector, n * cells, sizeof(gdi_individual_row), &individual, err));
    run->meetings = meetings;
    run->meeting_of = meeting_of;
    run->games = games;
    run->has_game = has_game;
    run->individual = individual;
    for (size_t i = 0; i < n * n; i++) {
        run->meeting_of[i] = UINT32_MAX;
    }
    return GOD_OK;
}

static uint32_t meeting_between(games_run *run, gdi_entrant a, gdi_entrant b)
{
    size_t there = (size_t)a * run->roster.count + b, back = (size_t)b * run->roster.count + a;
    if (run->meeting_of[there] == UINT32_MAX) {
        run->meetings[run->meeting_count] = (gdi_meeting){.a = a, .b = b};
        run->meeting_of[there] = run->meeting_of[back] = run->meeting_count++;
    }
    return run->meeting_of[there];
}

typedef struct row_columns {
    size_t a, b, environment, a_wins, b_wins, status, attempts, count;
} row_columns;

static god_status read_columns(const json_t *in, row_columns *ret, god_error *err)
{
    const char *fields = "pair_row_fields";
    GOD_TRY(gdi_read_column(in, fields, "hotkey_a", &ret->a, err));
    GOD_TRY(gdi_read_column(in, fields, "hotkey_b", &ret->b, err));
    GOD_TRY(gdi_read_column(in, fields, "environment_name", &ret->environment, err));
    GOD_TRY(gdi_read_column(in, fields, "model_a_wins", &ret->a_wins, err));
    GOD_TRY(gdi_read_column(in, fields, "model_b_wins", &ret->b_wins, err));
    GOD_TRY(gdi_read_column(in, fields, "status", &ret->status, err));
    GOD_TRY(gdi_read_column(in, fields, "n_attempts", &ret->attempts, err));
    ret->count = json_array_size(json_object_get(in, fields));
    return GOD_OK;
}

static god_status read_game_count(const json_t *row, size_t column, uint32_t *ret, god_error *err)
{
    const json_t *value = json_array_get(row, column);
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > INT32_MAX) {
        return god_fail(err, GOD_E_DATA, "in: \"pair_rows\": wins and attempts are whole numbers from 0");
    }
    *ret = (uint32_t)json_integer_value(value);
    return GOD_OK;
}

static god_status find_played(const games_run *run, const char *name, uint32_t *ret_environment, god_error *err)
{
    for (uint32_t e = 0; e < run->environment_count; e++) {
        if (!run->environments[e].individual && strcmp(run->environment_names[e], name) == 0) {
            *ret_environment = e;
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_DATA, "in: \"pair_rows\" names \"%.60s\", which is not in pvp_envs", name);
}

static god_status read_pair_row(const json_t *row, const row_columns *columns, games_run *run, god_error *err)
{
    const char *a_name = NULL, *b_name = NULL, *environment_name = NULL, *state = NULL;
    gdi_game_row game = {0};
    uint32_t environment = 0;
    GOD_TRY(gdi_read_row("pair_rows", row, columns->count, err));
    GOD_TRY(gdi_read_text("pair_rows", json_array_get(row, columns->a), &a_name, err));
    GOD_TRY(gdi_read_text("pair_rows", json_array_get(row, columns->b), &b_name, err));
    GOD_TRY(gdi_read_text("pair_rows", json_array_get(row, columns->environment), &environment_name, err));
    GOD_TRY(gdi_read_text("pair_rows", json_array_get(row, columns->status), &state, err));
    GOD_TRY(read_game_count(row, columns->a_wins, &game.a_wins, err));
    GOD_TRY(read_game_count(row, columns->b_wins, &game.b_wins, err));
    GOD_TRY(read_game_count(row, columns->attempts, &game.attempts, err));
    GOD_TRY(find_played(run, environment_name, &environment, err));
    gdi_entrant a = gdi_roster_find(&run->roster, a_name), b = gdi_roster_find(&run->roster, b_name);
    if (a == GDI_NOBODY || b == GDI_NOBODY || a == b) {
        return god_fail(err, GOD_E_DATA, "in: \"pair_rows\": [\"%.40s\", \"%.40s\"] is no pair of hotkeys", a_name,
                        b_name);
    }
    game.complete = strcmp(state, "complete") == 0;
    if (!game.complete && strcmp(state, "pending") != 0) {
        return god_fail(err, GOD_E_DATA, "in: \"pair_rows\": status \"%.40s\" is neither pending nor complete", state);
    }
    uint32_t meeting = meeting_between(run, a, b);
    size_t cell = (size_t)meeting * run->environment_count + environment;
    if (run->has_game[cell]) {
        return god_fail(err, GOD_E_DATA, "in: \"pair_rows\" has two rows of \"%.40s\" and \"%.40s\" in \"%.40s\"",
                        a_name, b_name, environment_name);
    }
    if (run->meetings[meeting].a != a) { /* this row names the pair the other way round */
        game = (gdi_game_row){
            .a_wins = game.b_wins, .b_wins = game.a_wins, .attempts = game.attempts, .complete = game.complete};
    }
    run->has_game[cell] = true;
    run->games[cell] = game;
    return GOD_OK;
}

static god_status read_individual(const json_t *in, games_run *run, god_error *err)
{
    json_t *scores = NULL;
    GOD_TRY(god_json_opt_object("in", in, "individual_scores", &scores, err));
    for (gdi_entrant i = 0; i < run->roster.count; i++) {
        const json_t *value = json_object_get(scores, run->roster.hotkeys[i]);
        double score = GDI_NO_VALUE;
        if (value != NULL) {
            GOD_TRY(gdi_read_value("individual_scores", value, &score, err));
        }
        for (uint32_t e = 0; e < run->environment_count; e++) {
            /* null is an exhausted row */
            run->individual[(size_t)i * run->environment_count + e] =
                (gdi_individual_row){.score = score, .attempts = UINT32_MAX, .complete = gdi_has_value(score)};
        }
    }
    return GOD_OK;
}

static god_status read_games(gdi_vector *vector, const json_t *in, games_run *run, god_error *err)
{
    json_t *rows = NULL;
    row_columns columns = {0};
    GOD_TRY(make_room(vector, in, run, err));
    GOD_TRY(god_json_get_array("in", in, "pair_rows", &rows, err));
    GOD_TRY(read_columns(in, &columns, err));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        GOD_TRY(read_pair_row(json_array_get(rows, i), &columns, run, err));
    }
    for (gdi_entrant a = 0; a < run->roster.count; a++) {
        for (gdi_entrant b = a + 1; b < run->roster.count; b++) {
            (void)meeting_between(run, a, b);
        }
    }
    return read_individual(in, run, err);
}

/* `winners` and `tournament` of the answer. Of a round with several groups only this one is known, so it goes on. */
static god_status put_advance(gdi_vector *vector, const games_run *run, const double *points, uint32_t group_count,
                              json_t *out, god_error *err)
{
    void *scores = NULL, *winners = NULL, *slots = NULL;
    GOD_TRY(gdi_vector_alloc(vector, run->roster.count, sizeof(gdi_score), &scores, err));
    GOD_TRY(gdi_vector_alloc(vector, run->roster.count, sizeof(gdi_entrant), &winners, err));
    GOD_TRY(gdi_vector_alloc(vector, group_count, sizeof(gdi_slot), &slots, err));
    for (gdi_entrant e = 0; e < run->roster.count; e++) {
        ((gdi_score *)scores)[e] = (gdi_score){.entrant = e, .value = points[e]};
    }
    ((gdi_slot *)slots)[0].count = run->roster.count; /* the other groups, if any, are empty here */
    gdi_environment_round round = {
        .groups = slots, .group_count = group_count, .scores = scores, .boss = run->roster.boss};
    uint32_t unchanged = 0, count = gdi_environment_advance(vector->rules, &round, winners, &unchanged);
    const char *next = count == 0 ? "boss_retains" : count == 1 ? "final" : "group_round";
    gdi_set(vector, out, "winners", gdi_hotkeys(vector, &run->roster, winners, count));
    gdi_set(vector, out, "tournament", json_string(group_count > 1 ? "group_round" : next));
    return GOD_OK;
}

static god_status environment_points(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    games_run run = {0};
    uint32_t group_count = 0;
    void *room = NULL;
    GOD_TRY(read_games(vector, in, &run, err));
    GOD_TRY(gdi_read_count(in, "round_has_groups", 1, &group_count, err));
    GOD_TRY(gdi_vector_alloc(vector, run.roster.count, sizeof(double), &room, err));
    double *points = room;
    gdi_environment_task task = {.environments = run.environments,
                                 .environment_count = run.environment_count,
                                 .entrant_count = run.roster.count,
                                 .meetings = run.meetings,
                                 .meeting_count = run.meeting_count,
                                 .games = run.games,
                                 .individual = run.individual};
    if (!gdi_environment_points(vector->rules, &task, points)) {
        return god_fail(err, GOD_E_DATA,
                        "in: \"pair_rows\": a row is missing or still open, so there are no points yet");
    }
    json_t *out = json_object(), *by_hotkey = json_object();
    for (gdi_entrant e = 0; e < run.roster.count; e++) {
        gdi_set(vector, by_hotkey, run.roster.hotkeys[e], gdi_number(points[e]));
    }
    gdi_set(vector, out, "points", by_hotkey);
    god_status status = put_advance(vector, &run, points, group_count, out, err);
    if (status != GOD_OK) {
        json_decref(out);
        return status;
    }
    *ret_out = out;
    return GOD_OK;
}

const gdi_vector_kind gdi_rules_game_kinds[] = {
    {.name = "environment_points", .answer = environment_points},
    {.name = NULL},
};
