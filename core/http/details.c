/* The details object: one query per table, joined here by ids, so that its cost does not grow with rounds times tasks.
 */
#include "core/http/api.h"
#include "core/http/points.h"
#include "core/http/view.h"
#include "core/tournament/boss.h"
#include "core/tournament/performance.h"

#include <stdlib.h>

static const gdi_view_column tournament_columns[] = {{"tournament_id", GDI_VIEW_TEXT},
                                                     {"tournament_type", GDI_VIEW_TEXT},
                                                     {"status", GDI_VIEW_TEXT},
                                                     {"base_winner_hotkey", GDI_VIEW_TEXT},
                                                     {"winner_hotkey", GDI_VIEW_TEXT},
                                                     {"diff_report", GDI_VIEW_TEXT},
                                                     {NULL, 0}};
static const gdi_view_column participant_columns[] = {{"tournament_id", GDI_VIEW_TEXT},
                                                      {"hotkey", GDI_VIEW_TEXT},
                                                      {"eliminated_in_round_id", GDI_VIEW_TEXT},
                                                      {"final_position", GDI_VIEW_INT},
                                                      {"training_repo", GDI_VIEW_TEXT},
                                                      {"training_commit_hash", GDI_VIEW_TEXT},
                                                      {"backup_repo", GDI_VIEW_TEXT},
                                                      {"requested_datasets", GDI_VIEW_JSON},
                                                      {"stake_required", GDI_VIEW_REAL},
                                                      {"created_at", GDI_VIEW_TIME},
                                                      {NULL, 0}};
static const gdi_view_column round_columns[] = {{"round_id", GDI_VIEW_TEXT},   {"round_number", GDI_VIEW_INT},
                                                {"round_type", GDI_VIEW_TEXT}, {"is_final_round", GDI_VIEW_BOOL},
                                                {"status", GDI_VIEW_TEXT},     {NULL, 0}};
static const gdi_view_column task_columns[] = {{"task_id", GDI_VIEW_TEXT},
                                               {"group_id", GDI_VIEW_TEXT},
                                               {"pair_id", GDI_VIEW_TEXT},
                                               {"task_type", GDI_VIEW_TEXT},
                                               {NULL, 0}};
static const gdi_view_column score_columns[] = {{"hotkey", GDI_VIEW_TEXT},       {"quality_score", GDI_VIEW_REAL},
                                                {"test_loss", GDI_VIEW_REAL},    {"synth_loss", GDI_VIEW_REAL},
                                                {"score_reason", GDI_VIEW_TEXT}, {NULL, 0}};

/* One reading: what is found by id while it is put together. */
typedef struct reading {
    const gdi_api *api;
    const char *tournament_id;
    json_t *details;        /* own until it is handed over */
    json_t *rounds, *tasks; /* own; id -> object, borrowed by the arrays too */
    json_t *environments;   /* own; task id -> number of environments */
    uint32_t type;
} reading;

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* Appends to an array inside an object that `index` knows by id; an id that it does not know is left out. */
static int append_to(json_t *index, const char *id, const char *array, json_t *value_take)
{
    json_t *object = json_object_get(index, id);
    if (object == NULL || value_take == NULL) {
        json_decref(value_take);
        return object == NULL ? 0 : -1;
    }
    return json_array_append_new(json_object_get(object, array), value_take);
}

static god_status fail_nomem(god_error *err)
{
    return god_fail(err, GOD_E_NOMEM, "out of memory for the details of a tournament");
}

static god_status add_participants(reading *r, god_error *err)
{
    json_t *list = NULL, *participant = NULL;
    size_t i = 0;
    GOD_TRY(GDI_VIEW_LIST(r->api->db, participant_columns, &list, err,
                          "SELECT tournament_id, hotkey, eliminated_in_round_id, final_position, training_repo, "
                          "training_commit_hash, backup_repo, requested_datasets, stake_required, created_at "
                          "FROM tournament_participants WHERE tournament_id = $1 ORDER BY hotkey",
                          gdi_text(r->tournament_id)));
    int failed = 0;
    json_array_foreach(list, i, participant)
    {
        failed |= json_object_set_new(participant, "github_token", json_null());
    }
    failed |= json_object_set_new(r->details, "participants", list);
    return failed ? fail_nomem(err) : GOD_OK;
}

static god_status add_rounds(reading *r, god_error *err)
{
    json_t *list = NULL, *round = NULL;
    size_t i = 0;
    GOD_TRY(GDI_VIEW_LIST(r->api->db, round_columns, &list, err,
                          "SELECT round_id, round_number, round_type, is_final_round, status FROM tournament_rounds "
                          "WHERE tournament_id = $1 ORDER BY round_number",
                          gdi_text(r->tournament_id)));
    int failed = 0;
    json_array_foreach(list, i, round)
    {
        failed |= json_object_set_new(round, "participants", json_array());
        failed |= json_object_set_new(round, "tasks", json_array());
        failed |= json_object_set(r->rounds, text_of(round, "round_id"), round);
    }
    failed |= json_object_set_new(r->details, "rounds", list);
    return failed ? fail_nomem(err) : GOD_OK;
}

static god_status add_members(reading *r, god_error *err)
{
    gdi_rows *rows = NULL;
    int failed = 0;
    GOD_TRY(GDI_QUERY(r->api->db, &rows, err,
                      "SELECT r.round_id, m.hotkey AS hotkey FROM tournament_rounds r JOIN tournament_groups g "
                      "ON g.round_id = r.round_id JOIN tournament_group_members m ON m.group_id = g.group_id "
                      "WHERE r.tournament_id = $1 UNION SELECT r.round_id, p.hotkey1 FROM tournament_rounds r "
                      "JOIN tournament_pairs p ON p.round_id = r.round_id WHERE r.tournament_id = $1 UNION "
                      "SELECT r.round_id, p.hotkey2 FROM tournament_rounds r JOIN tournament_pairs p "
                      "ON p.round_id = r.round_id WHERE r.tournament_id = $1 ORDER BY 1, 2",
                      gdi_text(r->tournament_id)));
    while (gdi_rows_next(rows)) {
        failed |= append_to(r->rounds, gdi_rows_text(rows, 0), "participants", json_string(gdi_rows_text(rows, 1)));
    }
    gdi_rows_free(rows);
    return failed ? fail_nomem(err) : GOD_OK;
}

enum { task_round_column = 4, task_environments_column = 5 };

static god_status add_task(reading *r, const gdi_rows *rows, god_error *err)
{
    json_t *task = NULL;
    GOD_TRY(gdi_view_row(rows, task_columns, &task, err));
    const char *names = gdi_rows_text(rows, task_environments_column);
    json_t *environments = names == NULL ? NULL : json_loads(names, 0, NULL);
    int failed = json_object_set_new(task, "winner", json_null());
    failed |= json_object_set_new(task, "participant_scores", json_array());
    failed |= json_object_set(r->tasks, text_of(task, "task_id"), task);
    failed |= json_object_set_new(r->environments, text_of(task, "task_id"),
                                  json_integer((json_int_t)json_array_size(environments)));
    failed |= append_to(r->rounds, gdi_rows_text(rows, task_round_column), "tasks", task);
    json_decref(environments);
    return failed ? fail_nomem(err) : GOD_OK;
}

static god_status add_tasks(reading *r, god_error *err)
{
    gdi_rows *rows = NULL;
    god_status status = GOD_OK;
    GOD_TRY(GDI_QUERY(r->api->db, &rows, err,
                      "SELECT l.task_id, l.group_id, l.pair_id, t.task_type, l.round_id, e.environment_names FROM "
                      "tournament_tasks l JOIN tasks t ON t.task_id = l.task_id LEFT JOIN env_tasks e "
                      "ON e.task_id = l.task_id WHERE l.tournament_id = $1 ORDER BY l.round_id, l.task_id",
                      gdi_text(r->tournament_id)));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        status = add_task(r, rows, err);
    }
    gdi_rows_free(rows);
    return status;
}

/* The winner is whoever has the highest quality above zero (14.3, 16.2). */
static int note_winner(json_t *task, const json_t *score, double *best)
{
    double quality = json_real_value(json_object_get(score, "quality_score"));
    if (quality <= 0 || quality <= *best) {
        return 0;
    }
    *best = quality;
    return json_object_set(task, "winner", json_object_get(score, "hotkey"));
}

enum { score_task_column = 5 };

static god_status add_scores(reading *r, god_error *err)
{
    gdi_rows *rows = NULL;
    god_status status = GOD_OK;
    const json_t *last = NULL;
    double best = 0;
    int failed = 0;
    GOD_TRY(GDI_QUERY(r->api->db, &rows, err,
                      "SELECT n.hotkey, n.quality_score, n.test_loss, n.synth_loss, n.score_reason, n.task_id FROM "
                      "tournament_tasks l JOIN task_nodes n ON n.task_id = l.task_id WHERE l.tournament_id = $1 "
                      "ORDER BY n.task_id, n.hotkey",
                      gdi_text(r->tournament_id)));
    while (status == GOD_OK && !failed && gdi_rows_next(rows)) {
        json_t *score = NULL, *task = json_object_get(r->tasks, gdi_rows_text(rows, score_task_column));
        status = gdi_view_row(rows, score_columns, &score, err);
        if (status == GOD_OK && task != NULL) {
            best = task == last ? best : 0;
            last = task;
            failed |= note_winner(task, score, &best);
            failed |= json_array_append(json_object_get(task, "participant_scores"), score);
        }
        json_decref(score);
    }
    gdi_rows_free(rows);
    return failed ? fail_nomem(err) : status;
}

/* ---- final scores ---- */

typedef struct placed {
    const char *hotkey;
    double points;
} placed;

static int by_points(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    return x->points != y->points ? (x->points < y->points ? 1 : -1) : strcmp(x->hotkey, y->hotkey);
}

static god_status list_points(const reading *r, const gdi_roster *roster, const double *points, placed *list,
                              god_error *err)
{
    size_t count = 0;
    int failed = 0;
    json_t *scores = json_array();
    for (uint32_t i = 0; i < roster->count; i++) {
        if (points[i] > 0) {
            list[count++] = (placed){.hotkey = roster->hotkeys[i], .points = points[i]};
        }
    }
    qsort(list, count, sizeof *list, by_points);
    for (size_t i = 0; i < count; i++) {
        failed |=
            json_array_append_new(scores, json_pack("{s:s, s:f}", "hotkey", list[i].hotkey, "score", list[i].points));
    }
    failed |= json_object_set_new(r->details, "final_scores", scores);
    return failed ? fail_nomem(err) : GOD_OK;
}

/* Points of section 20.2; `results` knows every hotkey that can have some. */
static god_status score_results(const reading *r, gdi_rows *results, god_error *err)
{
    size_t room = gdi_rows_count(results) + 1;
    const char **hotkeys = calloc(room, sizeof *hotkeys);
    double *points = calloc(room, sizeof *points);
    placed *list = calloc(room, sizeof *list);
    god_status status = hotkeys == NULL || points == NULL || list == NULL ? fail_nomem(err) : GOD_OK;
    if (status == GOD_OK) {
        uint32_t count = 0;
        gdi_roster roster;
        while (gdi_rows_next(results)) {
            hotkeys[count++] = gdi_rows_text(results, GDI_RESULT_HOTKEY);
        }
        gdi_rows_rewind(results);
        hotkeys[count++] = r->api->burn_hotkey;
        gdi_roster_init(hotkeys, count, r->api->burn_hotkey, &roster);
        const gdi_points_of of = {.tournament_type = r->type,
                                  .winner_hotkey = text_of(r->details, "winner_hotkey"),
                                  .base_winner_hotkey = text_of(r->details, "base_winner_hotkey")};
        status = gdi_points_read(r->api->rules, &of, results, &roster, points, err);
        if (status == GOD_OK) {
            status = list_points(r, &roster, points, list, err);
        }
    }
    free(hotkeys);
    free(points);
    free(list);
    return status;
}

static god_status add_final_scores(reading *r, god_error *err)
{
    gdi_rows *results = NULL;
    GOD_TRY(gdi_results_read(r->api->db, r->tournament_id, &results, err));
    god_status status = score_results(r, results, err);
    gdi_rows_free(results);
    return status;
}

/* ---- the boss round ---- */

/* The threshold in force: wins of the reign that this tournament challenged. */
static god_status read_threshold(const reading *r, double *ret_threshold, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(r->api->db, &rows, err,
                      "SELECT p.winner_hotkey, p.base_winner_hotkey FROM tournaments p JOIN tournaments t "
                      "ON t.tournament_type = p.tournament_type WHERE t.tournament_id = $1 AND p.status = 'completed' "
                      "AND (p.created_at < t.created_at OR (p.created_at = t.created_at AND "
                      "p.tournament_id < t.tournament_id)) ORDER BY p.created_at DESC, p.tournament_id DESC",
                      gdi_text(r->tournament_id)));
    gdi_past *past = calloc(gdi_rows_count(rows) + 1, sizeof *past);
    if (past == NULL) {
        gdi_rows_free(rows);
        return fail_nomem(err);
    }
    uint32_t count = 0;
    while (gdi_rows_next(rows)) {
        past[count++] =
            (gdi_past){.winner_hotkey = gdi_rows_text(rows, 0), .base_winner_hotkey = gdi_rows_text(rows, 1)};
    }
    const char *champion = text_of(r->details, "base_winner_hotkey");
    uint32_t wins =
        gdi_consecutive_wins(past, count, champion == NULL ? r->api->burn_hotkey : champion, r->api->burn_hotkey);
    *ret_threshold = gdi_threshold(r->api->rules, wins);
    free(past);
    gdi_rows_free(rows);
    return GOD_OK;
}

static double value_of(const json_t *score)
{
    const json_t *value = json_object_get(score, "test_loss");
    return json_is_number(value) ? json_number_value(value) : GDI_NO_VALUE;
}

static double difference_of(const reading *r, const json_t *task, double boss, double challenger)
{
    const gdi_named_task_kind *kind = NULL;
    const json_int_t environments = json_integer_value(json_object_get(r->environments, text_of(task, "task_id")));
    if (r->type == GDI_ENVIRONMENT) {
        return environments < 1 ? GDI_NO_VALUE
                                : gdi_environment_performance(r->api->rules, boss, challenger, (uint32_t)environments);
    }
    if (r->api->kinds == NULL ||
        gdi_task_kinds_find(r->api->kinds, text_of(task, "task_type"), &kind, NULL) != GOD_OK) {
        return GDI_NO_VALUE; /* no plug-in says which direction wins */
    }
    return gdi_performance(kind->direction, boss, challenger);
}

static json_t *compare(const reading *r, const json_t *task, double threshold)
{
    double boss = GDI_NO_VALUE, challenger = GDI_NO_VALUE;
    const char *contender = NULL, *winner = text_of(task, "winner");
    const json_t *score = NULL;
    size_t i = 0;
    json_array_foreach(json_object_get(task, "participant_scores"), i, score)
    {
        if (strcmp(text_of(score, "hotkey"), r->api->burn_hotkey) == 0) {
            boss = value_of(score);
        } else {
            contender = text_of(score, "hotkey");
            challenger = value_of(score);
        }
    }
    json_t *used = r->type == GDI_ENVIRONMENT ? json_null() : gdi_view_number(threshold);
    return json_pack("{s:O, s:O, s:o, s:o, s:o, s:o, s:b}", "task_id", json_object_get(task, "task_id"), "task_type",
                     json_object_get(task, "task_type"), "boss_score", gdi_view_number(boss), "challenger_score",
                     gdi_view_number(challenger), "threshold_used", used, "performance_difference",
                     gdi_view_number(difference_of(r, task, boss, challenger)), "challenger_won",
                     winner != NULL && contender != NULL && strcmp(winner, contender) == 0);
}

static god_status add_boss_round(reading *r, god_error *err)
{
    const json_t *round = NULL, *task = NULL;
    json_t *list = NULL;
    size_t i = 0, k = 0;
    double threshold = 0;
    int failed = 0;
    GOD_TRY(read_threshold(r, &threshold, err));
    json_array_foreach(json_object_get(r->details, "rounds"), i, round)
    {
        if (!json_is_true(json_object_get(round, "is_final_round"))) {
            continue;
        }
        list = json_array();
        json_array_foreach(json_object_get(round, "tasks"), k, task)
        {
            failed |= json_array_append_new(list, compare(r, task, threshold));
        }
        break;
    }
    failed |= json_object_set_new(r->details, "boss_round_performance", list == NULL ? json_null() : list);
    return failed ? fail_nomem(err) : GOD_OK;
}

static god_status add_constants(reading *r, god_error *err)
{
    const gdi_rules *rules = r->api->rules;
    int failed = json_object_set_new(r->details, "text_tournament_weight",
                                     json_real(gdi_rules_of(rules, GDI_TEXT)->base_weight));
    failed |= json_object_set_new(r->details, "image_tournament_weight",
                                  json_real(gdi_rules_of(rules, GDI_IMAGE)->base_weight));
    failed |= json_object_set_new(r->details, "sync_performance", json_null());
    return failed ? fail_nomem(err) : GOD_OK;
}

static god_status read_all(reading *r, god_error *err)
{
    if (r->rounds == NULL || r->tasks == NULL || r->environments == NULL) {
        return fail_nomem(err);
    }
    GOD_TRY(
        gdi_view_one(r->api->db, tournament_columns,
                     "SELECT tournament_id, tournament_type, status, base_winner_hotkey, winner_hotkey, diff_report "
                     "FROM tournaments WHERE tournament_id = $1",
                     "tournament", r->tournament_id, &r->details, err));
    r->type = gdi_type_from_name(text_of(r->details, "tournament_type"));
    GOD_TRY(add_participants(r, err));
    GOD_TRY(add_rounds(r, err));
    GOD_TRY(add_members(r, err));
    GOD_TRY(add_tasks(r, err));
    GOD_TRY(add_scores(r, err));
    GOD_TRY(add_final_scores(r, err));
    GOD_TRY(add_constants(r, err));
    return add_boss_round(r, err);
}

god_status gdi_api_details(const gdi_api *api, const char *tournament_id, json_t **ret_details, god_error *err)
{
    reading r = {.api = api,
                 .tournament_id = tournament_id,
                 .rounds = json_object(),
                 .tasks = json_object(),
                 .environments = json_object()};
    god_status status = read_all(&r, err);
    json_decref(r.rounds);
    json_decref(r.tasks);
    json_decref(r.environments);
    if (status != GOD_OK) {
        json_decref(r.details);
        return status;
    }
    *ret_details = r.details;
    return GOD_OK;
}
