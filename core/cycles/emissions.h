/* core/cycles/emissions.h: who would be paid what right now. Sources: tournament specification, sections 19.3, 20 and
 * 22.
 *
 * Reads rows and asks the rules; writes nothing. The weight setter and the HTTP face call the same function. All texts
 * and lists belong to the object. One transaction around the call makes it a snapshot. [one]
 */
#ifndef GDI_CYCLES_EMISSIONS_H
#define GDI_CYCLES_EMISSIONS_H

#include "core/cycles/scratch.h"
#include "core/store/db.h"
#include "core/tournament/allocation.h"
#include "core/tournament/roster.h"
#include "core/tournament/rules.h"
#include "core/tournament/weights.h"

typedef struct gdi_type_emission {
    const char *tournament_id; /* the latest completed one; NULL: never held */
    const char *champion;      /* NULL: none, then the burn hotkey takes its place */
    uint32_t consecutive_wins; /* of the champion, that tournament included */
    uint32_t participant_rows; /* of the latest tournament, completed or not (22) */
    double performance_difference;
    gdi_allocation allocation;
    double burn_proportion; /* (cap - allocation) / cap */
    gdi_share *shares;      /* best first; entrants are places in the roster */
    uint32_t share_count;
} gdi_type_emission;

typedef struct gdi_emissions {
    gdi_scratch scratch;
    gdi_type_emission types[GDI_TYPE_COUNT]; /* read with gdi_emission_of */
    gdi_roster roster;                       /* every hotkey that is named anywhere */
    double *weights;                         /* by place in the roster; 0 for whoever is no node */
    const gdi_entrant *active;               /* A of 20.4 */
    uint32_t active_count;
    gdi_weights_summary summary;
    double burn_weight; /* 1 - sum of the allocations (20.5) */
} gdi_emissions;

typedef struct gdi_emissions_input {
    gdi_db *db;
    const gdi_rules *rules;
    const char *burn_hotkey;
    int64_t netuid;
    int64_t now_us;
} gdi_emissions_input;

/* Ended with gdi_emissions_fini, on success only. */
god_status gdi_emissions_read(const gdi_emissions_input *input, gdi_emissions *ret_emissions, god_error *err);
void gdi_emissions_fini(gdi_emissions *emissions);

static inline const gdi_type_emission *gdi_emission_of(const gdi_emissions *emissions, uint32_t type)
{
    return &emissions->types[type - 1];
}

#endif
