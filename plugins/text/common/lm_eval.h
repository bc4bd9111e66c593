/* lm_eval.h: masked cross-entropy, and KL against the base where the task asks for it, of a whole group. [worker]
 *
 * What is shared and what is not:
 *
 *   examples      built once for each context length that occurs in the group, used by everybody who has it
 *   base states   with a KL term: the base runs once over each pack and its final hidden states of the scored rows stay
 *                 on the device, hidden_size numbers a row, which is small beside the logits they stand for. A budget
 *                 bounds them; packs that do not fit run through the base again for each entrant
 *   entrants      one after the other, adapters first. Beside a full model only the base's output matrix is open,
 * unless packs have to run through the base again
 *
 * The order of packs and rows is the same for everybody, and sums are in f64, so a result depends on nothing but the
 * entrant's own weights.
 */
#ifndef GTX_LM_EVAL_H
#define GTX_LM_EVAL_H

#include "common/group.h"
#include "common/per_example.h"
#include "god/eval.h"

typedef struct gtx_lm_task {
    double kl_coef;           /* 0: no KL term */
    int64_t model_max_length; /* of the base tokenizer; 0: absent */
    gtx_memory memory;        /* of gtx_group_plan */
    void *ctx;
    /* Fills and finishes *samples, which has its sequence_len. */
    god_status (*samples)(void *ctx, gtx_samples *samples, god_error *err);
    gtx_describe describe; /* NULL: nothing to add to the record of an example */
} gtx_lm_task;

/* Reports per entrant the metrics eval_loss, eval_loss_raw, kl_divergence (with a KL term), samples, tokens and the
 * artifact per_example.jsonl, and facts about the run. */
god_status gtx_lm_eval(const god_host *host, const god_eval_job *job, const god_report *report, const gtx_lm_task *task,
                       god_error *err);

#endif
