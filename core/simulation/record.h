/* core/simulation/record.h: the virtual time, as a row of the store that it belongs to.
 *
 *     simulation (id 1, options, true_us, ended)
 *
 * It is written before anything happens at a new moment, so a season that was killed finds the moment at which it was.
 * `options` keep two seasons from being mixed. [one]
 */
#ifndef GDI_SIMULATION_RECORD_H
#define GDI_SIMULATION_RECORD_H

#include "core/store/db.h"

typedef struct gdi_record {
    int64_t true_us;
    bool ended;
} gdi_record;

/* Makes the table and its row when they are not there; *ret_record is then at start_us. `anew` forgets a row that is
 * there. GOD_E_INVALID when the row is of other options. */
god_status gdi_record_begin(gdi_db *db, const char *options, int64_t start_us, bool anew, gdi_record *ret_record,
                            god_error *err);
god_status gdi_record_write(gdi_db *db, const gdi_record *record, god_error *err);

#endif
