/* plan.h: what a job will cost, said before it runs, and what it took. [one]
 *
 * The passes of a job are added one by one: which model runs, over how many tokens, with how many rows of the head. The
 * plan's numbers become facts (plan_flops, plan_weight_bytes, plan_device_bytes), the same on every machine, and at the
 * end the most bytes of weights that were on the device at once (weight_bytes_peak). What they mean in time on this
 * one, and the time that it took, are log lines: "plan: ...".
 */
#ifndef GTX_PLAN_H
#define GTX_PLAN_H

#include "common/group.h"
#include "common/sets.h"

typedef struct gtx_plan {
    double flops, flops_per_s;
    double begin_s, expected_s; /* begin_s is set by gtx_plan_begin */
    uint64_t weight_bytes, passes, tokens;
} gtx_plan;

/* The load of one pass over a set whose head is applied `heads` times to every label's row. */
god_nn_load gtx_plan_load(const gtx_set *set, uint64_t heads);

/* A pass of the base (entrant NULL) or of an entrant. */
god_status gtx_plan_add(gtx_plan *plan, const gtx_group *group, const gtx_entrant *entrant, const god_nn_load *load,
                        god_error *err);

/* All passes have been added: reports and logs the plan and starts its clock. device_bytes: of the job. */
god_status gtx_plan_begin(gtx_plan *plan, const gtx_group *group, uint64_t device_bytes, god_error *err);
/* The job is done: reports the weights and logs what it took beside what was expected. */
god_status gtx_plan_end(const gtx_plan *plan, const gtx_group *group);

#endif
