#include "dpo/eval.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "common/numbers.h"
#include "common/plan.h"
#include "common/sets.h"
#include "dpo/lines.h"
#include "dpo/prepare.h"

typedef struct dpo_run {
    gtx_group group;
    const gtx_prepared *prepared;
    size_t longest; /* row of the file */
    gtx_sets sets;
    size_t *set_of;      /* per entrant */
    dpo_sum **reference; /* per set, per sample; NULL for a set that nobody uses */
    gtx_numbers numbers;
} dpo_run;

static god_status build_samples(void *ctx, gtx_samples *samples, god_error *err)
{
    return dpo_samples(ctx, samples, err);
}

int64_t dpo_limit(int64_t max_position_embeddings, uint64_t seq_len_max, size_t longest)
{
    int64_t limit = max_position_embeddings > 0 ? max_position_embeddings : DPO_LENGTH_ABSENT;
    limit = seq_len_max > 0 && seq_len_max < (uint64_t)limit ? (int64_t)seq_len_max : limit;
    return (int64_t)longest < limit ? (int64_t)longest : limit;
}

static god_status choose_sets(dpo_run *run, god_error *err)
{
    const god_eval_job *job = run->group.job;
    run->set_of = calloc((size_t)job->submission_count + 1, sizeof *run->set_of);
    if (run->set_of == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %" PRIu32 " submissions", job->submission_count);
    }
    for (uint32_t i = 0; i < job->submission_count; i++) {
        const gtx_entrant *entrant = &run->group.entrants[i];
        if (entrant->over) {
            continue;
        }
        int64_t limit = dpo_limit(entrant->info.max_position_embeddings, job->seq_len_max, run->longest);
        GOD_TRY(gtx_sets_find(&run->sets, limit, &run->set_of[i], err));
        run->sets.items[run->set_of[i]].used = 1;
        run->group.total += run->sets.items[run->set_of[i]].tokens;
    }
    return GOD_OK;
}

/* Adds the losses of the pack that is laid out to the sums of its samples. */
static god_status add_rows(const gtx_numbers *numbers, const gtx_samples *samples, dpo_sum *sums, god_error *err)
{
    for (int64_t r = 0; r < numbers->rows.row_count; r++) {
        size_t sample = numbers->rows.samples[r];
        if (!isfinite(numbers->nll[r])) {
            return god_fail(
                err, GOD_E_DATA, "row %" PRIu64 ": the loss of the %s answer is not finite (%s), so there is no score",
                samples->items[sample].row, samples->items[sample].piece == DPO_CHOSEN ? "chosen" : "rejected",
                isnan(numbers->nll[r]) ? "NaN" : "infinite");
        }
        dpo_sum_add(&sums[sample], -numbers->nll[r]);
    }
    return GOD_OK;
}

/* Runs one model over all packs of a set. `stage` and `name` are for progress. */
static god_status sum_packs(dpo_run *run, god_nn_lm *lm, const god_nn_adapter *adapter, const gtx_set *set,
                            const char *stage, const char *name, dpo_sum *sums, god_error *err)
{
    GOD_TRY(gtx_numbers_check_ids(&set->samples, god_nn_lm_info_of(lm), err));
    for (size_t i = 0; i < set->pack_count; i++) {
        GOD_TRY(gtx_group_step(&run->group, stage, name, err));
        GOD_TRY(gtx_numbers_lay_out(&run->numbers, &set->samples, &set->packs[i], 0, err));
        GOD_TRY(gtx_numbers_nll(&run->numbers, lm, adapter, err));
        GOD_TRY(add_rows(&run->numbers, &set->samples, sums, err));
        run->group.done += set->packs[i].tokens;
    }
    return GOD_OK;
}

static god_status allocate_sums(const gtx_set *set, dpo_sum **ret_sums, god_error *err)
{
    dpo_sum *sums = calloc(set->samples.count + 1, sizeof *sums);
    if (sums == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the sums of %zu answers", set->samples.count);
    }
    *ret_sums = sums;
    return GOD_OK;
}

static god_status run_reference(dpo_run *run, god_error *err)
{
    god_nn_lm *base = NULL;
    if (gtx_sets_used(&run->sets) == 0) {
        return GOD_OK; /* everybody is out already */
    }
    GOD_TRY(gtx_group_base(&run->group, &base, err));
    run->reference = calloc(run->sets.count + 1, sizeof *run->reference);
    if (run->reference == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu sets of pairs", run->sets.count);
    }
    for (size_t i = 0; i < run->sets.count; i++) {
        run->group.total += run->sets.items[i].tokens;
    }
    for (size_t i = 0; i < run->sets.count; i++) {
        const gtx_set *set = &run->sets.items[i];
        GOD_TRY(allocate_sums(set, &run->reference[i], err));
        if (sum_packs(run, base, NULL, set, "base", NULL, run->reference[i], err) != GOD_OK) {
            return god_fail_in(err, "base model");
        }
    }
    return GOD_OK;
}

static god_status report_metrics(dpo_run *run, const gtx_entrant *entrant, const gtx_samples *samples,
                                 const dpo_sum *policy, const dpo_sum *reference)
{
    const god_report *report = run->group.report;
    const size_t pairs = samples->count / 2;
    double loss = 0.0, recipe = 0.0;
    uint64_t tokens = 0;
    for (size_t i = 0; i < samples->count; i += 2) {
        const dpo_loss one = dpo_loss_of(&policy[i], &policy[i + 1], &reference[i], &reference[i + 1]);
        loss += one.loss;
        recipe += one.recipe_loss;
        tokens += samples->items[i].label_count + samples->items[i + 1].label_count;
    }
    loss /= (double)pairs;
    recipe /= (double)pairs;
    GOD_TRY(report->metric(report->ctx, entrant->index, "eval_loss", loss, pairs));
    GOD_TRY(report->metric(report->ctx, entrant->index, "eval_loss_bf16_recipe", recipe, pairs));
    GOD_TRY(report->metric(report->ctx, entrant->index, "samples", (double)pairs, 1));
    GOD_TRY(report->metric(report->ctx, entrant->index, "tokens", (double)tokens, 1));
    return gtx_group_finish(&run->group, entrant);
}

static god_status report_result(dpo_run *run, const gtx_entrant *entrant, const gtx_samples *samples,
                                const dpo_sum *policy, const dpo_sum *reference, god_error *err)
{
    god_text lines = GOD_TEXT_INIT;
    GOD_TRY(report_metrics(run, entrant, samples, policy, reference));
    god_status status = dpo_lines(samples, policy, reference, &lines, err);
    if (status == GOD_OK) {
        status = gtx_group_artifact(&run->group, entrant, &lines, err);
    }
    god_text_free(&lines);
    return status;
}

static god_status sum_entrant(dpo_run *run, const gtx_entrant *entrant, const gtx_set *set, dpo_sum *sums,
                              god_error *err)
{
    gtx_model model;
    GOD_TRY(gtx_group_step(&run->group, "submission", entrant->id, err));
    GOD_TRY(gtx_model_open(&run->group, entrant, &model, err));
    god_status status = sum_packs(run, model.lm, model.adapter, set, "submission", entrant->id, sums, err);
    gtx_model_close(&model);
    return status;
}

static god_status run_entrant(void *ctx, gtx_entrant *entrant, god_error *err)
{
    dpo_run *run = ctx;
    const size_t index = run->set_of[entrant->index];
    const gtx_set *set = &run->sets.items[index];
    dpo_sum *policy = NULL;
    god_error why = GOD_ERROR_INIT;
    uint64_t done_after = run->group.done + set->tokens;
    GOD_TRY(allocate_sums(set, &policy, err));
    god_status status = sum_entrant(run, entrant, set, policy, &why);
    gtx_group_done(&run->group, entrant, done_after);
    status = status != GOD_OK ? gtx_group_fail(&run->group, entrant, status, &why, err)
                              : report_result(run, entrant, &set->samples, policy, run->reference[index], err);
    free(policy);
    return status;
}

/* "rows_cut" when the whole group has one limit, "rows_cut@2048" when there are several. */
static god_status count_fact(const dpo_run *run, const gtx_set *set, const char *name, uint64_t value)
{
    const god_report *report = run->group.report;
    char full[64], text[32];
    (void)snprintf(full, sizeof full, gtx_sets_used(&run->sets) > 1 ? "%s@%" PRId64 : "%s", name,
                   set->samples.sequence_len);
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    return report->fact(report->ctx, full, text);
}

/* tokens_shared: what is not run a second time, because both answers of a pair go on from one prompt. */
static god_status report_set(const dpo_run *run, const gtx_set *set)
{
    uint64_t cut = 0;
    for (size_t i = 0; i < set->samples.count; i++) {
        cut += set->samples.items[i].uncut > set->samples.items[i].count;
    }
    GOD_TRY(count_fact(run, set, "rows_cut", cut));
    GOD_TRY(count_fact(run, set, "tokens_run", set->tokens));
    return count_fact(run, set, "tokens_shared", set->samples.tokens - set->tokens);
}

static god_status make_plan(dpo_run *run, gtx_plan *plan, god_error *err)
{
    const god_eval_job *job = run->group.job;
    uint64_t device_bytes = 0;
    for (size_t i = 0; i < run->sets.count; i++) {
        const god_nn_load load = gtx_plan_load(&run->sets.items[i], 1);
        GOD_TRY(gtx_plan_add(plan, &run->group, NULL, &load, err));
    }
    for (uint32_t i = 0; i < job->submission_count; i++) {
        const gtx_entrant *entrant = &run->group.entrants[i];
        if (!entrant->over) {
            const god_nn_load load = gtx_plan_load(&run->sets.items[run->set_of[i]], 1);
            GOD_TRY(gtx_plan_add(plan, &run->group, entrant, &load, err));
        }
    }
    GOD_TRY(gtx_group_device_bytes(job, &run->group.memory, &device_bytes, err));
    return gtx_plan_begin(plan, &run->group, device_bytes, err);
}

static god_status run_group(dpo_run *run, god_error *err)
{
    gtx_plan plan = {0};
    GOD_TRY(gtx_group_inspect(&run->group, err));
    GOD_TRY(dpo_longest(run->prepared, &run->longest, err));
    GOD_TRY(choose_sets(run, err));
    for (size_t i = 0; i < run->sets.count; i++) {
        GOD_TRY(report_set(run, &run->sets.items[i]));
    }
    GOD_TRY(make_plan(run, &plan, err));
    GOD_TRY(run_reference(run, err));
    /* The sums of the base's log-probabilities are all that a full model is compared with. */
    GOD_TRY(gtx_group_run(&run->group, GTX_BASE_CLOSED, run_entrant, run, err));
    return gtx_plan_end(&plan, &run->group);
}

god_status dpo_plan_memory(const gtx_prepared *prepared, const god_eval_job *job, gtx_memory *ret_memory,
                           god_error *err)
{
    gtx_memory_need need = {.longest = 0};
    size_t longest = 0;
    GOD_TRY(dpo_longest(prepared, &longest, err));
    need.longest = longest;
    return gtx_group_plan(job, &need, ret_memory, err);
}

god_status dpo_eval(const god_host *host, const god_eval_job *job, const god_report *report,
                    const gtx_prepared *prepared, god_error *err)
{
    dpo_run run = {.prepared = prepared};
    gtx_memory memory;
    GOD_TRY(dpo_plan_memory(prepared, job, &memory, err));
    run.sets = (gtx_sets){.pack_tokens = memory.pack_tokens,
                          .ctx = (void *)(uintptr_t)prepared, /* read only behind the callback */
                          .build = build_samples};
    god_status status = gtx_group_open(&run.group, host, job, &memory, report, err);
    if (status == GOD_OK) {
        status = run_group(&run, err);
    }
    for (size_t i = 0; run.reference != NULL && i < run.sets.count; i++) {
        free(run.reference[i]);
    }
    free(run.reference);
    free(run.set_of);
    gtx_sets_free(&run.sets);
    gtx_numbers_free(&run.numbers);
    gtx_group_close(&run.group);
    return status;
}
