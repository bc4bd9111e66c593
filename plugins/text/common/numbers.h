/* numbers.h: one pack through one model: losses, and divergences from the base, row by row. [one] */
#ifndef GTX_NUMBERS_H
#define GTX_NUMBERS_H

#include "common/group.h"
#include "common/pack.h"

/* Buffers, kept between packs; ended with gtx_numbers_free. */
typedef struct gtx_numbers {
    gtx_pack_rows rows;
    double *nll, *kl; /* one entry per row */
    size_t capacity;
} gtx_numbers;

/* Lays the pack out in numbers->rows with room for its numbers. */
god_status gtx_numbers_lay_out(gtx_numbers *numbers, const gtx_samples *samples, const gtx_pack *pack, uint32_t with_kl,
                               god_error *err);
/* Final hidden states of the rows that are laid out. There must be at least one. */
god_status gtx_numbers_states(const gtx_numbers *numbers, god_nn_lm *lm, const god_nn_adapter *adapter,
                              god_nn_states **ret_states, god_error *err);
/* Losses of the rows that are laid out, into numbers->nll; no rows is fine. */
god_status gtx_numbers_nll(gtx_numbers *numbers, god_nn_lm *lm, const god_nn_adapter *adapter, god_error *err);
void gtx_numbers_free(gtx_numbers *numbers); /* accepts a zeroed one */

/* Ids come from the base's tokenizer; a model with fewer embeddings has none for some of them. GOD_E_DATA with the
 * row. */
god_status gtx_numbers_check_ids(const gtx_samples *samples, const god_nn_lm_info *info, god_error *err);

#endif
