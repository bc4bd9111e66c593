/* core/http/points.h: the points of one tournament, finished or not: what the details show as final_scores. What they
 * are worth in the end is core/cycles/emissions.h. Source: tournament specification, section 20.2. [one] */
#ifndef GDI_HTTP_POINTS_H
#define GDI_HTTP_POINTS_H

#include "core/store/db.h"
#include "core/tournament/roster.h"
#include "core/tournament/rules.h"

/* The results of a tournament, by round, task and hotkey. */
enum { GDI_RESULT_ROUND, GDI_RESULT_TASK, GDI_RESULT_HOTKEY, GDI_RESULT_QUALITY, GDI_RESULT_LOSS };
god_status gdi_results_read(gdi_db *db, const char *tournament_id, gdi_rows **ret_rows, god_error *err);

typedef struct gdi_points_of {
    uint32_t tournament_type;
    const char *winner_hotkey, *base_winner_hotkey; /* NULL: null */
} gdi_points_of;

/* ret_points[i] belongs to roster->hotkeys[i]; the roster holds everybody in `results`. */
god_status gdi_points_read(const gdi_rules *rules, const gdi_points_of *of, gdi_rows *results, const gdi_roster *roster,
                           double *ret_points, god_error *err);

#endif
