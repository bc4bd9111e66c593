/* god/training.h: interface "god.training/1": which training requests are of this task type, and what does a trainer
 * prepare around the container whose command "god.task/1" builds?
 *
 * Optional. A training request does not name its task type: every plug-in that offers this interface is asked whether
 * the request is one of its own, and the one that knows most of its keys gets it. The host does the rest by itself; all
 * that it has to know of a task type is in god_training_plan.
 */
#ifndef GOD_TRAINING_H
#define GOD_TRAINING_H

#include "god/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_TRAINING_ID "god.training/1"

/* What a plug-in says of a request that can be its own. */
typedef struct god_claim {
    uint32_t size;
    uint32_t keys;         /* how many keys that only this task type has are in the request; nested ones count too */
    uint32_t order;        /* of two claims with as many keys the lower order wins; ours have 1 to 6 */
    const char *spec_json; /* the task in the form that check and build_args take, without the keys nobody knows */
} god_claim;

/* What surrounds the container. Strings are static; those that may be NULL say so. */
typedef struct god_training_plan {
    uint32_t size;
    uint32_t tells_datasets;      /* 1: the container is told which of the requested data sets are there */
    uint32_t keeps_run_log;       /* 1: it leaves offline run logs, which are sent on after the upload */
    uint32_t row_count;           /* the data file is not fetched but made of this many equal rows; 0: it is fetched */
    const char *row_json;         /* one such row; NULL without row_count */
    const char *dockerfile;       /* relative to the miner's repository, without ".." */
    const char *image;            /* what the built image is called, before ':' */
    const char *container_prefix; /* the container's name begins with it */
    const char *data_ending;      /* the data file in the cache is <task_id> and this */
    const char *upload_subfolder; /* of the uploaded repository; NULL: its root */
    const char *sidecar;          /* name of the environment whose servers the container talks to; NULL: none */
    uint64_t single_file_bytes_min; /* of a model repository whose root has a larger .safetensors file only the largest
                                     * is fetched; 0: always the whole repository */
} god_training_plan;

/* The host's sink for the lists of a plan. Strings are copied before a call returns; a status other than GOD_OK is to
 * be returned by the plug-in unchanged. [any] during plan */
typedef struct god_training_sink {
    uint32_t size;
    void *ctx;
    /* The command that fetches model and data into the cache; in argv order. */
    god_status (*download_arg)(void *ctx, const char *name, const char *value_or_null);
    /* Further labels of the containers, for people and logs. */
    god_status (*label)(void *ctx, const char *name, const char *value);
    /* A file of a model repository that must be in the cache beside the model; NULL: its tokenizer files. */
    god_status (*extra)(void *ctx, const char *repository, const char *file_or_null);
} god_training_sink;

typedef struct god_training {
    uint32_t size;
    /* [one] training_data_json is one JSON object; its common keys have been checked. Calls `claimed` once and returns
     * what it returned. GOD_E_NOT_FOUND when the request is of another form (its keys are not there), GOD_E_INVALID
     * when it would be of this one but for a value; both with a sentence that names the key. */
    god_status (*claim)(god_instance *instance, const char *training_data_json, void *user,
                        god_status (*claimed)(void *user, const god_claim *claim), god_error *err);
    /* [one] The same spec gives the same calls in the same order. Fills as much of *ret_plan as its size allows. */
    god_status (*plan)(god_instance *instance, const char *spec_json, const god_training_sink *sink,
                       god_training_plan *ret_plan, god_error *err);
} god_training;

#ifdef __cplusplus
}
#endif
#endif
