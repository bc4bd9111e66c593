/* What people may do to tournaments, on the Unix socket only. Source: tournament specification, section 26. */
#include "core/http/api.h"
#include "core/http/view.h"
#include "god/helpers/json.h"

#include <stdlib.h>

static const char where[] = "body";

static god_status need_cycles(const gdi_api *api, god_error *err)
{
    return api->cycles != NULL ? GOD_OK : god_fail(err, GOD_E_UNSUPPORTED, "this host plays no tournaments");
}

static god_status say_done(gdi_answer *answer, const char *name, const char *id, god_error *err)
{
    answer->json = json_pack("{s:s}", name, id);
    return gdi_view_made(answer->json, err);
}

static god_status handle_create(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    const char *type = NULL;
    char id[GDI_TOURNAMENT_ID_BYTES];
    if (!json_is_object(request->body)) {
        return god_fail(err, GOD_E_INVALID, "a body such as {\"type\": \"text\"} is needed");
    }
    GOD_TRY(need_cycles(api, err));
    GOD_TRY(god_json_get_str(where, request->body, "type", &type, err));
    if (gdi_type_from_name(type) == 0) {
        return god_fail(err, GOD_E_INVALID, "\"%.40s\" is no type, there are text, image and environment", type);
    }
    GOD_TRY(gdi_operator_create(api->cycles, gdi_type_from_name(type), gdi_api_now(api), id, err));
    return say_done(answer, "tournament_id", id, err);
}

typedef god_status tournament_action(gdi_cycles *cycles, const char *tournament_id, int64_t now_us, god_error *err);

/* An action that needs nothing but an id. */
static god_status act(const gdi_api *api, const gdi_request *request, tournament_action *action, const char *name,
                      gdi_answer *answer, god_error *err)
{
    GOD_TRY(need_cycles(api, err));
    GOD_TRY(action(api->cycles, request->parameters[0], gdi_api_now(api), err));
    return say_done(answer, name, request->parameters[0], err);
}

#define TOURNAMENT_ACTION(handler, action, name)                                                             \
    static god_status handler(void *context, const gdi_request *request, gdi_answer *answer, god_error *err) \
    {                                                                                                        \
        return act(context, request, action, name, answer, err);                                             \
    }
TOURNAMENT_ACTION(handle_cancel, gdi_operator_cancel, "tournament_id")
TOURNAMENT_ACTION(handle_complete, gdi_operator_complete, "tournament_id")
TOURNAMENT_ACTION(handle_undo, gdi_operator_undo_round, "tournament_id")
TOURNAMENT_ACTION(handle_skip, gdi_operator_skip_review, "tournament_id")
TOURNAMENT_ACTION(handle_retry_review, gdi_operator_retry_review, "tournament_id")
TOURNAMENT_ACTION(handle_retry_task, gdi_operator_retry_task, "task_id")
TOURNAMENT_ACTION(handle_replace_task, gdi_operator_replace_task, "task_id")

static god_status handle_refund(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    return gdi_api_refund(context, request->parameters[0], &answer->json, err);
}

/* {"eliminations": ["hotkey", ...]}, or no body: those that were flagged. */
static god_status handle_approve(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    json_t *eliminations = NULL;
    char *text = NULL;
    GOD_TRY(need_cycles(api, err));
    if (request->body != NULL) {
        GOD_TRY(god_json_opt_array(where, request->body, "eliminations", &eliminations, err));
    }
    if (eliminations != NULL && (text = json_dumps(eliminations, JSON_COMPACT)) == NULL) {
        return gdi_view_made(NULL, err);
    }
    god_status status = gdi_operator_approve_review(api->cycles, request->parameters[0], text, gdi_api_now(api), err);
    free(text);
    return status == GOD_OK ? say_done(answer, "tournament_id", request->parameters[0], err) : status;
}

const gdi_route gdi_api_operator_routes[] = {
    {"POST", "/admin/tournaments", GDI_ACCESS_LOCAL, handle_create},
    {"POST", "/admin/tournaments/{tournament_id}/cancel", GDI_ACCESS_LOCAL, handle_cancel},
    {"POST", "/admin/tournaments/{tournament_id}/complete", GDI_ACCESS_LOCAL, handle_complete},
    {"POST", "/admin/tournaments/{tournament_id}/refund", GDI_ACCESS_LOCAL, handle_refund},
    {"POST", "/admin/tournaments/{tournament_id}/undo-round", GDI_ACCESS_LOCAL, handle_undo},
    {"POST", "/admin/tournaments/{tournament_id}/approve", GDI_ACCESS_LOCAL, handle_approve},
    {"POST", "/admin/tournaments/{tournament_id}/skip", GDI_ACCESS_LOCAL, handle_skip},
    {"POST", "/admin/tournaments/{tournament_id}/review-again", GDI_ACCESS_LOCAL, handle_retry_review},
    {"POST", "/admin/tasks/{task_id}/retry", GDI_ACCESS_LOCAL, handle_retry_task},
    {"POST", "/admin/tasks/{task_id}/replace", GDI_ACCESS_LOCAL, handle_replace_task},
    {.method = NULL},
};
