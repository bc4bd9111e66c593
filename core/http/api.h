/* core/http/api.h: what the addresses of the host answer. One file per subject, each with its table of routes.
 *
 *   api_health.c         /health, /ready, /metrics, /openapi.json
 *   api_tournaments.c    /v1/tournaments/..., /v1/benchmarks/...
 *   api_performance.c    /v1/performance/...
 *   api_balances.c       /tournament/..., /transfer/..., /balance/...
 *   api_trainers.c       /v1/tournament_orchestrator/...
 *   api_auditing.c       /auditing/...
 *   api_admin.c          /admin/...: looking, and jobs; the Unix socket only, as
 *   api_operator.c       /admin/...: what people may do to tournaments
 *
 * Handlers read the store through their own connection, so that neither waits for the other; what they write goes
 * through the same functions as everything else. openapi.json describes every public route; a test compares the two.
 * The host's own state (workers, turns) comes through `facts`, which may be called from this thread at any time.
 * Sources: tournament specification, sections 20.5, 22, 25 and 26. [one]
 */
#ifndef GDI_HTTP_API_H
#define GDI_HTTP_API_H

#include "core/base/log.h"
#include "core/config/config.h"
#include "core/cycles/emissions.h"
#include "core/cycles/operator.h"
#include "core/cycles/task_kinds.h"
#include "core/http/key.h"
#include "core/http/route.h"
#include "core/http/server.h"

/* What the host says of itself. */
typedef struct gdi_host_facts {
    int64_t started_us;
    uint64_t turns, steps, turn_errors; /* of the cycles */
    uint64_t turn_us;                   /* time spent in turns */
    int64_t last_turn_us;               /* when the last one ended; 0: none yet */
    uint32_t cycles_enabled;
    uint32_t workers_running, workers_max;
    uint32_t executors_running, executors_max;
    uint64_t jobs_done, jobs_failed; /* by executors of this process, since its start */
    uint32_t plugins_ready;
    uint32_t stopping;
    char trouble[504]; /* why the host does not get on; "": nothing */
} gdi_host_facts;

/* The answer of /v1/tournaments/latest/details, the largest there is: kept for an hour, or until a tournament or task
 * changes its state. Ended with gdi_api_kept_clear. */
typedef struct gdi_api_kept {
    json_t *value; /* own; NULL: nothing is kept */
    int64_t until_us;
    char mark[128]; /* what the store looked like */
} gdi_api_kept;
void gdi_api_kept_clear(gdi_api_kept *kept); /* accepts an empty one */

typedef struct gdi_api {
    gdi_db *db; /* borrowed, as everything here */
    const gdi_rules *rules;
    gdi_task_kinds *kinds;
    gdi_cycles *cycles;       /* for an operator's actions; NULL: there are none */
    const gdi_config *config; /* whose wallet signs requests to trainers; NULL: they are not signed */
    const char *burn_hotkey;
    int64_t netuid;
    const char *version;
    gdi_key_source key;
    const char *training_logs_url; /* "https://.../{task_id}/{hotkey}"; NULL or "": none */
    const char *scores_url;        /* where audits are published; NULL or "": nowhere */
    const gdi_log *log;
    int64_t (*now_us)(void *user);                        /* NULL: the clock */
    void (*facts)(void *user, gdi_host_facts *ret_facts); /* NULL: no host around */
    /* Why nobody in this process executes jobs of that kind; NULL: somebody does. [any] */
    const char *(*not_executed)(void *user, const char *kind);
    void *user;
    gdi_api_kept *latest;             /* NULL: nothing is kept */
    const gdi_server *const *servers; /* NULL-ended; for /metrics; may be NULL */
} gdi_api;

/* Tables of routes: NULL-ended lists of them. The context of their handlers is a gdi_api. */
extern const gdi_route *const gdi_api_public_tables[];
extern const gdi_route *const gdi_api_admin_tables[]; /* /health, /ready, /metrics and /admin */

extern const gdi_route gdi_api_health_routes[], gdi_api_tournament_routes[], gdi_api_performance_routes[],
    gdi_api_balance_routes[], gdi_api_trainer_routes[], gdi_api_auditing_routes[], gdi_api_admin_routes[],
    gdi_api_operator_routes[];

/* check_key of a gdi_server_options whose context is a gdi_api. */
god_status gdi_api_check_key(void *api, const char *authorization, god_error *err);

/* `show` as a handler whose SELECTs all see one state of the store. */
god_status gdi_api_on_one_state(gdi_handler *show, void *api, const gdi_request *request, gdi_answer *answer,
                                god_error *err);
#define GDI_API_ON_ONE_STATE(handle, show)                                                                  \
    static god_status handle(void *context, const gdi_request *request, gdi_answer *answer, god_error *err) \
    {                                                                                                       \
        return gdi_api_on_one_state(show, context, request, answer, err);                                   \
    }

int64_t gdi_api_now(const gdi_api *api);
/* Ended with gdi_emissions_fini. */
god_status gdi_api_emissions(const gdi_api *api, gdi_emissions *ret_emissions, god_error *err);
/* The details object of section 25.1. GOD_E_NOT_FOUND for an unknown id. */
god_status gdi_api_details(const gdi_api *api, const char *tournament_id, json_t **ret_details, god_error *err);
/* Gives back what coldkeys paid for a tournament and have not got back yet (23). GOD_E_NOT_FOUND for an unknown id. */
god_status gdi_api_refund(const gdi_api *api, const char *tournament_id, json_t **ret_answer, god_error *err);
/* The burn object; `with_undistributed` adds what nobody got to burn_weight (20.5). */
json_t *gdi_api_burn(const gdi_emissions *emissions, uint32_t with_undistributed);

#endif
