/* prepare_model: a trainer looks at the model of a task before it is trained (training specification, sections 17 and
 * 22.8). The cycles have chosen the trainer and reserved its GPUs.
 *
 *     GET  model_prep/TASK?hotkey=    is it running on any trainer, or done? then it is adopted
 *     POST model_prep                 answered when it ends, up to 90 minutes later
 *
 * A connection that breaks while the answer is awaited ends nothing on the trainer, and neither does a restart of this
 * process: what runs is found again by asking. Entrants with a starting model of their own get one each, on the same
 * GPUs; one that cannot be prepared has no statistics, which costs nobody else anything. */
#include "core/base/clock.h"
#include "core/cycles/work.h"
#include "core/host/trainer_call.h"
#include "core/training/model_prep.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

#include <poll.h>
#include <stdlib.h>

enum {
    look_limit_ms = 5 * 1000,
    prep_limit_ms = 5400 * 1000,
    silence_ms = 2 * 60 * 1000, /* of a trainer that has begun, before it counts as gone */
    first_pause_ms = 500,
    pause_max_ms = 30 * 1000,
    pause_slice_ms = 100,
    path_bytes = 512,
    record_bytes_max = 2 * GDI_PREP_ANSWER_BYTES_MAX /* its log and the answer */
};

/* One model on the trainer. */
typedef struct preparation {
    const gdi_execution *x;
    const char *trainer_ip, *task_id;
    const char *hotkey; /* NULL: the task's own model */
    char path[path_bytes];
    char *body;         /* own */
    uint32_t has_begun; /* we asked for it, or found it running */
    uint64_t heard_ms;  /* when the trainer last said something */
} preparation;

/* ---- what is asked ---- */

static json_t *field_of(const json_t *details, const char *name)
{
    json_t *own = json_object_get(details, name);
    return own != NULL ? own : json_object_get(json_object_get(details, "fields"), name);
}

/* Those of the task's environments that "tournament.prep_environments" has something about. NULL: none. */
static json_t *environments_of(const gdi_execution *x, const json_t *details)
{
    const json_t *name = NULL;
    json_t *list = json_object();
    size_t i = 0;
    json_array_foreach(field_of(details, "environment_names"), i, name)
    {
        json_t *known = json_object_get(x->config->tournament_prep_environments, json_string_value(name));
        if (known != NULL) {
            (void)json_object_set(list, json_string_value(name), known);
        }
    }
    if (json_object_size(list) == 0) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static god_status make_body(preparation *p, const char *model, god_error *err)
{
    const json_t *payload = p->x->payload, *details = json_object_get(payload, "details");
    json_t *data = json_object_get(payload, "training_data_url");
    json_t *request =
        json_pack("{s:s, s:O, s:s, s:O, s:O, s:O*, s:O*, s:o*, s:s?}", "task_id", p->task_id, "task_type",
                  json_object_get(payload, "task_type"), "model_id", model, "training_data_url", data, "gpu_ids",
                  json_object_get(payload, "gpu_ids"), "augmentation_config", field_of(details, "augmentation_config"),
                  "reward_functions", field_of(details, "reward_functions"), "env_configs",
                  environments_of(p->x, details), "hotkey", p->hotkey);
    p->body = request == NULL ? NULL : json_dumps(request, JSON_COMPACT);
    json_decref(request);
    return p->body != NULL ? GOD_OK
                           : god_fail(err, GOD_E_DATA,
                                      "the payload lacks what a trainer is told: task_type, "
                                      "training_data_url, gpu_ids");
}

static god_status make_path(preparation *p, god_error *err)
{
    char task[path_bytes / 2] = "", hotkey[path_bytes / 4] = "";
    if (god_percent_encode(p->task_id, task, sizeof task) >= sizeof task ||
        (p->hotkey != NULL && god_percent_encode(p->hotkey, hotkey, sizeof hotkey) >= sizeof hotkey)) {
        return god_fail(err, GOD_E_DATA, "the name of a task or hotkey is too long for a trainer");
    }
    (void)snprintf(p->path, sizeof p->path, "/v1/trainer/model_prep/%s%s%s", task,
                   p->hotkey == NULL ? "" : "?hotkey=", hotkey);
    return GOD_OK;
}

/* ---- what is answered ---- */

/* Statistics are stored and shown to miners: they are looked at as the trainer's own are. */
static god_status take_answer(const json_t *given, json_t **ret_answer, god_error *err)
{
    char *line = given == NULL ? NULL : json_dumps(given, JSON_COMPACT);
    if (line == NULL) {
        return god_fail(err, GOD_E_DATA, "the trainer's answer to a model preparation is no JSON object");
    }
    god_status status = gdi_prep_answer(line, strlen(line), ret_answer, err);
    free(line);
    return status;
}

static const char *detail_of(const json_t *answer)
{
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    return detail == NULL ? "no reason" : detail;
}

/* 1: the trainer or what stands before it is in trouble, which says nothing about the preparation. */
static uint32_t is_trouble(long code)
{
    return code == 408 || code == 429 || code > 500;
}

/* The last line of a record's log, as the reason of a failure. */
static void take_reason(const json_t *record, god_error *why)
{
    const json_t *logs = json_object_get(record, "logs");
    size_t count = json_array_size(logs);
    const char *line = count == 0 ? NULL : json_string_value(json_array_get(logs, count - 1));
    (void)god_fail(why, GOD_E_DATA, "%.300s", line == NULL ? "no reason" : line);
}

enum { seen_nothing = 1, seen_running, seen_done, seen_failed, seen_silence };

/* Whether the trainer knows of it. The answer only when it is done. */
static uint32_t look(preparation *p, json_t **ret_answer, god_error *why)
{
    const gdi_trainer_call call = {
        .trainer_ip = p->trainer_ip, .path = p->path, .limit_ms = look_limit_ms, .bytes_max = record_bytes_max};
    long code = 0;
    json_t *record = NULL;
    uint32_t seen = seen_silence;
    if (gdi_trainer_ask(p->x, &call, &code, &record, why) == GOD_OK && !is_trouble(code)) {
        const char *word = json_string_value(json_object_get(record, "status"));
        p->heard_ms = gdi_clock_ms();
        if (code != 200 || word == NULL) {
            seen = seen_nothing;
        } else if (strcmp(word, "training") == 0) {
            seen = seen_running;
        } else if (strcmp(word, "success") == 0) { /* an answer that is none may be better the next time */
            seen = take_answer(json_object_get(record, "result"), ret_answer, why) == GOD_OK ? seen_done : seen_nothing;
        } else {
            seen = seen_failed;
            take_reason(record, why);
        }
    }
    json_decref(record);
    return seen;
}

/* *ret_answer stays NULL when the connection broke: it may have begun. */
static god_status begin(preparation *p, json_t **ret_answer, god_error *err)
{
    const gdi_trainer_call call = {.trainer_ip = p->trainer_ip,
                                   .path = "/v1/trainer/model_prep",
                                   .body = p->body,
                                   .limit_ms = prep_limit_ms,
                                   .bytes_max = record_bytes_max};
    long code = 0;
    json_t *answer = NULL;
    god_status status = gdi_trainer_ask(p->x, &call, &code, &answer, err);
    p->has_begun = status != GOD_E_NOT_FOUND;
    p->heard_ms = gdi_clock_ms();
    if (status == GOD_E_IO || status == GOD_E_TIMEOUT || (status == GOD_OK && is_trouble(code))) {
        status = GOD_OK;
    } else if (status == GOD_OK && code == 200) {
        status = take_answer(answer, ret_answer, err);
    } else if (status == GOD_OK) { /* 409: GPUs that are in use, which may change */
        status = god_fail(err, code == 409 ? GOD_E_IO : GOD_E_DATA,
                          "the trainer %s refuses the model preparation: %.300s", p->trainer_ip, detail_of(answer));
    }
    json_decref(answer);
    return status;
}

/* ---- one model ---- */

static god_status wait_a_little(const preparation *p, uint64_t *pause_ms, god_error *err)
{
    const uint64_t until_ms = gdi_clock_ms() + *pause_ms;
    *pause_ms = *pause_ms * 2 > pause_max_ms ? pause_max_ms : *pause_ms * 2;
    while (gdi_clock_ms() < until_ms) {
        if (p->x->stop_asked(p->x->user) != 0) {
            return god_fail(err, GOD_E_CANCELLED, "waiting for a model preparation was stopped");
        }
        (void)poll(NULL, 0, pause_slice_ms);
    }
    return GOD_OK;
}

/* What one look means. *ret_answer stays NULL: look again. */
static god_status take_look(preparation *p, uint32_t seen, const god_error *why, json_t **ret_answer, god_error *err)
{
    switch (seen) {
    case seen_done: return GOD_OK;
    case seen_running: p->has_begun = 1; return GOD_OK;
    case seen_silence:
        return p->has_begun && gdi_clock_ms() - p->heard_ms < silence_ms
                   ? GOD_OK
                   : god_fail(err, GOD_E_IO, "the trainer %s does not answer: %.300s", p->trainer_ip, why->message);
    case seen_failed:
        return !p->has_begun ? begin(p, ret_answer, err)
                             : god_fail(err, GOD_E_DATA, "the model preparation failed on the trainer %s: %.300s",
                                        p->trainer_ip, why->message);
    default:
        return !p->has_begun ? begin(p, ret_answer, err)
                             : god_fail(err, GOD_E_IO, "the trainer %s has lost the model preparation", p->trainer_ip);
    }
}

static god_status run_one(preparation *p, json_t **ret_answer, god_error *err)
{
    const uint64_t until_ms = gdi_clock_ms() + prep_limit_ms;
    uint64_t pause_ms = first_pause_ms;
    json_t *answer = NULL;
    for (;;) {
        god_error why = GOD_ERROR_INIT;
        uint32_t seen = look(p, &answer, &why);
        GOD_TRY(take_look(p, seen, &why, &answer, err));
        if (answer != NULL) {
            *ret_answer = answer;
            return GOD_OK;
        }
        if (gdi_clock_ms() > until_ms) {
            return god_fail(err, GOD_E_TIMEOUT, "the trainer %s was still at the model preparation after %d minutes",
                            p->trainer_ip, prep_limit_ms / 60000);
        }
        GOD_TRY(wait_a_little(p, &pause_ms, err));
    }
}

/* Another trainer may be at it, or have done it, from an earlier try. */
static void look_elsewhere(preparation *p)
{
    const json_t *list = json_object_get(p->x->payload, "trainers"), *item = NULL;
    const char *chosen = p->trainer_ip;
    size_t i = 0;
    json_array_foreach(list, i, item)
    {
        json_t *answer = NULL;
        god_error why = GOD_ERROR_INIT;
        p->trainer_ip = json_string_value(item);
        if (p->trainer_ip == NULL || strcmp(p->trainer_ip, chosen) == 0 || p->x->stop_asked(p->x->user) != 0) {
            continue;
        }
        uint32_t seen = look(p, &answer, &why);
        json_decref(answer); /* run_one asks for it again */
        if (seen == seen_running || seen == seen_done) {
            return;
        }
    }
    p->trainer_ip = chosen;
}

static god_status prepare(const gdi_execution *x, const char *model, const char *hotkey, json_t **ret_answer,
                          god_error *err)
{
    preparation p = {.x = x, .hotkey = hotkey, .heard_ms = gdi_clock_ms()};
    GOD_TRY(god_json_get_str("payload", x->payload, "trainer_ip", &p.trainer_ip, err));
    GOD_TRY(god_json_get_str("payload", x->payload, "task_id", &p.task_id, err));
    god_status status = make_path(&p, err);
    status = status == GOD_OK ? make_body(&p, model, err) : status;
    if (status == GOD_OK) {
        look_elsewhere(&p);
        status = run_one(&p, ret_answer, err);
    }
    free(p.body);
    return status;
}

/* ---- all of them ---- */

/* What ends the whole job: stopping, and what may be better the next time. What is done by then is adopted then. */
static uint32_t ends_all(god_status status)
{
    return status == GOD_E_CANCELLED || status == GOD_E_IO || status == GOD_E_TIMEOUT || status == GOD_E_NOT_FOUND ||
           status == GOD_E_NOMEM;
}

static god_status prepare_nodes(const gdi_execution *x, json_t *nodes, god_error *err)
{
    const char *hotkey = NULL;
    json_t *model = NULL;
    json_object_foreach(json_object_get(x->payload, "starting_models"), hotkey, model)
    {
        json_t *answer = NULL;
        god_error why = GOD_ERROR_INIT;
        const char *name = json_string_value(model);
        god_status status = name == NULL ? GOD_E_DATA : prepare(x, name, hotkey, &answer, &why);
        if (ends_all(status)) {
            return god_fail(err, status, "%s", why.message);
        }
        if (status == GOD_OK) {
            (void)json_object_set(nodes, hotkey, json_object_get(answer, "baseline_stats"));
        } else {
            gdi_log_write(x->log, GOD_LOG_WARNING, "a starting model could not be prepared, going on without", "hotkey",
                          hotkey, "reason", why.message, NULL);
        }
        json_decref(answer);
    }
    return GOD_OK;
}

god_status gdi_run_prepare_model(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    const char *model = NULL;
    json_t *answer = NULL, *nodes = json_object();
    god_status status = god_json_get_str("payload", x->payload, "model_id", &model, err);
    status = status == GOD_OK ? prepare(x, model, NULL, &answer, err) : status;
    status = status == GOD_OK ? prepare_nodes(x, nodes, err) : status;
    if (status == GOD_OK && json_object_set(answer, "nodes", nodes) != 0) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for what a trainer answered");
    }
    json_decref(nodes);
    if (status != GOD_OK) {
        json_decref(answer);
        return status;
    }
    *ret_result = answer;
    return GOD_OK;
}
