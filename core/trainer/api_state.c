/* What watches the trainer reads: is it alive, can it work, how does it do. */
#include "core/http/metrics.h"
#include "core/trainer/api.h"
#include "core/trainer/openapi_text.h"

#include <stdlib.h>

static god_status handle_health(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    const gdi_trainer_api *api = context;
    answer->json = json_pack("{s:s, s:s}", "status", "ok", "version", api->version);
    return answer->json != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}

static god_status handle_openapi(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    (void)request;
    answer->text = strdup(gdi_trainer_openapi_text);
    answer->content_type = "application/json";
    answer->max_age_s = 3600;
    return answer->text != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}

static god_status handle_ready(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    const gdi_trainer_api *api = context;
    gdi_gpu_list list = {.count = 0};
    uint32_t taken[GDI_TAKEN_MAX];
    god_error why = GOD_ERROR_INIT;
    uint32_t is_ready = gdi_gpus_read(api->gpus, &list, &why) == GOD_OK;
    uint32_t taken_count = gdi_trainer_taken(api, taken);
    answer->status = is_ready ? 200 : 503;
    answer->json =
        json_pack("{s:b, s:s?, s:{s:i, s:i}, s:{s:i, s:i}}", "ready", is_ready, "reason", is_ready ? NULL : why.message,
                  "jobs", "running", (int)gdi_crew_count(api->crew), "max", (int)api->config->trainer_jobs_max, "gpus",
                  "offered", (int)list.count, "taken", (int)taken_count);
    return answer->json != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}

/* ---- metrics ---- */

typedef struct tally {
    uint64_t by_kind_and_status[3][4]; /* by GDI_RECORD_START.. and GDI_RECORD_TRAINING.. */
} tally;

static uint32_t count_record(void *user, const gdi_record *record)
{
    ((tally *)user)->by_kind_and_status[record->kind][record->status]++;
    return 0;
}

static god_status add_jobs(const gdi_trainer_api *api, god_text *out, god_error *err)
{
    static const char *const kinds[] = {NULL, "training", "model_prep"}, *const statuses[] = {NULL, "training",
                                                                                              "success", "failure"};
    tally t = {.by_kind_and_status = {{0}}};
    gdi_records_each(api->records, &t, count_record);
    GOD_TRY(gdi_metrics_head(out, "god_trainer_jobs", "gauge", "Jobs that the trainer remembers.", err));
    for (uint32_t kind = GDI_RECORD_START; kind <= GDI_RECORD_PREP; kind++) {
        for (uint32_t status = GDI_RECORD_TRAINING; status <= GDI_RECORD_FAILURE; status++) {
            GOD_TRY(god_text_append_f(out, err, "god_trainer_jobs{job_type=\"%s\",status=\"%s\"} %llu\n", kinds[kind],
                                      statuses[status], (unsigned long long)t.by_kind_and_status[kind][status]));
        }
    }
    return gdi_metrics_value(out, "god_trainer_jobs_at_work", "gauge", "Jobs that a thread works on.",
                             gdi_crew_count(api->crew), err);
}

static god_status add_gpus(const gdi_trainer_api *api, god_text *out, god_error *err)
{
    gdi_gpu_list list = {.count = 0};
    uint32_t taken[GDI_TAKEN_MAX];
    if (gdi_gpus_read(api->gpus, &list, NULL) == GOD_OK) {
        GOD_TRY(gdi_metrics_value(out, "god_trainer_gpus", "gauge", "GPUs that are offered.", list.count, err));
    }
    return gdi_metrics_value(out, "god_trainer_gpus_taken", "gauge", "GPUs that jobs have.",
                             gdi_gpus_taken(api->records, 1, taken), err);
}

static god_status write_metrics(const gdi_trainer_api *api, god_text *out, god_error *err)
{
    const gdi_server *const servers[] = {api->server, NULL};
    GOD_TRY(gdi_metrics_head(out, "god_build_info", "gauge", "What is running.", err));
    GOD_TRY(god_text_append_f(out, err, "god_build_info{version=\"%s\"} 1\n", api->version));
    GOD_TRY(gdi_metrics_value(out, "god_start_time_seconds", "gauge", "When the trainer started.",
                              (double)api->started_us / 1e6, err));
    GOD_TRY(add_jobs(api, out, err));
    GOD_TRY(add_gpus(api, out, err));
    GOD_TRY(gdi_metrics_servers(out, servers, err));
    return gdi_metrics_process(out, err);
}

static god_status handle_metrics(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    god_text out = GOD_TEXT_INIT;
    return gdi_metrics_answer(write_metrics(context, &out, err), &out, answer);
}

const gdi_route gdi_trainer_state_routes[] = {
    {"GET", "/health", GDI_ACCESS_PUBLIC, handle_health},
    {"GET", "/ready", GDI_ACCESS_PEER, handle_ready},
    {"GET", "/metrics", GDI_ACCESS_PEER, handle_metrics},
    {"GET", "/openapi.json", GDI_ACCESS_PEER, handle_openapi},
    {.method = NULL},
};
