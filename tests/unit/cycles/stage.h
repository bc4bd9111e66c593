/* The stage for tests of core/cycles: a store in memory, a cycles object, and an executor that is driven by hand.
 *
 *     stage stage;
 *     stage_open(&stage);
 *     stage_turn(&stage);                                      until nothing is left to do at this moment
 *     stage_answer(&stage, "ask_miners", "{\"replies\": []}"); the oldest open job of this kind ends, then a turn
 *     ck_assert_int_eq(stage_int(&stage, "SELECT COUNT(*) FROM tournaments"), 3);
 *     stage_close(&stage);
 *
 * Whatever fails ends the test with the place it was called from. */
#ifndef TEST_CYCLES_STAGE_H
#define TEST_CYCLES_STAGE_H

#include <check.h>
#include <stdint.h>

#include "core/cycles/cycles.h"
#include "core/cycles/operator.h"
#include "core/cycles/task_kinds.h"
#include "core/tournament/calendar.h"

#define STAGE_BURN "5BURN"

typedef struct stage {
    gdi_db *db;
    gdi_rules rules;
    gdi_task_kinds kinds;
    gdi_cycles_options options;
    gdi_cycles *cycles;
    int64_t now_us;
    uint64_t statements; /* run so far */
    uint64_t fail_at;    /* the statement of this number fails, once; 0: none */
    uint32_t failures;   /* how often that happened */
    gdi_turn last;       /* what the last turn said */
} stage;

/* Monday 2026-06-15 09:00: before every window of that week. No type is enabled; nodes, transfers and weights are not
 * asked for. Change stage.options and call stage_reopen. */
void stage_open(stage *s);
void stage_empty(stage *s);  /* the same again, on the same store without its rows */
void stage_reopen(stage *s); /* a new cycles object on the same store, as after a restart */
void stage_close(stage *s);

int64_t stage_time(const char *text);
/* Turns until one of them changes nothing. stage_try_turn: one turn, whatever it answers. */
void stage_turn(stage *s);
god_status stage_try_turn(stage *s);
void stage_at(stage *s, const char *text); /* then a turn */

/* ---- the executor ---- */

uint32_t stage_open_jobs(stage *s, const char *kind);
/* The payload of the oldest open job of a kind, the caller's (json_decref). */
struct json_t *stage_payload(stage *s, const char *kind);
void stage_finish(stage *s, const char *kind, const char *result_json); /* no turn */
void stage_answer(stage *s, const char *kind, const char *result_json);
void stage_fail(stage *s, const char *kind, const char *message); /* for good; then a turn */

/* ---- rows ---- */

void stage_sql(stage *s, const char *sql);
int64_t stage_int(stage *s, const char *sql);
const char *stage_text(stage *s, const char *sql); /* until the next call; "" for NULL or no row */
void stage_node(stage *s, const char *hotkey, const char *coldkey, const char *ip);
void stage_deposit(stage *s, const char *coldkey, int64_t amount_rao);
/* `count` nodes 5M00, 5M01 ... with coldkeys 5C00 ... and addresses of their own, rich enough for several fees. */
void stage_miners(stage *s, uint32_t count);
/* Replies of the first `count` of them, each with a repository of its own: {"replies": [...]}. Until the next call. */
const char *stage_replies(stage *s, uint32_t count);
/* Every table as text, rows in a fixed order; the caller's to free(). */
char *stage_dump(stage *s);

/* ---- longer ways ---- */

/* The tournament of a type, created now; its id until the next call. */
const char *stage_create(stage *s, uint32_t type);
/* Every open repository check is accepted; digests differ unless `same_digest`. Then a turn. */
void stage_accept_all(stage *s, const char *same_digest);
/* A text tournament with `count` miners, through registration, active. */
const char *stage_activate(stage *s, uint32_t type, uint32_t count);

#endif
