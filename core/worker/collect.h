/* core/worker/collect.h: from a worker's frames to a result. The worker runs foreign code, so nothing in a frame is
 * believed before it is checked here: the index of a submission, the length of a name, a number's range.
 *
 * Frames (one JSON object each; "frame" says which):
 *   {"frame":"score","direction":1,"primary":"eval_loss","lowest":0,"highest":100,"tie_epsilon":0,
 *    "metrics":[{"name":"eval_loss","title":"loss","decimals":4}]}                 once, before any metric
 *   {"frame":"metric","submission":0,"name":"eval_loss","value":1.25,"items":64}   value "nan", "inf" or "-inf" fails
 * it
 *   {"frame":"failed","submission":0,"why":-2,"message":"..."}
 *   {"frame":"excluded","submission":0,"status":"not_finetuned","message":"..."}
 *   {"frame":"note","submission":0,"message":"..."}
 *   {"frame":"artifact","submission":0,"name":"examples","path":"artifacts/0-examples"}
 *   {"frame":"fact","name":"engine","value":"..."}
 *   {"frame":"part"...}, {"frame":"tokens"...}, {"frame":"state"...}               see core/worker/example.h
 *   {"frame":"log","level":2,"message":"..."}
 *   {"frame":"progress","done":1,"total":10,"unit":"tokens","stage":"submission alice"}
 *   {"frame":"done","status":0,"message":""}                                       the last one
 */
#ifndef GDI_WORKER_COLLECT_H
#define GDI_WORKER_COLLECT_H

#include "core/worker/result.h"

enum {
    GDI_METRIC_NAME_BYTES_MAX = 64,
    GDI_METRICS_MAX = 256, /* of one submission */
    GDI_NOTES_MAX = 64,
    GDI_ARTIFACTS_MAX = 64,
    GDI_FACTS_MAX = 256,
    GDI_MESSAGE_BYTES_MAX = 504 /* as god_error */
};

typedef struct gdi_collector {
    gdi_result *result; /* borrowed */
    uint32_t done;      /* the done frame has come */
    god_status done_status;
    char done_message[GDI_MESSAGE_BYTES_MAX];
} gdi_collector;

/* Takes one frame in. *ret_frame is its JSON (the caller's, json_decref), for whoever shows progress; NULL when it is
 * not JSON. GOD_E_DATA when the frame is refused; the result is as it was and the worker may go on. */
god_status gdi_collect_frame(gdi_collector *collector, const char *frame, json_t **ret_frame, god_error *err);

/* After a worker that did its job: whoever has no primary metric and was not said to have failed has failed now. */
god_status gdi_collect_finish(gdi_collector *collector, god_error *err);

/* A name of a metric, fact, artifact or status word: 1 to GDI_METRIC_NAME_BYTES_MAX of letters, digits, '.', '_', '-',
 * beginning with a letter or digit. */
uint32_t gdi_collect_is_name(const char *name);

#endif
