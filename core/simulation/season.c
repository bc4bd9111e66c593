#include "core/simulation/season.h"

#include <stdlib.h>

#include "core/cycles/cycles.h"
#include "core/simulation/clock.h"
#include "core/simulation/draw.h"
#include "core/simulation/dump.h"
#include "core/simulation/executors.h"
#include "core/simulation/faults.h"
#include "core/simulation/invariants.h"
#include "core/simulation/operator.h"
#include "core/simulation/record.h"
#include "core/simulation/setting.h"
#include "core/store/migrate.h"
#include "core/tournament/calendar.h"

enum {
    TURNS_MAX = 200,        /* at one moment; a turn that always finds something to do is a fault of the cycles */
    AT_REST_EACH = 16,      /* steps: then a turn that came to an end is asked whether there is really nothing left */
    RETRIES_MAX = 5000,     /* of one step, after injected faults */
    MOMENTS_STUCK_MAX = 500 /* in a row at which something is due and nothing is done */
};

struct gdi_season_memory {
    gdi_db *db;
    gdi_faults faults;
};

typedef struct season {
    const gdi_season_options *options;
    gdi_rules rules;
    gdi_people people;
    gdi_world world;
    gdi_virtual_clock clock;
    gdi_faults own_faults, *faults;
    gdi_db *db;
    gdi_cycles *cycles;
    gdi_sim_executors executors;
    gdi_invariants *invariants;
    gdi_record record;
    int64_t end_us;
    int64_t jobs_due_host_us, turn_due_host_us; /* what the last step found */
    bool is_new_process;                        /* leases may have run out while nobody looked */
    bool has_moved;                             /* the last step changed more than jobs */
    uint32_t stuck;
    gdi_season_result result;
} season;

/* ---- a store in memory ---- */

god_status gdi_season_memory_open(gdi_season_memory **ret_memory, god_error *err)
{
    gdi_season_memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a store");
    }
    gdi_db_options options = {.before = gdi_faults_before, .user = &memory->faults};
    god_status status = gdi_store_open_memory(&options, &memory->db, err);
    if (status != GOD_OK) {
        gdi_season_memory_close(memory);
        return status;
    }
    *ret_memory = memory;
    return GOD_OK;
}

void gdi_season_memory_close(gdi_season_memory *memory)
{
    if (memory != NULL) {
        gdi_db_close(memory->db);
        free(memory);
    }
}

/* ---- processes ---- */

static god_status random_bytes(void *user, const char *label, uint8_t *ret_bytes, size_t count, god_error *err)
{
    const season *s = user;
    (void)err;
    gdi_draw_bytes(s->options->seed, "random", label, ret_bytes, count);
    return GOD_OK;
}

static god_status open_store(season *s, god_error *err)
{
    if (s->options->store_url == NULL) {
        s->db = s->options->memory->db;
        return GOD_OK;
    }
    gdi_db_options options = {.url = s->options->store_url, .before = gdi_faults_before, .user = s->faults};
    GOD_TRY(gdi_db_open(&options, &s->db, err));
    return gdi_schema_migrate(s->db, s->people.start_us, NULL, NULL, err);
}

static void close_process(season *s)
{
    gdi_cycles_close(s->cycles);
    s->cycles = NULL;
    if (s->options->store_url != NULL) {
        gdi_invariants_follow(s->invariants, NULL);
        gdi_db_close(s->db);
    }
    s->db = NULL;
    s->executors.db = NULL;
}

/* Starts the host: its connection and its cycles. The first one also finds out where the season stands. */
static god_status open_process(season *s, god_error *err)
{
    s->faults->armed = false;
    GOD_TRY(open_store(s, err));
    gdi_invariants_follow(s->invariants, s->db);
    gdi_cycles_options options = gdi_setting_cycles(&s->rules, s->options->kinds);
    options.types_enabled &= s->options->types == 0 ? UINT32_MAX : s->options->types;
    options.db = s->db;
    options.log = s->options->log;
    options.random = random_bytes;
    options.user = s;
    GOD_TRY(gdi_cycles_open(&options, &s->cycles, err));
    s->executors.db = s->db;
    s->is_new_process = true;
    s->faults->armed = true;
    return GOD_OK;
}

/* ---- one moment ---- */

static god_status turn_until_quiet(season *s, int64_t host_us, god_error *err)
{
    for (uint32_t i = 0; i < TURNS_MAX; i++) {
        gdi_turn turn = {0};
        GOD_TRY(gdi_cycles_turn(s->cycles, host_us, &turn, err));
        s->result.turns++;
        if (turn.steps == 0) {
            s->turn_due_host_us = turn.next_due_us;
            return GOD_OK;
        }
        s->stuck = 0;
        s->has_moved = true;
        if (s->result.steps % AT_REST_EACH != 0 && turn.next_due_us > host_us) {
            s->turn_due_host_us = turn.next_due_us;
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_INTERNAL, "no_rest: %d turns at one moment did not come to an end", TURNS_MAX);
}

static bool operator_comes(const season *s)
{
    return (s->record.true_us - s->people.start_us) % (GDI_OPERATOR_HOURS * GDI_HOUR_US) == 0;
}

/* Everything that happens at the present moment. After a fault it is done again from the start: what was done already
 * is found done. */
static god_status step(season *s, god_error *err)
{
    int64_t true_us = s->record.true_us, host_us = gdi_virtual_host_us(&s->clock, true_us);
    uint64_t claims = s->executors.claims;
    s->has_moved = operator_comes(s);
    GOD_TRY(gdi_record_write(s->db, &s->record, err));
    if (s->is_new_process || s->jobs_due_host_us <= host_us) {
        GOD_TRY(gdi_job_reap(s->db, host_us, NULL, err));
    }
    GOD_TRY(gdi_sim_executors_answer(&s->executors, true_us, err));
    if (operator_comes(s)) {
        GOD_TRY(gdi_operator_visit(s->cycles, s->db, s->options->seed, s->options->faults, host_us, err));
    }
    GOD_TRY(turn_until_quiet(s, host_us, err));
    GOD_TRY(gdi_sim_executors_claim(&s->executors, true_us, err));
    GOD_TRY(gdi_job_next_due(s->db, &s->jobs_due_host_us, err));
    s->is_new_process = false;
    s->stuck = s->executors.claims != claims ? 0 : s->stuck;
    return GOD_OK;
}

static god_status check(season *s, bool all, god_error *err)
{
    s->faults->armed = false;
    god_status status = gdi_invariants_check(s->invariants, s->db, all, err);
    s->faults->armed = true;
    return status;
}

static god_status step_in_spite_of_faults(season *s, god_error *err)
{
    for (uint32_t i = 0; i < RETRIES_MAX; i++) {
        s->faults->is_hit = false;
        god_status status = step(s, err);
        if (!s->faults->is_hit) {
            return status;
        }
        if (s->faults->is_dead) {
            close_process(s);
            gdi_faults_revive(s->faults);
            GOD_TRY(open_process(s, err));
            GOD_TRY(check(s, false, err)); /* half a step is as good as a whole one */
        }
    }
    return god_fail(err, GOD_E_INTERNAL, "no_progress: one step was interrupted %d times", RETRIES_MAX);
}

/* ---- from moment to moment ---- */

static int64_t earlier(int64_t a_us, int64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

static god_status advance(season *s, god_error *err)
{
    int64_t now_us = s->record.true_us, visit_us = GDI_OPERATOR_HOURS * GDI_HOUR_US;
    int64_t next_us = s->people.start_us + ((now_us - s->people.start_us) / visit_us + 1) * visit_us;
    next_us = earlier(next_us, gdi_agenda_next_us(&s->executors.agenda));
    next_us = earlier(next_us, gdi_virtual_due_us(&s->clock, now_us, s->jobs_due_host_us));
    next_us = earlier(next_us, gdi_virtual_due_us(&s->clock, now_us, s->turn_due_host_us));
    if (next_us <= now_us) { /* due, and nothing came of it: look again in a moment */
        next_us = now_us + GDI_SECOND_US;
        if (++s->stuck > MOMENTS_STUCK_MAX) {
            return god_fail(err, GOD_E_INTERNAL, "stuck: something is due and %d moments did not change it",
                            MOMENTS_STUCK_MAX);
        }
    }
    s->record.true_us = next_us;
    return GOD_OK;
}

static god_status play_moments(season *s, god_error *err)
{
    while (s->record.true_us < s->end_us) {
        if (s->options->stop_asked != NULL && s->options->stop_asked(s->options->user)) {
            return god_fail(err, GOD_E_CANCELLED, "stopped");
        }
        GOD_TRY(step_in_spite_of_faults(s, err));
        s->result.steps++;
        if (s->has_moved) {
            GOD_TRY(check(s, false, err));
        }
        GOD_TRY(advance(s, err));
    }
    GOD_TRY(check(s, true, err));
    s->faults->armed = false;
    s->record = (gdi_record){.true_us = s->end_us, .ended = true};
    return gdi_record_write(s->db, &s->record, err);
}

/* ---- a season ---- */

static god_status count_tournaments(season *s, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(s->db, &rows, err,
                      "SELECT COUNT(*), COALESCE(SUM(CASE WHEN status = 'completed' THEN 1 ELSE 0 END), 0), "
                      "COALESCE(SUM(CASE WHEN winner_hotkey = $1 THEN 1 ELSE 0 END), 0) FROM tournaments",
                      gdi_text(s->people.burn_hotkey)));
    if (gdi_rows_next(rows)) {
        s->result.tournaments = (uint64_t)gdi_rows_int(rows, 0);
        s->result.completed = (uint64_t)gdi_rows_int(rows, 1);
        s->result.defended = (uint64_t)gdi_rows_int(rows, 2);
    }
    gdi_rows_free(rows);
    return GOD_OK;
}

static god_status finish(season *s, god_error *err)
{
    s->faults->armed = false;
    s->result.jobs = s->executors.claims;
    s->result.refused = s->executors.refused;
    s->result.kills = s->faults->kills;
    s->result.store_errors = s->faults->errors;
    s->result.statements = s->faults->statements;
    GOD_TRY(count_tournaments(s, err));
    bool is_wanted = s->options->wants_digest || s->options->dump_path != NULL;
    return is_wanted ? gdi_dump(s->db, s->options->dump_path, s->result.digest, err) : GOD_OK;
}

static god_status begin(season *s, god_error *err)
{
    const gdi_season_options *options = s->options;
    char text[160];
    gdi_people_options people = {.seed = options->seed,
                                 .miner_count = options->miners,
                                 .honest_count = gdi_setting_honest(&s->rules),
                                 .faults = options->faults,
                                 .start_us = gdi_setting_start_us(),
                                 .burn_hotkey = gdi_setting_burn_hotkey()};
    GOD_TRY(gdi_task_kinds_need(options->kinds, err));
    GOD_TRY(gdi_people_init(&s->people, &people, err));
    s->world = (gdi_world){.people = &s->people, .kinds = options->kinds};
    s->clock = (gdi_virtual_clock){.seed = options->seed, .faults = options->faults, .start_us = people.start_us};
    s->executors = (gdi_sim_executors){.world = &s->world, .clock = &s->clock};
    s->end_us = people.start_us + (int64_t)options->days * GDI_DAY_US;
    gdi_faults_init(s->faults, options->seed, options->per_1000_statements);
    s->faults->kill_at = options->kill_at;
    s->faults->armed = false;
    if (options->store_url == NULL) {
        GOD_TRY(gdi_store_empty_memory(options->memory->db, err));
    }
    GOD_TRY(gdi_invariants_new(s->people.burn_hotkey, &s->people, &s->invariants, err));
    GOD_TRY(open_process(s, err));
    s->faults->armed = false;
    (void)snprintf(text, sizeof text, "--seed %llu --days %u --miners %u --faults %g",
                   (unsigned long long)options->seed, options->days, options->miners, options->faults);
    GOD_TRY(gdi_record_begin(s->db, text, people.start_us, options->store_url == NULL, &s->record, err));
    GOD_TRY(gdi_setting_stock(s->db, &s->people, options->kinds, err));
    GOD_TRY(gdi_sim_executors_take_over(&s->executors, s->record.true_us, err));
    s->faults->armed = true;
    return GOD_OK;
}

god_status gdi_season_play(const gdi_season_options *options, gdi_season_result *ret_result, god_error *err)
{
    season s = {.options = options, .jobs_due_host_us = INT64_MAX, .turn_due_host_us = INT64_MAX};
    s.faults = options->store_url == NULL ? &options->memory->faults : &s.own_faults;
    gdi_rules_default(&s.rules);
    god_status status = begin(&s, err);
    if (status == GOD_OK && !s.record.ended) {
        status = play_moments(&s, err);
    }
    if (status == GOD_OK) {
        status = finish(&s, err);
    }
    if (status == GOD_OK) {
        *ret_result = s.result;
    } else if (status != GOD_E_CANCELLED && s.record.true_us != 0) {
        char moment[GDI_TIME_TEXT];
        gdi_time_format(s.record.true_us, moment);
        status = god_fail_in(err, "%s", moment);
    }
    close_process(&s);
    gdi_sim_executors_free(&s.executors);
    gdi_invariants_free(s.invariants);
    gdi_people_fini(&s.people);
    return status;
}
