/* core/training/stats.h: baseline statistics as files in the cache, where a container finds them under
 * BASELINE_STATS_PATH (training specification 13.3 and 13.4): plain JSON without indentation. [any] */
#ifndef GDI_TRAINING_STATS_H
#define GDI_TRAINING_STATS_H

#include "core/training/plan.h"

/* Gives the request the statistics that a file of `dir` has for it ("baseline_stats_<task>_<hotkey, 8>.json", else
 * "baseline_stats_<task>.json"); nothing changes when there is none, or when the request brought its own. */
god_status gdi_stats_find(const char *dir, gdi_start_request *request, god_error *err);

/* Writes the request's statistics to the file of `dir`, the host's folder behind /cache, that the plan's container
 * looks for; nothing when there are none. */
god_status gdi_stats_write(const char *dir, const gdi_start_request *request, const gdi_plan *plan, god_error *err);

#endif
