/* core/host/season.h: the tournaments of this host: the cycles of core/cycles on the main thread's connection.
 *
 * Whoever owns it polls gdi_season_fd and calls gdi_season_turn when that is readable or gdi_season_wait_ms has passed.
 * A turn does what is due, gives back jobs whose lease ran out, and deletes old ones now and then. A store that is out
 * of reach ends nothing: the next turn tries again, a little later each time. Of several hosts with one store one plays
 * (core/host/turn_lease.h). [one]
 */
#ifndef GDI_HOST_SEASON_H
#define GDI_HOST_SEASON_H

#include "core/config/config.h"
#include "core/cycles/cycles.h"
#include "core/cycles/task_kinds.h"
#include "core/host/facts.h"
#include "core/store/leases.h"

typedef struct gdi_season gdi_season; /* owned by whoever opened it */

/* Opens the store (and gives an empty one its schema); no cycles run when "tournament.types" is empty. */
god_status gdi_season_open(const gdi_config *config, const gdi_log *log, gdi_shared_facts *facts,
                           gdi_season **ret_season, god_error *err);
void gdi_season_close(gdi_season *season); /* accepts NULL */

int gdi_season_fd(const gdi_season *season);
int gdi_season_wait_ms(const gdi_season *season); /* at most a minute */
void gdi_season_turn(gdi_season *season);

/* A cycles object as god.yaml describes it, for turns or for an operator's actions, on a connection of the caller's. It
 * borrows config, rules, kinds and db. */
typedef struct gdi_season_parts {
    const gdi_config *config;
    const gdi_log *log;
    const gdi_rules *rules;
    gdi_task_kinds *kinds;
    gdi_db *db;
    const gdi_lease *lease; /* that every step must hold; NULL: none, as for an operator's actions */
} gdi_season_parts;
god_status gdi_season_cycles(const gdi_season_parts *parts, gdi_cycles **ret_cycles, god_error *err);

#endif
