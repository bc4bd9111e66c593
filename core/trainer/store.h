/* core/trainer/store.h: what a trainer remembers of its jobs: the records that its interface shows (training
 * specification 2.3 and 4).
 *
 *   <dir>/<id>.json   {"version": 1, "id", "trains_since_us", "record": what the interface shows}
 *
 *   training ──► success | failure        one record for each task and hotkey; a new start takes the old one's place
 *
 * A record is written beside and renamed at each change, its log lines included. Tokens are in none: "github_token" is
 * always null, and addresses come without what stands before an @. The folder of a job (core/trainer/work.h) has the
 * same id.
 *
 * One process uses a folder. Every function locks for itself; a function that is called with a record runs inside the
 * lock, must be short, and must not call the store. Times are microseconds since 1970. [any]
 */
#ifndef GDI_TRAINER_STORE_H
#define GDI_TRAINER_STORE_H

#include <jansson.h>

#include "core/base/log.h"
#include "core/training/request.h"

enum { GDI_RECORD_START = 1, GDI_RECORD_PREP };                           /* kinds */
enum { GDI_RECORD_TRAINING = 1, GDI_RECORD_SUCCESS, GDI_RECORD_FAILURE }; /* status */
enum {
    GDI_RECORD_ID_BYTES = 40,
    GDI_RECORD_LOG_LINES_MAX = 1000, /* further ones are dropped */
    GDI_RECORD_LINE_BYTES_MAX = 4096,
    GDI_RECORDS_MAX = 100000
};

typedef struct gdi_record {
    char id[GDI_RECORD_ID_BYTES]; /* 32 hex digits */
    uint32_t kind, status;
    int64_t started_us, finished_us; /* finished 0: not */
    int64_t trains_since_us;         /* when the container started; 0: not yet */
    uint32_t at_work;                /* a thread works on it, so its GPUs are taken; not in the file */
    double hours;
    uint32_t gpu_ids[GDI_REQUEST_GPUS_MAX], gpu_count;
    /* borrowed from `shown` */
    const char *task_id, *hotkey; /* hotkey "" when a model preparation has none */
    const char *model;
    json_t *shown; /* own */
} gdi_record;

typedef struct gdi_records gdi_records; /* owned by whoever opened it */

/* Reads every record; a file that is none is renamed to <id>.json.bad with a warning. The folder is made. */
god_status gdi_records_open(const char *dir, const gdi_log *log, gdi_records **ret_records, god_error *err);
void gdi_records_close(gdi_records *records); /* accepts NULL */

/* A record of a job that begins now, from the request as it was sent: kind, GPUs and names come from there. A record of
 * the same kind, task and hotkey makes room; it must not be in training. ret_id gets 32 random hex digits. */
god_status gdi_records_begin(gdi_records *records, const json_t *request, const char *id, int64_t now_us,
                             god_error *err);
void gdi_record_new_id(char ret_id[GDI_RECORD_ID_BYTES]);

/* Changes of one record. An id that is not there is passed over: its record made room. A record that cannot be written
 * is changed in memory all the same; the log says so. */
void gdi_records_say(gdi_records *records, const char *id, int64_t now_us, const char *line);
void gdi_records_container(gdi_records *records, const char *id, const char *container_name, int64_t started_us);
/* result: of a model preparation, borrowed; NULL: none. May come more than once, the last one counts. */
void gdi_records_end(gdi_records *records, const char *id, uint32_t status, const json_t *result, int64_t now_us);
/* Where the run log of a training can be seen. */
void gdi_records_run_url(gdi_records *records, const char *id, const char *url);
void gdi_records_set_at_work(gdi_records *records, const char *id, uint32_t at_work);
/* Forgets it, file and all. */
void gdi_records_drop(gdi_records *records, const char *id);

/* Every record, in no order; 1 from `each` ends it. */
void gdi_records_each(gdi_records *records, void *user, uint32_t (*each)(void *user, const gdi_record *record));

/* Copies of what the interface shows; NULL: none (or no memory). hotkey NULL: of any, the newest. */
json_t *gdi_records_show(gdi_records *records, uint32_t kind, const char *task_id, const char *hotkey);
json_t *gdi_records_show_id(gdi_records *records, const char *id);
/* Those that began or ended at or after since_us, by the later of the two, newest first. */
json_t *gdi_records_recent(gdi_records *records, int64_t since_us);

/* ---- for those that look at records ---- */

/* "2026-07-02T10:00:00.000001", no zone: UTC. A fraction only when it is not zero. */
enum { GDI_RECORD_TIME_BYTES = 32 };
void gdi_record_time(int64_t time_us, char ret_text[GDI_RECORD_TIME_BYTES]);

#endif
