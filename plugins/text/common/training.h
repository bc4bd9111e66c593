/* training.h: "god.training/1" of the task types whose data is described by a `dataset_type`. [any]
 *
 * A request has no task type; the kind whose keys are most of those in `dataset_type` has it (spec/training.md 2.2).
 */
#ifndef GTX_TRAINING_H
#define GTX_TRAINING_H

#include "common/task_spec.h"
#include "god/training.h"

/* `claim` for one kind; the order of kinds is that of gtx_kind. */
god_status gtx_training_claim(const char *task_type, gtx_kind kind, const char *training_data_json, void *user,
                              god_status (*claimed)(void *user, const god_claim *claim), god_error *err);

/* `plan` of a text task. An environment task changes what differs before it hands the plan on. */
god_status gtx_training_plan(const gtx_task_spec *spec, const god_training_sink *sink, god_training_plan *ret_plan,
                             god_error *err);

/* Copies as much of a plan as the host's struct has room for. */
void gtx_training_plan_hand_over(const god_training_plan *plan, god_training_plan *ret_plan);

/* The arguments that every download has first: task, model, task type and address of the data. */
god_status gtx_training_download_args(const god_training_sink *sink, const char *task_id, const char *model,
                                      const char *task_type, const char *address);

#endif
