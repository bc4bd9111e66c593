/* /v1/tournaments and /v1/benchmarks. Source: tournament specification, section 25.1. */
#include "core/http/api.h"
#include "core/http/view.h"
#include "core/store/tournaments.h"
#include "core/tournament/schedule.h"
#include "core/tournament/task_size.h"
#include "god/helpers/text.h"

#include <stdlib.h>

enum { page_max = 1000, page_default = 200, interval_hours = 120 };
static const int64_t latest_kept_us = INT64_C(3600) * 1000000;

static god_status details_of_latest(const gdi_api *api, const char *type, json_t **ret_details, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(api->db, &rows, err,
                      "SELECT tournament_id FROM tournaments WHERE tournament_type = $1 AND status <> 'cancelled' "
                      "ORDER BY created_at DESC, tournament_id DESC LIMIT 1",
                      gdi_text(type)));
    god_status status = GOD_OK;
    if (gdi_rows_next(rows)) {
        status = gdi_api_details(api, gdi_rows_text(rows, 0), ret_details, err);
    } else {
        *ret_details = json_null();
    }
    gdi_rows_free(rows);
    return status;
}

void gdi_api_kept_clear(gdi_api_kept *kept)
{
    json_decref(kept->value);
    *kept = (gdi_api_kept){.value = NULL};
}

/* Changes whenever a tournament or a task does. */
static god_status read_mark(const gdi_api *api, char *ret_mark, size_t room, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_db_query(api->db,
                         "SELECT count(*), max(updated_at), (SELECT max(updated_at) FROM tasks), "
                         "(SELECT count(*) FROM tournament_participants) FROM tournaments",
                         NULL, 0, &rows, err));
    if (gdi_rows_next(rows)) {
        (void)snprintf(ret_mark, room, "%lld/%lld/%lld/%lld", (long long)gdi_rows_int(rows, 0),
                       (long long)gdi_rows_time(rows, 1), (long long)gdi_rows_time(rows, 2),
                       (long long)gdi_rows_int(rows, 3));
    }
    gdi_rows_free(rows);
    return GOD_OK;
}

static god_status make_latest(const gdi_api *api, json_t **ret_latest, god_error *err)
{
    gdi_emissions emissions;
    json_t *latest = json_object();
    god_status status = gdi_view_made(latest, err);
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT && status == GOD_OK; type++) {
        json_t *details = NULL;
        status = details_of_latest(api, gdi_type_name(type), &details, err);
        if (status == GOD_OK && json_object_set_new(latest, gdi_type_name(type), details) != 0) {
            status = gdi_view_made(NULL, err);
        }
    }
    if (status == GOD_OK) {
        status = gdi_api_emissions(api, &emissions, err);
    }
    if (status == GOD_OK) {
        int failed = json_object_set_new(latest, "burn_data", gdi_api_burn(&emissions, 0));
        gdi_emissions_fini(&emissions);
        status = failed ? gdi_view_made(NULL, err) : GOD_OK;
    }
    if (status != GOD_OK) {
        json_decref(latest);
        return status;
    }
    *ret_latest = latest;
    return GOD_OK;
}

static god_status show_latest(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    const gdi_api *api = context;
    char mark[sizeof api->latest->mark] = "";
    if (api->latest == NULL) {
        return make_latest(api, &answer->json, err);
    }
    GOD_TRY(read_mark(api, mark, sizeof mark, err));
    uint32_t is_fresh =
        api->latest->value != NULL && strcmp(api->latest->mark, mark) == 0 && gdi_api_now(api) < api->latest->until_us;
    if (!is_fresh) {
        gdi_api_kept_clear(api->latest);
        GOD_TRY(make_latest(api, &api->latest->value, err));
        api->latest->until_us = gdi_api_now(api) + latest_kept_us;
        (void)snprintf(api->latest->mark, sizeof api->latest->mark, "%s", mark);
    }
    answer->json = json_incref(api->latest->value);
    return GOD_OK;
}
GDI_API_ON_ONE_STATE(handle_latest, show_latest)

static god_status show_details(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    return gdi_api_details(context, request->parameters[0], &answer->json, err);
}
GDI_API_ON_ONE_STATE(handle_details, show_details)

/* ---- gpu requirements ---- */

static uint32_t gpus_of(const gdi_api *api, const char *task_type, double params)
{
    const gdi_named_task_kind *kind = NULL;
    if (api->kinds == NULL || gdi_task_kinds_find(api->kinds, task_type, &kind, NULL) != GOD_OK) {
        return 1; /* as for a task of unknown size (11.4) */
    }
    return kind->gpu_count > 0 ? kind->gpu_count : gdi_gpu_count(params, kind->gpu_factor);
}

enum { gpus_max = 8 };

static god_status handle_gpus(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    const gdi_api *api = context;
    gdi_rows *rows = NULL;
    int64_t tasks[gpus_max + 1] = {0}, task_count = 0;
    double hours[gpus_max + 1] = {0}, hours_total = 0;
    GOD_TRY(GDI_QUERY(api->db, &rows, err,
                      "SELECT t.task_type, t.model_params_count, t.hours_to_complete FROM tournament_tasks l "
                      "JOIN tasks t ON t.task_id = l.task_id JOIN tournaments o ON o.tournament_id = l.tournament_id "
                      "WHERE o.status = $1 AND t.status NOT IN ('success', 'failure', 'prep_task_failure')",
                      gdi_text("active")));
    while (gdi_rows_next(rows)) {
        uint32_t gpus = gpus_of(api, gdi_rows_text(rows, 0), (double)gdi_rows_int(rows, 1));
        uint32_t place = gpus > gpus_max ? gpus_max : gpus;
        double of_task = gdi_rows_is_null(rows, 2) ? 0 : gdi_rows_real(rows, 2);
        tasks[place]++;
        hours[place] += of_task;
        task_count++;
        hours_total += of_task;
    }
    gdi_rows_free(rows);
    json_t *list = json_array();
    for (int i = 1; i <= gpus_max; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%dxH100", i);
        if (tasks[i] > 0) {
            (void)json_array_append_new(list, json_pack("{s:s, s:I, s:f}", "gpu_type", name, "count",
                                                        (json_int_t)tasks[i], "total_hours", hours[i]));
        }
    }
    answer->json = json_pack("{s:o, s:I, s:f}", "gpu_requirements", list, "total_tasks", (json_int_t)task_count,
                             "total_hours", hours_total);
    return gdi_view_made(answer->json, err);
}

/* ---- next dates ---- */

enum { newest_status, newest_updated, newest_rounds };

static god_status next_date(const gdi_api *api, uint32_t type, json_t **ret_object, god_error *err)
{
    const gdi_type_rules *rules = gdi_rules_of(api->rules, type);
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(api->db, &rows, err,
                      "SELECT status, updated_at, (SELECT count(*) FROM tournament_rounds r WHERE r.tournament_id = "
                      "t.tournament_id) FROM tournaments t WHERE tournament_type = $1 AND status <> 'cancelled' "
                      "ORDER BY CASE WHEN status = 'completed' THEN 1 ELSE 0 END, created_at DESC, "
                      "tournament_id DESC LIMIT 1",
                      gdi_text(gdi_type_name(type))));
    const char *state = "waiting";
    json_t *round = json_null(), *start = json_null();
    gdi_schedule_input input = {.held_before = gdi_rows_next(rows)};
    if (input.held_before && strcmp(gdi_rows_text(rows, newest_status), "completed") != 0) {
        state = strcmp(gdi_rows_text(rows, newest_status), "active") == 0 ? "active" : "pending";
        int64_t rounds = state[0] == 'a' ? gdi_rows_int(rows, newest_rounds) : 1;
        round = json_integer(rounds < 1 ? 1 : rounds);
    } else {
        input.last_us = input.held_before ? gdi_rows_time(rows, newest_updated) : 0;
        start = gdi_view_moment(gdi_schedule_decide(rules, &input, gdi_api_now(api)).next_start_us);
    }
    gdi_rows_free(rows);
    *ret_object = json_pack("{s:s, s:o, s:n, s:o, s:s, s:i, s:i, s:i, s:i}", "tournament_type", gdi_type_name(type),
                            "next_start_date", start, "next_end_date", "current_round_number", round,
                            "tournament_status", state, "interval_hours", interval_hours, "scheduled_day_of_week",
                            (int)rules->start_weekday, "scheduled_hour", (int)rules->start_hour, "scheduled_minute", 0);
    return gdi_view_made(*ret_object, err);
}

static god_status show_next_dates(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    answer->json = json_object();
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        json_t *object = NULL;
        GOD_TRY(next_date(context, type, &object, err));
        (void)json_object_set_new(answer->json, gdi_type_name(type), object);
    }
    return gdi_view_made(answer->json, err);
}
GDI_API_ON_ONE_STATE(handle_next_dates, show_next_dates)

/* ---- lists ---- */

static god_status active_of(const gdi_api *api, const char *type, json_t **ret_value, god_error *err)
{
    static const gdi_view_column columns[] = {{"tournament_id", GDI_VIEW_TEXT},
                                              {"tournament_type", GDI_VIEW_TEXT},
                                              {"status", GDI_VIEW_TEXT},
                                              {"created_at", GDI_VIEW_TIME},
                                              {NULL, 0}};
    static const gdi_view_column of_participant[] = {{"hotkey", GDI_VIEW_TEXT}, {NULL, 0}};
    json_t *participants = NULL;
    god_status status = gdi_view_one(api->db, columns,
                                     "SELECT tournament_id, tournament_type, status, created_at FROM tournaments WHERE "
                                     "tournament_type = $1 AND status IN ('pending', 'active') "
                                     "ORDER BY created_at DESC, tournament_id DESC LIMIT 1",
                                     "tournament of type", type, ret_value, err);
    if (status == GOD_E_NOT_FOUND) {
        *ret_value = json_null();
        return GOD_OK;
    }
    GOD_TRY(status);
    const char *id = json_string_value(json_object_get(*ret_value, "tournament_id"));
    GOD_TRY(GDI_VIEW_LIST(api->db, of_participant, &participants, err,
                          "SELECT hotkey FROM tournament_participants WHERE tournament_id = $1 ORDER BY hotkey",
                          gdi_text(id)));
    (void)json_object_set_new(*ret_value, "participants", participants);
    return GOD_OK;
}

static god_status show_active(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    answer->json = json_object();
    for (uint32_t type = GDI_TEXT; type <= GDI_TYPE_COUNT; type++) {
        json_t *value = NULL;
        god_status status = active_of(context, gdi_type_name(type), &value, err);
        (void)json_object_set_new(answer->json, gdi_type_name(type), value);
        GOD_TRY(status);
    }
    return GOD_OK;
}
GDI_API_ON_ONE_STATE(handle_active, show_active)

static god_status read_page(const gdi_request *request, int64_t *ret_limit, int64_t *ret_offset, god_error *err)
{
    *ret_limit = page_default;
    *ret_offset = 0;
    GOD_TRY(gdi_request_int(request, "limit", 1, page_max, ret_limit, err));
    return gdi_request_int(request, "offset", 0, INT32_MAX, ret_offset, err);
}

static god_status handle_history(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    static const gdi_view_column columns[] = {{"tournament_id", GDI_VIEW_TEXT},
                                              {"tournament_type", GDI_VIEW_TEXT},
                                              {"status", GDI_VIEW_TEXT},
                                              {"winner_hotkey", GDI_VIEW_TEXT},
                                              {"base_winner_hotkey", GDI_VIEW_TEXT},
                                              {"created_at", GDI_VIEW_TIME},
                                              {NULL, 0}};
    const gdi_api *api = context;
    int64_t limit = 0, offset = 0;
    json_t *list = NULL;
    GOD_TRY(read_page(request, &limit, &offset, err));
    GOD_TRY(
        GDI_VIEW_LIST(api->db, columns, &list, err,
                      "SELECT tournament_id, tournament_type, status, winner_hotkey, base_winner_hotkey, created_at "
                      "FROM tournaments WHERE status IN ('active', 'completed') "
                      "ORDER BY created_at DESC, tournament_id DESC LIMIT $1 OFFSET $2",
                      gdi_int(limit), gdi_int(offset)));
    answer->json = json_pack("{s:o}", "tournaments", list);
    return gdi_view_made(answer->json, err);
}

/* ---- benchmarks ---- */

static god_status add_copies(const gdi_api *api, const char *tournament_id, json_t *index, god_error *err)
{
    static const gdi_view_column columns[] = {{"copy_task_id", GDI_VIEW_TEXT},  {"participant_hotkey", GDI_VIEW_TEXT},
                                              {"tournament_id", GDI_VIEW_TEXT}, {"created_at", GDI_VIEW_TIME},
                                              {"test_loss", GDI_VIEW_REAL},     {NULL, 0}};
    enum { root_column = 5 };
    gdi_rows *rows = NULL;
    god_status status = GOD_OK;
    GOD_TRY(GDI_QUERY(api->db, &rows, err,
                      "SELECT c.copy_task_id, c.participant_hotkey, c.tournament_id, c.created_at, "
                      "(SELECT max(n.test_loss) FROM task_nodes n WHERE n.task_id = c.copy_task_id "
                      "AND n.hotkey = c.participant_hotkey), c.root_task_id FROM benchmark_task_copies c "
                      "WHERE $1 = '' OR c.tournament_id = $1 ORDER BY c.created_at, c.copy_task_id",
                      gdi_text(tournament_id)));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        json_t *copy = NULL;
        status = gdi_view_row(rows, columns, &copy, err);
        json_t *root = json_object_get(index, gdi_rows_text(rows, root_column));
        if (status == GOD_OK && root != NULL) {
            (void)json_array_append(json_object_get(root, "benchmarks"), copy);
        }
        json_decref(copy);
    }
    gdi_rows_free(rows);
    return status;
}

static god_status timeline(const gdi_api *api, const char *tournament_id, gdi_answer *answer, god_error *err)
{
    static const gdi_view_column columns[] = {
        {"root_task_id", GDI_VIEW_TEXT}, {"task_type", GDI_VIEW_TEXT},         {"model_id", GDI_VIEW_TEXT},
        {"dataset", GDI_VIEW_TEXT},      {"hours_to_complete", GDI_VIEW_REAL}, {"model_params_count", GDI_VIEW_INT},
        {"is_organic", GDI_VIEW_BOOL},   {"task_created_at", GDI_VIEW_TIME},   {NULL, 0}};
    json_t *roots = NULL, *root = NULL, *index = json_object(), *kept = json_array();
    size_t i = 0;
    god_status status =
        gdi_view_list(api->db, columns,
                      "SELECT b.task_id, b.task_type, t.model_id, t.ds, t.hours_to_complete, t.model_params_count, "
                      "t.is_organic, t.created_at FROM benchmark_root_tasks b JOIN tasks t ON t.task_id = b.task_id "
                      "ORDER BY b.created_at, b.task_id",
                      NULL, 0, &roots, err);
    json_array_foreach(roots, i, root)
    {
        (void)json_object_set_new(root, "benchmarks", json_array());
        (void)json_object_set(index, json_string_value(json_object_get(root, "root_task_id")), root);
    }
    if (status == GOD_OK) {
        status = add_copies(api, tournament_id, index, err);
    }
    json_array_foreach(roots, i, root)
    {
        if (tournament_id[0] == '\0' || json_array_size(json_object_get(root, "benchmarks")) > 0) {
            (void)json_array_append(kept, root);
        }
    }
    json_decref(roots);
    json_decref(index);
    answer->json = json_pack("{s:o}", "timelines", kept);
    return status != GOD_OK ? status : gdi_view_made(answer->json, err);
}

static god_status show_timeline(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    return timeline(context, "", answer, err);
}
GDI_API_ON_ONE_STATE(handle_timeline, show_timeline)

static god_status show_timeline_of(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    gdi_tournament tournament;
    GOD_TRY(gdi_tournament_read(api->db, request->parameters[0], &tournament, err));
    return timeline(api, request->parameters[0], answer, err);
}
GDI_API_ON_ONE_STATE(handle_timeline_of, show_timeline_of)

/* ---- training logs ---- */

/* {task_id} and {hotkey} of the configured address; both are known to the store, so they are safe in it. */
static god_status fill_in(const char *form, const char *task_id, const char *hotkey, god_text *url, god_error *err)
{
    for (const char *at = form; *at != '\0';) {
        if (strncmp(at, "{task_id}", 9) == 0) {
            GOD_TRY(god_text_append_str(url, task_id, err));
            at += 9;
        } else if (strncmp(at, "{hotkey}", 8) == 0) {
            GOD_TRY(god_text_append_str(url, hotkey, err));
            at += 8;
        } else {
            GOD_TRY(god_text_append(url, at++, 1, err));
        }
    }
    return GOD_OK;
}

static god_status handle_logs(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    const char *task_id = request->parameters[0], *hotkey = gdi_target_query(request->target, "hotkey");
    gdi_rows *rows = NULL;
    if (hotkey == NULL) {
        return god_fail(err, GOD_E_INVALID, "the parameter \"hotkey\" is missing");
    }
    GOD_TRY(gdi_route_check_name(hotkey, err));
    GOD_TRY(GDI_QUERY(api->db, &rows, err,
                      "SELECT 1 FROM tournament_task_hotkey_trainings WHERE task_id = $1 AND hotkey = $2",
                      gdi_text(task_id), gdi_text(hotkey)));
    uint32_t known = gdi_rows_next(rows);
    gdi_rows_free(rows);
    if (!known || api->training_logs_url == NULL || api->training_logs_url[0] == '\0') {
        return god_fail(err, GOD_E_NOT_FOUND, "there are no logs of this training");
    }
    god_text url = GOD_TEXT_INIT;
    god_status status = fill_in(api->training_logs_url, task_id, hotkey, &url, err);
    answer->json = status == GOD_OK ? json_string(url.data) : NULL;
    god_text_free(&url);
    return status != GOD_OK ? status : gdi_view_made(answer->json, err);
}

const gdi_route gdi_api_tournament_routes[] = {
    {"GET", "/v1/tournaments/latest/details", GDI_ACCESS_KEY, handle_latest},
    {"GET", "/v1/tournaments/active", GDI_ACCESS_KEY, handle_active},
    {"GET", "/v1/tournaments/history", GDI_ACCESS_KEY, handle_history},
    {"GET", "/v1/tournaments/next-dates", GDI_ACCESS_KEY, handle_next_dates},
    {"GET", "/v1/tournaments/gpu-requirements", GDI_ACCESS_KEY, handle_gpus},
    {"GET", "/v1/tournaments/wandb-logs/{task_id}", GDI_ACCESS_PUBLIC, handle_logs},
    {"GET", "/v1/tournaments/{tournament_id}/details", GDI_ACCESS_KEY, handle_details},
    {"GET", "/v1/benchmarks/timeline", GDI_ACCESS_KEY, handle_timeline},
    {"GET", "/v1/benchmarks/timeline/{tournament_id}", GDI_ACCESS_KEY, handle_timeline_of},
    {.method = NULL},
};
