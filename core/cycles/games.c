/* core/cycles/games.c: pairs and single entrants play the environments of a task; rows become points.
 * Sections 5.7, 14.2 and 17.4. */
#include <stdio.h>

#include "core/cycles/rounds.h"
#include "core/tournament/environment.h"
#include "god/helpers/json.h"

/* ---- a task's environments ---- */

typedef struct playground {
    const gdi_task *task;
    const gdi_named_task_kind *kind;
    const char **names; /* in the task's order */
    gdi_environment *environments;
    uint32_t count;
    json_int_t eval_seed;
} playground;

static god_status read_arena(gdi_step *step, const gdi_task *task, const gdi_named_task_kind *kind,
                             playground *ret_arena, god_error *err)
{
    json_t *details = NULL;
    GOD_TRY(gdi_step_details(step, task->details_json, &details, err));
    const json_t *names = json_object_get(details, "environment_names");
    const json_t *weights = json_object_get(details, "environment_weights");
    playground arena = {.task = task,
                        .kind = kind,
                        .count = (uint32_t)json_array_size(names),
                        .eval_seed = json_integer_value(json_object_get(details, "eval_seed"))};
    GOD_TRY(GDI_STEP_NEW(step, arena.count, &arena.names, err));
    GOD_TRY(GDI_STEP_NEW(step, arena.count, &arena.environments, err));
    for (uint32_t i = 0; i < arena.count; i++) {
        arena.names[i] = json_string_value(json_array_get(names, i));
        if (arena.names[i] == NULL) {
            return god_fail(err, GOD_E_DATA, "environment %u of task %s has no name", i + 1, task->task_id);
        }
        const json_t *weight = json_object_get(weights, arena.names[i]);
        arena.environments[i] = (gdi_environment){.individual = gdi_task_kind_plays_alone(kind, arena.names[i]),
                                                  .weight = json_is_number(weight) ? json_number_value(weight) : 1.0};
    }
    *ret_arena = arena;
    return GOD_OK;
}

static uint32_t environment_of(const playground *of, const char *name)
{
    uint32_t place = 0;
    while (place < of->count && strcmp(of->names[place], name) != 0) {
        place++;
    }
    return place;
}

/* ---- jobs ---- */

typedef struct player {
    const char *hotkey, *repo;
} player;

static json_t *player_json(const player *of)
{
    return json_pack("{s:s, s:s}", "hotkey", of->hotkey, "repo", of->repo);
}

static god_status add_pair_job(gdi_step *step, const playground *of, const player *a, const player *b,
                               const char *environment, uint32_t attempt, const char **ret_key, god_error *err)
{
    const char *name = NULL;
    GOD_TRY(gdi_step_format(step, &name, err, "%s/%s/%s/%s/%u", of->task->task_id, a->hotkey, b->hotkey, environment,
                            attempt));
    const gdi_task_work work = {.kind = GDI_WORK_PLAY_PAIR,
                                .key = name,
                                .tournament_id = of->task->tournament_id,
                                .task_id = of->task->task_id,
                                .payload = json_pack("{s:s, s:s, s:i, s:I, s:s?, s:o, s:o}", "task_id",
                                                     of->task->task_id, "environment_name", environment, "games",
                                                     (int)of->kind->games, "eval_seed", of->eval_seed, "model_id",
                                                     of->task->model_id, "a", player_json(a), "b", player_json(b)),
                                .attempts_max = 1};
    return gdi_task_work_add(step, &work, ret_key, err);
}

static god_status add_alone_job(gdi_step *step, const playground *of, const player *who, const char *environment,
                                uint32_t attempt, const char **ret_key, god_error *err)
{
    const char *name = NULL;
    GOD_TRY(gdi_step_format(step, &name, err, "%s/%s/%s/%u", of->task->task_id, who->hotkey, environment, attempt));
    const gdi_task_work work = {.kind = GDI_WORK_PLAY_ALONE,
                                .key = name,
                                .tournament_id = of->task->tournament_id,
                                .task_id = of->task->task_id,
                                .hotkey = who->hotkey,
                                .payload = json_pack("{s:s, s:s, s:I, s:s?, s:o}", "task_id", of->task->task_id,
                                                     "environment_name", environment, "eval_seed", of->eval_seed,
                                                     "model_id", of->task->model_id, "player", player_json(who)),
                                .attempts_max = 1};
    return gdi_task_work_add(step, &work, ret_key, err);
}

/* ---- the beginning ---- */

static god_status read_players(gdi_step *step, const char *task_id, const char *status, player **ret_players,
                               uint32_t *ret_count, god_error *err)
{
    gdi_rows *rows = NULL;
    player *players = NULL;
    uint32_t count = 0;
    GDI_KEEP(step, rows, err, gdi_evaluations_with_status(step->db, task_id, status, &rows, err));
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(rows), &players, err));
    for (; gdi_rows_next(rows); count++) {
        players[count].hotkey = gdi_rows_text(rows, GDI_EVALUATION_HOTKEY);
        GOD_TRY(gdi_step_output_repo(step, gdi_rows_text(rows, GDI_EVALUATION_REPO), &players[count].repo, err));
    }
    *ret_players = players;
    *ret_count = count;
    return GOD_OK;
}

static god_status begin_environment(gdi_step *step, const playground *of, uint32_t environment, const player *players,
                                    uint32_t count, god_error *err)
{
    const char *name = of->names[environment], *key = NULL;
    bool alone = of->environments[environment].individual;
    for (uint32_t a = 0; a < count && count > 1; a++) {
        if (alone) {
            GOD_TRY(add_alone_job(step, of, &players[a], name, 1, &key, err));
            GOD_TRY(gdi_pvp_alone_add_in(step->db, of->task->task_id, players[a].hotkey, name, key, step->now_us, err));
        }
        for (uint32_t b = a + 1; b < count && !alone; b++) {
            GOD_TRY(add_pair_job(step, of, &players[a], &players[b], name, 1, &key, err));
            GOD_TRY(gdi_pvp_pair_add_in(step->db, of->task->task_id, players[a].hotkey, players[b].hotkey, name, key,
                                        step->now_us, err));
        }
    }
    return GOD_OK;
}

static god_status score(gdi_step *step, const playground *of, god_error *err);

god_status gdi_games_begin(gdi_step *step, const gdi_task *task, const gdi_named_task_kind *kind, god_error *err)
{
    playground of = {.task = NULL};
    player *players = NULL;
    uint32_t count = 0;
    GOD_TRY(read_arena(step, task, kind, &of, err));
    GOD_TRY(read_players(step, task->task_id, "pending", &players, &count, err));
    for (uint32_t environment = 0; environment < of.count; environment++) {
        GOD_TRY(begin_environment(step, &of, environment, players, count, err));
    }
    GOD_TRY(gdi_evaluations_move_in(step->db, task->task_id, "pending", "evaluating", step->now_us, err));
    GOD_TRY(gdi_evaluation_try_in(step->db, task->task_id, NULL, step->now_us, err));
    return count > 1 && of.count > 0 ? GOD_OK : score(step, &of, err); /* one entrant meets nobody: 0 points */
}

/* ---- points ---- */

static uint32_t player_of(const player *players, uint32_t count, const char *hotkey)
{
    uint32_t place = 0;
    while (place < count && strcmp(players[place].hotkey, hotkey) != 0) {
        place++;
    }
    return place;
}

static uint32_t meeting_of(uint32_t count, uint32_t a, uint32_t b)
{
    return a * count - a * (a + 1) / 2 + (b - a - 1);
}

static god_status read_games(gdi_step *step, const playground *of, const player *players, uint32_t count,
                             gdi_game_row *games, god_error *err)
{
    gdi_rows *rows = NULL;
    GDI_KEEP(step, rows, err, gdi_pvp_pairs(step->db, of->task->task_id, &rows, err));
    while (gdi_rows_next(rows)) {
        uint32_t a = player_of(players, count, gdi_rows_text(rows, GDI_PVP_A));
        uint32_t b = player_of(players, count, gdi_rows_text(rows, GDI_PVP_B));
        uint32_t environment = environment_of(of, gdi_rows_text(rows, GDI_PVP_ENVIRONMENT));
        if (a < b && b < count && environment < of->count) {
            games[meeting_of(count, a, b) * of->count + environment] =
                (gdi_game_row){.a_wins = (uint32_t)gdi_rows_int(rows, GDI_PVP_A_WINS),
                               .b_wins = (uint32_t)gdi_rows_int(rows, GDI_PVP_B_WINS),
                               .attempts = (uint32_t)gdi_rows_int(rows, GDI_PVP_ATTEMPTS),
                               .complete = gdi_rows_bool(rows, GDI_PVP_COMPLETE)};
        }
    }
    return GOD_OK;
}

static god_status read_alone(gdi_step *step, const playground *of, const player *players, uint32_t count,
                             gdi_individual_row *individual, god_error *err)
{
    gdi_rows *rows = NULL;
    GDI_KEEP(step, rows, err, gdi_pvp_alone(step->db, of->task->task_id, &rows, err));
    while (gdi_rows_next(rows)) {
        uint32_t who = player_of(players, count, gdi_rows_text(rows, GDI_ALONE_HOTKEY));
        uint32_t environment = environment_of(of, gdi_rows_text(rows, GDI_ALONE_ENVIRONMENT));
        if (who < count && environment < of->count) {
            individual[who * of->count + environment] =
                (gdi_individual_row){.score = gdi_rows_real(rows, GDI_ALONE_SCORE),
                                     .attempts = (uint32_t)gdi_rows_int(rows, GDI_ALONE_ATTEMPTS),
                                     .complete = gdi_rows_bool(rows, GDI_ALONE_COMPLETE)};
        }
    }
    return GOD_OK;
}

static god_status points_of(gdi_step *step, const playground *of, const player *players, uint32_t count,
                            bool *ret_closed, double **ret_points, god_error *err)
{
    uint32_t meeting_count = count * (count - 1) / 2, meeting = 0;
    gdi_meeting *meetings = NULL;
    gdi_game_row *games = NULL;
    gdi_individual_row *individual = NULL;
    double *points = NULL;
    GOD_TRY(GDI_STEP_NEW(step, meeting_count, &meetings, err));
    GOD_TRY(GDI_STEP_NEW(step, (size_t)meeting_count * of->count, &games, err));
    GOD_TRY(GDI_STEP_NEW(step, (size_t)count * of->count, &individual, err));
    GOD_TRY(GDI_STEP_NEW(step, count, &points, err));
    for (uint32_t a = 0; a < count; a++) {
        for (uint32_t b = a + 1; b < count; b++) {
            meetings[meeting++] = (gdi_meeting){.a = a, .b = b};
        }
    }
    GOD_TRY(read_games(step, of, players, count, games, err));
    GOD_TRY(read_alone(step, of, players, count, individual, err));
    const gdi_environment_task task = {.environments = of->environments,
                                       .environment_count = of->count,
                                       .entrant_count = count,
                                       .meetings = meetings,
                                       .meeting_count = meeting_count,
                                       .games = games,
                                       .individual = individual};
    *ret_closed = gdi_environment_points(step->options->rules, &task, points);
    *ret_points = points;
    return GOD_OK;
}

static god_status score(gdi_step *step, const playground *of, god_error *err)
{
    const char *task_id = of->task->task_id;
    player *players = NULL;
    double *points = NULL;
    uint32_t count = 0;
    bool closed = false;
    GOD_TRY(read_players(step, task_id, "evaluating", &players, &count, err));
    if (count == 0) {
        return GOD_OK;
    }
    GOD_TRY(points_of(step, of, players, count, &closed, &points, err));
    if (!closed && count > 1) {
        return GOD_OK;
    }
    for (uint32_t i = 0; i < count; i++) {
        GOD_TRY(gdi_task_node_value_in(step->db, task_id, players[i].hotkey, points[i], GDI_NO_VALUE, NULL, err));
    }
    GOD_TRY(gdi_evaluations_move_in(step->db, task_id, "evaluating", "success", step->now_us, err));
    gdi_step_raise(step, GDI_ON_EVALUATIONS);
    return gdi_task_score(step, task_id, of->kind, err);
}

/* ---- rows whose job ended ---- */

typedef struct ended_row {
    const char *task_id, *a, *b, *environment; /* b NULL: played alone */
    uint32_t attempts;                         /* this one included */
    json_t *result;                            /* NULL: it failed */
} ended_row;

static bool read_wins(const json_t *result, int64_t *a_wins, int64_t *b_wins, int64_t *draws)
{
    god_error why = GOD_ERROR_INIT;
    const int64_t most = 1000000000;
    return god_json_get_int("games", result, "model_a_wins", 0, most, a_wins, &why) == GOD_OK &&
           god_json_get_int("games", result, "model_b_wins", 0, most, b_wins, &why) == GOD_OK &&
           god_json_get_int("games", result, "draws", 0, most, draws, &why) == GOD_OK;
}

static god_status play_again(gdi_step *step, const ended_row *row, god_error *err)
{
    const char *key = NULL;
    gdi_rows *rows = NULL;
    gdi_task task = {.task_id = NULL};
    playground of = {.task = NULL};
    player *players = NULL;
    uint32_t count = 0;
    GDI_KEEP(step, rows, err, gdi_task_read(step->db, row->task_id, &rows, &task, err));
    const gdi_named_task_kind *kind = gdi_step_kind_of(step, task.task_type, row->task_id);
    if (kind != NULL && row->attempts < step->options->rules->pvp_attempts_max) {
        GOD_TRY(read_arena(step, &task, kind, &of, err));
        GOD_TRY(read_players(step, row->task_id, "evaluating", &players, &count, err));
        uint32_t a = player_of(players, count, row->a), b = row->b != NULL ? player_of(players, count, row->b) : 0;
        if (a < count && b < count && row->b != NULL) {
            GOD_TRY(add_pair_job(step, &of, &players[a], &players[b], row->environment, row->attempts + 1, &key, err));
        } else if (a < count && row->b == NULL) {
            GOD_TRY(add_alone_job(step, &of, &players[a], row->environment, row->attempts + 1, &key, err));
        }
    }
    if (row->b == NULL) {
        return gdi_pvp_alone_again_in(step->db, row->task_id, row->a, row->environment, key, step->now_us, err);
    }
    return gdi_pvp_pair_again_in(step->db, row->task_id, row->a, row->b, row->environment, key, step->now_us, err);
}

static god_status end_row(gdi_step *step, const ended_row *row, god_error *err)
{
    int64_t a_wins = 0, b_wins = 0, draws = 0;
    const json_t *value = json_object_get(row->result, "score");
    if (row->b != NULL && row->result != NULL && read_wins(row->result, &a_wins, &b_wins, &draws)) {
        return gdi_pvp_pair_complete_in(step->db, row->task_id, row->a, row->b, row->environment, a_wins, b_wins, draws,
                                        step->now_us, err);
    }
    if (row->b == NULL && json_is_number(value) && gdi_has_value(json_number_value(value))) {
        return gdi_pvp_alone_complete_in(step->db, row->task_id, row->a, row->environment, json_number_value(value),
                                         step->now_us, err);
    }
    return play_again(step, row, err);
}

static god_status end_rows(gdi_step *step, gdi_rows *ended, god_error *err)
{
    while (gdi_rows_next(ended)) {
        const char *message = NULL;
        ended_row row = {.task_id = gdi_rows_text(ended, GDI_PVP_ENDED_TASK),
                         .a = gdi_rows_text(ended, GDI_PVP_ENDED_A),
                         .b = gdi_rows_text(ended, GDI_PVP_ENDED_B),
                         .environment = gdi_rows_text(ended, GDI_PVP_ENDED_ENVIRONMENT),
                         .attempts = (uint32_t)gdi_rows_int(ended, GDI_PVP_ENDED_ATTEMPTS) + 1};
        GOD_TRY(gdi_ended_result(step, gdi_rows_text(ended, GDI_PVP_ENDED_STATE),
                                 gdi_rows_text(ended, GDI_PVP_ENDED_RESULT), NULL, &row.result, &message, err));
        GOD_TRY(end_row(step, &row, err));
        step->changed = true;
    }
    return GOD_OK;
}

god_status gdi_step_played(gdi_step *step, god_error *err)
{
    gdi_rows *pairs = NULL, *alone = NULL, *closed = NULL;
    GDI_KEEP(step, pairs, err, gdi_pvp_pairs_ended(step->db, &pairs, err));
    GOD_TRY(end_rows(step, pairs, err));
    GDI_KEEP(step, alone, err, gdi_pvp_alone_ended(step->db, &alone, err));
    GOD_TRY(end_rows(step, alone, err));
    if (gdi_rows_count(pairs) + gdi_rows_count(alone) == 0) {
        return GOD_OK;
    }
    GDI_KEEP(step, closed, err, gdi_pvp_closed_tasks(step->db, &closed, err));
    while (gdi_rows_next(closed)) {
        gdi_rows *rows = NULL;
        gdi_task task = {.task_id = NULL};
        playground of = {.task = NULL};
        GDI_KEEP(step, rows, err, gdi_task_read(step->db, gdi_rows_text(closed, 0), &rows, &task, err));
        const gdi_named_task_kind *kind = gdi_step_kind_of(step, task.task_type, task.task_id);
        if (kind != NULL) {
            GOD_TRY(read_arena(step, &task, kind, &of, err));
            GOD_TRY(score(step, &of, err));
        }
    }
    return GOD_OK;
}
