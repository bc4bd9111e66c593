/* explain.h: shows a row of the test file as it is scored ("god.explain/1"). [one]
 *
 * What is shown is taken from the samples of an evaluation and from the rows that a pack of them asks for, not made
 * again. The text of a token is what it adds when the ids up to it are decoded, so the texts of a part put together are
 * the part's text; where a character takes several tokens, the last of them has it.
 */
#ifndef GTX_EXPLAIN_H
#define GTX_EXPLAIN_H

#include "common/samples.h"
#include "god/explain.h"

/* Shows the samples of row `row` (from 1) of finished samples. base_dir is the model whose tokenizer made them. names
 * are those of the parts by gtx_sample.piece; NULL: "example", or "piece-1" and so on when the row has several.
 * GOD_E_INVALID when there is no such row. */
god_status gtx_explain_row(const gtx_samples *samples, uint64_t row, const char *base_dir, const char *const *names,
                           const god_explain_sink *sink, god_error *err);

/* The same for task types whose limit on length is that of gtx_sets_choose: for a submission shaped like the base. */
typedef struct gtx_explained {
    const char *base_dir;
    int64_t model_max_length; /* of the base tokenizer; 0: absent */
    uint64_t row, seq_len_max;
    void *ctx;
    god_status (*samples)(void *ctx, gtx_samples *samples, god_error *err); /* as in gtx_lm_task */
} gtx_explained;
god_status gtx_lm_explain(const gtx_explained *what, const god_explain_sink *sink, god_error *err);

#endif
