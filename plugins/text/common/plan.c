#include "common/plan.h"

#include <inttypes.h>
#include <sys/resource.h>
#include <time.h>

/* Below this much arithmetic the engine's speed is not measured: the answer is "at once". */
#define FLOPS_WORTH_MEASURING 2e10

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

god_nn_load gtx_plan_load(const gtx_set *set, uint64_t heads)
{
    god_nn_load load = {.tokens = set->tokens, .head_rows = heads * set->samples.label_tokens};
    for (size_t i = 0; i < set->samples.kept; i++) {
        const gtx_sample *sample = &set->samples.items[set->samples.order[i]];
        const uint64_t before = i > 0 ? sample->shared : 0; /* these pairs have been counted with the sample before */
        load.pairs += ((uint64_t)sample->count * (sample->count + 1) - before * (before + 1)) / 2;
    }
    return load;
}

god_status gtx_plan_add(gtx_plan *plan, const gtx_group *group, const gtx_entrant *entrant, const god_nn_load *load,
                        god_error *err)
{
    const char *base = group->job->base_model_dir;
    const uint32_t is_adapter = entrant != NULL && entrant->is_adapter;
    god_nn_cost cost = {.size = GOD_SIZE_TO(god_nn_cost, weight_bytes)};
    GOD_TRY(god_nn_lm_cost(entrant == NULL || is_adapter ? base : entrant->dir, is_adapter ? entrant->dir : NULL,
                           group->job->precision, load, &cost, err));
    plan->flops += cost.flops;
    plan->weight_bytes += cost.weight_bytes;
    plan->tokens += load->tokens;
    plan->passes++;
    return GOD_OK;
}

static void say(const gtx_group *group, const char *line)
{
    group->host->log(group->host->ctx, GOD_LOG_INFO, line);
}

static god_status count_fact(const gtx_group *group, const char *name, double value)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.0f", value);
    return group->report->fact(group->report->ctx, name, text);
}

god_status gtx_plan_begin(gtx_plan *plan, const gtx_group *group, uint64_t device_bytes, god_error *err)
{
    char line[256], time[96] = "less than a second of products";
    GOD_TRY(count_fact(group, "plan_flops", plan->flops));
    GOD_TRY(count_fact(group, "plan_weight_bytes", (double)plan->weight_bytes));
    GOD_TRY(count_fact(group, "plan_device_bytes", (double)device_bytes));
    if (plan->flops >= FLOPS_WORTH_MEASURING) {
        GOD_TRY(god_nn_engine_flops(group->engine, &plan->flops_per_s, err));
        plan->expected_s = plan->flops / plan->flops_per_s;
        (void)snprintf(time, sizeof time, "%.1f s of products at %.1f GFLOP/s", plan->expected_s,
                       plan->flops_per_s * 1e-9);
    }
    (void)snprintf(line, sizeof line,
                   "plan: %" PRIu64 " passes over %" PRIu64
                   " tokens, %.3g TFLOP, %.3g GB of weights, at most %.3g GB of "
                   "memory; %s",
                   plan->passes, plan->tokens, plan->flops * 1e-12, (double)plan->weight_bytes * 1e-9,
                   (double)device_bytes * 1e-9, time);
    say(group, line);
    plan->begin_s = now_s();
    return GOD_OK;
}

god_status gtx_plan_end(const gtx_plan *plan, const gtx_group *group)
{
    char line[256], memory[48] = "", speed[96] = "";
    const double took_s = now_s() - plan->begin_s;
    uint64_t weights_now = 0, weights_most = 0;
    struct rusage usage;
    if (group->job->device == GOD_DEV_CPU && getrusage(RUSAGE_SELF, &usage) == 0) {
        (void)snprintf(memory, sizeof memory, " and %.3g GB of memory", (double)usage.ru_maxrss * 1024e-9);
    }
    god_nn_engine_weight_bytes(group->engine, &weights_now, &weights_most);
    if (plan->expected_s > 0.0) {
        (void)snprintf(speed, sizeof speed, ", loading included: %.2f times what the products take, %.1f GFLOP/s",
                       took_s / plan->expected_s, plan->flops / took_s * 1e-9);
    }
    (void)snprintf(line, sizeof line, "plan: it took %.1f s%s, at most %.3g GB of weights at once%s", took_s, memory,
                   (double)weights_most * 1e-9, speed);
    say(group, line);
    return count_fact(group, "weight_bytes_peak", (double)weights_most);
}
