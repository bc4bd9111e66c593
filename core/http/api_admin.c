/* The operator's face on the Unix socket: jobs and tournaments, and what people may do to them (section 26). */
#include "core/http/api.h"
#include "core/http/view.h"
#include "core/store/jobs.h"

enum { page_max = 1000, page_default = 100 };

/* ---- jobs ---- */

#define JOB_COLUMNS                                                                                      \
    {"job_id", GDI_VIEW_INT}, {"kind", GDI_VIEW_TEXT}, {"key", GDI_VIEW_TEXT}, {"state", GDI_VIEW_TEXT}, \
        {"tournament_id", GDI_VIEW_TEXT}, {"task_id", GDI_VIEW_TEXT}, {"hotkey", GDI_VIEW_TEXT},         \
        {"attempts", GDI_VIEW_INT}, {"attempts_max", GDI_VIEW_INT}, {"message", GDI_VIEW_TEXT},          \
        {"created_at", GDI_VIEW_TIME}, {"started_at", GDI_VIEW_TIME},                                    \
    {                                                                                                    \
        "ended_at", GDI_VIEW_TIME                                                                        \
    }
#define JOB_SELECT                                                                                                   \
    "SELECT job_id, kind, key, state, tournament_id, task_id, hotkey, attempts, attempts_max, message, created_at, " \
    "started_at, ended_at"

static god_status handle_jobs(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    static const gdi_view_column columns[] = {JOB_COLUMNS, {NULL, 0}};
    const gdi_api *api = context;
    const char *state = gdi_target_query(request->target, "state"), *kind = gdi_target_query(request->target, "kind"),
               *tournament = gdi_target_query(request->target, "tournament_id");
    int64_t limit = page_default, before = INT64_MAX;
    GOD_TRY(gdi_request_int(request, "limit", 1, page_max, &limit, err));
    GOD_TRY(gdi_request_int(request, "before", 1, INT64_MAX, &before, err)); /* a job_id: the cursor */
    return GDI_VIEW_LIST(api->db, columns, &answer->json, err,
                         JOB_SELECT " FROM jobs WHERE ($1 = '' OR state = $1) AND ($2 = '' OR kind = $2) AND "
                                    "($3 = '' OR tournament_id = $3) AND job_id < $4 ORDER BY job_id DESC LIMIT $5",
                         gdi_text(state == NULL ? "" : state), gdi_text(kind == NULL ? "" : kind),
                         gdi_text(tournament == NULL ? "" : tournament), gdi_int(before), gdi_int(limit));
}

/* By number, or by key ("evaluate/...", whose slashes come percent-encoded). */
static god_status read_job(const gdi_api *api, const char *id, json_t **ret_job, god_error *err)
{
    static const gdi_view_column columns[] = {JOB_COLUMNS,
                                              {"priority", GDI_VIEW_INT},
                                              {"owner", GDI_VIEW_TEXT},
                                              {"lease_until", GDI_VIEW_TIME},
                                              {"not_before", GDI_VIEW_TIME},
                                              {"updated_at", GDI_VIEW_TIME},
                                              {"progress", GDI_VIEW_JSON},
                                              {"payload", GDI_VIEW_JSON},
                                              {"result", GDI_VIEW_JSON},
                                              {NULL, 0}};
    uint32_t is_number = id[strspn(id, "0123456789")] == '\0' && strlen(id) < 19;
    return gdi_view_one(api->db, columns,
                        is_number
                            ? JOB_SELECT ", priority, owner, lease_until, not_before, updated_at, progress, payload, "
                                         "result FROM jobs WHERE job_id = CAST($1 AS BIGINT)"
                            : JOB_SELECT ", priority, owner, lease_until, not_before, updated_at, progress, payload, "
                                         "result FROM jobs WHERE key = $1",
                        "job", id, ret_job, err);
}

static god_status handle_job(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    GOD_TRY(read_job(api, request->parameters[0], &answer->json, err));
    const char *kind = json_string_value(json_object_get(answer->json, "kind"));
    const char *state = json_string_value(json_object_get(answer->json, "state"));
    const char *reason = NULL;
    if (api->not_executed != NULL && strcmp(state, "queued") == 0) {
        reason = api->not_executed(api->user, kind);
    }
    return json_object_set_new(answer->json, "waits_because", reason == NULL ? json_null() : json_string(reason)) == 0
               ? GOD_OK
               : gdi_view_made(NULL, err);
}

typedef struct cancelling {
    const char *key, *message;
    int64_t now_us;
} cancelling;

static god_status cancel_job(gdi_db *db, void *user, god_error *err)
{
    const cancelling *c = user;
    return gdi_job_cancel_in(db, c->key, c->now_us, c->message, err);
}

static god_status handle_cancel(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    json_t *before = NULL;
    GOD_TRY(read_job(api, request->parameters[0], &before, err));
    const char *state = json_string_value(json_object_get(before, "state"));
    cancelling c = {.key = json_string_value(json_object_get(before, "key")),
                    .message = "cancelled by an operator",
                    .now_us = gdi_api_now(api)};
    god_status status = GOD_OK;
    if (strcmp(state, "queued") != 0 && strcmp(state, "running") != 0) {
        status = god_fail(err, GOD_E_UNSUPPORTED, "the job has ended already, it is %s", state);
    } else {
        status = gdi_db_transact(api->db, cancel_job, &c, err);
    }
    if (status == GOD_OK) {
        status = read_job(api, c.key, &answer->json, err);
    }
    json_decref(before);
    return status;
}

/* ---- tournaments ---- */

static god_status handle_tournaments(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    static const gdi_view_column columns[] = {{"tournament_id", GDI_VIEW_TEXT},
                                              {"tournament_type", GDI_VIEW_TEXT},
                                              {"status", GDI_VIEW_TEXT},
                                              {"base_winner_hotkey", GDI_VIEW_TEXT},
                                              {"winner_hotkey", GDI_VIEW_TEXT},
                                              {"winning_performance_difference", GDI_VIEW_REAL},
                                              {"created_at", GDI_VIEW_TIME},
                                              {"updated_at", GDI_VIEW_TIME},
                                              {"participants", GDI_VIEW_INT},
                                              {"rounds", GDI_VIEW_INT},
                                              {NULL, 0}};
    const gdi_api *api = context;
    const char *status = gdi_target_query(request->target, "status"), *type = gdi_target_query(request->target, "type");
    int64_t limit = page_default, offset = 0;
    GOD_TRY(gdi_request_int(request, "limit", 1, page_max, &limit, err));
    GOD_TRY(gdi_request_int(request, "offset", 0, INT32_MAX, &offset, err));
    return GDI_VIEW_LIST(
        api->db, columns, &answer->json, err,
        "SELECT t.tournament_id, t.tournament_type, t.status, t.base_winner_hotkey, t.winner_hotkey, "
        "t.winning_performance_difference, t.created_at, t.updated_at, (SELECT count(*) FROM tournament_participants p "
        "WHERE p.tournament_id = t.tournament_id), (SELECT count(*) FROM tournament_rounds r WHERE r.tournament_id = "
        "t.tournament_id) FROM tournaments t WHERE ($1 = '' OR t.status = $1) AND ($2 = '' OR t.tournament_type = $2) "
        "ORDER BY t.created_at DESC, t.tournament_id DESC LIMIT $3 OFFSET $4",
        gdi_text(status == NULL ? "" : status), gdi_text(type == NULL ? "" : type), gdi_int(limit), gdi_int(offset));
}

static god_status show_tournament(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    return gdi_api_details(context, request->parameters[0], &answer->json, err);
}
GDI_API_ON_ONE_STATE(handle_tournament, show_tournament)

const gdi_route gdi_api_admin_routes[] = {
    {"GET", "/admin/jobs", GDI_ACCESS_LOCAL, handle_jobs},
    {"GET", "/admin/jobs/{job}", GDI_ACCESS_LOCAL, handle_job},
    {"POST", "/admin/jobs/{job}/cancel", GDI_ACCESS_LOCAL, handle_cancel},
    {"GET", "/admin/tournaments", GDI_ACCESS_LOCAL, handle_tournaments},
    {"GET", "/admin/tournaments/{tournament_id}", GDI_ACCESS_LOCAL, handle_tournament},
    {.method = NULL},
};
