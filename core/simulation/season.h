/* core/simulation/season.h: whole seasons of tournaments on a virtual clock, with the production store, cycles and
 * rules.
 *
 *          ┌──────────── jump to the next moment at which anything happens ◄───────────┐
 *          ▼                                                                           │
 *     world's answers that are due ─► leases that ran out ─► turn of the cycles ─► claims of new jobs ─► invariants
 *          finish, fail, too late          reap                 core/cycles             fate, agenda
 *
 * The season is what the daemon is, with the world in place of executors: it claims jobs from the store, the world
 * decides their fate (core/simulation/fate.h), their answers come at a later virtual moment. Nothing that matters is
 * kept in memory: the virtual time is a row of the store, fates follow from seed, key and attempt. So a season that was
 * killed, as a process or by a simulated kill, goes on where it stopped and ends in the tables of one that was not.
 *
 * A season that breaks an invariant, or whose cycles answer an error that nobody injected, stops with GOD_E_INTERNAL
 * and says which. [one]
 */
#ifndef GDI_SIMULATION_SEASON_H
#define GDI_SIMULATION_SEASON_H

#include "core/base/log.h"
#include "core/cycles/task_kinds.h"
#include "god/error.h"

/* A store in memory for one season after another; its prepared statements stay. A simulated kill rolls its transaction
 * back and drops the cycles; the connection stays, as everything would go with it. */
typedef struct gdi_season_memory gdi_season_memory;
god_status gdi_season_memory_open(gdi_season_memory **ret_memory, god_error *err);
void gdi_season_memory_close(gdi_season_memory *memory); /* accepts NULL */

typedef struct gdi_season_options {
    uint64_t seed;
    uint32_t days, miners;
    uint32_t types;                     /* 1 << GDI_TEXT | ...; 0: all three */
    double faults;                      /* 0 to 1: habits of miners, fates of jobs, the clock */
    double per_1000_statements;         /* kills and store errors, see core/simulation/faults.h */
    uint64_t kill_at;                   /* and one kill exactly at this statement; 0: none */
    const char *store_url;              /* borrowed; NULL: `memory` */
    gdi_season_memory *memory;          /* borrowed; emptied before the season begins */
    const char *dump_path;              /* borrowed; every row of every table at the end; NULL: none */
    bool wants_digest;                  /* also without dump_path; a tenth of a season's time */
    gdi_task_kinds *kinds;              /* borrowed */
    const gdi_log *log;                 /* borrowed; of the cycles; may be NULL */
    uint32_t (*stop_asked)(void *user); /* between steps; may be NULL: GOD_E_CANCELLED */
    void *user;
} gdi_season_options;

typedef struct gdi_season_result {
    uint64_t steps, turns;                     /* virtual moments; turns of the cycles */
    uint64_t jobs;                             /* claims */
    uint64_t refused;                          /* answers that came too late and were refused */
    uint64_t kills, store_errors, statements;  /* injected; statements of host and executors */
    uint64_t tournaments, completed, defended; /* at the end, in the store */
    char digest[65]; /* of all tables at the end, core/simulation/dump.h; "" when it is not wanted */
} gdi_season_result;

/* Plays one season to its end. Goes on when the store holds an unfinished one with the same options; GOD_E_INVALID when
 * it holds another. */
god_status gdi_season_play(const gdi_season_options *options, gdi_season_result *ret_result, god_error *err);

#endif
