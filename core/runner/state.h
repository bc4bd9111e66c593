/* core/runner/state.h: how far a run is, as state.json, and how it ended, as result.json.
 *
 *     new ─► building ─► starting ─► training ─► collecting ─► ended
 *                │           │           │            │
 *                └───────────┴───────────┴────────────┴── killed at any instant: started again from here
 *
 *   {"version": 1, "phase": "training", "outcome": "", "handle": "3fd2...", "phase_us": 1771...,
 * "started_us": 1771..., "ended_us": 0, "exit_code": null, "message": ""}
 *
 * The time limit counts from started_us, the moment the training itself began (training specification, section 14).
 * [one]
 */
#ifndef GDI_RUNNER_STATE_H
#define GDI_RUNNER_STATE_H

#include "core/base/clock.h"
#include "god/error.h"

enum { GDI_RUN_NEW = 1, GDI_RUN_BUILDING, GDI_RUN_STARTING, GDI_RUN_TRAINING, GDI_RUN_COLLECTING, GDI_RUN_ENDED };

/* How a run ended. Only "success" and "time_limit" have an output worth looking at. */
enum {
    GDI_RUN_SUCCESS = 1,  /* exit status 0 */
    GDI_RUN_TIME_LIMIT,   /* killed at the limit; what it had written counts */
    GDI_RUN_BUILD_FAILED, /* of the image, or in its time */
    GDI_RUN_FAILED,       /* exit status not 0, or a signal */
    GDI_RUN_OUT_OF_MEMORY,
    GDI_RUN_DISK_FULL,    /* it wrote more than disk_bytes_max */
    GDI_RUN_BAD_OUTPUT,   /* links that leave the output, or nothing there */
    GDI_RUN_NOT_CONFINED, /* a promise of the jail did not hold; it was killed at once */
    GDI_RUN_LOST,         /* the node or the engine lost it */
    GDI_RUN_CANCELLED
};

typedef struct gdi_run_state {
    uint32_t phase;
    uint32_t outcome;   /* 0: not ended */
    int32_t exit_code;  /* -1: none */
    int64_t phase_us;   /* time of day at which this phase was entered; 0: nobody said */
    int64_t started_us; /* time of day; 0: the training has not begun */
    int64_t ended_us;   /* of the training; 0: it has not ended */
    char handle[128];   /* container or Slurm job; "" before there is one */
    char message[600];  /* a sentence for the miner; "" for success */
} gdi_run_state;

/* A run that was never started has GDI_RUN_NEW. */
god_status gdi_run_state_read(const char *run_dir, gdi_run_state *ret_state, god_error *err);
god_status gdi_run_state_write(const char *run_dir, const gdi_run_state *state, god_error *err);

const char *gdi_run_phase_name(uint32_t phase);     /* "training"; static text */
const char *gdi_run_outcome_name(uint32_t outcome); /* "time_limit"; static text; "" for 0 */

#endif
