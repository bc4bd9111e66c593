/* The watcher: one thread that looks at many jobs now and then, and keeps the leases of those that are done aside. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/host/aside.h"
#include "core/host/executor_table.h"
#include "core/host/executors_inner.h"

enum {
    watched_max = 256,
    asides_max = 32, /* threads for jobs aside; more of them wait */
    aside_wait_ms = 1000,
};

/* ---- jobs that nobody here executes ---- */

/* Those that waited their time for somebody else fail, so that their tournament goes on from there. A claim as if it
 * were earlier finds just these. */
static god_status give_up_unexecuted(const gdi_executors *all, gdi_db *db, god_error *err)
{
    const int64_t patience_us = all->options.config->host_unexecuted_minutes * INT64_C(60) * 1000000;
    god_status status = GOD_OK;
    while (status == GOD_OK && patience_us > 0 && all->other_kinds[0] != NULL) {
        gdi_job_lease lease;
        int64_t now_us = gdi_facts_now_us();
        char why[GDI_EXECUTOR_WHY_BYTES];
        status = gdi_job_claim(db, all->other_kinds, all->owner, now_us - patience_us,
                               patience_us + GDI_HELD_LEASE_MS * INT64_C(1000), &lease, err);
        if (status == GOD_OK) {
            (void)snprintf(why, sizeof why, "nobody executed it for %lld minutes: %s",
                           (long long)all->options.config->host_unexecuted_minutes,
                           gdi_executors_missing(all, lease.kind));
            status = gdi_job_fail(db, &lease, now_us, 0, why, err);
            gdi_log_write(all->options.log, GOD_LOG_WARNING, "a job that nobody executes has failed", "key", lease.key,
                          "reason", why, NULL);
            gdi_job_lease_clear(&lease);
        }
    }
    return status == GOD_E_NOT_FOUND ? GOD_OK : status;
}

/* ---- the watcher ---- */

typedef struct watched {
    gdi_held held;
    uint64_t due_ms;  /* of the next look */
    gdi_aside *aside; /* own; NULL: not of that kind, or not begun */
} watched;

static uint32_t aside_is_over(const watched *w)
{
    return w->aside != NULL && gdi_aside_is_over(w->aside);
}

/* Begins a job aside, or takes what came of it. */
static god_status look_aside(gdi_executors *all, watched *w, gdi_run_fn *run, const gdi_execution *x,
                             json_t **ret_result, uint32_t *ret_wait_ms, god_error *err)
{
    *ret_wait_ms = GDI_EXECUTORS_WAIT_MS;
    if (w->aside == NULL && all->aside_count == asides_max) {
        *ret_wait_ms = aside_wait_ms;
        return GOD_OK;
    }
    if (w->aside == NULL) {
        GOD_TRY(gdi_aside_start(x, run, all->over_fd, &w->aside, err));
        all->aside_count++;
        return GOD_OK;
    }
    if (!gdi_aside_is_over(w->aside)) {
        return GOD_OK;
    }
    gdi_aside *aside = w->aside;
    w->aside = NULL;
    all->aside_count--;
    return gdi_aside_end_take(aside, ret_result, err);
}

/* Nobody wants it any more. */
static void end_aside(gdi_executors *all, watched *w)
{
    json_t *result = NULL;
    if (w->aside != NULL) {
        gdi_aside_ask_stop(w->aside);
        (void)gdi_aside_end_take(w->aside, &result, NULL);
        json_decref(result);
        w->aside = NULL;
        all->aside_count--;
    }
}

/* One look at one job, when it is time for one. Returns 1 when the job is settled or not ours any more. */
static uint32_t look(gdi_executors *all, watched *w)
{
    json_t *result = NULL;
    uint32_t wait_ms = 0;
    god_error why = GOD_ERROR_INIT;
    const gdi_executor *of_kind = gdi_executor_of(w->held.lease.kind);
    const gdi_execution x = gdi_executors_execution(all, &w->held);
    if (gdi_held_keep(&w->held) != GOD_OK) {
        end_aside(all, w);
        if (of_kind->drop != NULL) {
            of_kind->drop(&x);
        }
        return 1;
    }
    if (w->due_ms > gdi_clock_ms() && !aside_is_over(w)) {
        return 0;
    }
    god_status outcome = of_kind->run_aside != NULL
                             ? look_aside(all, w, of_kind->run_aside, &x, &result, &wait_ms, &why)
                             : of_kind->look(&x, &result, &wait_ms, &why);
    if (outcome == GOD_OK && result == NULL) {
        w->due_ms = gdi_clock_ms() + wait_ms;
        return 0;
    }
    gdi_executors_settle(all, &w->held, outcome, result, &why);
    json_decref(result);
    return 1;
}

static void look_at_all(gdi_executors *all, watched *list, uint32_t *list_count)
{
    for (uint32_t i = 0; i < *list_count;) {
        if (!look(all, &list[i])) {
            i++;
        } else {
            gdi_held_clear(&list[i].held);
            list[i] = list[--*list_count];
            gdi_executors_count(all, -1, 0, 0);
        }
    }
}

static god_status take_more(const gdi_executors *all, gdi_db *db, watched *list, uint32_t *list_count, god_error *err)
{
    god_status status = GOD_OK;
    while (*list_count < watched_max) {
        watched *w = &list[*list_count];
        status = gdi_held_claim(db, all->look_kinds, all->owner, &w->held, err);
        if (status != GOD_OK) {
            break;
        }
        w->due_ms = 0;
        w->aside = NULL;
        ++*list_count;
        gdi_executors_count(all, 1, 0, 0);
    }
    return status == GOD_E_NOT_FOUND ? GOD_OK : status;
}

/* Until the next look is due, or a lease needs care. */
static int wait_of(const watched *list, uint32_t list_count, int wait_ms)
{
    uint64_t now = gdi_clock_ms();
    for (uint32_t i = 0; i < list_count; i++) {
        uint64_t wait = list[i].due_ms > now ? list[i].due_ms - now : 0;
        wait = wait > GDI_HELD_KEEP_MS ? GDI_HELD_KEEP_MS : wait;
        wait_ms = wait < (uint64_t)wait_ms ? (int)wait : wait_ms;
    }
    return wait_ms;
}

/* Jobs that were cancelled meanwhile: their leases are asked for at the next look, which then drops them. */
static void doubt_cancelled(const gdi_executors *all, gdi_db *db, watched *list, uint32_t list_count)
{
    gdi_rows *rows = NULL;
    if (list_count == 0 || GDI_QUERY(db, &rows, NULL, "SELECT job_id FROM jobs WHERE state = 'running' AND owner = $1",
                                     gdi_text(all->owner)) != GOD_OK) {
        return;
    }
    for (uint32_t i = 0; i < list_count; i++) {
        uint32_t is_ours = 0;
        while (!is_ours && gdi_rows_next(rows)) {
            is_ours = gdi_rows_int(rows, 0) == list[i].held.lease.job_id;
        }
        list[i].held.renewed_ms = is_ours ? list[i].held.renewed_ms : 0;
        gdi_rows_rewind(rows);
    }
    gdi_rows_free(rows);
}

static void release_all(gdi_executors *all, watched *list, uint32_t list_count)
{
    for (uint32_t i = 0; i < list_count; i++) {
        gdi_aside_ask_stop(list[i].aside); /* all of them, before the first is waited for */
    }
    for (uint32_t i = 0; i < list_count; i++) {
        end_aside(all, &list[i]);
        (void)gdi_job_release(list[i].held.db, &list[i].held.lease, gdi_facts_now_us(), NULL);
        gdi_held_clear(&list[i].held);
        gdi_executors_count(all, -1, 0, 0);
    }
}

void *gdi_watcher_run(void *user)
{
    gdi_executors *all = ((gdi_hand *)user)->all;
    watched *list = calloc(watched_max, sizeof *list);
    uint32_t list_count = 0;
    uint64_t give_up_ms = 0;
    gdi_db *db = list == NULL ? NULL : gdi_executors_insist_on_db(all);
    while (db != NULL && !gdi_executors_stopping(all)) {
        god_error err = GOD_ERROR_INIT;
        int wait_ms = GDI_EXECUTORS_TROUBLE_MS;
        god_status status = take_more(all, db, list, &list_count, &err);
        look_at_all(all, list, &list_count);
        if (status == GOD_OK && gdi_clock_ms() >= give_up_ms) {
            status = give_up_unexecuted(all, db, &err);
            give_up_ms = gdi_clock_ms() + GDI_EXECUTORS_WAIT_MS;
        }
        if (status == GOD_OK) {
            status = gdi_executors_next_due(db, all->look_kinds, &wait_ms, &err);
        }
        if (status != GOD_OK) {
            gdi_log_write(all->options.log, GOD_LOG_ERROR, "the watcher cannot use the store, trying again", "reason",
                          err.message, NULL);
        }
        if (gdi_executors_rest(all, db, all->over_fd,
                               list_count == watched_max ? GDI_HELD_KEEP_MS : wait_of(list, list_count, wait_ms))) {
            doubt_cancelled(all, db, list, list_count);
        }
    }
    release_all(all, list, list_count);
    gdi_db_close(db);
    free(list);
    return NULL;
}
