#include "common/lm_eval.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/numbers.h"
#include "common/plan.h"
#include "common/sets.h"

/* The base's states of one set, per pack; NULL where the budget ended. */
typedef struct base_states {
    god_nn_states **of_pack;
    size_t count;
} base_states;

typedef struct lm_run {
    gtx_group group;
    const gtx_lm_task *task;
    gtx_sets sets;
    size_t *set_of;    /* per entrant */
    base_states *base; /* per set; NULL without a KL term */
    uint64_t states_bytes_left;
    uint32_t base_again; /* 1: states of some packs are not kept */
    gtx_numbers numbers;
} lm_run;

static uint32_t with_kl(const lm_run *run)
{
    return run->task->kl_coef != 0.0;
}

/* Chooses the context of an entrant: the first candidate that keeps an example. Without one the entrant has failed: its
 * config allows too short a context. Examples that cannot be built at all fail the run. */
static god_status choose_set(lm_run *run, gtx_entrant *entrant, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    size_t index = 0;
    GOD_TRY(gtx_sets_choose(&run->sets, entrant->info.max_position_embeddings, run->task->model_max_length,
                            run->group.job->seq_len_max, &index, err));
    gtx_set *set = &run->sets.items[index];
    if (set->samples.kept > 0) {
        run->set_of[entrant->index] = index;
        set->used = 1;
        run->group.total += set->tokens;
        return GOD_OK;
    }
    if (set->samples.sequence_len < 2) {
        (void)god_fail(&why, GOD_E_DATA,
                       "a context of %" PRId64 " tokens has no room for an example, which has 2 or more",
                       set->samples.sequence_len);
        return gtx_group_fail(&run->group, entrant, why.code, &why, err);
    }
    (void)god_fail(&why, GOD_E_DATA, "no row of the test file gives an example of 2 to %" PRId64 " tokens with a label",
                   set->samples.sequence_len);
    return gtx_group_fail(&run->group, entrant, why.code, &why, err);
}

static god_status choose_sets(lm_run *run, god_error *err)
{
    const uint32_t count = run->group.job->submission_count;
    run->set_of = calloc((size_t)count + 1, sizeof *run->set_of);
    if (run->set_of == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %" PRIu32 " submissions", count);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!run->group.entrants[i].over) {
            GOD_TRY(choose_set(run, &run->group.entrants[i], err));
        }
    }
    return GOD_OK;
}

/* Runs the base over the packs of a set as far as the budget reaches. */
static god_status run_base(lm_run *run, const gtx_set *set, base_states *states, god_error *err)
{
    god_nn_lm *base = NULL;
    GOD_TRY(gtx_group_base(&run->group, &base, err));
    GOD_TRY(gtx_numbers_check_ids(&set->samples, &run->group.base_info, err));
    states->of_pack = calloc(set->pack_count + 1, sizeof(god_nn_states *));
    if (states->of_pack == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu packs", set->pack_count);
    }
    states->count = set->pack_count;
    for (size_t i = 0; i < set->pack_count; i++) {
        uint64_t tokens = set->packs[i].tokens;
        GOD_TRY(gtx_numbers_lay_out(&run->numbers, &set->samples, &set->packs[i], 1, err));
        uint64_t rows = (uint64_t)run->numbers.rows.row_count;
        uint64_t bytes = rows * gtx_group_state_bytes(run->group.job, &run->group.base_info);
        if (rows == 0 || bytes > run->states_bytes_left) {
            run->base_again |= rows > 0;
            run->group.total -= tokens;
            continue;
        }
        GOD_TRY(gtx_group_step(&run->group, "base", NULL, err));
        GOD_TRY(gtx_numbers_states(&run->numbers, base, NULL, &states->of_pack[i], err));
        run->states_bytes_left -= bytes;
        run->group.done += tokens;
    }
    return GOD_OK;
}

static god_status run_base_sets(lm_run *run, god_error *err)
{
    if (!with_kl(run)) {
        return GOD_OK;
    }
    run->base = calloc(run->sets.count + 1, sizeof *run->base);
    if (run->base == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu sets of examples", run->sets.count);
    }
    for (size_t i = 0; i < run->sets.count; i++) {
        run->group.total += run->sets.items[i].used ? run->sets.items[i].tokens : 0;
    }
    for (size_t i = 0; i < run->sets.count; i++) {
        if (run->sets.items[i].used) {
            GOD_TRY(run_base(run, &run->sets.items[i], &run->base[i], err));
        }
    }
    return GOD_OK;
}

/* Loss and KL of the pack that is laid out. `kept` is NULL where the base has to run again. */
static god_status score_with_kl(lm_run *run, const gtx_model *model, const god_nn_states *states,
                                const god_nn_states *kept, god_error *err)
{
    gtx_numbers *numbers = &run->numbers;
    god_nn_lm *base = NULL;
    god_nn_states *made = NULL;
    GOD_TRY(gtx_group_base(&run->group, &base, err));
    if (kept == NULL) {
        GOD_TRY(gtx_numbers_states(numbers, base, NULL, &made, err));
    }
    god_status status =
        god_nn_lm_nll_kl(model->lm, model->adapter, states, numbers->rows.targets, base, kept != NULL ? kept : made,
                         numbers->rows.kl_mask, numbers->nll, numbers->kl, err);
    god_nn_states_free(made);
    return status;
}

static god_status score_pack(lm_run *run, const gtx_model *model, size_t set_index, size_t pack, gtx_lm_sums *sums,
                             god_error *err)
{
    const gtx_set *set = &run->sets.items[set_index];
    gtx_numbers *numbers = &run->numbers;
    god_nn_states *states = NULL;
    GOD_TRY(gtx_numbers_lay_out(numbers, &set->samples, &set->packs[pack], with_kl(run), err));
    if (numbers->rows.row_count == 0) {
        return GOD_OK;
    }
    GOD_TRY(gtx_numbers_states(numbers, model->lm, model->adapter, &states, err));
    god_status status =
        with_kl(run) ? score_with_kl(run, model, states, run->base[set_index].of_pack[pack], err)
                     : god_nn_lm_nll(model->lm, model->adapter, states, numbers->rows.targets, numbers->nll, err);
    god_nn_states_free(states);
    if (status == GOD_OK) {
        status =
            gtx_lm_sums_add(sums, &set->samples, &numbers->rows, numbers->nll, with_kl(run) ? numbers->kl : NULL, err);
    }
    return status;
}

static god_status score_packs(lm_run *run, const gtx_entrant *entrant, size_t set_index, gtx_lm_sums *sums,
                              god_error *err)
{
    const gtx_set *set = &run->sets.items[set_index];
    gtx_model model;
    GOD_TRY(gtx_group_step(&run->group, "submission", entrant->id, err));
    GOD_TRY(gtx_model_open(&run->group, entrant, &model, err));
    god_status status = gtx_numbers_check_ids(&set->samples, god_nn_lm_info_of(model.lm), err);
    for (size_t i = 0; i < set->pack_count && status == GOD_OK; i++) {
        status = gtx_group_step(&run->group, "submission", entrant->id, err);
        if (status == GOD_OK) {
            status = score_pack(run, &model, set_index, i, sums, err);
            run->group.done += set->packs[i].tokens;
        }
    }
    gtx_model_close(&model);
    return status;
}

static god_status write_lines(lm_run *run, const gtx_entrant *entrant, const gtx_set *set, const gtx_lm_sums *sums,
                              god_error *err)
{
    god_text lines = GOD_TEXT_INIT;
    god_status status =
        gtx_per_example(&set->samples, sums, with_kl(run), run->task->describe, run->task->ctx, &lines, err);
    if (status == GOD_OK) {
        status = gtx_group_artifact(&run->group, entrant, &lines, err);
    }
    god_text_free(&lines);
    return status;
}

static god_status report_metrics(lm_run *run, const gtx_entrant *entrant, const gtx_lm_totals *totals)
{
    const god_report *report = run->group.report;
    const uint32_t at = entrant->index;
    GOD_TRY(report->metric(report->ctx, at, "eval_loss", totals->eval_loss, totals->samples));
    GOD_TRY(report->metric(report->ctx, at, "eval_loss_raw", totals->raw, totals->samples));
    if (with_kl(run)) {
        GOD_TRY(report->metric(report->ctx, at, "kl_divergence", totals->kl, totals->label_tokens));
    }
    GOD_TRY(report->metric(report->ctx, at, "samples", (double)totals->samples, 1));
    GOD_TRY(report->metric(report->ctx, at, "tokens", (double)totals->label_tokens, 1));
    return gtx_group_finish(&run->group, entrant);
}

static god_status run_entrant(void *ctx, gtx_entrant *entrant, god_error *err)
{
    lm_run *run = ctx;
    const size_t set_index = run->set_of[entrant->index];
    const gtx_set *set = &run->sets.items[set_index];
    gtx_lm_sums sums = {0};
    god_error why = GOD_ERROR_INIT;
    uint64_t done_after = run->group.done + set->tokens;
    GOD_TRY(gtx_lm_sums_init(&sums, set->samples.count, err));
    god_status status = score_packs(run, entrant, set_index, &sums, &why);
    gtx_group_done(&run->group, entrant, done_after); /* also when it failed on the way */
    if (status != GOD_OK) {
        status = gtx_group_fail(&run->group, entrant, status, &why, err);
    } else {
        const gtx_lm_totals totals = gtx_lm_total(&sums, &set->samples, run->task->kl_coef);
        status = report_metrics(run, entrant, &totals);
        if (status == GOD_OK) {
            status = write_lines(run, entrant, set, &sums, err);
        }
    }
    gtx_lm_sums_free(&sums);
    return status;
}

/* "kept" when the whole group has one context length, "kept@2048" when there are several. */
static god_status count_fact(const lm_run *run, const gtx_set *set, const char *name, uint64_t value)
{
    const god_report *report = run->group.report;
    char full[64], text[32];
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    (void)snprintf(full, sizeof full, gtx_sets_used(&run->sets) > 1 ? "%s@%" PRId64 : "%s", name,
                   set->samples.sequence_len);
    return report->fact(report->ctx, full, text);
}

static god_status report_set(const lm_run *run, const gtx_set *set)
{
    const gtx_samples *samples = &set->samples;
    GOD_TRY(count_fact(run, set, "sequence_len", (uint64_t)samples->sequence_len));
    GOD_TRY(count_fact(run, set, "examples", samples->count));
    for (uint32_t state = GTX_KEPT; state < GTX_STATES; state++) {
        GOD_TRY(count_fact(run, set, gtx_sample_state_name(state), samples->states[state]));
    }
    return count_fact(run, set, "tokens_run", set->tokens);
}

/* With a KL term the head runs twice over a label: once for each side of the divergence. */
static god_status make_plan(lm_run *run, gtx_plan *plan, god_error *err)
{
    const god_eval_job *job = run->group.job;
    gtx_memory memory = run->group.memory;
    uint64_t device_bytes = 0;
    memory.tokens_max = 0;
    for (size_t i = 0; i < run->sets.count; i++) {
        const gtx_set *set = &run->sets.items[i];
        for (size_t p = 0; set->used && p < set->pack_count; p++) {
            memory.tokens_max = set->packs[p].tokens > memory.tokens_max ? set->packs[p].tokens : memory.tokens_max;
        }
        if (set->used && with_kl(run)) {
            const god_nn_load load = gtx_plan_load(set, 0);
            GOD_TRY(gtx_plan_add(plan, &run->group, NULL, &load, err));
        }
    }
    for (uint32_t i = 0; i < job->submission_count; i++) {
        const gtx_entrant *entrant = &run->group.entrants[i];
        if (!entrant->over) {
            const god_nn_load load = gtx_plan_load(&run->sets.items[run->set_of[i]], with_kl(run) ? 2 : 1);
            GOD_TRY(gtx_plan_add(plan, &run->group, entrant, &load, err));
        }
    }
    GOD_TRY(gtx_group_device_bytes(job, &memory, &device_bytes, err));
    return gtx_plan_begin(plan, &run->group, device_bytes, err);
}

static god_status run_group(lm_run *run, god_error *err)
{
    gtx_plan plan = {0};
    GOD_TRY(gtx_group_inspect(&run->group, err));
    GOD_TRY(choose_sets(run, err));
    for (size_t i = 0; i < run->sets.count; i++) {
        if (run->sets.items[i].used) {
            GOD_TRY(report_set(run, &run->sets.items[i]));
        }
    }
    GOD_TRY(make_plan(run, &plan, err));
    GOD_TRY(run_base_sets(run, err));
    const uint32_t beside = !with_kl(run) ? GTX_BASE_CLOSED : run->base_again ? GTX_BASE_WHOLE : GTX_BASE_HEAD;
    GOD_TRY(gtx_group_run(&run->group, beside, run_entrant, run, err));
    return gtx_plan_end(&plan, &run->group);
}

static void free_base_states(lm_run *run)
{
    for (size_t i = 0; run->base != NULL && i < run->sets.count; i++) {
        for (size_t pack = 0; pack < run->base[i].count; pack++) {
            god_nn_states_free(run->base[i].of_pack[pack]);
        }
        free(run->base[i].of_pack);
    }
    free(run->base);
}

god_status gtx_lm_eval(const god_host *host, const god_eval_job *job, const god_report *report, const gtx_lm_task *task,
                       god_error *err)
{
    lm_run run = {
        .task = task,
        .sets = {.pack_tokens = task->memory.pack_tokens, .ctx = task->ctx, .build = task->samples},
        .states_bytes_left = task->memory.states_bytes,
    };
    god_status status = gtx_group_open(&run.group, host, job, &task->memory, report, err);
    if (status == GOD_OK) {
        status = run_group(&run, err);
    }
    free_base_states(&run);
    free(run.set_of);
    gtx_sets_free(&run.sets);
    gtx_numbers_free(&run.numbers);
    gtx_group_close(&run.group);
    return status;
}
