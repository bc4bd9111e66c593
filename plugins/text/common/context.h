/* context.h: how long may one example be? [any] spec/evaluation.md 1.6 and 2.4. */
#ifndef GTX_CONTEXT_H
#define GTX_CONTEXT_H

#include <stdint.h>

enum {
    GTX_SEQUENCE_LEN = 4096,                 /* of the task type, before the rules below */
    GTX_CONTEXT_ABSENT = 131072,             /* cap when config.json names no max_position_embeddings */
    GTX_MODEL_MAX_LENGTH_BELIEVED = 1000000, /* a tokenizer's model_max_length from here on means "not set" */
    GTX_CANDIDATES_MAX = 64
};

/* 4096, or half of max_position_embeddings (rounded up) when that is below 2 * 4096; 0: not in the config. */
int64_t gtx_context_start(int64_t max_position_embeddings);
/* The longest example to try: max_position_embeddings, no more than the tokenizer's model_max_length (0: absent). */
int64_t gtx_context_cap(int64_t max_position_embeddings, int64_t model_max_length);
/* start, 2 start, 4 start ... with `cap` at the end: the lengths to try until one keeps an example. Returns how many.
 */
uint32_t gtx_context_candidates(int64_t start, int64_t cap, int64_t ret_lengths[GTX_CANDIDATES_MAX]);

#endif
