/* core/simulation/faults.h: the hook of a store connection that makes it fail: `before` of gdi_db_options.
 *
 * Two things happen, at statements that are drawn from the seed and the number of statements so far: the store answers
 * one statement with an error, or the process is "killed": from that statement on nothing works any more, until the
 * season drops its connection and its cycles and opens new ones, as a new process would. As the world does not depend
 * on the order of calls, neither changes what happens in the season.
 *
 * A kill comes between any two statements, before BEGIN and COMMIT too. [one]
 */
#ifndef GDI_SIMULATION_FAULTS_H
#define GDI_SIMULATION_FAULTS_H

#include <stdbool.h>

#include "god/error.h"

typedef struct gdi_faults {
    uint64_t seed;
    double per_1000_statements; /* kills and errors together, half of each; 0: never */
    bool armed;                 /* off while the simulation itself reads */
    uint64_t statements;        /* seen while armed */
    uint64_t next;              /* the statement that fails */
    uint64_t kill_at;           /* kill exactly here; 0: no such wish */
    bool is_dead, is_hit;       /* the process was killed; any statement failed since this was cleared */
    uint64_t kills, errors;     /* so far */
} gdi_faults;

void gdi_faults_init(gdi_faults *faults, uint64_t seed, double per_1000_statements);
god_status gdi_faults_before(void *user, const char *sql, god_error *err); /* user: gdi_faults */
/* A new process: statements work again. */
void gdi_faults_revive(gdi_faults *faults);

#endif
