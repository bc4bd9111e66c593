/* core/trainer/merging.h: the model of a job, with all of its weights: what the hub has, or, when that is an adapter,
 * its base with the adapter in it (training specification 10.3). Internal to core/trainer. [one]
 *
 *   owner/adapter ─base_model_name_or_path─► owner/other-adapter ─► ... ─► owner/base      at most GDI_MERGE_LEVELS_MAX
 *                                god-merge, from the base upwards ─► one folder in the cache, for all jobs
 */
#ifndef GDI_TRAINER_MERGING_H
#define GDI_TRAINER_MERGING_H

#include "core/trainer/fetching.h"

enum { GDI_MERGE_LEVELS_MAX = 10, GDI_MERGE_TIME_LIMIT_S = 2 * 60 * 60 };

/* The whole repository of `model` as VIEW/<folder>. GOD_E_DATA, GOD_E_UNSUPPORTED: an adapter that cannot be merged. */
god_status gdi_merging_put(gdi_fetching *fetching, const char *model, const char *folder, god_error *err);

#endif
