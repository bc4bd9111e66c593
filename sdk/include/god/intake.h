/* god/intake.h: interface "god.intake/1": what becomes of a data set when a task is made of it? A validator prepares
 * the training and test files of a task; the host fetches the data set, splits what the plug-in makes of it into the
 * two, and stores them; the plug-in knows which columns the task type has and what a usable row is.
 *
 *     plan ──► which files of the data set ──► (host fetches) ──► read ──► rows or pairs ──► (host splits, stores)
 *                                                                     └──► new names of columns ──► the task
 *
 * Optional: without it, tasks of this type are prepared by somebody else.
 */
#ifndef GOD_INTAKE_H
#define GOD_INTAKE_H

#include "god/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_INTAKE_ID "god.intake/1"

enum {
    GOD_INTAKE_ROWS = 1, /* JSON objects; the files of the task are arrays of them */
    GOD_INTAKE_PAIRS,    /* a picture and its text each; the files of the task are zip archives of them */
    GOD_INTAKE_NOTHING   /* there is no data set: the task has a word in place of an address */
};

/* What a task type makes of a data set. Strings are static. */
typedef struct god_intake_plan {
    uint32_t size;
    uint32_t form; /* GOD_INTAKE_... */
    const char *const
        *endings;            /* of the files that `read` wants, in lower case, NULL-ended: ".json"; NULL for NOTHING */
    const char *placeholder; /* the word, for NOTHING; NULL otherwise */
} god_intake_plan;

/* The host's sink. What it is given is copied before a call returns; a status other than GOD_OK is to be returned by
 * the plug-in unchanged. [any] during read */
typedef struct god_intake_sink {
    uint32_t size;
    void *ctx;
    /* One row as it will stand in the file: a JSON object of `bytes` bytes. NULL: a row that is left out, but counts
     * where the data set is split. For ROWS. */
    god_status (*row)(void *ctx, const char *json_or_null, size_t bytes);
    /* One picture and its text, by their places in `paths`. For PAIRS. */
    god_status (*pair)(void *ctx, uint32_t picture, uint32_t text);
    /* A member of the task's "dataset_type" that has this value from now on: a column's new name. */
    god_status (*field)(void *ctx, const char *name, const char *value);
} god_intake_sink;

typedef struct god_intake {
    uint32_t size;
    /* [one] Fills as much of *ret_plan as its size allows. */
    god_status (*plan)(god_instance *instance, const char *spec_json, god_intake_plan *ret_plan, god_error *err);
    /* [one] [worker] Reads the files, which are in the order of the data set, and calls the sink: the same files give
     * the same calls in the same order. GOD_E_DATA with a sentence that names file, row or column for a data set that
     * no task can be made of. */
    god_status (*read)(god_instance *instance, const char *spec_json, const char *const *paths, uint32_t path_count,
                       const god_intake_sink *sink, god_error *err);
} god_intake;

#ifdef __cplusplus
}
#endif
#endif
