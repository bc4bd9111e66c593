/* core/store/jobs.h: work that the cycles ask of the world, as rows.
 *
 *              add                claim                    finish
 *     (nobody) ───► queued ──────────────────► running ──────────────► done, result stored
 *                     ▲                          │ │
 *                     └── release, or the lease ─┘ └── fail ─────────► failed, message stored
 *                         ran out, attempts left       (or attempts used up)
 *     queued, running ── cancel ─► cancelled
 *
 * Everything that is not a rule and not a row happens as a job: asking miners, checking a repository, training,
 * evaluating, publishing, telling people. A cycle adds a job in the same transaction as the change of state that needs
 * it, and looks at its result in a later one; so a kill at any instant loses nothing and doubles nothing. The kinds and
 * what their payloads and results hold: core/cycles/work.h.
 *
 * `key` names the work, not the try: adding a key that is there already does nothing. Whoever claims a job gets a lease
 * that it must renew, and a fence: a number that grows with each claim. Every later call carries the fence, and one
 * from an earlier claim is refused with GOD_E_CANCELLED, so that an executor that was thought dead cannot overwrite
 * what its successor did. Results are stored once: a second finish changes nothing.
 *
 * Times come from the caller. Each call here is one transaction unless it says that it runs inside the caller's. [one]
 */
#ifndef GDI_STORE_JOBS_H
#define GDI_STORE_JOBS_H

#include "core/store/db.h"

enum { GDI_JOB_QUEUED = 1, GDI_JOB_RUNNING, GDI_JOB_DONE, GDI_JOB_FAILED, GDI_JOB_CANCELLED };

typedef struct gdi_job_add {
    const char *kind;          /* "ask_miners" */
    const char *key;           /* unique: "ask_miners/<tournament>/3" */
    const char *tournament_id; /* NULL: of none */
    const char *task_id;       /* NULL: of none */
    const char *hotkey;        /* NULL: of nobody in particular */
    const char *payload_json;
    int64_t now_us, not_before_us; /* not_before_us 0: at once */
    uint32_t attempts_max;         /* claims; 0: 3 */
    int32_t priority;              /* lower goes first; then oldest, then key */
} gdi_job_add;

/* Inside the caller's transaction; wakes "jobs". *ret_added (may be NULL) is false when the key was there. */
god_status gdi_job_add_in(gdi_db *db, const gdi_job_add *job, bool *ret_added, god_error *err);

typedef struct gdi_job_lease {
    int64_t job_id;
    int64_t fence;
    uint32_t attempt;                       /* from 1 */
    char *kind, *key, *payload_json;        /* own; ended with gdi_job_lease_clear */
    char *tournament_id, *task_id, *hotkey; /* own; NULL where the row has none */
} gdi_job_lease;
void gdi_job_lease_clear(gdi_job_lease *lease); /* accepts an empty one */

/* The first queued job of one of these kinds (NULL-ended list) that is due, SKIP LOCKED on PostgreSQL.
 * GOD_E_NOT_FOUND when there is none. */
god_status gdi_job_claim(gdi_db *db, const char *const *kinds, const char *owner, int64_t now_us, int64_t lease_us,
                         gdi_job_lease *ret_lease, god_error *err);
/* Still at work. progress_json (may be NULL) is what `god job show` prints. GOD_E_CANCELLED: stop, it is not yours any
 * more or somebody cancelled it. */
god_status gdi_job_renew(gdi_db *db, const gdi_job_lease *lease, int64_t now_us, int64_t lease_us,
                         const char *progress_json, god_error *err);
god_status gdi_job_finish(gdi_db *db, const gdi_job_lease *lease, int64_t now_us, const char *result_json,
                          god_error *err);
/* For good, or to be tried again at retry_us when that is not 0 and attempts are left. */
god_status gdi_job_fail(gdi_db *db, const gdi_job_lease *lease, int64_t now_us, int64_t retry_us, const char *message,
                        god_error *err);
/* Back to queued, attempt not counted: a polite shutdown. */
god_status gdi_job_release(gdi_db *db, const gdi_job_lease *lease, int64_t now_us, god_error *err);
/* By a person or a cycle. Nothing happens to one that has ended. */
god_status gdi_job_cancel_in(gdi_db *db, const char *key, int64_t now_us, const char *message, god_error *err);
/* Jobs whose lease ran out go back to queued, or to failed when their attempts are used up. */
god_status gdi_job_reap(gdi_db *db, int64_t now_us, uint32_t *ret_count, god_error *err);

/* What a cycle looks at, inside its own transaction. */
typedef struct gdi_job_view {
    int64_t job_id;
    uint32_t state; /* GDI_JOB_... */
    uint32_t attempts;
    char *result_json; /* own; NULL unless done */
    char *message;     /* own; NULL unless failed or cancelled */
    int64_t ended_us;  /* 0: not ended */
} gdi_job_view;
void gdi_job_view_clear(gdi_job_view *view); /* accepts an empty one */
/* GOD_E_NOT_FOUND when no job has this key. */
god_status gdi_job_look(gdi_db *db, const char *key, gdi_job_view *ret_view, god_error *err);

/* The next moment at which a queued job becomes due or a lease runs out; INT64_MAX: none. */
god_status gdi_job_next_due(gdi_db *db, int64_t *ret_us, god_error *err);

/* Ended jobs older than this are deleted, `limit` at a time. */
god_status gdi_job_prune(gdi_db *db, int64_t ended_before_us, uint32_t limit, uint32_t *ret_count, god_error *err);

const char *gdi_job_state_name(uint32_t state); /* "queued"; static text */

#endif
