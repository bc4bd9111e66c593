/* god/explain.h: interface "god.explain/1": what exactly is scored of one row of the test data?
 *
 * Optional. People who doubt a score look here first (`god tokenize --task`), so the tokens and labels that are shown
 * must come from the code that `run` of god/eval.h uses, on the same prepared data.
 *
 * A row becomes one or more parts: an example, the two answers of a pair, the pieces of a long text. The plug-in tells
 * the sink of each part in its order: `part` once, `token` for each of its tokens, `state` once.
 */
#ifndef GOD_EXPLAIN_H
#define GOD_EXPLAIN_H

#include "god/dataset.h"
#include "god/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_EXPLAIN_ID "god.explain/1"

#define GOD_EXPLAIN_NO_LABEL (-100)
enum {
    GOD_EXPLAIN_SCORED = 1u << 0, /* it adds to the score; a label at the very start has no predictor and does not */
    GOD_EXPLAIN_SPECIAL = 1u << 1 /* the tokenizer marks it as special */
};

typedef struct god_explain_token {
    uint32_t size;
    int32_t id;
    int32_t label;     /* the id that is asked for at this place, or GOD_EXPLAIN_NO_LABEL for context */
    uint32_t flags;    /* GOD_EXPLAIN_... */
    const char *piece; /* as the vocabulary spells it; NULL when the id is in no vocabulary */
    const char *text;  /* what it adds to the text of the part; "" for a token that ends within a character */
} god_explain_token;

/* A status other than GOD_OK is to be returned by the plug-in unchanged. [any] during explain */
typedef struct god_explain_sink {
    uint32_t size;
    void *ctx;
    /* A part begins. name: 1 to 64 letters, digits, '.', '_' and '-' ("example", "chosen"). sequence_len: the most
     * tokens that a part of this kind may have here; 0: no limit. */
    god_status (*part)(void *ctx, const char *name, uint64_t sequence_len);
    god_status (*token)(void *ctx, const god_explain_token *token);
    /* The part ends. word: "kept", or why it takes no part in the score ("too_long"), as a name like the above.
     * message: one sentence for people, "" when there is nothing to say. */
    god_status (*state)(void *ctx, const char *word, const char *message);
} god_explain_sink;

typedef struct god_explain {
    uint32_t size;
    /* [one] [worker] Shows row `row`, counted from 1, of the prepared data in data_dir, with the limits on length that
     * a submission shaped like the base model meets. inputs are those of "god.dataset/1"; seq_len_max as in
     * god_eval_job. GOD_E_INVALID when there is no such row. */
    god_status (*explain)(god_instance *instance, const char *spec_json, const god_inputs *inputs, const char *data_dir,
                          uint64_t row, uint64_t seq_len_max, const god_explain_sink *sink, god_error *err);
} god_explain;

#ifdef __cplusplus
}
#endif
#endif
