/* publish_repository: a winner's code becomes public (tournament specification, section 18, step 4).
 *
 *     <entry.github_api>/orgs/ORGANISATION/repos        the repository is made, unless it is there from an earlier try
 *     <tournament.publish_server>/ORGANISATION/NAME     god-git pushes the tree there, as one commit on branch main
 *     <cache_dir>/jobs/run-XXXXXX/objects               where it works
 *
 * The host's own token makes and writes, the miner's reads; both are read when they are needed, and reach god-git on a
 * pipe. Doing it again ends with the same commit. */
#include <stdlib.h>

#include "core/cycles/work.h"
#include "core/git/repository.h"
#include "core/host/executors.h"
#include "core/host/github.h"
#include "core/host/scratch.h"
#include "core/host/wallet.h"
#include "core/net/call.h"
#include "core/net/credential.h"
#include "god/helpers/json.h"

enum { call_limit_ms = 30 * 1000, push_limit_ms = 30 * 60 * 1000, address_bytes = 1024 };

typedef struct publishing {
    const gdi_execution *x;
    const char *name, *organization;
    char *token;                 /* own; the host's */
    char address[address_bytes]; /* "https://github.com/ORGANISATION/NAME" */
    char api_url[GDI_GITHUB_URL_BYTES];
} publishing;

/* ---- GitHub ---- */

static god_status ask_github(const publishing *p, const char *method, const char *url, const char *body,
                             long *ret_status, json_t **ret_answer, god_error *err)
{
    char authorization[GDI_CREDENTIAL_BYTES_MAX + 32];
    (void)snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", p->token);
    const char *const headers[] = {"Accept: application/vnd.github+json", "User-Agent: god", authorization, NULL};
    const gdi_call call = {.method = method,
                           .url = url,
                           .headers = headers,
                           .body = body,
                           .time_limit_ms = call_limit_ms,
                           .stop_asked = p->x->stop_asked,
                           .user = p->x->user};
    gdi_reply reply = {.status = 0};
    god_status status = gdi_call_send(&call, &reply, err);
    explicit_bzero(authorization, sizeof authorization);
    GOD_TRY(status);
    *ret_status = reply.status;
    *ret_answer = NULL;
    (void)god_json_parse("GitHub's answer", reply.body, reply.bytes, ret_answer, NULL);
    gdi_reply_clear(&reply);
    return GOD_OK;
}

/* It is there already, from an earlier try. */
static god_status find_repository(const publishing *p, const char *refusal, god_error *err)
{
    long code = 0;
    json_t *answer = NULL;
    GOD_TRY(ask_github(p, "GET", p->api_url, NULL, &code, &answer, err));
    json_decref(answer);
    return code == 200 ? GOD_OK
                       : god_fail(err, code >= 500 ? GOD_E_IO : GOD_E_DATA,
                                  "GitHub does not make the repository \"%.100s\" of \"%.100s\": %.200s", p->name,
                                  p->organization, refusal);
}

static god_status take_creation(const publishing *p, long code, const json_t *answer, god_error *err)
{
    const char *message = json_string_value(json_object_get(answer, "message"));
    message = message == NULL ? "no reason" : message;
    switch (code) {
    case 201: return GOD_OK;
    case 422: return find_repository(p, message, err);
    case 401:
    case 403:
    case 404:
        return god_fail(err, GOD_E_INVALID, "the token for publishing may not make repositories of \"%.100s\": %.200s",
                        p->organization, message);
    default: return god_fail(err, GOD_E_IO, "GitHub answered with status %ld: %.200s", code, message);
    }
}

static god_status make_repository(const publishing *p, god_error *err)
{
    char url[GDI_GITHUB_URL_BYTES];
    long code = 0;
    json_t *answer = NULL;
    json_t *request = json_pack("{s:s, s:b, s:b}", "name", p->name, "private", 0, "auto_init", 0);
    char *body = request == NULL ? NULL : json_dumps(request, JSON_COMPACT);
    json_decref(request);
    if (body == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a request to GitHub");
    }
    (void)snprintf(url, sizeof url, "%.1000s/orgs/%.200s/repos", p->x->config->entry_github_api, p->organization);
    god_status status = ask_github(p, "POST", url, body, &code, &answer, err);
    free(body);
    status = status == GOD_OK ? take_creation(p, code, answer, err) : status;
    json_decref(answer);
    return status;
}

/* ---- the commit ---- */

static god_status push_into(const publishing *p, const char *dir, const char *token, god_error *err)
{
    const gdi_execution *x = p->x;
    char objects[GOD_PATH_MAX], message[200], pushed[GDI_COMMIT_HEX + 1];
    gdi_repository_request request = {.token = token,
                                      .dest_dir = objects,
                                      .allow_local = x->config->entry_local_repositories != 0,
                                      .time_limit_ms = push_limit_ms,
                                      .stop_asked = x->stop_asked,
                                      .user = x->user};
    const gdi_repository_target target = {.url = p->address, .token = p->token, .message = message};
    GOD_TRY(god_json_get_str("payload", x->payload, "github_repo", &request.url, err));
    GOD_TRY(god_json_get_str("payload", x->payload, "commit_hash", &request.commit, err));
    GOD_TRY(god_path_join(dir, "objects", objects, err));
    (void)snprintf(message, sizeof message, "%.150s\n", p->name);
    return gdi_repository_publish(x->layout, &request, &target, pushed, err);
}

static god_status push(const publishing *p, god_error *err)
{
    char *token = NULL;
    gdi_scratch_dir scratch = {.lock_fd = -1};
    GOD_TRY(gdi_payload_token(p->x->config, p->x->payload, &token, err));
    god_status status = gdi_scratch_dir_open(p->x->config->paths_cache_dir, 0, &scratch, err);
    status = status == GOD_OK ? push_into(p, scratch.dir, token, err) : status;
    gdi_secret_free(token);
    gdi_scratch_dir_close(&scratch);
    return status;
}

/* ---- the job ---- */

static god_status name_target(publishing *p, god_error *err)
{
    const gdi_config *config = p->x->config;
    char github[address_bytes];
    GOD_TRY(god_json_get_str("payload", p->x->payload, "name", &p->name, err));
    p->organization = config->tournament_publish_organization;
    int bytes = snprintf(p->address, sizeof p->address, "%s/%s/%s", config->tournament_publish_server, p->organization,
                         p->name);
    (void)snprintf(github, sizeof github, "https://github.com/%.300s/%.300s", p->organization, p->name);
    if (bytes < 0 || (size_t)bytes >= sizeof p->address || strchr(p->name, '/') != NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%.100s\" is no name of a repository", p->name);
    }
    return gdi_github_url(config, github, "", p->api_url, err);
}

static god_status publish(publishing *p, god_error *err)
{
    const gdi_config *config = p->x->config;
    GOD_TRY(name_target(p, err));
    GOD_TRY(gdi_credential_read("the token for publishing", config->tournament_publish_token_file,
                                config->tournament_publish_token_variable, &p->token, err));
    if (p->token == NULL) {
        return god_fail(err, GOD_E_INVALID, "there is no token for publishing: the variable %.100s is empty",
                        config->tournament_publish_token_variable);
    }
    GOD_TRY(make_repository(p, err));
    return push(p, err);
}

god_status gdi_run_publish_repository(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    publishing p = {.x = x};
    god_status status = publish(&p, err);
    gdi_credential_free(p.token);
    if (status == GOD_OK) {
        *ret_result = json_pack("{s:s}", "repository_url", p.address);
        status = *ret_result != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an address");
    }
    return status;
}
