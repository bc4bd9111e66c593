/* core/worker/intake.h: the "intake" of a worker: a data set becomes the rows of a task (god/intake.h).
 *
 *   JOBDIR/rows.jsonl     one row per line, in the order of the data set; an empty line is a row that is left out
 *   JOBDIR/pairs.jsonl    [picture, text], places among the job's inputs
 *
 * What is wanted, and what the rows are, is told as facts:
 *
 *   intake.form           "rows", "pairs" or "nothing"
 *   intake.endings        ".json .jsonl"
 *   intake.placeholder    for "nothing"
 *   intake.count          lines of the file; only after the data set was read
 *   field.NAME            the new value of a member of the task's "dataset_type"
 *
 * A job without inputs is told the first three and reads nothing. [one] [worker] */
#ifndef GDI_WORKER_INTAKE_H
#define GDI_WORKER_INTAKE_H

#include <stdio.h>

#include "core/loader/loader.h"
#include "core/worker/job.h"
#include "core/worker/outbox.h"

#define GDI_INTAKE_ROWS_FILE "rows.jsonl"
#define GDI_INTAKE_PAIRS_FILE "pairs.jsonl"
enum { GDI_INTAKE_FIELDS_MAX = 64, GDI_INTAKE_ROW_BYTES_MAX = 64 << 20 };

typedef struct gdi_intake {
    gdi_outbox *outbox;
    uint32_t form, path_count, fields;
    FILE *file;
    uint64_t count;
    char refusal[256]; /* what a call of the plug-in's was refused for; "" when none was */
} gdi_intake;

/* *intake is zeroed by the caller. */
god_status gdi_intake_run(gdi_intake *intake, const gdi_job *job, const gdi_plugin *plugin, god_instance *instance,
                          gdi_outbox *outbox, const char *job_dir, god_error *err);

#endif
