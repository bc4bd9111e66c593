/* core/host/intake_fetch.h: the files of a data set that a task is made of, through the cache. For jobs aside. [one]
 *
 *   OWNER/NAME, hf://datasets/OWNER/NAME[@REVISION]    those files of the repository that the task type reads, by name
 *   hf://datasets/OWNER/NAME[@REVISION]/PATH, s3://BUCKET/KEY, http(s)://..., file:///PATH      this one file
 */
#ifndef GDI_HOST_INTAKE_FETCH_H
#define GDI_HOST_INTAKE_FETCH_H

#include "core/host/executors.h"
#include "core/worker/job.h"

enum { GDI_INTAKE_BYTES_MAX = 2147483646 }; /* of a data set, training specification 20.1 */

typedef struct gdi_intake_files {
    gdi_fetched *items; /* own; in use until the end */
    char **paths;       /* own; links to them below a folder, under the names that they have in the data set */
    uint32_t count;
} gdi_intake_files;

/* dir: an empty folder for the links. endings: ".json .jsonl", of the files that are wanted. key names what is at an
 * http address, in the cache. GOD_E_DATA when the repository has no such file, too many, or too large ones; otherwise
 * as gdi_fetcher_fetch. */
god_status gdi_intake_fetch(const gdi_execution *x, const char *source, const char *endings, const char *key,
                            const char *dir, gdi_intake_files *ret_files, god_error *err);
void gdi_intake_files_clear(gdi_intake_files *files); /* accepts an empty one */

#endif
