/* core/trainer/fetching.h: single things from outside into a job's view. Internal to core/trainer. [one] */
#ifndef GDI_TRAINER_FETCHING_H
#define GDI_TRAINER_FETCHING_H

#include "core/host/fetcher.h"
#include "core/trainer/job.h"

typedef struct gdi_fetching {
    gdi_job *job;
    gdi_fetcher *fetcher; /* own */
    const char *what;     /* for progress: a name without secrets */
    uint64_t deadline_ms; /* monotonic; 0: none */
} gdi_fetching;

/* time_limit_s 0: none but those of single files. The struct must not move until it is closed. */
god_status gdi_fetching_open(gdi_job *job, uint64_t time_limit_s, gdi_fetching *ret_fetching, god_error *err);
void gdi_fetching_close(gdi_fetching *fetching);
/* Whether a GOD_E_CANCELLED came from the time limit and not from somebody who asked to stop. */
uint32_t gdi_fetching_is_late(const gdi_fetching *fetching);

/* What is at hf://, s3://, file:// (see core/host/fetcher.h) as VIEW/<name>; nothing is fetched when it is there. */
god_status gdi_fetching_put(gdi_fetching *fetching, const char *uri, const char *name, god_error *err);
/* The same for a file at http(s) whose digest nobody knows. Its name in the cache comes from task and address, without
 * the signature in it. */
god_status gdi_fetching_put_web(gdi_fetching *fetching, const char *url, const char *task_id, const char *name,
                                god_error *err);
/* That name, in the cache's folder "downloads". */
god_status gdi_fetching_web_key(const char *url, const char *task_id, char ret_key[GDI_CACHE_KEY_BYTES_MAX + 1],
                                god_error *err);

#endif
