/* What can be asked about jobs and GPUs. */
#include "core/host/facts.h"
#include "core/trainer/api.h"
#include "core/trainer/api_check.h"
#include "core/trainer/gpus_engine.h"

#include <stdlib.h>

const gdi_route *const gdi_trainer_tables[] = {gdi_trainer_start_routes, gdi_trainer_look_routes,
                                               gdi_trainer_state_routes, NULL};

god_status gdi_trainer_check_peer(void *api, const char *peer, god_error *err)
{
    return gdi_access_check_peer(((const gdi_trainer_api *)api)->access, peer, err);
}

uint32_t gdi_trainer_taken(const gdi_trainer_api *api, uint32_t ret_ids[GDI_TAKEN_MAX])
{
    uint32_t count = gdi_gpus_taken(api->records, 1, ret_ids);
    if (strcmp(api->config->trainer_runner, "container") == 0) {
        gdi_gpus_add_engine(gdi_engine_socket(api->config->trainer_runners), ret_ids, &count);
    }
    return count;
}

god_status gdi_trainer_refuse(gdi_answer *answer, god_error *err, uint32_t status, const char *format, ...)
{
    char detail[1200];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    answer->status = status;
    answer->json = json_pack("{s:s}", "detail", detail);
    if (answer->json == NULL) { /* cut inside a character */
        answer->json = json_pack("{s:s}", "detail", "the reason cannot be shown, the log of the job has it");
    }
    return answer->json != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}

/* ---- GPUs ---- */

static god_status handle_gpus(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_trainer_api *api = context;
    uint32_t taken[GDI_TAKEN_MAX];
    gdi_gpu_list list;
    god_error why = GOD_ERROR_INIT;
    if (!gdi_access_admits(api->access, request, answer)) {
        return GOD_OK;
    }
    if (gdi_gpus_read(api->gpus, &list, &why) != GOD_OK) {
        gdi_log_write(api->log, GOD_LOG_ERROR, "the GPUs cannot be listed", "reason", why.message, NULL);
        return gdi_trainer_refuse(answer, err, 500, "%s", why.message);
    }
    uint32_t taken_count = gdi_gpus_taken(api->records, 0, taken);
    answer->json = gdi_gpus_show(&list, taken, taken_count);
    return answer->json != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}

/* ---- jobs ---- */

static god_status answer_query(const char *name, const char *type, const char *msg, gdi_answer *answer, god_error *err)
{
    const char *const loc[] = {"query", name, NULL};
    json_t *list = json_array();
    (void)gdi_check_add(list, type, loc, msg);
    return gdi_check_answer_take(list, answer, err);
}

enum { hours_max = 1000000 }; /* more than a century */

static god_status handle_recent(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_trainer_api *api = context;
    const char *text = gdi_target_query(request->target, "hours");
    char *end = NULL;
    if (!gdi_access_admits(api->access, request, answer)) {
        return GOD_OK;
    }
    if (text == NULL) {
        return answer_query("hours", "missing", "Field required", answer, err);
    }
    long hours = strtol(text, &end, 10);
    if (end == text || *end != '\0') {
        return answer_query("hours", "int_parsing",
                            "Input should be a valid integer, unable to parse string as an integer", answer, err);
    }
    int64_t window = hours < -hours_max ? -hours_max : hours > hours_max ? hours_max : hours;
    json_t *list = gdi_records_recent(api->records, gdi_facts_now_us() - window * 3600 * 1000000);
    if (list != NULL && json_array_size(list) == 0) {
        json_decref(list);
        return gdi_trainer_refuse(answer, err, 404, "No tasks found in the last %ld hours.", hours);
    }
    answer->json = list;
    return list != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}

static god_status handle_task(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_trainer_api *api = context;
    const char *task_id = request->parameters[0], *hotkey = gdi_target_query(request->target, "hotkey");
    if (!gdi_access_admits(api->access, request, answer)) {
        return GOD_OK;
    }
    if (hotkey == NULL) {
        return answer_query("hotkey", "missing", "Field required", answer, err);
    }
    answer->json = gdi_records_show(api->records, GDI_RECORD_START, task_id, hotkey);
    return answer->json != NULL
               ? GOD_OK
               : gdi_trainer_refuse(answer, err, 404, "Task '%.200s' for hotkey '%.200s' not found.", task_id, hotkey);
}

static god_status handle_prep(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_trainer_api *api = context;
    const char *task_id = request->parameters[0];
    if (!gdi_access_admits(api->access, request, answer)) {
        return GOD_OK;
    }
    answer->json =
        gdi_records_show(api->records, GDI_RECORD_PREP, task_id, gdi_target_query(request->target, "hotkey"));
    return answer->json != NULL
               ? GOD_OK
               : gdi_trainer_refuse(answer, err, 404, "Model prep for task '%.200s' not found.", task_id);
}

/* In the order of the specification: the pattern of a task fits the two before it as well. */
const gdi_route gdi_trainer_look_routes[] = {
    {"GET", "/v1/trainer/get_gpu_availability", GDI_ACCESS_PEER, handle_gpus},
    {"GET", "/v1/trainer/get_recent_tasks", GDI_ACCESS_PEER, handle_recent},
    {"GET", "/v1/trainer/{task_id}", GDI_ACCESS_PEER, handle_task},
    {"GET", "/v1/trainer/model_prep/{task_id}", GDI_ACCESS_PEER, handle_prep},
    {.method = NULL},
};
