#include "core/cli/job_ask.h"

#include <stdlib.h>

#include "core/host/rules_settings.h"
#include "core/host/season.h"
#include "core/host/web.h"
#include "core/net/call.h"
#include "core/store/configured.h"
#include "god/helpers/json.h"

/* ---- targets ---- */

static god_status add_escaped(god_text *target, const char *value, god_error *err)
{
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++) {
        uint32_t is_plain = (*c >= '0' && *c <= '9') || ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z') ||
                            (*c != '\0' && strchr("-_.~", *c) != NULL);
        GOD_TRY(is_plain ? god_text_append(target, (const char *)c, 1, err)
                         : god_text_append_f(target, err, "%%%02X", *c));
    }
    return GOD_OK;
}

god_status gdi_ask_add_segment(god_text *target, const char *value, god_error *err)
{
    GOD_TRY(god_text_append_str(target, "/", err));
    return add_escaped(target, value, err);
}

god_status gdi_ask_add_query(god_text *target, const char *name, const char *value_or_null, god_error *err)
{
    if (value_or_null == NULL) {
        return GOD_OK;
    }
    uint32_t is_first = target->data == NULL || strchr(target->data, '?') == NULL;
    GOD_TRY(god_text_append_f(target, err, "%s%s=", is_first ? "?" : "&", name));
    return add_escaped(target, value_or_null, err);
}

/* ---- over the socket ---- */

/* The status of an answer as ours, with its sentence. */
static god_status judge(uint32_t http_status, const json_t *answer, god_error *err)
{
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    if (http_status / 100 == 2) {
        return GOD_OK;
    }
    god_status status = http_status == 404                         ? GOD_E_NOT_FOUND
                        : http_status == 400 || http_status == 409 ? GOD_E_INVALID
                                                                   : GOD_E_IO;
    return god_fail(err, status, "%s", detail == NULL ? "the host gave no reason" : detail);
}

static god_status ask_socket(const char *socket_path, const gdi_ask *ask, json_t **ret_answer, god_error *err)
{
    enum { answer_bytes_max = 256 << 20 };
    char *body = ask->body == NULL ? NULL : json_dumps(ask->body, JSON_COMPACT);
    god_text url = GOD_TEXT_INIT;
    gdi_reply reply = {.status = 0};
    god_status status = god_text_append_f(&url, err, "http://host%s", ask->target);
    if (status == GOD_OK) {
        const gdi_call call = {.method = ask->method,
                               .url = url.data,
                               .unix_path = socket_path,
                               .body = body != NULL || ask->method[0] != 'P' ? body : "",
                               .bytes_max = answer_bytes_max};
        status = gdi_call_send(&call, &reply, err);
    }
    god_text_free(&url);
    free(body);
    GOD_TRY(status);
    json_t *answer = NULL;
    status = god_json_parse("the host's answer", reply.body, reply.bytes, &answer, err);
    if (status == GOD_OK) {
        status = judge((uint32_t)reply.status, answer, err);
    }
    gdi_reply_clear(&reply);
    if (status != GOD_OK) {
        json_decref(answer);
        return status;
    }
    *ret_answer = answer;
    return GOD_OK;
}

/* ---- without a host ---- */

static god_status handle(gdi_api *api, const gdi_ask *ask, json_t **ret_answer, god_error *err)
{
    gdi_target target;
    char allow[GDI_ROUTE_ALLOW_BYTES];
    gdi_request request = {.method = ask->method, .target = &target, .body = ask->body};
    gdi_answer answer = {.status = 0};
    GOD_TRY(gdi_target_parse(ask->target, &target, err));
    const gdi_route *route = gdi_route_find(gdi_api_admin_tables, ask->method, &target, request.parameters, allow);
    god_status status = route == NULL ? god_fail(err, GOD_E_INTERNAL, "the host has no such address")
                                      : route->handle(api, &request, &answer, err);
    if (status == GOD_OK) {
        *ret_answer = json_incref(answer.json);
    }
    gdi_answer_clear(&answer);
    gdi_target_clear(&target);
    return status == GOD_E_UNSUPPORTED ? god_fail(err, GOD_E_INVALID, "%s", err->message) : status;
}

/* Looking must not make a store. */
static god_status check_store(const gdi_config *config, god_error *err)
{
    static const char sqlite[] = "sqlite:";
    char url[GDI_STORE_URL_MAX];
    GOD_TRY(gdi_store_url(config, url, err));
    uint32_t is_file = strncmp(url, sqlite, sizeof sqlite - 1) == 0;
    if (is_file && !god_file_exists(url + sizeof sqlite - 1)) {
        return god_fail(err, GOD_E_NOT_FOUND, "no host runs here, and there is no store \"%s\" yet", url);
    }
    return GOD_OK;
}

static god_status ask_store(const gdi_config *config, const gdi_ask *ask, json_t **ret_answer, god_error *err)
{
    gdi_rules rules;
    gdi_task_kinds kinds = {.count = 0};
    gdi_api api = {.rules = &rules,
                   .kinds = &kinds,
                   .burn_hotkey = config->tournament_burn_hotkey,
                   .netuid = config->tournament_netuid,
                   .version = ""};
    GOD_TRY(check_store(config, err));
    GOD_TRY(gdi_rules_from_settings(config->tournament_rules, &rules, err));
    GOD_TRY(gdi_store_open(config, gdi_facts_now_us(), &api.db, err));
    const gdi_season_parts parts = {.config = config, .rules = &rules, .kinds = &kinds, .db = api.db};
    (void)gdi_task_kinds_need(&kinds, NULL); /* without them differences are not shown */
    god_status status = gdi_season_cycles(&parts, &api.cycles, err);
    if (status == GOD_OK) {
        status = handle(&api, ask, ret_answer, err);
    }
    gdi_cycles_close(api.cycles);
    gdi_db_close(api.db);
    gdi_task_kinds_fini(&kinds);
    return status;
}

god_status gdi_ask_host(const gdi_config *config, const gdi_ask *ask, json_t **ret_answer, god_error *err)
{
    char socket_path[GOD_PATH_MAX];
    GOD_TRY(gdi_web_socket(config, socket_path, err));
    GOD_TRY(gdi_calls_begin(err));
    god_status status = god_file_exists(socket_path)
                            ? ask_socket(socket_path, ask, ret_answer, err)
                            : god_fail(err, GOD_E_NOT_FOUND, "nobody answers at %s", socket_path);
    gdi_calls_end();
    uint32_t is_alone = status == GOD_E_NOT_FOUND && strncmp(err->message, "nobody answers at", 17) == 0;
    if (!is_alone) {
        return status;
    }
    status = ask_store(config, ask, ret_answer, err);
    if (status == GOD_OK && strcmp(ask->method, "GET") != 0) {
        (void)fprintf(stderr, "no host runs here: done in the store, where the next one finds it\n");
    }
    return status;
}
