/* core/http/emission.h: what the present standings are worth: read from the store, computed by core/tournament.
 * Sources: tournament specification, sections 16.1, 19.3, 20 and 22.
 *
 * One reading of the store; everything in it lives until gdi_emission_free. [one]
 */
#ifndef GDI_HTTP_EMISSION_H
#define GDI_HTTP_EMISSION_H

#include "core/store/db.h"
#include "core/tournament/allocation.h"
#include "core/tournament/roster.h"
#include "core/tournament/weights.h"

typedef struct gdi_type_emission {
    gdi_past *past; /* own; completed tournaments, newest first */
    uint32_t past_count;
    const char *latest_id; /* of the newest completed one; NULL: never held */
    const char *champion;  /* NULL: there is none */
    uint32_t consecutive_wins;
    double performance_difference; /* GDI_NO_VALUE: never held */
    gdi_allocation allocation;
    gdi_share *shares; /* own; best first */
    uint32_t share_count;
    uint32_t participant_rows;         /* of the newest tournament that is not cancelled */
    gdi_rows *past_rows, *result_rows; /* own */
} gdi_type_emission;

typedef struct gdi_emission {
    gdi_roster roster;
    const char **hotkeys;                    /* own: the list of the roster */
    gdi_type_emission types[GDI_TYPE_COUNT]; /* [GDI_TEXT - 1] ... */
    uint32_t active_count;                   /* |A| of 20.4 */
    double *weights;                         /* own; by entrant */
    gdi_weights_summary summary;
    gdi_rows *node_rows, *active_rows; /* own */
} gdi_emission;

typedef struct gdi_emission_options {
    const gdi_rules *rules;
    const char *burn_hotkey;
    int64_t netuid, now_us;
} gdi_emission_options;

god_status gdi_emission_read(gdi_db *db, const gdi_emission_options *options, gdi_emission **ret_emission,
                             god_error *err);
void gdi_emission_free(gdi_emission *emission); /* accepts NULL */

/* The points of one tournament (20.2), finished or not. ret_points[i] belongs to roster->hotkeys[i], which must hold
 * everybody in it. */
typedef struct gdi_points_of {
    uint32_t tournament_type;
    const char *winner_hotkey, *base_winner_hotkey; /* NULL: null */
} gdi_points_of;
god_status gdi_points_read(const gdi_rules *rules, const gdi_points_of *of, gdi_rows *results, const gdi_roster *roster,
                           double *ret_points, god_error *err);
/* Its results as gdi_points_read wants them: by round, task and hotkey. */
enum { GDI_RESULT_ROUND, GDI_RESULT_TASK, GDI_RESULT_HOTKEY, GDI_RESULT_QUALITY, GDI_RESULT_LOSS };
god_status gdi_results_read(gdi_db *db, const char *tournament_id, gdi_rows **ret_rows, god_error *err);

#endif
