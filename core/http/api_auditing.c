/* What anybody may check. Source: tournament specification, sections 20.6 and 25.4. */
#include "core/http/api.h"
#include "core/http/view.h"

enum { page_max = 500, page_default = 50 };

static const gdi_view_column task_columns[] = {{"task_id", GDI_VIEW_TEXT},
                                               {"task_type", GDI_VIEW_TEXT},
                                               {"status", GDI_VIEW_TEXT},
                                               {"tournament_id", GDI_VIEW_TEXT},
                                               {"round_id", GDI_VIEW_TEXT},
                                               {"model_id", GDI_VIEW_TEXT},
                                               {"ds", GDI_VIEW_TEXT},
                                               {"hours_to_complete", GDI_VIEW_REAL},
                                               {"model_params_count", GDI_VIEW_INT},
                                               {"is_organic", GDI_VIEW_BOOL},
                                               {"created_at", GDI_VIEW_TIME},
                                               {"started_at", GDI_VIEW_TIME},
                                               {"termination_at", GDI_VIEW_TIME},
                                               {"completed_at", GDI_VIEW_TIME},
                                               {NULL, 0}};

/* Finished tasks only: what is hidden from miners while a task runs stays hidden. */
#define TASKS                                                                                                        \
    "SELECT t.task_id, t.task_type, t.status, l.tournament_id, l.round_id, t.model_id, t.ds, t.hours_to_complete, "  \
    "t.model_params_count, t.is_organic, t.created_at, t.started_at, t.termination_at, t.completed_at FROM tasks t " \
    "LEFT JOIN tournament_tasks l ON l.task_id = t.task_id WHERE t.status IN ('success', 'failure') "
#define NEWEST "ORDER BY t.created_at DESC, t.task_id LIMIT $1 OFFSET $2"

static god_status read_page(const gdi_request *request, int64_t *ret_limit, int64_t *ret_offset, god_error *err)
{
    *ret_limit = page_default;
    *ret_offset = 0;
    GOD_TRY(gdi_request_int(request, "limit", 1, page_max, ret_limit, err));
    return gdi_request_int(request, "offset", 0, INT32_MAX, ret_offset, err);
}

static god_status handle_tasks(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    int64_t limit = 0, offset = 0;
    GOD_TRY(read_page(request, &limit, &offset, err));
    return GDI_VIEW_LIST(api->db, task_columns, &answer->json, err, TASKS NEWEST, gdi_int(limit), gdi_int(offset));
}

static god_status handle_tasks_of(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    int64_t limit = 0, offset = 0;
    GOD_TRY(read_page(request, &limit, &offset, err));
    return GDI_VIEW_LIST(
        api->db, task_columns, &answer->json, err,
        TASKS "AND EXISTS (SELECT 1 FROM task_nodes n WHERE n.task_id = t.task_id AND n.hotkey = $3) " NEWEST,
        gdi_int(limit), gdi_int(offset), gdi_text(request->parameters[0]));
}

static god_status show_task(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    static const gdi_view_column columns[] = {
        {"hotkey", GDI_VIEW_TEXT},          {"repo", GDI_VIEW_TEXT},
        {"test_loss", GDI_VIEW_REAL},       {"synth_loss", GDI_VIEW_REAL},
        {"quality_score", GDI_VIEW_REAL},   {"score_reason", GDI_VIEW_TEXT},
        {"training_repo", GDI_VIEW_TEXT},   {"training_commit_hash", GDI_VIEW_TEXT},
        {"training_status", GDI_VIEW_TEXT}, {NULL, 0}};
    const gdi_api *api = context;
    json_t *scores = NULL;
    GOD_TRY(gdi_view_one(api->db, task_columns, TASKS "AND t.task_id = $1", "finished task", request->parameters[0],
                         &answer->json, err));
    GOD_TRY(GDI_VIEW_LIST(api->db, columns, &scores, err,
                          "SELECT n.hotkey, s.repo, n.test_loss, n.synth_loss, n.quality_score, n.score_reason, "
                          "h.training_repo, h.training_commit_hash, h.training_status FROM task_nodes n LEFT JOIN "
                          "submissions s ON s.task_id = n.task_id AND s.hotkey = n.hotkey AND s.netuid = n.netuid "
                          "LEFT JOIN tournament_task_hotkey_trainings h ON h.task_id = n.task_id AND "
                          "h.hotkey = n.hotkey WHERE n.task_id = $1 ORDER BY n.hotkey",
                          gdi_text(request->parameters[0])));
    return json_object_set_new(answer->json, "scores", scores) == 0 ? GOD_OK : gdi_view_made(NULL, err);
}
GDI_API_ON_ONE_STATE(handle_task, show_task)

static god_status handle_scores_url(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    const char *url = ((const gdi_api *)context)->scores_url;
    answer->json = json_pack("{s:s?}", "url", url != NULL && url[0] != '\0' ? url : NULL);
    return gdi_view_made(answer->json, err);
}

static god_status show_dedup(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    static const gdi_view_column columns[] = {{"round_id", GDI_VIEW_TEXT},
                                              {"tournament_id", GDI_VIEW_TEXT},
                                              {"tournament_type", GDI_VIEW_TEXT},
                                              {"status", GDI_VIEW_TEXT},
                                              {"clusters", GDI_VIEW_JSON},
                                              {"pair_verdicts", GDI_VIEW_JSON},
                                              {"flagged_hotkeys", GDI_VIEW_JSON},
                                              {"approved_eliminations", GDI_VIEW_JSON},
                                              {"published_repos", GDI_VIEW_JSON},
                                              {"report_url", GDI_VIEW_TEXT},
                                              {"notes", GDI_VIEW_TEXT},
                                              {"created_at", GDI_VIEW_TIME},
                                              {"reviewed_at", GDI_VIEW_TIME},
                                              {"resolved_at", GDI_VIEW_TIME},
                                              {NULL, 0}};
    const gdi_api *api = context;
    int64_t limit = 0, offset = 0;
    GOD_TRY(read_page(request, &limit, &offset, err));
    return GDI_VIEW_LIST(api->db, columns, &answer->json, err,
                         "SELECT round_id, tournament_id, tournament_type, status, clusters, pair_verdicts, "
                         "flagged_hotkeys, approved_eliminations, published_repos, report_url, notes, created_at, "
                         "reviewed_at, resolved_at FROM tournament_dedup_reviews WHERE resolved_at IS NOT NULL "
                         "ORDER BY resolved_at DESC, round_id LIMIT $1 OFFSET $2",
                         gdi_int(limit), gdi_int(offset));
}
GDI_API_ON_ONE_STATE(handle_dedup, show_dedup)

const gdi_route gdi_api_auditing_routes[] = {
    {"GET", "/auditing/tasks", GDI_ACCESS_PUBLIC, handle_tasks},
    {"GET", "/auditing/tasks/hotkey/{hotkey}", GDI_ACCESS_PUBLIC, handle_tasks_of},
    {"GET", "/auditing/tasks/{task_id}", GDI_ACCESS_PUBLIC, handle_task},
    {"GET", "/auditing/scores-url", GDI_ACCESS_PUBLIC, handle_scores_url},
    {"GET", "/auditing/dedup", GDI_ACCESS_PUBLIC, handle_dedup},
    {.method = NULL},
};
