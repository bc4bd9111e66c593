/* core/cli/evaluate.h: the parts of `god evaluate`. `god tokenize --task` runs its job with the first of them.
 *
 *   arguments ──► plan (plug-in, digests, job) ──► gdi_job_run ──► standings ──► table, JSON
 */
#ifndef GDI_CLI_EVALUATE_H
#define GDI_CLI_EVALUATE_H

#include "core/cli/progress.h"
#include "core/config/config.h"
#include "core/host/plugins.h"
#include "core/worker/split.h"
#include "god/helpers/sha256.h"

typedef struct gdi_evaluate_args {
    const char *task, *data, *base, *plugin, *config, *out, *per_example;
    const char *device, *precision; /* NULL: not said */
    const char *names[GDI_JOB_SUBMISSIONS_MAX], *dirs[GDI_JOB_SUBMISSIONS_MAX];
    char *owned[GDI_JOB_SUBMISSIONS_MAX]; /* NAME and DIR, cut at '=' */
    uint32_t submission_count;
    int64_t threads, time_limit_s, seed; /* threads and time limit 0: as configured */
    int64_t memory_mib;                  /* that the job may take on its device; 0: not limited */
    int64_t row, seq_len_max;            /* row > 0: show what is scored of it instead of evaluating */
    uint32_t json, keep, quiet, plan;
} gdi_evaluate_args;

/* One submission from the command line to its line in the table. */
typedef struct gdi_entry {
    const char *name;            /* borrowed from the arguments */
    char dir[GOD_PATH_MAX];      /* absolute */
    char sha256[GOD_SHA256_HEX]; /* of its folder; "" when it could not be read */
    char message[600];           /* why it is not in the job; "" when it is */
    int64_t job_index;           /* -1: not in the job */
    uint32_t rank;               /* from 1; 0: not ranked */
    uint32_t tied;               /* with the one ranked before it */
} gdi_entry;

typedef struct gdi_evaluation {
    const gdi_evaluate_args *args;
    gdi_config config;
    gdi_layout layout;
    gdi_progress progress;
    json_t *spec;           /* own: the task */
    gdi_plugin_info plugin; /* own */
    char task_type[256];    /* of the task, or of the plug-in that accepted it */
    char data_path[GOD_PATH_MAX], base_path[GOD_PATH_MAX];
    char data_sha256[GOD_SHA256_HEX], base_sha256[GOD_SHA256_HEX], task_sha256[GOD_SHA256_HEX];
    char build_sha256[GOD_SHA256_HEX]; /* of everything that computes: worker, plug-in, device modules */
    gdi_entry *entries;                /* own: one per submission of the command line */
    gdi_job job;                       /* own */
    gdi_result result;                 /* own */
    uint32_t has_job, has_result, has_plugin;
    double seconds;
} gdi_evaluation;

/* evaluate_run.c: runs the job that `args` describe. */
typedef god_status gdi_evaluation_fn(gdi_evaluation *evaluation, const char *job_dir, god_error *err);
/* Calls `body` with a job folder; evaluation->args is set, the rest is zero. Prints what fails as an error of `command`
 * and returns the exit code: GDI_EXIT_OK when there is a result. */
int gdi_evaluation_in_folder(gdi_evaluation *evaluation, const char *command, gdi_evaluation_fn *body);
/* For a body: from the arguments to evaluation->result. */
god_status gdi_evaluation_run(gdi_evaluation *evaluation, const char *job_dir, god_error *err);
void gdi_evaluation_clear(gdi_evaluation *evaluation);

/* evaluate_plugin.c: which plug-in does this task belong to? job_dir is free for checking. */
god_status gdi_evaluation_find_plugin(gdi_evaluation *evaluation, const char *job_dir, god_error *err);

/* Asks one plug-in, in a worker, whether the task is one of its own. *ret_facts (may be NULL) is what it told, owned by
 * the caller. */
god_status gdi_evaluation_check(gdi_evaluation *evaluation, const gdi_plugin_info *info, const char *job_dir,
                                uint32_t *ret_accepted, json_t **ret_facts, god_error *err);

/* evaluate_fetch.c: an address of the hub or of an object store becomes a path in the cache, in use until this process
 * ends. Anything else is copied as it is. */
god_status gdi_evaluation_fetch(gdi_evaluation *evaluation, const char *address, const char *revision,
                                const char *sha256, char ret_path[GOD_PATH_MAX], god_error *err);
/* Data and base model that the command line does not name, from the addresses that the plug-in gives for the task.
 * GOD_E_INVALID when there are no data then. */
god_status gdi_evaluation_meet_needs(gdi_evaluation *evaluation, const char *job_dir, god_error *err);

/* evaluate_plan.c: reads and measures what the command line names. A submission that is not there gets a message and
 * stays out of the job; everything else that is wrong is an error. */
god_status gdi_evaluation_measure(gdi_evaluation *evaluation, god_error *err);
/* The same for one of them; `path` may be an address. */
god_status gdi_evaluation_measure_data(gdi_evaluation *evaluation, const char *path, god_error *err);
god_status gdi_evaluation_measure_base(gdi_evaluation *evaluation, const char *path, god_error *err);
god_status gdi_evaluation_make_job(gdi_evaluation *evaluation, god_error *err);

/* evaluate_standings.c: ranks the entries that may be ranked. Equal numbers keep the order of the command line. */
void gdi_evaluation_rank(gdi_evaluation *evaluation);
uint32_t gdi_evaluation_ranked_count(const gdi_evaluation *evaluation);
const char *gdi_entry_status(const gdi_evaluation *evaluation, const gdi_entry *entry);
const char *gdi_entry_message(const gdi_evaluation *evaluation, const gdi_entry *entry);
/* Entries in the order of the table: by rank, then the others as on the command line. `ret_order` has room for all. */
void gdi_evaluation_order(const gdi_evaluation *evaluation, uint32_t *ret_order);

/* evaluate_table.c, evaluate_json.c */
god_status gdi_evaluation_print_table(FILE *out, const gdi_evaluation *evaluation, god_error *err);
god_status gdi_evaluation_to_json(const gdi_evaluation *evaluation, json_t **ret_value, god_error *err);

#endif
