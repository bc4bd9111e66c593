/* core/cycles/cycles.h: the tournaments themselves: store in, pure rules, store out.
 *
 *     store ── rows ──► a step ── core/tournament ──► rows and jobs ──► store        each step is one transaction
 *       ▲                                                   │
 *       └──── results ◄── executors (daemon, simulator) ◄───┘
 *
 * A cycle does nothing but read rows, ask the rules, and write rows and jobs. It keeps nothing that matters in memory
 * between two turns (only which steps have a reason to look, and at first all have) and waits for nobody: what takes
 * time is a job (core/store/jobs.h, core/cycles/work.h), whose result wakes the next turn. Each step first looks for
 * its own output, so a kill between any two statements is harmless and start-up is the same code as every other turn.
 * The daemon and the simulator call exactly this.
 *
 * Sources: tournament specification, sections 4 to 18 and 20.6 for the steps; the rules themselves are in
 * core/tournament. One cycles object, its connection and its turns belong to one thread. [one]
 */
#ifndef GDI_CYCLES_H
#define GDI_CYCLES_H

#include "core/base/log.h"
#include "core/store/db.h"
#include "core/tournament/rules.h"

typedef struct gdi_cycles gdi_cycles; /* owned by whoever opened it */

struct gdi_task_kinds; /* core/cycles/task_kinds.h: what the plug-ins say about their task types */
struct gdi_lease;      /* core/store/leases.h */

typedef struct gdi_cycles_options {
    gdi_db *db; /* borrowed, as everything here */
    const gdi_rules *rules;
    const struct gdi_task_kinds *kinds;
    const gdi_log *log; /* may be NULL */
    const struct gdi_lease
        *lease; /* every step looks whether it is still held; NULL: nobody else plays on this store */
    const char *burn_hotkey;
    int64_t netuid;
    const char *default_repository, *default_commit; /* of the boss when there is no champion */
    uint32_t types_enabled;                          /* bit (1 << GDI_TEXT) ... */
    uint32_t auto_complete;                          /* 5.1: on by default */
    uint32_t publish;                                /* 18.4: a publishing target is configured */
    uint32_t review_with_reader;                     /* 9.4 step 2: the T2 plug-in is configured */
    const char *const *environments;                 /* supported ones, ascending, NULL-ended */
    const char *const *environment_models;           /* SUPPORTED_ENV_MODELS, ascending, NULL-ended */
    const char *environment_target_model;
    const char *output_account;            /* of trained models on the hub; NULL: gradients-io-tournaments */
    const char *const *dataset_white_list; /* NULL-ended */
    const char *collection_address;        /* fees are sent here; NULL: transfers are not read */
    /* How often nodes and transfers are read and weights are set. 0: 15, 5 and 72 minutes; negative: never. */
    int64_t nodes_period_us, transfers_period_us, weights_period_us;
    /* Random bytes for names that must not be guessed or repeated (tournament ids, task ids). `label` names what they
     * are for, so that a simulator can answer the same after a replay; the daemon asks the kernel. */
    god_status (*random)(void *user, const char *label, uint8_t *ret_bytes, size_t count, god_error *err);
    void *user;
} gdi_cycles_options;

god_status gdi_cycles_open(const gdi_cycles_options *options, gdi_cycles **ret_cycles, god_error *err);
void gdi_cycles_close(gdi_cycles *cycles); /* accepts NULL */

typedef struct gdi_turn {
    uint32_t steps;      /* transactions that changed something */
    int64_t next_due_us; /* when a turn may have something to do although no job ended; INT64_MAX: never */
} gdi_turn;

/* Does everything that is due. An error of one tournament is logged and does not stop the others; the turn answers the
 * first of them. After GOD_E_TIMEOUT, GOD_E_IO, GOD_E_NOMEM or GOD_E_CANCELLED (the lease is lost) the rest of the turn
 * is left out; call again later, nothing is lost. *ret_turn is written in any case: steps that failed run again in the
 * next turn, which is due a minute later.
 */
god_status gdi_cycles_turn(gdi_cycles *cycles, int64_t now_us, gdi_turn *ret_turn, god_error *err);

/* The next turn runs every step, as after a start. The daemon calls this now and then as a backstop, in case a wake was
 * lost; it is never needed for anything else. */
void gdi_cycles_look_at_everything(gdi_cycles *cycles);

#endif
