/* Work done elsewhere, on the operator's socket: somebody takes a job of a kind that the host does not execute, does
 * it, and answers with its result. The same lease and fence as those of the host's own executors (core/store/jobs.h),
 * so an answer that comes too late is refused. */
#include "core/http/api_work.h"

#include "core/http/api.h"
#include "core/http/view.h"
#include "core/store/jobs.h"
#include "god/helpers/json.h"

#include <stdlib.h>

enum { kinds_max = 32, minutes_default = 60, minutes_max = 24 * 60, owner_bytes_max = 200 };

static const char where[] = "body";

static god_status read_minutes(const json_t *body, int64_t *ret_lease_us, god_error *err)
{
    int64_t minutes = minutes_default;
    GOD_TRY(god_json_opt_int(where, body, "minutes", 1, minutes_max, &minutes, err));
    *ret_lease_us = minutes * 60 * 1000000;
    return GOD_OK;
}

/* ---- take ---- */

static god_status read_kinds(const json_t *body, const char *ret_kinds[kinds_max + 1], god_error *err)
{
    json_t *kinds = NULL;
    size_t count = 0;
    GOD_TRY(god_json_get_array(where, body, "kinds", &kinds, err));
    for (; count < json_array_size(kinds) && count < kinds_max; count++) {
        ret_kinds[count] = json_string_value(json_array_get(kinds, count));
        if (ret_kinds[count] == NULL) {
            return god_fail(err, GOD_E_INVALID, "entry %zu of \"kinds\" is no string", count + 1);
        }
    }
    ret_kinds[count] = NULL;
    return count > 0 && count == json_array_size(kinds)
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "\"kinds\" must name 1 to %d kinds of job", kinds_max);
}

static god_status lease_as_json(const gdi_job_lease *lease, json_t **ret_json, god_error *err)
{
    json_t *payload = NULL;
    GOD_TRY(god_json_parse("payload", lease->payload_json, strlen(lease->payload_json), &payload, err));
    *ret_json = json_pack("{s:I, s:I, s:I, s:s, s:s, s:s?, s:s?, s:s?, s:o}", "job_id", (json_int_t)lease->job_id,
                          "fence", (json_int_t)lease->fence, "attempt", (json_int_t)lease->attempt, "kind", lease->kind,
                          "key", lease->key, "tournament_id", lease->tournament_id, "task_id", lease->task_id, "hotkey",
                          lease->hotkey, "payload", payload);
    return gdi_view_made(*ret_json, err);
}

static god_status handle_take(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    const char *kinds[kinds_max + 1], *owner = "somebody";
    char shown[owner_bytes_max + 16];
    int64_t lease_us = 0;
    gdi_job_lease lease;
    GOD_TRY(read_kinds(request->body, kinds, err));
    GOD_TRY(read_minutes(request->body, &lease_us, err));
    GOD_TRY(god_json_opt_str(where, request->body, "owner", &owner, err));
    (void)snprintf(shown, sizeof shown, "outside:%.*s", owner_bytes_max, owner);
    GOD_TRY(gdi_job_claim(api->db, kinds, shown, gdi_api_now(api), lease_us, &lease, err));
    god_status status = lease_as_json(&lease, &answer->json, err);
    gdi_job_lease_clear(&lease);
    return status;
}

/* ---- renew and answer ---- */

/* What the store needs to know a claim by: its number, its fence, and a name for sentences. */
static god_status read_claim(const gdi_request *request, gdi_job_lease *ret_lease, god_error *err)
{
    const char *id = request->parameters[0];
    int64_t fence = 0;
    if (id[strspn(id, "0123456789")] != '\0' || strlen(id) > 18) {
        return god_fail(err, GOD_E_INVALID, "\"%.60s\" is no number of a job", id);
    }
    GOD_TRY(god_json_get_int(where, request->body, "fence", 1, INT64_MAX, &fence, err));
    *ret_lease = (gdi_job_lease){.job_id = strtoll(id, NULL, 10), .fence = fence, .key = (char *)(uintptr_t)id};
    return GOD_OK;
}

/* A lost claim is not the caller's mistake but a fact about the job: 409. */
static god_status settled(god_status status, const gdi_job_lease *lease, gdi_answer *answer, god_error *err)
{
    if (status == GOD_E_CANCELLED) {
        return god_fail(err, GOD_E_UNSUPPORTED, "the job is not yours any more: it ended, or its time ran out");
    }
    GOD_TRY(status);
    answer->json = json_pack("{s:I, s:I}", "job_id", (json_int_t)lease->job_id, "fence", (json_int_t)lease->fence);
    return gdi_view_made(answer->json, err);
}

static god_status handle_renew(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    gdi_job_lease lease;
    int64_t lease_us = 0;
    GOD_TRY(read_claim(request, &lease, err));
    GOD_TRY(read_minutes(request->body, &lease_us, err));
    return settled(gdi_job_renew(api->db, &lease, gdi_api_now(api), lease_us, NULL, err), &lease, answer, err);
}

static god_status handle_answer(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    const char *failed = NULL;
    gdi_job_lease lease;
    GOD_TRY(read_claim(request, &lease, err));
    GOD_TRY(god_json_opt_str(where, request->body, "failed", &failed, err));
    const json_t *result = json_object_get(request->body, "result");
    if ((failed != NULL) == json_is_object(result)) {
        return god_fail(err, GOD_E_INVALID, "an answer has either \"result\", an object, or \"failed\", a sentence");
    }
    if (failed != NULL) {
        return settled(gdi_job_fail(api->db, &lease, gdi_api_now(api), 0, failed, err), &lease, answer, err);
    }
    char *text = json_dumps(result, JSON_COMPACT);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a result");
    }
    god_status status = gdi_job_finish(api->db, &lease, gdi_api_now(api), text, err);
    free(text);
    return settled(status, &lease, answer, err);
}

const gdi_route gdi_api_work_routes[] = {
    {"POST", "/admin/jobs/take", GDI_ACCESS_LOCAL, handle_take},
    {"POST", "/admin/jobs/{job}/renew", GDI_ACCESS_LOCAL, handle_renew},
    {"POST", "/admin/jobs/{job}/answer", GDI_ACCESS_LOCAL, handle_answer},
    {.method = NULL},
};
