/* Trainers, over their HTTP interface. Sources: tournament specification, sections 13.3 and 13.4; training
 * specification, sections 3 and 22. */
#include "core/cycles/work.h"
#include "core/host/executors.h"
#include "core/host/trainer_call.h"
#include "core/host/wallet.h"
#include "core/tournament/calendar.h"
#include "god/helpers/json.h"

#include <stdlib.h>

enum { call_limit_ms = 30 * 1000, gpus_limit_ms = 10 * 1000, watch_ms = 60 * 1000 };

/* ---- refresh_gpus ---- */

god_status gdi_run_refresh_gpus(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    json_t *addresses = NULL, *list = json_array();
    const json_t *address = NULL;
    size_t i = 0;
    int failed = list == NULL;
    GOD_TRY(god_json_get_array("payload", x->payload, "trainers", &addresses, err));
    json_array_foreach(addresses, i, address)
    {
        long status = 0;
        json_t *gpus = NULL;
        const char *trainer_ip = json_string_value(address);
        if (trainer_ip == NULL || x->stop_asked(x->user) != 0) {
            continue;
        }
        const gdi_trainer_call call = {
            .trainer_ip = trainer_ip, .path = "/v1/trainer/get_gpu_availability", .limit_ms = gpus_limit_ms};
        god_status asked = gdi_trainer_ask(x, &call, &status, &gpus, NULL);
        if (asked != GOD_OK || status != 200 || !json_is_array(gpus)) {
            json_decref(gpus); /* one that does not answer counts as occupied */
            gpus = json_null();
        }
        failed |= json_array_append_new(list, json_pack("{s:s, s:o}", "trainer_ip", trainer_ip, "gpus", gpus));
    }
    *ret_result = failed ? NULL : json_pack("{s:o}", "trainers", list);
    return *ret_result != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for the answers of trainers");
}

/* ---- start_training ---- */

/* The token of the row is sealed; only the trainer sees it open. */
static god_status open_token(const gdi_execution *x, json_t *request, god_error *err)
{
    char *token = NULL;
    GOD_TRY(gdi_payload_token(x->config, request, &token, err));
    god_status status = GOD_OK;
    if (token != NULL && json_object_set_new(request, "github_token", json_string(token)) != 0) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for a start request");
    }
    gdi_secret_free(token);
    return status;
}

/* What the trainer gets: the payload without what is ours. */
static god_status request_body(const gdi_execution *x, char **ret_body, god_error *err)
{
    json_t *request = json_copy((json_t *)x->payload);
    if (request == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a start request");
    }
    (void)json_object_del(request, "trainer_ip");
    (void)json_object_del(request, "task_type");
    god_status status = open_token(x, request, err);
    char *body = status == GOD_OK ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    if (status != GOD_OK) {
        return status;
    }
    *ret_body = body;
    return body != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for a start request");
}

static json_t *outcome_of(long status, const json_t *answer)
{
    const char *message = json_string_value(json_object_get(answer, "message"));
    if (message == NULL) {
        message = json_string_value(json_object_get(answer, "detail"));
    }
    const char *outcome = status == 200 && message != NULL && strcmp(message, "Started Training!") == 0 ? "accepted"
                          : json_is_true(json_object_get(answer, "no_retry"))                           ? "no_retry"
                                                                                                        : "failed";
    char text[80];
    (void)snprintf(text, sizeof text, "the trainer answered with status %ld", status);
    return json_pack("{s:s, s:s}", "outcome", outcome, "message", message == NULL ? text : message);
}

god_status gdi_run_start_training(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    const char *trainer_ip = NULL;
    char *body = NULL;
    long status = 0;
    json_t *answer = NULL;
    GOD_TRY(god_json_get_str("payload", x->payload, "trainer_ip", &trainer_ip, err));
    GOD_TRY(request_body(x, &body, err));
    god_error why = GOD_ERROR_INIT;
    const gdi_trainer_call call = {
        .trainer_ip = trainer_ip, .path = "/v1/trainer/start_training", .body = body, .limit_ms = call_limit_ms};
    god_status asked = gdi_trainer_ask(x, &call, &status, &answer, &why);
    explicit_bzero(body, strlen(body));
    free(body);
    if (asked == GOD_E_CANCELLED) {
        return god_fail(err, asked, "%s", why.message);
    }
    /* No answer is an outcome, too: the row waits a minute and is tried again (13.3). */
    *ret_result = asked == GOD_OK ? outcome_of(status, answer)
                                  : json_pack("{s:s, s:s}", "outcome", "failed", "message", why.message);
    json_decref(answer);
    return *ret_result != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for the answer of a trainer");
}

/* ---- watch_training ---- */

static json_t *ended(const char *status, const char *message)
{
    return json_pack("{s:s, s:s}", "status", status, "message", message);
}

/* One trainer's word about a training: "training", "success", "failure", or NULL for none (job unknown, error,
 * time-out). Static text. */
static const char *word_of(const gdi_execution *x, const char *trainer_ip, const char *task_id, const char *hotkey)
{
    char path[512];
    long status = 0;
    json_t *answer = NULL;
    const char *word = NULL;
    (void)snprintf(path, sizeof path, "/v1/trainer/%s?hotkey=%s", task_id, hotkey);
    const gdi_trainer_call call = {.trainer_ip = trainer_ip, .path = path, .limit_ms = call_limit_ms};
    if (gdi_trainer_ask(x, &call, &status, &answer, NULL) == GOD_OK && status == 200) {
        const char *said = json_string_value(json_object_get(answer, "status"));
        static const char *const words[] = {"training", "success", "failure"};
        for (size_t i = 0; said != NULL && i < sizeof words / sizeof *words; i++) {
            word = strcmp(said, words[i]) == 0 ? words[i] : word;
        }
    }
    json_decref(answer);
    return word;
}

static uint32_t is_name(const char *text)
{
    size_t bytes = strlen(text);
    return bytes > 0 && bytes <= 128 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == bytes;
}

god_status gdi_look_watch_training(const gdi_execution *x, json_t **ret_result, uint32_t *ret_wait_ms, god_error *err)
{
    const char *task_id = NULL, *hotkey = NULL, *trainer_ip = NULL, *until = NULL;
    int64_t until_us = INT64_MAX;
    GOD_TRY(god_json_get_str("payload", x->payload, "task_id", &task_id, err));
    GOD_TRY(god_json_get_str("payload", x->payload, "hotkey", &hotkey, err));
    GOD_TRY(god_json_get_str("payload", x->payload, "trainer_ip", &trainer_ip, err));
    GOD_TRY(god_json_opt_str("payload", x->payload, "until", &until, err));
    if (!is_name(task_id) || !is_name(hotkey) || (until != NULL && !gdi_time_parse(until, &until_us))) {
        return god_fail(err, GOD_E_DATA, "the payload names no training that can be asked for");
    }
    const char *word = word_of(x, trainer_ip, task_id, hotkey);
    *ret_wait_ms = watch_ms;
    if (word == NULL) {
        *ret_result = ended("failure", "the trainer gave no answer about it");
    } else if (strcmp(word, "training") != 0) {
        *ret_result = ended(word, "as the trainer says");
    } else if (x->now_us > until_us) {
        *ret_result = ended("failure", "the trainer was still at it long after its time");
    }
    return GOD_OK;
}
