/* pair.h: token ids and scored positions of a pair: two rows that share a prompt. [one] spec/evaluation.md 6.2.
 *
 *   P1   prompt without special tokens, its last 512 ids; answers without special tokens, always closed by EOS; a row
 *        that is longer than the limit keeps its last ids
 *   P2   prompt, and prompt with answer, as whole strings with special tokens, each answer closed by the text of EOS
 *        before; the answer is what follows the prompt's length; a longer row keeps its first ids
 *
 * Padding is never run, so the original's rule for padded widths comes down to one limit per row: the wider row of a
 * pair decides whether it cuts, and the other row is no longer than the limit then.
 */
#ifndef DPO_PAIR_H
#define DPO_PAIR_H

#include "common/encoder.h"
#include "common/samples.h"

enum { DPO_PROMPT_IDS_MAX = 512 }; /* of P1 */
enum { DPO_P1 = 1, DPO_P2 = 2 };
enum { DPO_CHOSEN = 0, DPO_REJECTED = 1 }; /* gtx_sample.piece */

typedef struct dpo_ids {
    const int32_t *items;
    size_t count;
} dpo_ids;

/* What tokenising gave. P1: ids of the three texts, EOS not appended yet. P2: ids of the prompt and of both whole
 * strings. */
typedef struct dpo_pair {
    uint64_t row; /* from 1 */
    uint32_t profile;
    int32_t eos;
    dpo_ids prompt, chosen, rejected;
} dpo_pair;

/* Adds both rows of a pair, cut to samples->sequence_len: the chosen one, then the rejected one. Labels stand on the
 * answer's ids; what both begin with is marked as shared, so that it is run once. */
god_status dpo_add_pair(const dpo_pair *pair, gtx_samples *samples, god_error *err);
/* Ids of its longer row before the cut to a limit. */
size_t dpo_pair_length(const dpo_pair *pair);

#endif
