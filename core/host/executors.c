#include "core/host/executors.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/host/executor_table.h"
#include "core/host/executors_inner.h"
#include "core/host/turn_lease.h"
#include "core/store/configured.h"
#include "god/helpers/json.h"

enum { first_retry_s = 5, retry_max_s = 600 };

const char *gdi_executors_missing(const gdi_executors *executors, const char *kind)
{
    return gdi_executor_missing(executors->options.config, kind);
}

uint32_t gdi_executors_stopping(const gdi_executors *all)
{
    struct pollfd stop = {.fd = all->stop_fd, .events = POLLIN};
    return poll(&stop, 1, 0) != 0;
}

/* ---- one job ---- */

static uint32_t ask_stop(void *user)
{
    gdi_held *held = user;
    return gdi_held_keep(held) != GOD_OK || gdi_executors_stopping(held->user);
}

gdi_execution gdi_executors_execution(const gdi_executors *all, gdi_held *held)
{
    held->user = (void *)all;
    return (gdi_execution){.config = all->options.config,
                           .layout = all->options.layout,
                           .prefetch = all->prefetch,
                           .log = all->options.log,
                           .lease = &held->lease,
                           .payload = held->payload,
                           .now_us = gdi_facts_now_us(),
                           .stop_asked = ask_stop,
                           .user = held};
}

void gdi_executors_count(const gdi_executors *all, int running, uint32_t done, uint32_t failed)
{
    gdi_host_facts *facts = gdi_facts_lock(all->options.facts);
    facts->executors_running = (uint32_t)((int)facts->executors_running + running);
    facts->jobs_done += done;
    facts->jobs_failed += failed;
    gdi_facts_unlock(all->options.facts);
}

static uint32_t is_worth_a_retry(god_status status)
{
    return status == GOD_E_TIMEOUT || status == GOD_E_IO || status == GOD_E_NOT_FOUND;
}

static int64_t retry_at(uint32_t attempt)
{
    int64_t wait_s = first_retry_s;
    for (uint32_t i = 1; i < attempt && wait_s < retry_max_s; i++) {
        wait_s *= 2;
    }
    return gdi_facts_now_us() + (wait_s > retry_max_s ? retry_max_s : wait_s) * 1000000;
}

/* Tells the store how the work ended. */
void gdi_executors_settle(const gdi_executors *all, gdi_held *held, god_status outcome, const json_t *result,
                          const god_error *why)
{
    god_error err = GOD_ERROR_INIT;
    god_status status = GOD_OK;
    if (outcome != GOD_OK && gdi_executors_stopping(all)) {
        status = gdi_job_release(held->db, &held->lease, gdi_facts_now_us(), &err);
    } else if (outcome == GOD_OK) {
        status = gdi_held_finish(held, result, &err);
        gdi_executors_count(all, 0, status == GOD_OK, 0);
    } else {
        int64_t retry_us = is_worth_a_retry(outcome) ? retry_at(held->lease.attempt) : 0;
        status = gdi_job_fail(held->db, &held->lease, gdi_facts_now_us(), retry_us, why->message, &err);
        gdi_executors_count(all, 0, 0, status == GOD_OK);
        gdi_log_write(all->options.log, GOD_LOG_WARNING, "a job failed", "key", held->lease.key, "reason", why->message,
                      NULL);
    }
    if (status != GOD_OK) { /* the lease runs out by itself, and somebody does it again */
        gdi_log_write(all->options.log, GOD_LOG_WARNING, "the end of a job could not be stored", "key", held->lease.key,
                      "reason", err.message, NULL);
    }
}

/* ---- hands ---- */

god_status gdi_executors_next_due(gdi_db *db, const char *const *kinds, int *ret_wait_ms, god_error *err)
{
    int64_t now_us = gdi_facts_now_us();
    *ret_wait_ms = GDI_EXECUTORS_WAIT_MS;
    for (; *kinds != NULL; kinds++) {
        gdi_rows *rows = NULL;
        GOD_TRY(GDI_QUERY(db, &rows, err, "SELECT MIN(not_before) FROM jobs WHERE state = 'queued' AND kind = $1",
                          gdi_text(*kinds)));
        if (gdi_rows_next(rows) && !gdi_rows_is_null(rows, 0)) {
            int64_t wait_ms = (gdi_rows_time(rows, 0) - now_us) / 1000 + 1;
            *ret_wait_ms = wait_ms < *ret_wait_ms ? (wait_ms < 1 ? 1 : (int)wait_ms) : *ret_wait_ms;
        }
        gdi_rows_free(rows);
    }
    return GOD_OK;
}

/* Waits for a job, the end, something aside (over_fd; -1: none), or the time. Returns 1 when rows of jobs changed
 * meanwhile. */
uint32_t gdi_executors_rest(const gdi_executors *all, gdi_db *db, int over_fd, int wait_ms)
{
    struct pollfd ready[] = {{.fd = all->stop_fd, .events = POLLIN},
                             {.fd = gdi_db_wake_fd(db), .events = POLLIN},
                             {.fd = over_fd, .events = POLLIN}};
    uint32_t woken = 0;
    if (poll(ready, 3, wait_ms) > 0 && ready[2].revents != 0) {
        (void)eventfd_read(over_fd, &(eventfd_t){0});
    }
    (void)gdi_db_take_wakes(db, &woken, NULL);
    return woken;
}

/* GOD_E_NOT_FOUND: there is nothing to do. */
static god_status do_one(const gdi_executors *all, gdi_db *db, god_error *err)
{
    gdi_held held;
    json_t *result = NULL;
    god_error why = GOD_ERROR_INIT;
    GOD_TRY(gdi_held_claim(db, all->run_kinds, all->owner, &held, err));
    const gdi_execution x = gdi_executors_execution(all, &held);
    gdi_executors_count(all, 1, 0, 0);
    god_status outcome = gdi_executor_of(held.lease.kind)->run(&x, &result, &why);
    gdi_executors_settle(all, &held, outcome, result, &why);
    gdi_executors_count(all, -1, 0, 0);
    json_decref(result);
    gdi_held_clear(&held);
    return GOD_OK;
}

static god_status open_db(const gdi_executors *all, gdi_db **ret_db, god_error *err)
{
    GOD_TRY(gdi_store_open(all->options.config, gdi_facts_now_us(), ret_db, err));
    god_status status = gdi_db_listen(*ret_db, "jobs", err);
    if (status != GOD_OK) {
        gdi_db_close(*ret_db);
        *ret_db = NULL;
    }
    return status;
}

/* Opens the connection, again and again until it works; NULL when it is time to end. */
gdi_db *gdi_executors_insist_on_db(const gdi_executors *all)
{
    gdi_db *db = NULL;
    while (!gdi_executors_stopping(all) && db == NULL) {
        god_error err = GOD_ERROR_INIT;
        if (open_db(all, &db, &err) != GOD_OK) {
            struct pollfd stop = {.fd = all->stop_fd, .events = POLLIN};
            gdi_log_write(all->options.log, GOD_LOG_ERROR, "an executor cannot open the store, trying again", "reason",
                          err.message, NULL);
            (void)poll(&stop, 1, GDI_EXECUTORS_TROUBLE_MS);
        }
    }
    return db;
}

static void *run_hand(void *user)
{
    const gdi_executors *all = ((gdi_hand *)user)->all;
    gdi_db *db = gdi_executors_insist_on_db(all);
    while (!gdi_executors_stopping(all)) {
        god_error err = GOD_ERROR_INIT;
        int wait_ms = GDI_EXECUTORS_TROUBLE_MS;
        god_status status = do_one(all, db, &err);
        if (status == GOD_OK) {
            continue; /* there may be another */
        }
        if (status == GOD_E_NOT_FOUND) {
            status = gdi_executors_next_due(db, all->run_kinds, &wait_ms, &err);
        }
        if (status != GOD_OK) {
            gdi_log_write(all->options.log, GOD_LOG_ERROR, "an executor cannot use the store, trying again", "reason",
                          err.message, NULL);
        }
        (void)gdi_executors_rest(all, db, -1, wait_ms);
    }
    gdi_db_close(db);
    return NULL;
}

/* ---- start and stop ---- */

static void choose_kinds(gdi_executors *all)
{
    size_t run_count = 0, look_count = 0, other_count = 0;
    for (const gdi_executor *e = gdi_executor_table; e->kind != NULL; e++) {
        if (gdi_executors_missing(all, e->kind) != NULL) {
            all->other_kinds[other_count++] = e->kind;
        } else if (e->run != NULL) {
            all->run_kinds[run_count++] = e->kind;
        } else {
            all->look_kinds[look_count++] = e->kind;
        }
    }
}

static god_status start_thread(gdi_executors *all, gdi_hand *h, void *(*run)(void *user), god_error *err)
{
    h->all = all;
    if (pthread_create(&h->thread, NULL, run, h) != 0) {
        return god_fail(err, GOD_E_IO, "cannot start a thread for an executor");
    }
    h->started = 1;
    return GOD_OK;
}

static god_status start_all(gdi_executors *all, god_error *err)
{
    all->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    all->over_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (all->stop_fd < 0 || all->over_fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot make an event descriptor");
    }
    GOD_TRY(gdi_prefetch_open(all->options.config, &all->prefetch, err));
    choose_kinds(all);
    for (uint32_t i = 0; i < (uint32_t)all->options.config->host_executors && i < GDI_HANDS_MAX; i++) {
        GOD_TRY(start_thread(all, &all->hands[i], run_hand, err));
        all->hand_count++;
    }
    gdi_facts_lock(all->options.facts)->executors_max = all->hand_count;
    gdi_facts_unlock(all->options.facts);
    return start_thread(all, &all->watcher, gdi_watcher_run, err);
}

/* Only one host uses a state folder at a time, so what this one held before it was killed is held by nobody: its leases
 * end now instead of when they would. */
static god_status take_back(gdi_db *db, void *user, god_error *err)
{
    const gdi_executors *all = user;
    int64_t now_us = gdi_facts_now_us();
    return GDI_RUN(db, NULL, err,
                   "UPDATE jobs SET lease_until = $1 WHERE state = 'running' AND lease_until > $1 AND "
                   "substr(owner, 1, length(CAST($2 AS TEXT))) = $2",
                   gdi_time(now_us), gdi_text(all->place));
}

static god_status recover(gdi_executors *all, god_error *err)
{
    gdi_db *db = NULL;
    GOD_TRY(gdi_store_open(all->options.config, gdi_facts_now_us(), &db, err));
    god_status status = gdi_db_transact(db, take_back, all, err);
    if (status == GOD_OK) {
        status = gdi_job_reap(db, gdi_facts_now_us(), &(uint32_t){0}, err);
    }
    gdi_db_close(db);
    return status;
}

god_status gdi_executors_start(const gdi_executors_options *options, gdi_executors **ret_executors, god_error *err)
{
    gdi_executors *all = calloc(1, sizeof *all);
    if (all == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the executors");
    }
    all->options = *options;
    all->stop_fd = all->over_fd = -1;
    gdi_host_place(options->config, all->place);
    (void)snprintf(all->owner, sizeof all->owner, "%s%ld", all->place, (long)getpid());
    god_status status = recover(all, err);
    if (status == GOD_OK) {
        status = start_all(all, err);
    }
    if (status != GOD_OK) {
        gdi_executors_stop(all);
        gdi_executors_close(all);
        return status;
    }
    *ret_executors = all;
    return GOD_OK;
}

void gdi_executors_stop(gdi_executors *executors)
{
    if (executors == NULL) {
        return;
    }
    if (executors->stop_fd >= 0) {
        (void)eventfd_write(executors->stop_fd, 1); /* nobody reads it: it stays readable for all */
    }
    for (uint32_t i = 0; i < executors->hand_count; i++) {
        (void)pthread_join(executors->hands[i].thread, NULL);
    }
    if (executors->watcher.started) {
        (void)pthread_join(executors->watcher.thread, NULL);
    }
    executors->hand_count = 0;
    executors->watcher.started = 0;
}

void gdi_executors_close(gdi_executors *executors)
{
    if (executors == NULL) {
        return;
    }
    gdi_prefetch_close(executors->prefetch);
    if (executors->stop_fd >= 0) {
        (void)close(executors->stop_fd);
    }
    if (executors->over_fd >= 0) {
        (void)close(executors->over_fd);
    }
    free(executors);
}
