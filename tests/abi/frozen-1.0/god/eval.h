/* god/eval.h: interface "god.eval/1": how good are the submitted models of one task?
 *
 * One job holds the whole group: a base model, prepared data and every submission to the task, so that what they share
 * is loaded, tokenised and run once. A submission that cannot be loaded, or whose number is not finite, fails alone
 * through `report->failed`; `run` itself fails only when nobody can be evaluated (bad data, bad base, lost device).
 */
#ifndef GOD_EVAL_H
#define GOD_EVAL_H

#include "god/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_EVAL_ID "god.eval/1"

enum { GOD_DEV_CPU = 1, GOD_DEV_CUDA = 2 };
enum { GOD_PRECISION_BF16 = 1, GOD_PRECISION_F32 = 2 }; /* of weights and activations; sums are f32 or better */
enum { GOD_LOWER_WINS = 1, GOD_HIGHER_WINS = 2 };       /* 0 is refused: the direction is always stated */

/* How a metric is shown to people. */
typedef struct god_metric_info {
    uint32_t size;
    const char *name;  /* as in god_report.metric: "eval_loss" */
    const char *title; /* head of its table column: "loss" */
    uint32_t decimals; /* digits after the point; 0 shows a whole number */
} god_metric_info;

/* Strings and the metrics array live as long as the plug-in. */
typedef struct god_score_spec {
    uint32_t size, direction;
    const char *primary;                   /* the metric that ranks */
    double lowest, highest;                /* outside this range, or not finite: no score */
    double tie_epsilon;                    /* closer than this is a tie; 0 when only equal numbers tie */
    const god_metric_info *const *metrics; /* NULL-ended, in the order of the table; may be NULL */
} god_score_spec;

/* One submitted model. */
typedef struct god_submission {
    uint32_t size;
    const char *id;        /* unique within the job */
    const char *model_dir; /* absolute path; read only; nothing in it is trusted */
} god_submission;

/* One task: its data, its base model and everyone who submitted to it. Borrowed until `run` returns. */
typedef struct god_eval_job {
    uint32_t size;
    uint32_t device;            /* GOD_DEV_... */
    int32_t device_index;       /* of a CUDA device; 0 on the CPU */
    uint32_t precision;         /* GOD_PRECISION_... */
    uint32_t threads;           /* CPU threads to use, at least 1 */
    uint32_t batch_tokens_max;  /* tokens in one pack; 0: the plug-in chooses. Must not change a digit of the score */
    uint32_t seq_len_max;       /* limit on one example, in tokens; 0: as the task type's rules say */
    uint64_t seed;              /* for whatever is random; the same seed gives the same digits */
    uint64_t device_bytes_max;  /* memory the job may take on the device; 0: not limited */
    uint64_t time_limit_ms;     /* 0: none. The host enforces it; the plug-in may use it to plan */
    const char *spec_json;      /* the task, see god/task.h */
    const char *data_dir;       /* what "god.dataset/1" prepare filled; read only */
    const char *base_model_dir; /* NULL when the task type has no base model */
    const god_submission *const *submissions; /* pointers, so that an entry can grow */
    uint32_t submission_count;
} god_eval_job;

/* The plug-in calls these as results come; `submission` is an index into the job. A status other than GOD_OK means
 * that the host has gone away or refuses the value: return it from `run`. [any] */
typedef struct god_report {
    uint32_t size;
    void *ctx;
    /* A number and the count of items that it is a mean of, or 1. A value that is not finite fails the submission. */
    god_status (*metric)(void *ctx, uint32_t submission, const char *name, double value, uint64_t items);
    /* This submission alone could not be evaluated; `message` is one sentence for its author. */
    god_status (*failed)(void *ctx, uint32_t submission, god_status why, const char *message);
    /* It could be evaluated but may not be ranked; `status` is a short word for machines ("not_finetuned"). */
    god_status (*excluded)(void *ctx, uint32_t submission, const char *status, const char *message);
    /* Something its reader should know, which does not change its rank. */
    god_status (*note)(void *ctx, uint32_t submission, const char *message);
    /* A file in work_dir worth keeping (per-example losses); the host copies it before the call returns. */
    god_status (*artifact)(void *ctx, uint32_t submission, const char *name, const char *path);
    /* A fact about the whole run that belongs to its record: ("engine", "onednn 2.6 bf16"). */
    god_status (*fact)(void *ctx, const char *name, const char *value);
} god_report;

typedef struct god_eval {
    uint32_t size;
    /* [one] How numbers of this task are to be read. */
    god_status (*score_spec)(god_instance *instance, const char *spec_json, god_score_spec *ret_spec, god_error *err);
    /* [one] optional: the memory that `run` will take on the job's device, in bytes, as an upper bound. */
    god_status (*device_bytes)(god_instance *instance, const god_eval_job *job, uint64_t *ret_bytes, god_error *err);
    /* [one] [worker] Evaluates the group. */
    god_status (*run)(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err);
    /* [one] optional, for scores that need the whole group. entries_json is an array with one object of metrics per
     * entry; ret_scores has room for score_count numbers, one per entry, in the same order. */
    god_status (*score_group)(god_instance *instance, const char *spec_json, const char *entries_json,
                              double *ret_scores, uint32_t score_count, god_error *err);
} god_eval;

#ifdef __cplusplus
}
#endif
#endif
