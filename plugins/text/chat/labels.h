/* labels.h: which ids of a conversation are scored? [any] spec/evaluation.md 4.3.
 *
 * A template gives no positions, only text. So the content of an assistant turn is found by comparing two id lists that
 * differ in nothing else:
 *
 *     cut      the conversation up to and with this turn
 *     probe    the same, the turn holding CHAT_PROBE in place of what it said
 *
 *     cut      h h h h c c c c e \n           start  first position where they differ, from the front
 *     probe    h h h h p p p e \n             end    one behind the last where they differ, from the back
 *                      ^start  ^end (in cut)
 *
 * The ids on [start, end) of the whole conversation are labelled, and so is the first EOS from `end` on when it is at
 * most CHAT_EOS_REACH positions away. What follows from this, all of it as the original does it:
 *   - content that begins or ends like the probe text loses those ids from the labels;
 *   - a template that prints earlier turns differently once later ones follow gets misplaced labels;
 *   - without a span `end` is -1, and the search for EOS looks at the last id first (a hit there ends it without a
 *     label) and goes on from 0, so that a BOS that equals EOS is labelled.
 * The original also leaves a leading system turn of Mistral tokenizers without a span; only assistant turns are looked
 * at here, as there, so that rule never applies.
 */
#ifndef CHAT_LABELS_H
#define CHAT_LABELS_H

#include "common/ids.h"

#define CHAT_PROBE "[[dummy_message]]"
enum { CHAT_EOS_REACH = 3 };

/* One assistant turn. Positions are those of the whole conversation. */
typedef struct chat_span {
    int32_t turn;       /* from 0, a system turn from the system column counted */
    int32_t start, end; /* labelled: start <= position < end; -1, -1: none */
    int32_t eos;        /* labelled as well; -1: none */
} chat_span;

/* eos: id of the tokenizer's EOS, -1 when it has none. */
chat_span chat_span_find(int32_t turn, const gtx_ids *cut, const gtx_ids *probe, const gtx_ids *whole, int32_t eos);

/* Writes `count` labels: the id where a span covers the position, GTX_IGNORE elsewhere. */
void chat_labels_write(const int32_t *ids, size_t count, const chat_span *spans, size_t span_count,
                       int32_t *ret_labels);

#endif
