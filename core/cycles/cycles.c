/* core/cycles/cycles.c: a turn: which steps have a reason, and each of them in its own transaction. */
#include "core/cycles/cycles.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/cycles/state.h"
#include "core/store/news.h"
#include "core/tournament/calendar.h"

enum {
    ROUNDS_MAX = 256 /* walks over all steps in one turn; a season needs a few, more is a step that wakes itself */
};
static const int64_t retry_us = 60 * GDI_SECOND_US; /* of a step that failed, when nothing else wakes it */

static const char *const kind_names[GDI_ON_JOB_COUNT] = {
    [GDI_ON_REFRESH_NODES] = GDI_WORK_REFRESH_NODES,
    [GDI_ON_READ_TRANSFERS] = GDI_WORK_READ_TRANSFERS,
    [GDI_ON_SET_WEIGHTS] = GDI_WORK_SET_WEIGHTS,
    [GDI_ON_ASK_MINERS] = GDI_WORK_ASK_MINERS,
    [GDI_ON_CHECK_REPOSITORY] = GDI_WORK_CHECK_REPOSITORY,
    [GDI_ON_FIND_HEAD] = GDI_WORK_FIND_HEAD,
    [GDI_ON_REVIEW_DUPLICATES] = GDI_WORK_REVIEW_DUPLICATES,
    [GDI_ON_CHOOSE_CONTENT] = GDI_WORK_CHOOSE_CONTENT,
    [GDI_ON_PREPARE_TASK] = GDI_WORK_PREPARE_TASK,
    [GDI_ON_PREPARE_MODEL] = GDI_WORK_PREPARE_MODEL,
    [GDI_ON_START_TRAINING] = GDI_WORK_START_TRAINING,
    [GDI_ON_WATCH_TRAINING] = GDI_WORK_WATCH_TRAINING,
    [GDI_ON_REFRESH_GPUS] = GDI_WORK_REFRESH_GPUS,
    [GDI_ON_EVALUATE] = GDI_WORK_EVALUATE,
    [GDI_ON_PLAY_PAIR] = GDI_WORK_PLAY_PAIR,
    [GDI_ON_PLAY_ALONE] = GDI_WORK_PLAY_ALONE,
    [GDI_ON_PUBLISH_REPOSITORY] = GDI_WORK_PUBLISH_REPOSITORY,
    [GDI_ON_COMPARE_SOURCES] = GDI_WORK_COMPARE_SOURCES,
    [GDI_ON_READ_MODEL_BASE] = GDI_WORK_READ_MODEL_BASE,
    [GDI_ON_NOTIFY] = GDI_WORK_NOTIFY,
};

uint32_t gdi_event_of_kind(const char *kind)
{
    uint32_t event = 0;
    while (event < GDI_ON_JOB_COUNT && strcmp(kind_names[event], kind) != 0) {
        event++;
    }
    return event;
}

/* ---- open, close ---- */

static void add_kinds(gdi_cycles *cycles, const gdi_step_kind *kinds)
{
    for (; kinds->name != NULL; kinds++) {
        assert(cycles->kind_count < GDI_STEPS_MAX);
        if (kinds->scope == GDI_SCOPE_GLOBAL) {
            cycles->global_kinds |= GDI_ON(cycles->kind_count);
        }
        cycles->kinds[cycles->kind_count++] = kinds;
    }
}

god_status gdi_cycles_open(const gdi_cycles_options *options, gdi_cycles **ret_cycles, god_error *err)
{
    assert(options->db != NULL && options->rules != NULL && options->random != NULL && options->burn_hotkey != NULL);
    gdi_cycles *cycles = calloc(1, sizeof *cycles);
    if (cycles == NULL) {
        return god_fail(err, GOD_E_NOMEM, "no memory for the cycles");
    }
    cycles->options = *options;
    add_kinds(cycles, gdi_entry_steps);
    add_kinds(cycles, gdi_round_steps);
    add_kinds(cycles, gdi_ending_steps);
    cycles->look_at_everything = true;
    *ret_cycles = cycles;
    return GOD_OK;
}

void gdi_cycles_close(gdi_cycles *cycles)
{
    if (cycles != NULL) {
        gdi_scratch_fini(&cycles->scratch);
        free(cycles);
    }
}

void gdi_cycles_look_at_everything(gdi_cycles *cycles)
{
    cycles->look_at_everything = true;
}

/* ---- reasons ---- */

/* The steps of this subject that any of these events is a reason for. */
static uint64_t steps_for(const gdi_cycles *cycles, const gdi_subject *subject, uint64_t events)
{
    bool is_global = subject->tournament_id[0] == '\0';
    uint64_t steps = 0;
    for (uint32_t i = 0; i < cycles->kind_count; i++) {
        bool matches = is_global == ((cycles->global_kinds & GDI_ON(i)) != 0);
        if (matches && (cycles->kinds[i]->reasons & events) != 0) {
            steps |= GDI_ON(i);
        }
    }
    return steps;
}

static uint64_t all_steps(const gdi_cycles *cycles, const gdi_subject *subject)
{
    uint64_t all = cycles->kind_count == 64 ? UINT64_MAX : GDI_ON(cycles->kind_count) - 1;
    return subject->tournament_id[0] == '\0' ? cycles->global_kinds : all & ~cycles->global_kinds;
}

static void want_all(gdi_cycles *cycles, gdi_subject *subject)
{
    subject->wanted = all_steps(cycles, subject);
    for (uint32_t i = 0; i < GDI_STEPS_MAX; i++) {
        subject->due_us[i] = INT64_MAX;
    }
}

static gdi_subject *find_subject(gdi_cycles *cycles, const char *tournament_id)
{
    for (uint32_t i = 0; i < cycles->subject_count; i++) {
        if (strcmp(cycles->subjects[i].tournament_id, tournament_id) == 0) {
            return &cycles->subjects[i];
        }
    }
    return NULL;
}

/* What a step raised: for its tournament and the global steps; from a global step for everybody. */
static void spread(gdi_cycles *cycles, gdi_subject *from, uint64_t events)
{
    if (events == 0) {
        return;
    }
    if ((events & (GDI_ON(GDI_ON_CREATED) | GDI_ON(GDI_ON_ACTIVATED) | GDI_ON(GDI_ON_COMPLETED))) != 0) {
        cycles->list_is_old = true;
    }
    cycles->global.wanted |= steps_for(cycles, &cycles->global, events);
    for (uint32_t i = 0; i < cycles->subject_count; i++) {
        gdi_subject *subject = &cycles->subjects[i];
        if (from == &cycles->global || from == subject) {
            subject->wanted |= steps_for(cycles, subject, events);
        }
    }
}

static god_status take_news(gdi_cycles *cycles, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_news_take(cycles->options.db, &rows, err));
    while (gdi_rows_next(rows)) {
        uint32_t event = gdi_event_of_kind(gdi_rows_text(rows, 0));
        if (event == GDI_ON_JOB_COUNT) {
            continue;
        }
        cycles->global.wanted |= steps_for(cycles, &cycles->global, GDI_ON(event));
        gdi_subject *subject = gdi_rows_is_null(rows, 1) ? NULL : find_subject(cycles, gdi_rows_text(rows, 1));
        if (subject != NULL) {
            subject->wanted |= steps_for(cycles, subject, GDI_ON(event));
        }
    }
    gdi_rows_free(rows);
    return GOD_OK;
}

/* ---- the list of unfinished tournaments ---- */

static void put_subject(gdi_cycles *cycles, const gdi_tournament *tournament)
{
    gdi_subject *subject = find_subject(cycles, tournament->id);
    if (subject == NULL) {
        subject = &cycles->subjects[cycles->subject_count++];
        *subject = (gdi_subject){.status = 0};
        (void)memcpy(subject->tournament_id, tournament->id, sizeof subject->tournament_id);
    }
    if (subject->status != tournament->status) {
        subject->status = tournament->status;
        want_all(cycles, subject);
    }
    subject->seen = true;
}

/* Tournaments that ended leave the list; the others keep their order. */
static void drop_unseen(gdi_cycles *cycles)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < cycles->subject_count; i++) {
        if (cycles->subjects[i].seen) {
            if (kept != i) {
                cycles->subjects[kept] = cycles->subjects[i];
            }
            kept++;
        }
    }
    if (kept < cycles->subject_count) {
        cycles->global.wanted |= steps_for(cycles, &cycles->global, GDI_ON(GDI_ON_COMPLETED));
    }
    cycles->subject_count = kept;
}

/* An operator's action on an active tournament asks for attention by its next_attempt_at (core/cycles/operator.h). */
static god_status answer_call(gdi_cycles *cycles, const gdi_tournament *tournament, int64_t now_us, god_error *err)
{
    if (tournament->status != GDI_TOURNAMENT_ACTIVE || tournament->next_attempt_us > now_us) {
        return GOD_OK;
    }
    want_all(cycles, find_subject(cycles, tournament->id));
    cycles->global.wanted |= cycles->global_kinds;
    return gdi_tournament_calm_in(cycles->options.db, tournament->id, now_us, err);
}

static god_status read_list(gdi_cycles *cycles, int64_t now_us, god_error *err)
{
    gdi_tournament *tournaments = NULL;
    size_t count = 0;
    GOD_TRY(gdi_tournaments_unfinished(cycles->options.db, GDI_UNFINISHED_MAX / 2, &tournaments, &count, err));
    god_status status = GOD_OK;
    for (uint32_t i = 0; i < cycles->subject_count; i++) {
        cycles->subjects[i].seen = false;
    }
    for (size_t i = 0; i < count; i++) {
        if (cycles->subject_count == GDI_UNFINISHED_MAX) {
            drop_unseen(cycles);
        }
        put_subject(cycles, &tournaments[i]);
    }
    drop_unseen(cycles);
    cycles->list_is_old = false;
    for (size_t i = 0; status == GOD_OK && i < count; i++) {
        status = answer_call(cycles, &tournaments[i], now_us, err);
    }
    free(tournaments);
    return status;
}

/* ---- a turn ---- */

typedef struct turn_run {
    gdi_cycles *cycles;
    int64_t now_us;
    uint32_t steps;
    bool ran; /* something, in this walk */
    god_status first_status;
    god_error *err; /* of the first failure */
} turn_run;

/* The store is busy or out of reach, or there is no memory: the other steps would only meet the same. */
static bool is_trouble_for_all(god_status status)
{
    return status == GOD_E_TIMEOUT || status == GOD_E_IO || status == GOD_E_NOMEM || status == GOD_E_CANCELLED;
}

static void step_failed(turn_run *turn, gdi_subject *subject, uint32_t place, god_status status,
                        const god_error *failure)
{
    uint32_t level = is_trouble_for_all(status) ? GOD_LOG_WARNING : GOD_LOG_ERROR;
    gdi_log_write(turn->cycles->options.log, level, "a step of the cycles failed, it runs again later", "step",
                  turn->cycles->kinds[place]->name, "tournament", subject->tournament_id, "error", failure->message,
                  NULL);
    subject->failed |= GDI_ON(place);
    subject->wanted |= GDI_ON(place); /* the reason may have been the time, which is overwritten here */
    subject->due_us[place] = turn->now_us + retry_us;
    if (turn->first_status == GOD_OK) {
        turn->first_status = status;
        if (turn->err != NULL) {
            *turn->err = *failure;
        }
    }
}

static void run_step(turn_run *turn, gdi_subject *subject, uint32_t place)
{
    gdi_cycles *cycles = turn->cycles;
    gdi_step step;
    god_error failure = GOD_ERROR_INIT;
    turn->ran = true;
    god_status status =
        gdi_step_execute(cycles, cycles->kinds[place], subject->tournament_id, turn->now_us, &step, &failure);
    if (status != GOD_OK) {
        step_failed(turn, subject, place, status, &failure);
        return;
    }
    subject->wanted &= ~GDI_ON(place);
    subject->due_us[place] = step.due_us;
    turn->steps += step.changed ? 1 : 0;
    spread(cycles, subject, step.raised);
}

static bool has_reason(const gdi_subject *subject, uint32_t place, int64_t now_us)
{
    if ((subject->failed & GDI_ON(place)) != 0) {
        return false;
    }
    return (subject->wanted & GDI_ON(place)) != 0 || subject->due_us[place] <= now_us;
}

static bool scope_matches(const gdi_cycles *cycles, const gdi_subject *subject, uint32_t place)
{
    switch (cycles->kinds[place]->scope) {
    case GDI_SCOPE_GLOBAL: return subject == &cycles->global;
    case GDI_SCOPE_PENDING: return subject->status == GDI_TOURNAMENT_PENDING;
    default: return subject->status == GDI_TOURNAMENT_ACTIVE;
    }
}

static void walk_step(turn_run *turn, gdi_subject *subject, uint32_t place)
{
    if (!is_trouble_for_all(turn->first_status) && scope_matches(turn->cycles, subject, place) &&
        has_reason(subject, place, turn->now_us)) {
        run_step(turn, subject, place);
    }
}

/* Each step in its turn, for everybody whom it concerns, so that a step that shares something out comes after all those
 * that ask for it, also when the host was killed between two of them. */
static god_status walk(turn_run *turn, bool at_rest, god_error *err)
{
    gdi_cycles *cycles = turn->cycles;
    for (uint32_t place = 0; place < cycles->kind_count; place++) {
        if (cycles->kinds[place]->at_rest != at_rest) {
            continue;
        }
        if (cycles->kinds[place]->scope == GDI_SCOPE_GLOBAL) {
            walk_step(turn, &cycles->global, place);
            continue;
        }
        if (cycles->list_is_old) {
            GOD_TRY(read_list(cycles, turn->now_us, err));
        }
        for (uint32_t i = 0; i < cycles->subject_count; i++) {
            walk_step(turn, &cycles->subjects[i], place);
        }
    }
    return GOD_OK;
}

static int64_t next_due(const gdi_cycles *cycles)
{
    int64_t due_us = INT64_MAX;
    for (uint32_t place = 0; place < cycles->kind_count; place++) {
        for (uint32_t i = 0; i <= cycles->subject_count; i++) {
            const gdi_subject *subject = i == cycles->subject_count ? &cycles->global : &cycles->subjects[i];
            if (scope_matches(cycles, subject, place) && subject->due_us[place] < due_us) {
                due_us = subject->due_us[place];
            }
        }
    }
    return due_us;
}

static void start(gdi_cycles *cycles)
{
    cycles->global.failed = 0;
    for (uint32_t i = 0; i < cycles->subject_count; i++) {
        cycles->subjects[i].failed = 0;
    }
    if (cycles->look_at_everything) {
        want_all(cycles, &cycles->global);
        for (uint32_t i = 0; i < cycles->subject_count; i++) {
            want_all(cycles, &cycles->subjects[i]);
        }
    }
}

static god_status turn_round(turn_run *turn, god_error *err)
{
    gdi_cycles *cycles = turn->cycles;
    god_status status = take_news(cycles, err);
    if (status != GOD_OK) {
        cycles->look_at_everything = true; /* news that were taken and not told */
        return status;
    }
    GOD_TRY(read_list(cycles, turn->now_us, err));
    start(cycles);
    cycles->look_at_everything = false;
    turn->ran = true;
    for (uint32_t i = 0; turn->ran && !is_trouble_for_all(turn->first_status); i++) {
        if (i == ROUNDS_MAX) {
            return god_fail(err, GOD_E_INTERNAL, "the steps of a turn still wake each other after %d walks",
                            ROUNDS_MAX);
        }
        turn->ran = false;
        GOD_TRY(walk(turn, false, err));
        if (!turn->ran) {
            GOD_TRY(walk(turn, true, err));
        }
    }
    return GOD_OK;
}

god_status gdi_cycles_turn(gdi_cycles *cycles, int64_t now_us, gdi_turn *ret_turn, god_error *err)
{
    turn_run turn = {.cycles = cycles, .now_us = now_us, .first_status = GOD_OK, .err = err};
    god_status status = turn_round(&turn, err);
    if (status == GOD_OK) {
        status = turn.first_status;
    }
    bool is_known = status == GOD_OK || turn.first_status != GOD_OK;
    *ret_turn = (gdi_turn){.steps = turn.steps, .next_due_us = is_known ? next_due(cycles) : now_us + retry_us};
    return status;
}
