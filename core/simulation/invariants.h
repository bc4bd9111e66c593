/* core/simulation/invariants.h: what must be true of a store between any two transactions, whatever happened.
 *
 *     name             what is checked                                                            section
 *     state            states move only along the arrows, and only forwards where there is no way back      5
 *     winner_changed   winner_hotkey, once set, stays                                                     5.1
 *     elimination      an elimination, once marked, stays as it is                                        5.3
 *     fee_once         at most one fee per tournament and hotkey                                          8.3
 *     fee_paid         every entrant but the boss has its fee, every fee its entrant, and the right amount
 *     balances         balance = transfers + events, total sent and count agree, none is negative      8.3, 23
 *     rounds           numbered from 1 without gaps; only the last one is open; nothing follows a final
 *     entrant_twice    nobody is in two groups or pairs of a round, or in one without being a participant   10
 *     entrant_lost     whoever was in a round is in the next one or eliminated (the boss and those that left the
 *                      network excepted); of the first, every participant
 *     entrant_back     nobody is in a round after that of its elimination
 *     one_winner       a completed tournament has a winner, who takes part and is not eliminated       16, 18
 *     gpu_twice        no GPU is reserved for two trainings at once                                         13
 *     weights          entries in [0, 1], their sum at most 1 + 1e-12                                       20
 *     job_twice        no key has two jobs
 *
 * It remembers states from one check to the next; a new object has seen nothing and takes what it finds. [one]
 */
#ifndef GDI_SIMULATION_INVARIANTS_H
#define GDI_SIMULATION_INVARIANTS_H

#include "core/simulation/people.h"
#include "core/store/db.h"

typedef struct gdi_invariants gdi_invariants;

/* `people` (borrowed) tell who may leave the network; NULL: nobody does. */
god_status gdi_invariants_new(const char *burn_hotkey, const gdi_people *people, gdi_invariants **ret_invariants,
                              god_error *err);
/* From now on looks only at what `db` (SQLite; NULL: nobody) writes, until the next call with another: the connection
 * must be let go of before it is closed. Elsewhere each check reads every row that may change. */
void gdi_invariants_follow(gdi_invariants *invariants, gdi_db *db); /* accepts NULL */
/* GOD_E_INTERNAL with "NAME: what is wrong with which row" for the first that is broken. Without `all` the rules of
 * entrants, rounds and money are only run when something of theirs moved; every 64th check is one with `all` in any
 * case. */
god_status gdi_invariants_check(gdi_invariants *invariants, gdi_db *db, bool all, god_error *err);
void gdi_invariants_free(gdi_invariants *invariants); /* accepts NULL */

#endif
