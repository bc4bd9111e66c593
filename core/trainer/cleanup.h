/* core/trainer/cleanup.h: what a trainer does by itself: it takes up what an earlier process left (training
 * specification 5), ends jobs that take too long, and removes what is old (18). Only things of its own: records, job
 * folders with what their runs left, and what is in the cache for old jobs alone.
 *
 *   stale     a job longer at it than it may be: its record is a failure, and what runs is ended. Its time counts from
 *             the start of its container; before that, and while it uploads, it has GDI_AROUND_S more
 *   folders   when every job of the task ended more than 72 hours ago; at once when no record knows it
 *   cache     a model when no job of the last 72 hours had it, the data of a task when a job ended before that
 *   records   after host.keep_jobs_days
 *
 * Nothing here is host-wide: no container, volume or builder cache of anybody else is touched. [one] */
#ifndef GDI_TRAINER_CLEANUP_H
#define GDI_TRAINER_CLEANUP_H

#include "core/trainer/crew.h"

enum { GDI_CLEANUP_PERIOD_S = 600, GDI_AROUND_S = 2 * 60 * 60 };

typedef struct gdi_cleanup {
    const gdi_config *config; /* borrowed, as everything here */
    const gdi_log *log;
    gdi_records *records;
    gdi_crew *crew;
    const char *jobs_dir;
    uint32_t (*stop_asked)(void *user); /* between two removals; may be NULL */
    void *user;
} gdi_cleanup;

/* Before the interface opens: jobs whose folder is there go on, others become failures. Removes nothing. */
god_status gdi_cleanup_recover(const gdi_cleanup *cleanup, int64_t now_us, god_error *err);

/* Once in GDI_CLEANUP_PERIOD_S, and after recovery with is_first 1: then folders that no record knows go whatever their
 * age. What cannot be removed now is tried again the next time; the log says why. */
void gdi_cleanup_turn(const gdi_cleanup *cleanup, uint32_t is_first, int64_t now_us);

/* Is this job stale? step: GDI_WORK_CLONING and so on, 0 when nobody works on it. Pure. */
uint32_t gdi_job_is_stale(const gdi_record *record, uint32_t step, int64_t now_us);

#endif
