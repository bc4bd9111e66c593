#include "core/host/executors.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/host/aside.h"
#include "core/host/executor_table.h"
#include "core/host/held.h"
#include "core/host/turn_lease.h"
#include "core/store/configured.h"
#include "god/helpers/json.h"

enum {
    kinds_max = 32,
    hands_max = 64,
    watched_max = 256,
    asides_max = 32, /* threads for jobs aside; more of them wait */
    aside_wait_ms = 1000,
    wait_max_ms = 60 * 1000, /* the backstop, should a wake be lost */
    trouble_ms = 2000,       /* after the store could not be used */
    first_retry_s = 5,
    retry_max_s = 600,
};

typedef struct hand {
    struct gdi_executors *all;
    pthread_t thread;
    uint32_t started;
} hand;

struct gdi_executors {
    gdi_executors_options options;
    char place[GDI_PLACE_BYTES], owner[GDI_PLACE_BYTES + 32];
    const char *run_kinds[kinds_max], *look_kinds[kinds_max], *other_kinds[kinds_max]; /* NULL-ended */
    int stop_fd;                                                                       /* readable: end */
    int over_fd; /* readable: something aside may be over; the watcher reads it */
    hand hands[hands_max];
    uint32_t hand_count;
    hand watcher;
    gdi_prefetch *prefetch; /* the watcher's, as the next */
    uint32_t aside_count;
};

const char *gdi_executors_missing(const gdi_executors *executors, const char *kind)
{
    return gdi_executor_missing(executors->options.config, kind);
}

static uint32_t is_stopping(const gdi_executors *all)
{
    struct pollfd stop = {.fd = all->stop_fd, .events = POLLIN};
    return poll(&stop, 1, 0) != 0;
}

/* ---- one job ---- */

static uint32_t ask_stop(void *user)
{
    gdi_held *held = user;
    return gdi_held_keep(held) != GOD_OK || is_stopping(held->user);
}

static gdi_execution execution_of(const gdi_executors *all, gdi_held *held)
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

static void count(const gdi_executors *all, int running, uint32_t done, uint32_t failed)
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
static void settle(const gdi_executors *all, gdi_held *held, god_status outcome, const json_t *result,
                   const god_error *why)
{
    god_error err = GOD_ERROR_INIT;
    god_status status = GOD_OK;
    if (outcome != GOD_OK && is_stopping(all)) {
        status = gdi_job_release(held->db, &held->lease, gdi_facts_now_us(), &err);
    } else if (outcome == GOD_OK) {
        status = gdi_held_finish(held, result, &err);
        count(all, 0, status == GOD_OK, 0);
    } else {
        int64_t retry_us = is_worth_a_retry(outcome) ? retry_at(held->lease.attempt) : 0;
        status = gdi_job_fail(held->db, &held->lease, gdi_facts_now_us(), retry_us, why->message, &err);
        count(all, 0, 0, status == GOD_OK);
        gdi_log_write(all->options.log, GOD_LOG_WARNING, "a job failed", "key", held->lease.key, "reason", why->message,
                      NULL);
    }
    if (status != GOD_OK) { /* the lease runs out by itself, and somebody does it again */
        gdi_log_write(all->options.log, GOD_LOG_WARNING, "the end of a job could not be stored", "key", held->lease.key,
                      "reason", err.message, NULL);
    }
}

/* ---- hands ---- */

static god_status next_due(gdi_db *db, const char *const *kinds, int *ret_wait_ms, god_error *err)
{
    int64_t now_us = gdi_facts_now_us();
    *ret_wait_ms = wait_max_ms;
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
static uint32_t rest(const gdi_executors *all, gdi_db *db, int over_fd, int wait_ms)
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
    const gdi_execution x = execution_of(all, &held);
    count(all, 1, 0, 0);
    god_status outcome = gdi_executor_of(held.lease.kind)->run(&x, &result, &why);
    settle(all, &held, outcome, result, &why);
    count(all, -1, 0, 0);
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
static gdi_db *insist_on_db(const gdi_executors *all)
{
    gdi_db *db = NULL;
    while (!is_stopping(all) && db == NULL) {
        god_error err = GOD_ERROR_INIT;
        if (open_db(all, &db, &err) != GOD_OK) {
            struct pollfd stop = {.fd = all->stop_fd, .events = POLLIN};
            gdi_log_write(all->options.log, GOD_LOG_ERROR, "an executor cannot open the store, trying again", "reason",
                          err.message, NULL);
            (void)poll(&stop, 1, trouble_ms);
        }
    }
    return db;
}

static void *run_hand(void *user)
{
    const gdi_executors *all = ((hand *)user)->all;
    gdi_db *db = insist_on_db(all);
    while (!is_stopping(all)) {
        god_error err = GOD_ERROR_INIT;
        int wait_ms = trouble_ms;
        god_status status = do_one(all, db, &err);
        if (status == GOD_OK) {
            continue; /* there may be another */
        }
        if (status == GOD_E_NOT_FOUND) {
            status = next_due(db, all->run_kinds, &wait_ms, &err);
        }
        if (status != GOD_OK) {
            gdi_log_write(all->options.log, GOD_LOG_ERROR, "an executor cannot use the store, trying again", "reason",
                          err.message, NULL);
        }
        (void)rest(all, db, -1, wait_ms);
    }
    gdi_db_close(db);
    return NULL;
}

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
    *ret_wait_ms = wait_max_ms;
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
    const gdi_execution x = execution_of(all, &w->held);
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
    settle(all, &w->held, outcome, result, &why);
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
            count(all, -1, 0, 0);
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
        count(all, 1, 0, 0);
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
        count(all, -1, 0, 0);
    }
}

static void *run_watcher(void *user)
{
    gdi_executors *all = ((hand *)user)->all;
    watched *list = calloc(watched_max, sizeof *list);
    uint32_t list_count = 0;
    uint64_t give_up_ms = 0;
    gdi_db *db = list == NULL ? NULL : insist_on_db(all);
    while (db != NULL && !is_stopping(all)) {
        god_error err = GOD_ERROR_INIT;
        int wait_ms = trouble_ms;
        god_status status = take_more(all, db, list, &list_count, &err);
        look_at_all(all, list, &list_count);
        if (status == GOD_OK && gdi_clock_ms() >= give_up_ms) {
            status = give_up_unexecuted(all, db, &err);
            give_up_ms = gdi_clock_ms() + wait_max_ms;
        }
        if (status == GOD_OK) {
            status = next_due(db, all->look_kinds, &wait_ms, &err);
        }
        if (status != GOD_OK) {
            gdi_log_write(all->options.log, GOD_LOG_ERROR, "the watcher cannot use the store, trying again", "reason",
                          err.message, NULL);
        }
        if (rest(all, db, all->over_fd,
                 list_count == watched_max ? GDI_HELD_KEEP_MS : wait_of(list, list_count, wait_ms))) {
            doubt_cancelled(all, db, list, list_count);
        }
    }
    release_all(all, list, list_count);
    gdi_db_close(db);
    free(list);
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

static god_status start_thread(gdi_executors *all, hand *h, void *(*run)(void *user), god_error *err)
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
    for (uint32_t i = 0; i < (uint32_t)all->options.config->host_executors && i < hands_max; i++) {
        GOD_TRY(start_thread(all, &all->hands[i], run_hand, err));
        all->hand_count++;
    }
    gdi_facts_lock(all->options.facts)->executors_max = all->hand_count;
    gdi_facts_unlock(all->options.facts);
    return start_thread(all, &all->watcher, run_watcher, err);
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
