/* ask_miners: every miner is asked for its training repository (tournament specification, 8.1 steps 2 and 3; identity
 * specification, section 2).
 *
 *     hand ──► up to 50 askers, each: next miner ─► signed GET ─► answer ─► its token tried at GitHub ─► sealed
 *          ◄── waits for them; keeps the lease, and tells them when to stop
 *
 * Who does not answer in time, or not in the form, is left out without a word but at debug level. Replies stand in the
 * order of the payload, whenever they came in. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "core/cycles/work.h"
#include "core/entry/miner_address.h"
#include "core/entry/repository_answer.h"
#include "core/host/executors.h"
#include "core/host/github.h"
#include "core/host/wallet.h"
#include "core/net/call.h"
#include "god/helpers/json.h"

enum { askers_max = 50, miner_limit_ms = 10 * 1000, token_limit_ms = 10 * 1000, look_ms = 100 };

typedef struct miner {
    const char *hotkey, *ip; /* borrowed from the payload */
    int64_t port;
    json_t *reply; /* own; NULL: silent. Written by one asker, read when all have ended */
} miner;

typedef struct pass {
    const gdi_execution *x;
    const gdi_hotkey *key;
    const gdi_secrets *secrets;
    const char *task_type;
    miner *miners;
    uint32_t count;
    atomic_uint next, stopped;
    pthread_mutex_t lock; /* guards asking */
    pthread_cond_t changed;
    uint32_t asking;
} pass;

static uint32_t is_stopped(void *user)
{
    return atomic_load(&((pass *)user)->stopped);
}

/* ---- one miner ---- */

/* 1: GitHub shows the repository to whoever has this token. */
static uint32_t is_token_good(pass *p, const gdi_repository_answer *answer)
{
    char url[GDI_GITHUB_URL_BYTES], authorization[GDI_ANSWER_TEXT_BYTES_MAX + 32];
    const char *const headers[] = {"Accept: application/vnd.github+json", "User-Agent: god", authorization, NULL};
    gdi_reply reply = {.status = 0};
    if (gdi_github_url(p->x->config, answer->github_repo, "", url, NULL) != GOD_OK) {
        return 0;
    }
    (void)snprintf(authorization, sizeof authorization, "Authorization: Bearer %s", answer->github_token);
    const gdi_call call = {.method = "GET",
                           .url = url,
                           .headers = headers,
                           .time_limit_ms = token_limit_ms,
                           .stop_asked = is_stopped,
                           .user = p};
    god_status status = gdi_call_send(&call, &reply, NULL);
    uint32_t is_good = status == GOD_OK && reply.status == 200;
    gdi_reply_clear(&reply);
    explicit_bzero(authorization, sizeof authorization);
    return is_good;
}

/* A token that is of no use is dropped, the entry stays. */
static god_status make_reply(pass *p, const char *hotkey, const gdi_repository_answer *answer, json_t **ret_reply,
                             god_error *err)
{
    char *sealed = NULL;
    if (answer->github_token != NULL && is_token_good(p, answer)) {
        GOD_TRY(gdi_secret_seal(p->secrets, answer->github_token, &sealed, err));
    }
    json_t *datasets = json_deep_copy(answer->requested_datasets);
    *ret_reply = json_pack("{s:s, s:s, s:s, s:s?, s:o}", "hotkey", hotkey, "github_repo", answer->github_repo,
                           "commit_hash", answer->commit_hash, "github_token", sealed, "requested_datasets",
                           datasets == NULL ? json_null() : datasets);
    free(sealed);
    return *ret_reply != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for a miner's answer");
}

static god_status fetch_answer(pass *p, const miner *m, gdi_repository_answer *ret_answer, god_error *err)
{
    char base[GDI_MINER_URL_BYTES], url[GDI_MINER_URL_BYTES + 64];
    gdi_signed_call signed_call;
    gdi_reply reply = {.status = 0};
    GOD_TRY(gdi_miner_url(m->ip, m->port, p->x->config->entry_private_addresses != 0, base, err));
    GOD_TRY(gdi_wallet_sign(p->key, m->hotkey, NULL, &signed_call, err));
    (void)snprintf(url, sizeof url, "%s/training_repo/%s", base, p->task_type);
    const gdi_call call = {.method = "GET",
                           .url = url,
                           .headers = signed_call.headers,
                           .time_limit_ms = miner_limit_ms,
                           .bytes_max = GDI_ANSWER_BYTES_MAX,
                           .stop_asked = is_stopped,
                           .user = p};
    GOD_TRY(gdi_call_send(&call, &reply, err));
    god_status status = reply.status == 200
                            ? gdi_repository_answer_parse("answer", reply.body, reply.bytes, ret_answer, err)
                            : god_fail(err, GOD_E_DATA, "it answered with status %ld", reply.status);
    explicit_bzero(reply.body, reply.bytes);
    gdi_reply_clear(&reply);
    return status;
}

static void ask_one(pass *p, miner *m)
{
    gdi_repository_answer answer = {.root = NULL};
    god_error err = GOD_ERROR_INIT;
    god_status status = fetch_answer(p, m, &answer, &err);
    if (status == GOD_OK) {
        status = make_reply(p, m->hotkey, &answer, &m->reply, &err);
    }
    if (status != GOD_OK) {
        gdi_log_write(p->x->log, GOD_LOG_DEBUG, "a miner does not enter", "hotkey", m->hotkey, "reason", err.message,
                      NULL);
    }
    gdi_repository_answer_clear(&answer);
}

/* ---- all of them ---- */

static void *run_asker(void *user)
{
    pass *p = user;
    for (uint32_t i = atomic_fetch_add(&p->next, 1); i < p->count && !is_stopped(p);
         i = atomic_fetch_add(&p->next, 1)) {
        ask_one(p, &p->miners[i]);
    }
    (void)pthread_mutex_lock(&p->lock);
    p->asking--;
    (void)pthread_cond_signal(&p->changed);
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Until the last asker has ended. Only this thread may use the job's lease. */
static void wait_for_all(pass *p)
{
    (void)pthread_mutex_lock(&p->lock);
    while (p->asking > 0) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += look_ms * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        (void)pthread_cond_timedwait(&p->changed, &p->lock, &until);
        (void)pthread_mutex_unlock(&p->lock);
        if (p->x->stop_asked(p->x->user) != 0) {
            atomic_store(&p->stopped, 1);
        }
        (void)pthread_mutex_lock(&p->lock);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

static god_status ask_all(pass *p, god_error *err)
{
    pthread_t askers[askers_max];
    pthread_condattr_t attributes;
    uint32_t wanted = p->count < askers_max ? p->count : askers_max, started = 0;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&p->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    (void)pthread_mutex_init(&p->lock, NULL);
    p->asking = wanted;
    while (started < wanted && pthread_create(&askers[started], NULL, run_asker, p) == 0) {
        started++;
    }
    (void)pthread_mutex_lock(&p->lock);
    p->asking -= wanted - started;
    (void)pthread_mutex_unlock(&p->lock);
    wait_for_all(p);
    for (uint32_t i = 0; i < started; i++) {
        (void)pthread_join(askers[i], NULL);
    }
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_cond_destroy(&p->changed);
    if (started == 0 && wanted > 0) {
        return god_fail(err, GOD_E_IO, "cannot start a thread to ask miners");
    }
    return is_stopped(p) ? god_fail(err, GOD_E_CANCELLED, "asking miners was stopped") : GOD_OK;
}

static god_status read_miners(pass *p, const json_t *nodes, god_error *err)
{
    const json_t *node = NULL;
    size_t i = 0;
    p->miners = calloc(json_array_size(nodes) + 1, sizeof *p->miners);
    if (p->miners == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu miners", json_array_size(nodes));
    }
    json_array_foreach(nodes, i, node)
    {
        miner *m = &p->miners[p->count];
        GOD_TRY(god_json_get_str("payload", node, "hotkey", &m->hotkey, err));
        GOD_TRY(god_json_opt_str("payload", node, "ip", &m->ip, err));
        GOD_TRY(god_json_opt_int("payload", node, "port", 0, UINT16_MAX, &m->port, err));
        p->count += m->ip != NULL && m->ip[0] != '\0' && m->port != 0; /* others never posted an address */
    }
    return GOD_OK;
}

static god_status collect(const pass *p, json_t **ret_result, god_error *err)
{
    json_t *replies = json_array();
    int failed = replies == NULL;
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->miners[i].reply != NULL) {
            failed |= json_array_append(replies, p->miners[i].reply);
        }
    }
    *ret_result = failed ? NULL : json_pack("{s:O}", "replies", replies);
    json_decref(replies);
    return *ret_result != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for the answers of miners");
}

static god_status run(pass *p, json_t **ret_result, god_error *err)
{
    gdi_hotkey *key = NULL;
    gdi_secrets *secrets = NULL;
    god_status status = gdi_wallet_open(p->x->config, &key, err);
    if (status == GOD_OK && key == NULL) {
        status = god_fail(err, GOD_E_INVALID, "\"identity.wallet_path\" of god.yaml names no hotkey");
    }
    if (status == GOD_OK) {
        status = gdi_secrets_open(p->x->config->paths_state_dir, &secrets, err);
    }
    if (status == GOD_OK) {
        p->key = key;
        p->secrets = secrets;
        status = ask_all(p, err);
    }
    if (status == GOD_OK) {
        status = collect(p, ret_result, err);
    }
    gdi_secrets_close(secrets);
    gdi_hotkey_free(key);
    return status;
}

god_status gdi_run_ask_miners(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    json_t *nodes = NULL;
    pass p = {.x = x};
    GOD_TRY(god_json_get_str("payload", x->payload, "tournament_type", &p.task_type, err));
    GOD_TRY(god_json_get_array("payload", x->payload, "nodes", &nodes, err));
    if (strcmp(p.task_type, "text") != 0 && strcmp(p.task_type, "image") != 0 &&
        strcmp(p.task_type, "environment") != 0) {
        return god_fail(err, GOD_E_DATA, "\"%.40s\" is no type of tournament", p.task_type);
    }
    god_status status = read_miners(&p, nodes, err);
    if (status == GOD_OK) {
        status = run(&p, ret_result, err);
    }
    for (uint32_t i = 0; i < p.count; i++) {
        json_decref(p.miners[i].reply);
    }
    free(p.miners);
    return status;
}
