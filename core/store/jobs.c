#include "core/store/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "core/store/engine.h"
#include "core/store/text.h"

enum {
    attempts_default = 3,
    kinds_max = 64,
    message_bytes_max = 4000,
    claim_bytes_max = 2048,
};

static const struct state {
    const char *name;
    uint32_t state;
} states[] = {
    {"queued", GDI_JOB_QUEUED}, {"running", GDI_JOB_RUNNING},     {"done", GDI_JOB_DONE},
    {"failed", GDI_JOB_FAILED}, {"cancelled", GDI_JOB_CANCELLED},
};
enum { states_count = sizeof states / sizeof *states };

const char *gdi_job_state_name(uint32_t state)
{
    for (size_t i = 0; i < states_count; i++) {
        if (states[i].state == state) {
            return states[i].name;
        }
    }
    return "unknown";
}

static uint32_t state_from(const char *name)
{
    for (size_t i = 0; i < states_count; i++) {
        if (strcmp(states[i].name, name) == 0) {
            return states[i].state;
        }
    }
    return 0;
}

/* ---- adding ---- */

god_status gdi_job_add_in(gdi_db *db, const gdi_job_add *job, bool *ret_added, god_error *err)
{
    uint64_t changed = 0;
    int64_t not_before_us = job->not_before_us == 0 ? job->now_us : job->not_before_us;
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "INSERT INTO jobs (kind, key, priority, tournament_id, task_id, hotkey, payload, attempts_max,"
                    " not_before, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)"
                    " ON CONFLICT (key) DO NOTHING",
                    gdi_text(job->kind), gdi_text(job->key), gdi_int(job->priority), gdi_text(job->tournament_id),
                    gdi_text(job->task_id), gdi_text(job->hotkey), gdi_text(job->payload_json),
                    gdi_int(job->attempts_max == 0 ? attempts_default : job->attempts_max), gdi_time(not_before_us),
                    gdi_time(job->now_us)));
    if (changed != 0) {
        GOD_TRY(gdi_db_notify(db, "jobs", err));
    }
    if (ret_added != NULL) {
        *ret_added = changed != 0;
    }
    return GOD_OK;
}

/* ---- claiming ---- */

void gdi_job_lease_clear(gdi_job_lease *lease)
{
    free(lease->kind);
    free(lease->key);
    free(lease->payload_json);
    free(lease->tournament_id);
    free(lease->task_id);
    free(lease->hotkey);
    *lease = (gdi_job_lease){.job_id = 0};
}

/* A copy of a text column; NULL stays NULL. */
static god_status copy_text(const gdi_rows *rows, size_t column, char **ret_copy, god_error *err)
{
    const char *text = gdi_rows_text(rows, column);
    char *copy = text == NULL ? NULL : strdup(text);
    if (text != NULL && copy == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a job");
    }
    *ret_copy = copy;
    return GOD_OK;
}

static god_status read_lease(const gdi_rows *rows, gdi_job_lease *lease, god_error *err)
{
    lease->job_id = gdi_rows_int(rows, 0);
    lease->fence = gdi_rows_int(rows, 1);
    lease->attempt = (uint32_t)gdi_rows_int(rows, 2);
    GOD_TRY(copy_text(rows, 3, &lease->kind, err));
    GOD_TRY(copy_text(rows, 4, &lease->key, err));
    GOD_TRY(copy_text(rows, 5, &lease->payload_json, err));
    GOD_TRY(copy_text(rows, 6, &lease->tournament_id, err));
    GOD_TRY(copy_text(rows, 7, &lease->task_id, err));
    return copy_text(rows, 8, &lease->hotkey, err);
}

#define JOB_COLUMNS "job_id, fence, attempts, kind, key, payload, tournament_id, task_id, hotkey"

/* %s: the kinds. PostgreSQL does it in one statement, and passes over a row that another connection is just claiming.
 * SQLite looks first: then asking when there is nothing, which executors do most of the time, takes no write lock. */
static const char claim_postgres[] =
    "WITH first AS MATERIALIZED (SELECT job_id AS id FROM jobs WHERE state = 'queued' AND not_before <= $3"
    " AND (%s) ORDER BY priority, created_at, key LIMIT 1 FOR UPDATE SKIP LOCKED)"
    " UPDATE jobs SET state = 'running', owner = $1, lease_until = $2, started_at = $3, updated_at = $3,"
    " attempts = attempts + 1, fence = fence + 1, progress = NULL, message = NULL"
    " FROM first WHERE job_id = id RETURNING " JOB_COLUMNS;
static const char look_sqlite[] = "SELECT " JOB_COLUMNS " FROM jobs WHERE state = 'queued' AND not_before <= $1"
                                  " AND (%s) ORDER BY priority, created_at, key LIMIT 1";
static const char take_sqlite[] =
    "UPDATE jobs SET state = 'running', owner = $1, lease_until = $2, started_at = $3, updated_at = $3,"
    " attempts = attempts + 1, fence = fence + 1, progress = NULL, message = NULL"
    " WHERE job_id = $4 AND fence = $5 AND state = 'queued'";

/* "kind = $4 OR kind = $5": for IN with three and more SQLite builds a temporary table, also when it has nothing to
 * look through; and it makes an IN of such a chain, unless a + says that no index shall be used. */
static void write_with_kinds(uint32_t engine, size_t first, size_t kind_count, char ret_sql[claim_bytes_max])
{
    bool sqlite = engine == GDI_ENGINE_SQLITE;
    char kinds[kinds_max * sizeof " OR +kind = $99"];
    size_t used = 0;
    for (size_t i = 0; i < kind_count; i++) {
        used += (size_t)snprintf(kinds + used, sizeof kinds - used, "%s%skind = $%zu", i == 0 ? "" : " OR ",
                                 sqlite ? "+" : "", first + i);
    }
    const char *sql = sqlite ? look_sqlite : claim_postgres;
    const char *hole = strstr(sql, "%s");
    (void)snprintf(ret_sql, claim_bytes_max, "%.*s%s%s", (int)(hole - sql), sql, kinds, hole + strlen("%s"));
}

static god_status query_lease(gdi_db *db, const char *sql, const gdi_value *values, size_t count,
                              gdi_job_lease *ret_lease, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_job_lease lease = {.job_id = 0};
    GOD_TRY(gdi_db_query(db, sql, values, count, &rows, err));
    god_status status =
        gdi_rows_next(rows) ? read_lease(rows, &lease, err) : god_fail(err, GOD_E_NOT_FOUND, "no job is due");
    gdi_rows_free(rows);
    if (status != GOD_OK) {
        gdi_job_lease_clear(&lease);
        return status;
    }
    *ret_lease = lease;
    return GOD_OK;
}

/* The values of a claim: owner, end of the lease, now, and the kinds. */
enum { before_kinds = 3, now_at = 2 };

/* Takes the job that was looked at, unless somebody was faster: then *ret_taken is false. */
static god_status take(gdi_db *db, const gdi_value *values, gdi_job_lease *lease, bool *ret_taken, god_error *err)
{
    uint64_t changed = 0;
    GOD_TRY(GDI_RUN(db, &changed, err, take_sqlite, values[0], values[1], values[2], gdi_int(lease->job_id),
                    gdi_int(lease->fence)));
    lease->fence++;
    lease->attempt++;
    *ret_taken = changed != 0;
    return GOD_OK;
}

static god_status look_and_take(gdi_db *db, const gdi_value *values, size_t kind_count, gdi_job_lease *ret_lease,
                                god_error *err)
{
    char look[claim_bytes_max];
    write_with_kinds(GDI_ENGINE_SQLITE, 2, kind_count, look);
    for (;;) {
        gdi_job_lease lease;
        bool taken = false;
        GOD_TRY(query_lease(db, look, values + now_at, 1 + kind_count, &lease, err));
        god_status status = take(db, values, &lease, &taken, err);
        if (taken) {
            *ret_lease = lease;
            return GOD_OK;
        }
        gdi_job_lease_clear(&lease);
        GOD_TRY(status);
    }
}

god_status gdi_job_claim(gdi_db *db, const char *const *kinds, const char *owner, int64_t now_us, int64_t lease_us,
                         gdi_job_lease *ret_lease, god_error *err)
{
    gdi_value values[before_kinds + kinds_max] = {gdi_text(owner), gdi_time(now_us + lease_us), gdi_time(now_us)};
    char sql[claim_bytes_max];
    size_t count = 0;
    for (; kinds[count] != NULL; count++) {
        if (count == kinds_max) {
            return god_fail(err, GOD_E_INTERNAL, "a claim names more than %d kinds of job", kinds_max);
        }
        values[before_kinds + count] = gdi_text(kinds[count]);
    }
    if (count == 0) {
        return god_fail(err, GOD_E_NOT_FOUND, "no job is due");
    }
    if (gdi_db_engine(db) == GDI_ENGINE_SQLITE) {
        return look_and_take(db, values, count, ret_lease, err);
    }
    write_with_kinds(GDI_ENGINE_POSTGRES, before_kinds + 1, count, sql);
    return query_lease(db, sql, values, before_kinds + count, ret_lease, err);
}

/* ---- what a holder says ---- */

typedef struct holder_call {
    const gdi_job_lease *lease;
    int64_t now_us, moment_us; /* moment_us: end of the lease, or of the pause before the next try */
    const char *text;          /* progress, result or message */
} holder_call;

/* The row is not ours any more. One way out: what is asked for has happened already, by this very claim, and only the
 * answer got lost. */
static god_status refuse(gdi_db *db, const holder_call *call, const char *state_wanted, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err, "SELECT state, fence FROM jobs WHERE job_id = $1", gdi_int(call->lease->job_id)));
    bool there = gdi_rows_next(rows);
    bool ours = there && gdi_rows_int(rows, 1) == call->lease->fence;
    bool done = ours && state_wanted != NULL && strcmp(gdi_rows_text(rows, 0), state_wanted) == 0;
    char state[16];
    (void)snprintf(state, sizeof state, "%s", there ? gdi_rows_text(rows, 0) : "deleted");
    gdi_rows_free(rows);
    if (done) {
        return GOD_OK;
    }
    return god_fail(err, GOD_E_CANCELLED, ours || !there ? "job %s is %s" : "job %s was claimed by somebody else",
                    call->lease->key, state);
}

static god_status renew_in(gdi_db *db, void *user, god_error *err)
{
    const holder_call *call = user;
    uint64_t changed = 0;
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "UPDATE jobs SET lease_until = $3, updated_at = $4, progress = COALESCE($5, progress)"
                    " WHERE job_id = $1 AND fence = $2 AND state = 'running'",
                    gdi_int(call->lease->job_id), gdi_int(call->lease->fence), gdi_time(call->moment_us),
                    gdi_time(call->now_us), gdi_text(call->text)));
    return changed != 0 ? GOD_OK : refuse(db, call, NULL, err);
}

static god_status finish_in(gdi_db *db, void *user, god_error *err)
{
    const holder_call *call = user;
    uint64_t changed = 0;
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "UPDATE jobs SET state = 'done', result = $3, ended_at = $4, updated_at = $4, lease_until = NULL"
                    " WHERE job_id = $1 AND fence = $2 AND state = 'running'",
                    gdi_int(call->lease->job_id), gdi_int(call->lease->fence), gdi_text(call->text),
                    gdi_time(call->now_us)));
    return changed != 0 ? gdi_db_notify(db, "cycles", err) : refuse(db, call, "done", err);
}

static god_status fail_in(gdi_db *db, void *user, god_error *err)
{
    const holder_call *call = user;
    uint64_t changed = 0;
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "UPDATE jobs SET state = 'failed', message = $3, ended_at = $4, updated_at = $4, lease_until = NULL"
                    " WHERE job_id = $1 AND fence = $2 AND state = 'running'",
                    gdi_int(call->lease->job_id), gdi_int(call->lease->fence), gdi_text(call->text),
                    gdi_time(call->now_us)));
    return changed != 0 ? gdi_db_notify(db, "cycles", err) : refuse(db, call, "failed", err);
}

static god_status fail_or_retry_in(gdi_db *db, void *user, god_error *err)
{
    const holder_call *call = user;
    uint64_t changed = 0;
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "UPDATE jobs SET state = 'queued', message = $3, updated_at = $4, not_before = $5,"
                    " lease_until = NULL, owner = NULL"
                    " WHERE job_id = $1 AND fence = $2 AND state = 'running' AND attempts < attempts_max",
                    gdi_int(call->lease->job_id), gdi_int(call->lease->fence), gdi_text(call->text),
                    gdi_time(call->now_us), gdi_time(call->moment_us)));
    if (changed != 0) {
        return gdi_db_notify(db, "jobs", err);
    }
    god_status status = refuse(db, call, "queued", err);
    return status == GOD_E_CANCELLED ? fail_in(db, user, err) : status;
}

static god_status release_in(gdi_db *db, void *user, god_error *err)
{
    const holder_call *call = user;
    uint64_t changed = 0;
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "UPDATE jobs SET state = 'queued', attempts = attempts - 1, updated_at = $3, lease_until = NULL,"
                    " owner = NULL WHERE job_id = $1 AND fence = $2 AND state = 'running'",
                    gdi_int(call->lease->job_id), gdi_int(call->lease->fence), gdi_time(call->now_us)));
    return changed != 0 ? gdi_db_notify(db, "jobs", err) : refuse(db, call, "queued", err);
}

/* One row with its state and fence in the condition: read committed is enough. */
static god_status hold(gdi_db *db, god_status (*work)(gdi_db *, void *, god_error *), holder_call call, god_error *err)
{
    return gdi_db_transact_as(db, GDI_ISOLATION_READ_COMMITTED, work, &call, err);
}

god_status gdi_job_renew(gdi_db *db, const gdi_job_lease *lease, int64_t now_us, int64_t lease_us,
                         const char *progress_json, god_error *err)
{
    holder_call call = {.lease = lease, .now_us = now_us, .moment_us = now_us + lease_us, .text = progress_json};
    return hold(db, renew_in, call, err);
}

god_status gdi_job_finish(gdi_db *db, const gdi_job_lease *lease, int64_t now_us, const char *result_json,
                          god_error *err)
{
    return hold(db, finish_in, (holder_call){.lease = lease, .now_us = now_us, .text = result_json}, err);
}

god_status gdi_job_fail(gdi_db *db, const gdi_job_lease *lease, int64_t now_us, int64_t retry_us, const char *message,
                        god_error *err)
{
    char text[message_bytes_max + 1];
    gdi_utf8_copy(message, text, sizeof text);
    holder_call call = {.lease = lease, .now_us = now_us, .moment_us = retry_us, .text = text};
    return hold(db, retry_us == 0 ? fail_in : fail_or_retry_in, call, err);
}

god_status gdi_job_release(gdi_db *db, const gdi_job_lease *lease, int64_t now_us, god_error *err)
{
    return hold(db, release_in, (holder_call){.lease = lease, .now_us = now_us}, err);
}

/* ---- what others say ---- */

god_status gdi_job_cancel_in(gdi_db *db, const char *key, int64_t now_us, const char *message, god_error *err)
{
    uint64_t changed = 0;
    char text[message_bytes_max + 1];
    gdi_utf8_copy(message, text, sizeof text);
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "UPDATE jobs SET state = 'cancelled', message = $2, ended_at = $3, updated_at = $3,"
                    " lease_until = NULL WHERE key = $1 AND state IN ('queued', 'running')",
                    gdi_text(key), gdi_text(text), gdi_time(now_us)));
    if (changed == 0) {
        return GOD_OK;
    }
    GOD_TRY(gdi_db_notify(db, "jobs", err)); /* whoever runs it shall hear of it */
    return gdi_db_notify(db, "cycles", err);
}

typedef struct reap_call {
    int64_t now_us;
    uint64_t count; /* out */
} reap_call;

static god_status reap_in(gdi_db *db, void *user, god_error *err)
{
    reap_call *call = user;
    uint64_t failed = 0, queued = 0;
    GOD_TRY(GDI_RUN(db, &failed, err,
                    "UPDATE jobs SET state = 'failed', message = 'nobody renewed the lease of the last attempt',"
                    " ended_at = $1, updated_at = $1, lease_until = NULL"
                    " WHERE state = 'running' AND lease_until <= $1 AND attempts >= attempts_max",
                    gdi_time(call->now_us)));
    GOD_TRY(GDI_RUN(db, &queued, err,
                    "UPDATE jobs SET state = 'queued', message = 'nobody renewed the lease', updated_at = $1,"
                    " lease_until = NULL, owner = NULL WHERE state = 'running' AND lease_until <= $1",
                    gdi_time(call->now_us)));
    if (failed != 0) {
        GOD_TRY(gdi_db_notify(db, "cycles", err));
    }
    if (queued != 0) {
        GOD_TRY(gdi_db_notify(db, "jobs", err));
    }
    call->count = failed + queued;
    return GOD_OK;
}

/* Mostly there is none, and then nothing need be written. */
static god_status look_for_reaping(gdi_db *db, int64_t now_us, bool *ret_any, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err, "SELECT 1 FROM jobs WHERE state = 'running' AND lease_until <= $1 LIMIT 1",
                      gdi_time(now_us)));
    *ret_any = gdi_rows_next(rows);
    gdi_rows_free(rows);
    return GOD_OK;
}

god_status gdi_job_reap(gdi_db *db, int64_t now_us, uint32_t *ret_count, god_error *err)
{
    reap_call call = {.now_us = now_us};
    bool any = false;
    GOD_TRY(look_for_reaping(db, now_us, &any, err));
    if (any) {
        GOD_TRY(gdi_db_transact_as(db, GDI_ISOLATION_READ_COMMITTED, reap_in, &call, err));
    }
    if (ret_count != NULL) {
        *ret_count = (uint32_t)call.count;
    }
    return GOD_OK;
}

/* ---- looking ---- */

void gdi_job_view_clear(gdi_job_view *view)
{
    free(view->result_json);
    free(view->message);
    *view = (gdi_job_view){.job_id = 0};
}

static god_status read_view(const gdi_rows *rows, gdi_job_view *view, god_error *err)
{
    view->job_id = gdi_rows_int(rows, 0);
    view->state = state_from(gdi_rows_text(rows, 1));
    view->attempts = (uint32_t)gdi_rows_int(rows, 2);
    view->ended_us = gdi_rows_time(rows, 3);
    GOD_TRY(copy_text(rows, 4, &view->result_json, err));
    if (view->state != GDI_JOB_FAILED && view->state != GDI_JOB_CANCELLED) {
        return GOD_OK; /* the message of an attempt that is repeated is for people only */
    }
    return copy_text(rows, 5, &view->message, err);
}

god_status gdi_job_look(gdi_db *db, const char *key, gdi_job_view *ret_view, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_job_view view = {.job_id = 0};
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT job_id, state, attempts, ended_at, result, message FROM jobs WHERE key = $1",
                      gdi_text(key)));
    god_status status = gdi_rows_next(rows) ? read_view(rows, &view, err)
                                            : god_fail(err, GOD_E_NOT_FOUND, "there is no job \"%s\"", key);
    gdi_rows_free(rows);
    if (status != GOD_OK) {
        gdi_job_view_clear(&view);
        return status;
    }
    *ret_view = view;
    return GOD_OK;
}

static god_status earliest(gdi_db *db, const char *sql, int64_t *ret_us, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_db_query(db, sql, NULL, 0, &rows, err));
    *ret_us = gdi_rows_next(rows) && !gdi_rows_is_null(rows, 0) ? gdi_rows_time(rows, 0) : INT64_MAX;
    gdi_rows_free(rows);
    return GOD_OK;
}

god_status gdi_job_next_due(gdi_db *db, int64_t *ret_us, god_error *err)
{
    int64_t due_us = 0, lease_us = 0;
    GOD_TRY(earliest(db, "SELECT MIN(not_before) FROM jobs WHERE state = 'queued'", &due_us, err));
    GOD_TRY(earliest(db, "SELECT MIN(lease_until) FROM jobs WHERE state = 'running'", &lease_us, err));
    *ret_us = due_us < lease_us ? due_us : lease_us;
    return GOD_OK;
}

god_status gdi_job_prune(gdi_db *db, int64_t ended_before_us, uint32_t limit, uint32_t *ret_count, god_error *err)
{
    uint64_t changed = 0;
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "DELETE FROM jobs WHERE job_id IN"
                    " (SELECT job_id FROM jobs WHERE ended_at < $1 ORDER BY ended_at, job_id LIMIT $2)",
                    gdi_time(ended_before_us), gdi_int(limit)));
    if (ret_count != NULL) {
        *ret_count = (uint32_t)changed;
    }
    return GOD_OK;
}
