/* core/simulation/operator.h: the person who looks after the virtual host, a few times a day.
 *
 * What the specification leaves to a person would otherwise stop a season for ever: reviews of duplicates are approved
 * or skipped, tasks that failed are tried again or replaced (sections 9.4 and 26); now and then a tournament is called
 * off and its fees are paid back. Which, follows from the seed. [one]
 */
#ifndef GDI_SIMULATION_OPERATOR_H
#define GDI_SIMULATION_OPERATOR_H

#include "core/cycles/cycles.h"

enum { GDI_OPERATOR_HOURS = 6 }; /* between two visits */

god_status gdi_operator_visit(gdi_cycles *cycles, gdi_db *db, uint64_t seed, double faults, int64_t host_us,
                              god_error *err);

#endif
