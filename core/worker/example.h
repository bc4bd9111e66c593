/* core/worker/example.h: one row of the test data, as a plug-in explains it ("god.explain/1"): from the plug-in's calls
 * to frames in the worker, and from frames to JSON in its supervisor, which believes nothing unchecked.
 *
 *   {"frame": "part", "name": "example", "sequence_len": 4096}
 *   {"frame": "tokens", "tokens": [{"id": 17, "piece": "Hi", "text": "Hi", "label": -100, "scored": false,
 *                                   "special": false}, ...]}               as many frames as the part needs
 *   {"frame": "state", "state": "kept", "message": ""}
 *
 * Collected, the row is an array with one object per part: {"part", "sequence_len", "state", "message", "tokens"}.
 */
#ifndef GDI_WORKER_EXAMPLE_H
#define GDI_WORKER_EXAMPLE_H

#include "core/worker/outbox.h"
#include "god/explain.h"

enum {
    GDI_EXAMPLE_PARTS_MAX = 4096,
    GDI_EXAMPLE_TOKENS_MAX = 1 << 20, /* of all parts */
    GDI_EXAMPLE_FRAME_TOKENS = 128,   /* so many of the longest, escaped, fit into GDI_FRAME_BYTES_MAX */
    GDI_EXAMPLE_TEXT_BYTES_MAX = 512  /* of a piece, and of a text; more is cut */
};

/* The worker's side. Ended with gdi_explainer_fini. [one] */
typedef struct gdi_explainer {
    god_explain_sink sink; /* hand this to the plug-in */
    gdi_outbox *outbox;
    json_t *tokens; /* own: not sent yet; NULL: none */
    uint32_t in_part, parts;
    char refusal[200]; /* what was refused last; "" when nothing was */
} gdi_explainer;

void gdi_explainer_init(gdi_explainer *explainer, gdi_outbox *outbox);
/* After the plug-in has returned GOD_OK: it told of at least one part, and ended the last. GOD_E_INTERNAL. */
god_status gdi_explainer_check(const gdi_explainer *explainer, god_error *err);
void gdi_explainer_fini(gdi_explainer *explainer);

/* The supervisor's side: take one frame into *example, an array or NULL before the first. GOD_E_DATA. */
god_status gdi_example_take_part(json_t **example, const json_t *frame, god_error *err);
god_status gdi_example_take_tokens(json_t **example, const json_t *frame, god_error *err);
god_status gdi_example_take_state(json_t **example, const json_t *frame, god_error *err);
/* 1 when there is a part and every part has a state: all members are there then. example may be NULL. */
uint32_t gdi_example_is_whole(const json_t *example);

#endif
