#include "core/host/season.h"

#include <stdlib.h>
#include <sys/random.h>

#include "core/base/clock.h"
#include "core/host/rules_settings.h"
#include "core/host/turn_lease.h"
#include "core/store/configured.h"
#include "core/store/jobs.h"

enum {
    wait_max_ms = 60 * 1000,
    trouble_first_ms = 250, /* the pause after a turn that failed; doubles */
    trouble_max_ms = 30 * 1000,
    look_again_ms = 10 * 60 * 1000, /* the backstop: every step is run once, in case a wake was lost */
    prune_ms = 10 * 60 * 1000,
    prune_batch = 1000,
};

struct gdi_season {
    const gdi_config *config;
    const gdi_log *log;
    gdi_shared_facts *facts;
    gdi_rules rules;
    gdi_task_kinds kinds;
    gdi_db *db;
    gdi_cycles *cycles;        /* NULL: no tournaments are played */
    gdi_turn_lease turn_lease; /* only with cycles */
    uint64_t due_ms;           /* of the next turn, on the monotonic clock */
    uint64_t trouble_ms, look_due_ms, prune_due_ms;
};

static god_status random_bytes(void *user, const char *label, uint8_t *ret_bytes, size_t count, god_error *err)
{
    (void)user;
    (void)label;
    while (count > 0) {
        ssize_t got = getrandom(ret_bytes, count, 0);
        if (got < 0 && errno != EINTR) {
            return god_fail_errno(err, GOD_E_IO, "the kernel gives no random bytes");
        }
        ret_bytes += got > 0 ? got : 0;
        count -= got > 0 ? (size_t)got : 0;
    }
    return GOD_OK;
}

static god_status types_of(const gdi_strings *names, uint32_t *ret_types, god_error *err)
{
    *ret_types = 0;
    for (size_t i = 0; i < names->count; i++) {
        uint32_t type = gdi_type_from_name(names->items[i]);
        if (type == 0) {
            return god_fail(err, GOD_E_INVALID,
                            "\"tournament.types\" holds \"%.100s\", there are text, image and environment",
                            names->items[i]);
        }
        *ret_types |= UINT32_C(1) << type;
    }
    return GOD_OK;
}

static god_status check_ascending(const char *setting, const gdi_strings *items, god_error *err)
{
    for (size_t i = 1; i < items->count; i++) {
        if (strcmp(items->items[i - 1], items->items[i]) >= 0) {
            return god_fail(err, GOD_E_INVALID, "\"%s\" must be ascending: \"%.100s\" comes before \"%.100s\"", setting,
                            items->items[i], items->items[i - 1]);
        }
    }
    return GOD_OK;
}

/* NULL-ended, as an empty list has no room for its end. */
static const char *const *list_of(const gdi_strings *strings)
{
    static const char *const none[] = {NULL};
    return strings->count == 0 ? none : (const char *const *)strings->items;
}

god_status gdi_season_cycles(const gdi_season_parts *parts, gdi_cycles **ret_cycles, god_error *err)
{
    const gdi_config *c = parts->config;
    gdi_cycles_options options = {
        .db = parts->db,
        .rules = parts->rules,
        .kinds = parts->kinds,
        .log = parts->log,
        .lease = parts->lease,
        .burn_hotkey = c->tournament_burn_hotkey,
        .netuid = c->tournament_netuid,
        .default_repository = c->tournament_default_repository,
        .default_commit = c->tournament_default_commit,
        .auto_complete = c->tournament_auto_complete != 0,
        .publish = c->tournament_publish != 0,
        .review_with_reader = c->tournament_read_duplicates != 0,
        .environments = list_of(&c->tournament_environments),
        .environment_models = list_of(&c->tournament_environment_models),
        .environment_target_model = c->tournament_environment_target_model,
        .dataset_white_list = list_of(&c->tournament_dataset_white_list),
        .collection_address = c->tournament_collection_address[0] == '\0' ? NULL : c->tournament_collection_address,
        .random = random_bytes};
    GOD_TRY(types_of(&c->tournament_types, &options.types_enabled, err));
    GOD_TRY(check_ascending("tournament.environments", &c->tournament_environments, err));
    GOD_TRY(check_ascending("tournament.environment_models", &c->tournament_environment_models, err));
    return gdi_cycles_open(&options, ret_cycles, err);
}

static god_status open_all(gdi_season *s, god_error *err)
{
    const gdi_season_parts parts = {.config = s->config, .log = s->log, .rules = &s->rules, .kinds = &s->kinds};
    GOD_TRY(gdi_rules_from_settings(s->config->tournament_rules, &s->rules, err));
    GOD_TRY(gdi_store_open(s->config, gdi_facts_now_us(), &s->db, err));
    GOD_TRY(gdi_db_listen(s->db, "cycles", err));
    if (s->config->tournament_types.count > 0) {
        gdi_season_parts with_db = parts;
        with_db.db = s->db;
        with_db.lease = &s->turn_lease.lease;
        gdi_turn_lease_init(&s->turn_lease, s->config, s->log, s->db);
        GOD_TRY(gdi_task_kinds_need(&s->kinds, err));
        GOD_TRY(gdi_season_cycles(&with_db, &s->cycles, err));
    }
    return GOD_OK;
}

god_status gdi_season_open(const gdi_config *config, const gdi_log *log, gdi_shared_facts *facts,
                           gdi_season **ret_season, god_error *err)
{
    gdi_season *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the tournaments");
    }
    s->config = config;
    s->log = log;
    s->facts = facts;
    s->look_due_ms = gdi_clock_ms() + look_again_ms;
    god_status status = open_all(s, err);
    if (status != GOD_OK) {
        gdi_season_close(s);
        return status;
    }
    *ret_season = s;
    return GOD_OK;
}

void gdi_season_close(gdi_season *season)
{
    if (season == NULL) {
        return;
    }
    gdi_cycles_close(season->cycles);
    gdi_turn_lease_give_back(&season->turn_lease, gdi_facts_now_us());
    gdi_db_close(season->db);
    gdi_task_kinds_fini(&season->kinds);
    free(season);
}

int gdi_season_fd(const gdi_season *season)
{
    return gdi_db_wake_fd(season->db);
}

int gdi_season_wait_ms(const gdi_season *season)
{
    uint64_t now = gdi_clock_ms();
    uint64_t wait = season->due_ms > now ? season->due_ms - now : 0;
    return wait > wait_max_ms ? wait_max_ms : (int)wait;
}

static uint64_t wait_until(int64_t due_us, int64_t now_us)
{
    int64_t wait_ms = due_us <= now_us ? 0 : (due_us - now_us) / 1000 + 1;
    return due_us == INT64_MAX || wait_ms > wait_max_ms ? wait_max_ms : (uint64_t)wait_ms;
}

static god_status prune(gdi_season *s, int64_t now_us, god_error *err)
{
    uint32_t count = 0;
    if (gdi_clock_ms() < s->prune_due_ms) {
        return GOD_OK;
    }
    int64_t before_us = now_us - s->config->host_keep_jobs_days * INT64_C(86400) * 1000000;
    GOD_TRY(gdi_job_prune(s->db, before_us, prune_batch, &count, err));
    s->prune_due_ms = gdi_clock_ms() + (count == prune_batch ? 1000 : prune_ms);
    return GOD_OK;
}

/* The next moment at which an executor may turn out to be dead. */
static god_status add_lease_end(gdi_season *s, int64_t *due_us, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_db_query(s->db, "SELECT MIN(lease_until) FROM jobs WHERE state = 'running'", NULL, 0, &rows, err));
    if (gdi_rows_next(rows) && !gdi_rows_is_null(rows, 0) && gdi_rows_time(rows, 0) < *due_us) {
        *due_us = gdi_rows_time(rows, 0);
    }
    gdi_rows_free(rows);
    return GOD_OK;
}

/* *ret_plays is 1 when this host is the one. Whoever has just become it knows no reason, so every step looks. */
static god_status keep_lease(gdi_season *s, int64_t now_us, uint32_t woken, uint32_t *ret_plays, god_error *err)
{
    uint32_t taken = 0;
    if (s->cycles == NULL) {
        *ret_plays = 0;
        return GOD_OK;
    }
    GOD_TRY(gdi_turn_lease_keep(&s->turn_lease, now_us, woken, &taken, err));
    if (taken) {
        gdi_cycles_look_at_everything(s->cycles);
    }
    *ret_plays = s->turn_lease.held;
    gdi_facts_lock(s->facts)->cycles_enabled = s->turn_lease.held;
    gdi_facts_unlock(s->facts);
    return GOD_OK;
}

/* Everything of one turn. */
static god_status turn(gdi_season *s, int64_t now_us, gdi_turn *ret_turn, god_error *err)
{
    uint32_t woken = 0, reaped = 0, plays = 0;
    GOD_TRY(gdi_db_take_wakes(s->db, &woken, err));
    GOD_TRY(keep_lease(s, now_us, woken, &plays, err));
    GOD_TRY(gdi_job_reap(s->db, now_us, &reaped, err));
    if (reaped > 0) {
        gdi_log_write(s->log, GOD_LOG_WARNING, "jobs whose executor went silent are queued again", NULL);
    }
    if (plays) {
        if (gdi_clock_ms() >= s->look_due_ms) {
            gdi_cycles_look_at_everything(s->cycles);
            s->look_due_ms = gdi_clock_ms() + look_again_ms;
        }
        GOD_TRY(gdi_cycles_turn(s->cycles, now_us, ret_turn, err));
    }
    GOD_TRY(prune(s, now_us, err));
    return add_lease_end(s, &ret_turn->next_due_us, err);
}

/* The store is busy, out of reach or broken: everything waits for it. */
static uint32_t is_trouble(god_status status)
{
    return status == GOD_E_TIMEOUT || status == GOD_E_IO;
}

static void note(gdi_season *s, const gdi_turn *done, uint64_t took_us, const god_error *why)
{
    uint32_t in_trouble = why != NULL && is_trouble(why->code);
    gdi_host_facts *facts = gdi_facts_lock(s->facts);
    facts->turns++;
    facts->steps += done->steps;
    facts->turn_us += took_us;
    facts->turn_errors += why != NULL;
    facts->last_turn_us = in_trouble ? facts->last_turn_us : gdi_facts_now_us();
    (void)snprintf(facts->trouble, sizeof facts->trouble, "%s", in_trouble ? why->message : "");
    gdi_facts_unlock(s->facts);
}

static uint64_t longer_pause(gdi_season *s)
{
    s->trouble_ms = s->trouble_ms == 0 ? trouble_first_ms : s->trouble_ms * 2;
    s->trouble_ms = s->trouble_ms > trouble_max_ms ? trouble_max_ms : s->trouble_ms;
    return s->trouble_ms;
}

/* The lease wants to be renewed, or looked at, before its time. */
static uint64_t sooner(const gdi_season *s, uint64_t wait_ms)
{
    uint64_t now_ms = gdi_clock_ms(), due_ms = s->turn_lease.due_ms;
    uint64_t lease_wait_ms = due_ms > now_ms ? due_ms - now_ms : 0;
    return s->cycles != NULL && lease_wait_ms < wait_ms ? lease_wait_ms : wait_ms;
}

void gdi_season_turn(gdi_season *season)
{
    god_error err = GOD_ERROR_INIT;
    gdi_turn done = {.next_due_us = INT64_MAX};
    int64_t now_us = gdi_facts_now_us();
    god_status status = turn(season, now_us, &done, &err);
    err.code = status;
    note(season, &done, (uint64_t)(gdi_facts_now_us() - now_us), status == GOD_OK ? NULL : &err);
    if (status == GOD_E_CANCELLED) {
        season->turn_lease.due_ms = 0; /* a step found the lease lost: the next turn stands by */
    }
    uint64_t wait_ms = sooner(season, wait_until(done.next_due_us, gdi_facts_now_us()));
    if (is_trouble(status)) {
        wait_ms = longer_pause(season);
        gdi_log_write(season->log, GOD_LOG_ERROR, "the store cannot be used, trying again", "reason", err.message,
                      NULL);
    } else {
        season->trouble_ms = 0; /* what failed in one tournament was logged by the cycles, which try it again */
    }
    season->due_ms = gdi_clock_ms() + wait_ms;
}
