/* core/runner/watch.h: what every runner does while a stranger's code runs: keep its log within bounds, and end it when
 * somebody asks, when its time is up, or when it has filled its share of the disk.
 *
 * Lives on the caller's stack during one phase. [one]
 */
#ifndef GDI_RUNNER_WATCH_H
#define GDI_RUNNER_WATCH_H

#include "core/runner/runner.h"

typedef struct gdi_run_watch {
    gdi_run *run;
    int log; /* descriptor of the log; -1: none */
    uint64_t logged_bytes;
    uint64_t next_disk_ms;
    uint64_t output_bytes, layer_bytes; /* as last measured: below checkpoints/, and elsewhere in the container */
    uint32_t reason;                    /* GDI_RUN_CANCELLED, GDI_RUN_TIME_LIMIT, GDI_RUN_DISK_FULL; 0: go on */
    /* What the training has written outside checkpoints/, or what the build has written; NULL: nothing of it stays on a
     * disk. Set after _open. */
    god_status (*measure_layer)(void *layer_user, uint64_t *ret_bytes, god_error *err);
    void *layer_user;
} gdi_run_watch;

/* Opens RUNDIR/log_name, empty. Until gdi_run_watch_close the struct must not move. */
god_status gdi_run_watch_open(gdi_run *run, const char *log_name, gdi_run_watch *ret_watch, god_error *err);
void gdi_run_watch_close(gdi_run_watch *watch);

/* As gdi_engine_calls wants them; `user` is the watch. printed: stored up to log_bytes_max, then dropped with one line
 * that says so. */
god_status gdi_run_watch_printed(void *user, const char *bytes, size_t count, god_error *err);
/* 1 once there is a reason to end it. The time limit counts only in the training phase, and the disk in it and in the
 * build, each with its own limit. */
uint32_t gdi_run_watch_stop_asked(void *user);

/* Milliseconds of training that are left; 0: none. */
uint64_t gdi_run_time_left_ms(const gdi_run *run);
/* Time of day, microseconds since 1970. */
int64_t gdi_run_now_us(void);
/* Moves the state on: RUNDIR/state.json, then calls->changed. */
god_status gdi_run_enter(gdi_run *run, uint32_t phase, god_error *err);
/* Notes how it ends; the first outcome stays. `format` may be NULL: no message. */
GOD_PRINTF(3, 4) void gdi_run_end_with(gdi_run *run, uint32_t outcome, const char *format, ...);

#endif
