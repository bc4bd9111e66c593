/* Plug-in god.text.grpo: GrpoTask. Models that were trained with reward functions; the higher score wins. It checks
 * tasks, builds their training command (spec/training.md 13) and names what they need. */
#include <float.h>

#include "common/task_type.h"

#define TASK_TYPE "GrpoTask"

static const god_metric_info metric_score = {GOD_SIZE_TO(god_metric_info, decimals), "eval_loss", "score", 6};
static const god_metric_info *const metrics[] = {&metric_score, NULL};

static god_status check(const gtx_task_spec *spec, god_error *err)
{
    const json_t *rewards = json_object_get(spec->dataset_type, "reward_functions");
    return json_array_size(rewards) > 0
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "dataset_type: \"reward_functions\" is empty, nothing can be scored");
}

static const gtx_task_type type = {.name = TASK_TYPE,
                                   .kind = GTX_KIND_GRPO,
                                   .cache_prefix = "grpo",
                                   .score = {.size = GOD_SIZE_TO(god_score_spec, metrics),
                                             .direction = GOD_HIGHER_WINS,
                                             .primary = "eval_loss",
                                             .lowest = -FLT_MAX,
                                             .highest = FLT_MAX,
                                             .tie_epsilon = 0.0,
                                             .metrics = metrics},
                                   .check = check};
static const char config_schema[] = GTX_CONFIG_SCHEMA(GTX_CONFIG_SALT);

GTX_PLUGIN("god.text.grpo", TASK_TYPE, 0, type, config_schema)
