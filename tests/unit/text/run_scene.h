/* run_scene.h: a host and a report of our own around the plug-in's tables, so that a whole job runs inside a test. */
#ifndef TEST_TEXT_RUN_SCENE_H
#define TEST_TEXT_RUN_SCENE_H

#include <check.h>
#include <jansson.h>

#include "god/dataset.h"
#include "god/error.h"
#include "god/eval.h"
#include "god/helpers/file.h"
#include "god/task.h"

enum { SCENE_SUBMISSIONS_MAX = 8, SCENE_METRICS_MAX = 8 };

/* What the plug-in reported about one submission. */
typedef struct scene_result {
    char status[32]; /* "ok", "failed", or the word given to excluded */
    char message[512];
    struct {
        char name[32];
        double value;
        uint64_t items;
    } metrics[SCENE_METRICS_MAX];
    uint32_t metric_count;
    char artifact[GOD_PATH_MAX]; /* path of per_example.jsonl; "" without one */
} scene_result;

typedef struct scene {
    /* set by the test */
    const char *base_dir; /* NULL: the demo's */
    const char *folder;   /* of task.json and rows.jsonl below the demo; NULL: the demo's own */
    const void *(*extension)(void *ctx, const char *id); /* what the host lends; NULL: nothing */
    const char *dirs[SCENE_SUBMISSIONS_MAX];
    uint32_t count;
    uint32_t rows; /* of the demo's test file; 0: all */
    uint32_t batch_tokens_max;
    uint64_t device_bytes_max;
    uint32_t cancel_after;   /* calls of `cancelled` that say no; 0: always no */
    const char *config_json; /* NULL: "{}" */
    const char *extra_spec;  /* members put over the demo's task; NULL: none */
    /* filled by scene_run */
    scene_result results[SCENE_SUBMISSIONS_MAX];
    json_t *facts; /* owned; ended by scene_free */
    uint64_t done, total, device_bytes;
    uint32_t cancelled_calls;
    char warning[256]; /* the last one; "": none */
    god_error err;
} scene;

/* Prepares and runs in the working directory; returns the status of whichever step failed first. */
god_status scene_run(scene *about);
void scene_free(scene *about);

double scene_metric(const scene_result *result, const char *name); /* fails the test when it is absent */
const char *scene_demo(const char *name); /* folder of a demo model; static text until the next call but 8 */

#endif
