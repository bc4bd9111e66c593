/* core/cycles/ending.h: the parts of section 18. Internal to core/cycles; each runs inside the step "ending". [one]
 *
 * A part does nothing when it is done, sets is_open while it waits for a job. */
#ifndef GDI_CYCLES_ENDING_H
#define GDI_CYCLES_ENDING_H

#include <string.h>

#include "core/cycles/entry.h"

typedef struct gdi_ending {
    const char *winner; /* the burn hotkey for a defence */
    bool is_defence;
    bool has_model, has_difference;
    const char *diff_report;
    const char *final_round_id; /* NULL: the boss retained without a final */
    uint32_t final_round_number;
    bool is_open;
} gdi_ending;

god_status gdi_ending_model(gdi_step *step, gdi_ending *ending, god_error *err);      /* ending_model.c, 18.2 */
god_status gdi_ending_benchmarks(gdi_step *step, gdi_ending *ending, god_error *err); /* ending_benchmarks.c, 18.3 */
god_status gdi_ending_publish(gdi_step *step, gdi_ending *ending, god_error *err);    /* ending_publish.c, 18.4 */
god_status gdi_ending_difference(gdi_step *step, gdi_ending *ending,
                                 god_error *err);                                 /* ending_difference.c, 18.5, 19 */
god_status gdi_ending_report(gdi_step *step, gdi_ending *ending, god_error *err); /* ending_difference.c, 18.5 */

#endif
