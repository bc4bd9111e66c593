/* eval.h: DPO losses of a whole group against the base model. [worker]
 *
 * The reference's sums are taken once for each limit on the rows' length that occurs in the group (a submission's
 * max_position_embeddings; limits that cut nothing count as one), the policies one after the other.
 */
#ifndef DPO_EVAL_H
#define DPO_EVAL_H

#include "common/group.h"
#include "common/prepared.h"
#include "god/eval.h"

enum { DPO_LENGTH_ABSENT = 8192 }; /* limit when config.json names no max_position_embeddings */

/* The most ids that a row may have: max_position_embeddings (0: absent), no more than seq_len_max (0: not limited). A
 * limit above the longest row of the file cuts nothing and counts as that length. */
int64_t dpo_limit(int64_t max_position_embeddings, uint64_t seq_len_max, size_t longest);

god_status dpo_plan_memory(const gtx_prepared *prepared, const god_eval_job *job, gtx_memory *ret_memory,
                           god_error *err);

/* Reports per entrant the metrics eval_loss, eval_loss_bf16_recipe, samples (pairs), tokens (scored ids) and the
 * artifact per_example.jsonl, and facts about the run. */
god_status dpo_eval(const god_host *host, const god_eval_job *job, const god_report *report,
                    const gtx_prepared *prepared, god_error *err);

#endif
