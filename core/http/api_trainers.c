/* The trainers and what they are at. Source: tournament specification, section 25.4. */
#include "core/http/api.h"
#include "core/host/wallet.h"
#include "core/http/view.h"
#include "core/net/call.h"
#include "core/store/trainers.h"
#include "god/helpers/json.h"

enum { trainer_port = 8001, trainer_limit_ms = 5000, gpus_max = 1024, gpu_id_max = 65535, vram_gb_max = 65535 };

/* A host name or an IPv4 address: what may stand in front of the port. */
static god_status check_address(const char *address, god_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t bytes = address == NULL ? 0 : strlen(address);
    if (bytes == 0 || bytes > 253 || strspn(address, allowed) != bytes) {
        return god_fail(err, GOD_E_INVALID, "\"trainer_ip\" is not a host name or an IPv4 address");
    }
    return GOD_OK;
}

/* ---- add ---- */

typedef struct adding {
    const gdi_api *api;
    const char *trainer_ip;
    const json_t *gpus;
} adding;

static god_status put_gpu(gdi_db *db, const adding *a, const json_t *gpu, god_error *err)
{
    static const char where[] = "the trainer's answer";
    int64_t id = 0, vram_gb = 0;
    const char *type = "";
    GOD_TRY(god_json_get_int(where, gpu, "gpu_id", 0, gpu_id_max, &id, err));
    GOD_TRY(god_json_get_str(where, gpu, "gpu_type", &type, err));
    GOD_TRY(god_json_opt_int(where, gpu, "vram_gb", 0, vram_gb_max, &vram_gb, err));
    return gdi_gpu_put_in(db, a->trainer_ip, id, type, vram_gb, gdi_api_now(a->api), err);
}

static god_status put_gpus(gdi_db *db, void *user, god_error *err)
{
    const adding *a = user;
    const json_t *gpu = NULL;
    size_t i = 0;
    json_array_foreach(a->gpus, i, gpu)
    {
        GOD_TRY(put_gpu(db, a, gpu, err));
    }
    return gdi_db_notify(db, "cycles", err);
}

/* Asks the trainer for its GPUs; *ret_status is 0, or the status code of the refusal. */
static god_status ask_gpus(const gdi_api *api, const char *trainer_ip, json_t **ret_gpus, uint32_t *ret_status,
                           god_error *err)
{
    char url[320];
    gdi_reply reply = {.status = 0};
    gdi_signed_call headers = {.headers = {NULL}};
    if (api->config != NULL) {
        GOD_TRY(gdi_wallet_sign_trainer(api->config, NULL, &headers, err));
    }
    (void)snprintf(url, sizeof url, "http://%s:%d/v1/trainer/get_gpu_availability", trainer_ip, trainer_port);
    const gdi_call call = {.method = "GET", .url = url, .headers = headers.headers, .time_limit_ms = trainer_limit_ms};
    if (gdi_call_send(&call, &reply, err) != GOD_OK) {
        *ret_status = 503;
        return GOD_OK;
    }
    god_status status = reply.status == 200
                            ? god_json_parse("the trainer's answer", reply.body, reply.bytes, ret_gpus, err)
                            : god_fail(err, GOD_E_DATA, "the trainer answered with status %ld", reply.status);
    gdi_reply_clear(&reply);
    if (status == GOD_OK && (!json_is_array(*ret_gpus) || json_array_size(*ret_gpus) > gpus_max)) {
        status = god_fail(err, GOD_E_DATA, "the trainer's answer is not a list of GPUs");
    }
    *ret_status = status == GOD_OK ? 0 : 502;
    return GOD_OK;
}

static god_status handle_add(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    adding a = {.api = context, .trainer_ip = gdi_target_query(request->target, "trainer_ip")};
    json_t *gpus = NULL;
    uint32_t refusal = 0;
    GOD_TRY(check_address(a.trainer_ip, err));
    god_status status = ask_gpus(a.api, a.trainer_ip, &gpus, &refusal, err);
    a.gpus = gpus;
    if (status == GOD_OK && refusal == 0) {
        status = gdi_db_transact(a.api->db, put_gpus, &a, err);
        if (status == GOD_E_DATA) {
            refusal = 502;
            status = GOD_OK;
        }
    }
    json_decref(gpus);
    if (refusal != 0) {
        answer->status = refusal;
        answer->json = json_pack("{s:s}", "detail", err->message);
    } else if (status == GOD_OK) {
        answer->json = json_string("Trainer added successfully");
    }
    return status;
}

/* ---- remove ---- */

static god_status remove_trainer(gdi_db *db, void *user, god_error *err)
{
    GOD_TRY(gdi_trainer_remove_in(db, user, err));
    return gdi_db_notify(db, "cycles", err);
}

static god_status handle_remove(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    const gdi_api *api = context;
    const char *trainer_ip = request->parameters[0];
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(api->db, &rows, err, "SELECT 1 FROM trainers_gpus WHERE trainer_ip = $1", gdi_text(trainer_ip)));
    uint32_t known = gdi_rows_next(rows);
    gdi_rows_free(rows);
    if (!known) {
        return god_fail(err, GOD_E_NOT_FOUND, "there is no trainer \"%.200s\"", trainer_ip);
    }
    GOD_TRY(gdi_db_transact(api->db, remove_trainer, (void *)trainer_ip, err));
    answer->json = json_string("Trainer removed successfully");
    return gdi_view_made(answer->json, err);
}

/* ---- list ---- */

static json_t *make_gpu(const gdi_rows *rows, int64_t now_us)
{
    uint32_t busy = !gdi_rows_is_null(rows, 4) && gdi_rows_time(rows, 4) > now_us;
    return json_pack("{s:I, s:s?, s:I, s:b, s:o}", "gpu_id", (json_int_t)gdi_rows_int(rows, 1), "gpu_type",
                     gdi_rows_text(rows, 2), "vram_gb", (json_int_t)gdi_rows_int(rows, 3), "available", !busy,
                     "used_until", gdi_rows_is_null(rows, 4) ? json_null() : gdi_view_moment(gdi_rows_time(rows, 4)));
}

static god_status handle_list(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    const gdi_api *api = context;
    gdi_rows *rows = NULL;
    json_t *trainer = NULL;
    int failed = 0;
    GOD_TRY(gdi_db_query(api->db,
                         "SELECT trainer_ip, gpu_id, gpu_type, vram_gb, used_until FROM trainers_gpus "
                         "ORDER BY trainer_ip, gpu_id",
                         NULL, 0, &rows, err));
    answer->json = json_array();
    while (gdi_rows_next(rows)) {
        const char *ip = gdi_rows_text(rows, 0);
        if (trainer == NULL || strcmp(json_string_value(json_object_get(trainer, "trainer_ip")), ip) != 0) {
            trainer = json_pack("{s:s, s:[]}", "trainer_ip", ip, "gpus");
            failed |= json_array_append_new(answer->json, trainer);
        }
        failed |= json_array_append_new(json_object_get(trainer, "gpus"), make_gpu(rows, gdi_api_now(api)));
    }
    gdi_rows_free(rows);
    return failed ? gdi_view_made(NULL, err) : gdi_view_made(answer->json, err);
}

static god_status handle_stats(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    static const gdi_view_column columns[] = {{"total_pairs", GDI_VIEW_INT},  {"pending", GDI_VIEW_INT},
                                              {"training", GDI_VIEW_INT},     {"success", GDI_VIEW_INT},
                                              {"failure", GDI_VIEW_INT},      {"avg_attempts", GDI_VIEW_REAL},
                                              {"max_attempts", GDI_VIEW_INT}, {NULL, 0}};
    const gdi_api *api = context;
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_db_query(api->db,
                         "SELECT CAST(coalesce(sum(n), 0) AS BIGINT), CAST(coalesce(sum(CASE WHEN training_status = "
                         "'pending' THEN n END), 0) AS BIGINT), "
                         "CAST(coalesce(sum(CASE WHEN training_status = 'training' THEN n END), 0) AS BIGINT), "
                         "CAST(coalesce(sum(CASE WHEN training_status = 'success' THEN n END), 0) AS BIGINT), "
                         "CAST(coalesce(sum(CASE WHEN training_status = 'failure' THEN n END), 0) AS BIGINT), "
                         "coalesce(max(mean), 0), coalesce(max(most), 0) FROM (SELECT training_status, count(*) AS n, "
                         "avg(CAST(n_training_attempts AS DOUBLE PRECISION)) AS mean, max(n_training_attempts) AS most "
                         "FROM tournament_task_hotkey_trainings GROUP BY training_status) AS by_status",
                         NULL, 0, &rows, err));
    god_status status = gdi_rows_next(rows) ? gdi_view_row(rows, columns, &answer->json, err)
                                            : god_fail(err, GOD_E_INTERNAL, "a count has no row");
    gdi_rows_free(rows);
    return status;
}

const gdi_route gdi_api_trainer_routes[] = {
    {"POST", "/v1/tournament_orchestrator/add_trainer", GDI_ACCESS_KEY, handle_add},
    {"DELETE", "/v1/tournament_orchestrator/remove_trainer/{trainer_ip}", GDI_ACCESS_KEY, handle_remove},
    {"GET", "/v1/tournament_orchestrator/trainers", GDI_ACCESS_KEY, handle_list},
    {"GET", "/v1/tournament_orchestrator/training_stats", GDI_ACCESS_KEY, handle_stats},
    {.method = NULL},
};
