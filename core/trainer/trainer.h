/* core/trainer/trainer.h: `god host` in the role of a trainer: it runs trainings that validators ask for.
 *
 *   http      the interface (api.h)                        ─┐
 *   keeper    recovery's removals, stale jobs, old things   ├─ records (store.h)
 *   jobs      one thread each (crew.h)                     ─┘
 *
 *   <paths.state_dir>/trainer/records/<id>.json     what the interface shows
 *   <paths.state_dir>/trainer/jobs/<id>/            the job itself (work.h)
 *
 * Start-up takes up every job that an earlier process left; stopping leaves trainings running. Source: training
 * specification, sections 2 to 18. */
#ifndef GDI_TRAINER_H
#define GDI_TRAINER_H

#include "core/base/layout.h"
#include "core/base/log.h"
#include "core/config/config.h"

typedef struct gdi_trainer gdi_trainer;

typedef struct gdi_trainer_options {
    const gdi_config *config; /* borrowed, as everything here */
    const gdi_layout *layout;
    const gdi_log *log;
    const char *version;
} gdi_trainer_options;

/* Signals that stop the process must be blocked by the caller, and gdi_calls_begin have been called. GOD_E_INVALID for
 * settings that make no trainer. */
god_status gdi_trainer_start(const gdi_trainer_options *options, gdi_trainer **ret_trainer, god_error *err);
void gdi_trainer_stop(gdi_trainer *trainer); /* waits for all threads; accepts NULL */
uint32_t gdi_trainer_port(const gdi_trainer *trainer);

#endif
