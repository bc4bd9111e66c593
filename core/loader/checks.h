/* core/loader/checks.h: the checks themselves, as the child of the conformance suite runs them.
 *
 * A check is a function that looks at one promise of the contract and returns GDI_PASS, or GDI_FAIL or GDI_SKIP with a
 * reason. It opens the instances it needs and closes them; nothing is carried from one check to the next, so that a
 * new child can go on anywhere. Checks run one after the other on the child's main thread. [one]
 */
#ifndef GDI_LOADER_CHECKS_H
#define GDI_LOADER_CHECKS_H

#include "core/loader/conformance.h"

/* What is checked, and with what. Borrowed for the whole run. */
typedef struct gdi_checked {
    const char *path;
    gdi_plugin plugin;
    const char *work_dir;  /* scratch folder; each check makes what it needs in it */
    const char *spec_json; /* the task; NULL: none was given */
    const char *data_path, *base_dir;
    const gdi_conformance_submission *submissions;
    uint32_t submission_count;
    /* What was seen while the file was opened and its entry was called. */
    uint64_t opening_output_bytes;
    int64_t opening_threads, opening_files; /* more than before */
} gdi_checked;

typedef uint32_t gdi_check_fn(const gdi_checked *what, god_error *ret_why);

typedef struct gdi_check {
    const char *id, *sentence;
    gdi_check_fn *run;
    const char *after[2]; /* ids of earlier checks: when one of them failed, this one would only fail again */
} gdi_check;

extern const gdi_check gdi_checks[];
extern const uint32_t gdi_check_count;

/* ---- for the checks ---- */

/* Write the reason and return the verdict. */
uint32_t gdi_check_fails(god_error *ret_why, const char *format, ...) GOD_PRINTF(2, 3);
uint32_t gdi_check_skips(god_error *ret_why, const char *format, ...) GOD_PRINTF(2, 3);

/* GDI_PASS when a failed call said so as the contract asks: a known status, the same in err->code, and a message. */
uint32_t gdi_check_explained(const char *call, god_status status, const god_error *err, god_error *ret_why);
/* GDI_PASS when the call succeeded, otherwise GDI_FAIL with its message. */
uint32_t gdi_check_succeeded(const char *call, god_status status, const god_error *err, god_error *ret_why);

/* The given task, or the least that has a task type. */
const char *gdi_check_spec(const gdi_checked *what, char *buf, size_t buf_bytes);

/* An empty folder work_dir/name; what was in it is gone. */
uint32_t gdi_check_folder(const gdi_checked *what, const char *name, char *ret_path, god_error *ret_why);

gdi_check_fn gdi_check_exports, gdi_check_opening;                                     /* checks_file.c */
gdi_check_fn gdi_check_open_close, gdi_check_close_null, gdi_check_two_instances;      /* checks_instance.c */
gdi_check_fn gdi_check_query_unknown, gdi_check_open_rubbish;                          /* checks_instance.c */
gdi_check_fn gdi_check_task_rubbish, gdi_check_task_odd, gdi_check_task_given;         /* checks_task.c */
gdi_check_fn gdi_check_intake;                                                         /* checks_intake.c */
gdi_check_fn gdi_check_args_steady, gdi_check_args_refused;                            /* checks_task.c */
gdi_check_fn gdi_check_needs, gdi_check_needs_refused, gdi_check_cache_key;            /* checks_dataset.c */
gdi_check_fn gdi_check_cache_key_input, gdi_check_cache_key_buffer, gdi_check_prepare; /* checks_dataset.c */
gdi_check_fn gdi_check_prepare_rubbish;                                                /* checks_dataset.c */
gdi_check_fn gdi_check_score_spec, gdi_check_device_bytes, gdi_check_run;              /* checks_eval.c */
gdi_check_fn gdi_check_run_tidy;
gdi_check_fn gdi_check_run_steady, gdi_check_run_alone, gdi_check_run_no_data;        /* checks_eval.c */
gdi_check_fn gdi_check_explain, gdi_check_explain_refused;                            /* checks_explain.c */
gdi_check_fn gdi_check_claim, gdi_check_plan;                                         /* checks_training.c */
gdi_check_fn gdi_check_run_refused, gdi_check_cancel_before, gdi_check_cancel_midway; /* checks_cancel.c */

#endif
