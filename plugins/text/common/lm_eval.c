#include "common/lm_eval.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/context.h"
#include "common/group.h"
#include "common/per_example.h"
#include "god/helpers/file.h"
#include "god/helpers/sha256.h"

/* The examples of one context length, and what the base made of them. */
typedef struct example_set {
    gtx_samples samples;
    gtx_pack *packs;
    size_t pack_count;
    god_nn_states **base_states; /* per pack; NULL where the budget ended */
    uint32_t used;
} example_set;

typedef struct lm_run {
    gtx_group group;
    const gtx_lm_task *task;
    example_set *sets;
    size_t set_count;
    size_t *set_of; /* per entrant */
    uint64_t states_bytes_left;
    gtx_pack_rows rows;
    double *nll, *kl;
    size_t number_capacity;
} lm_run;

uint64_t gtx_lm_pack_tokens(const god_eval_job *job)
{
    return job->batch_tokens_max > 0 ? job->batch_tokens_max : GTX_PACK_TOKENS;
}

static uint32_t with_kl(const lm_run *run)
{
    return run->task->kl_coef != 0.0;
}

static void free_set(example_set *set)
{
    for (size_t i = 0; set->base_states != NULL && i < set->pack_count; i++) {
        god_nn_states_free(set->base_states[i]);
    }
    free(set->base_states);
    free(set->packs);
    gtx_samples_free(&set->samples);
}

static god_status build_set(lm_run *run, int64_t sequence_len, example_set *set, god_error *err)
{
    *set = (example_set){0};
    gtx_samples_init(&set->samples, sequence_len);
    GOD_TRY(run->task->samples(run->task->ctx, &set->samples, err));
    GOD_TRY(gtx_packs_plan(&set->samples, gtx_lm_pack_tokens(run->group.job), &set->packs, &set->pack_count, err));
    set->base_states = calloc(set->pack_count + 1, sizeof(god_nn_states *));
    return set->base_states != NULL ? GOD_OK
                                    : god_fail(err, GOD_E_NOMEM, "out of memory for %zu packs", set->pack_count);
}

/* The set of a context length, built at its first use. */
static god_status find_set(lm_run *run, int64_t sequence_len, size_t *ret_index, god_error *err)
{
    for (size_t i = 0; i < run->set_count; i++) {
        if (run->sets[i].samples.sequence_len == sequence_len) {
            *ret_index = i;
            return GOD_OK;
        }
    }
    example_set *sets = realloc(run->sets, (run->set_count + 1) * sizeof *sets);
    if (sets == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for another context length");
    }
    run->sets = sets;
    *ret_index = run->set_count++;
    return build_set(run, sequence_len, &run->sets[*ret_index], err);
}

/* Chooses the context of an entrant: the first candidate that keeps an example. Without one the entrant has failed: its
 * config allows too short a context. Examples that cannot be built at all fail the run. */
static god_status choose_set(lm_run *run, gtx_entrant *entrant, god_error *err)
{
    int64_t lengths[GTX_CANDIDATES_MAX];
    god_error why = GOD_ERROR_INIT;
    int64_t positions = entrant->info.max_position_embeddings;
    int64_t limit = run->group.job->seq_len_max > 0 ? (int64_t)run->group.job->seq_len_max : INT64_MAX;
    int64_t start = gtx_context_start(positions);
    int64_t cap = gtx_context_cap(positions, run->task->model_max_length);
    uint32_t count = gtx_context_candidates(start < limit ? start : limit, cap < limit ? cap : limit, lengths);
    for (uint32_t i = 0; i < count; i++) {
        size_t index = 0;
        GOD_TRY(find_set(run, lengths[i], &index, err));
        if (run->sets[index].samples.kept > 0) {
            run->set_of[entrant->index] = index;
            run->sets[index].used = 1;
            run->group.total += run->sets[index].samples.tokens;
            return GOD_OK;
        }
    }
    (void)god_fail(&why, GOD_E_DATA, "no row of the test file gives an example of 2 to %" PRId64 " tokens with a label",
                   lengths[count - 1]);
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

static god_status reserve_numbers(lm_run *run, size_t count, god_error *err)
{
    if (count <= run->number_capacity) {
        return GOD_OK;
    }
    free(run->nll);
    free(run->kl);
    run->number_capacity = 0;
    run->nll = malloc(count * sizeof *run->nll);
    run->kl = malloc(count * sizeof *run->kl);
    if (run->nll == NULL || run->kl == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the losses of %zu tokens", count);
    }
    run->number_capacity = count;
    return GOD_OK;
}

/* Ids come from the base's tokenizer; a model with fewer rows has no embedding for some of them. */
static god_status check_vocabulary(const gtx_samples *samples, const god_nn_lm_info *info, god_error *err)
{
    if (samples->id_highest < info->vocab_size) {
        return GOD_OK;
    }
    return god_fail(err, GOD_E_DATA,
                    "row %" PRIu64 ": token id %" PRId32 " is outside the model's vocabulary of %" PRId64,
                    samples->id_highest_row, samples->id_highest, info->vocab_size);
}

static god_status states_of(god_nn_lm *lm, const god_nn_adapter *adapter, const gtx_pack_rows *rows,
                            god_nn_states **ret_states, god_error *err)
{
    return god_nn_lm_states(lm, adapter, &rows->pack, rows->rows, rows->row_count, ret_states, err);
}

/* Runs the base over the packs of a set as far as the budget reaches. */
static god_status run_base(lm_run *run, example_set *set, god_error *err)
{
    god_nn_lm *base = NULL;
    GOD_TRY(gtx_group_base(&run->group, &base, err));
    GOD_TRY(check_vocabulary(&set->samples, &run->group.base_info, err));
    for (size_t i = 0; i < set->pack_count; i++) {
        uint64_t tokens = set->packs[i].tokens;
        GOD_TRY(gtx_pack_fill(&set->samples, &set->packs[i], 1, &run->rows, err));
        uint64_t bytes = (uint64_t)run->rows.row_count * (uint64_t)run->group.base_info.hidden_size * sizeof(float);
        if (run->rows.row_count == 0 || bytes > run->states_bytes_left) {
            run->group.total -= tokens;
            continue;
        }
        GOD_TRY(gtx_group_step(&run->group, "base", NULL, err));
        GOD_TRY(states_of(base, NULL, &run->rows, &set->base_states[i], err));
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
    for (size_t i = 0; i < run->set_count; i++) {
        run->group.total += run->sets[i].used ? run->sets[i].samples.tokens : 0;
    }
    for (size_t i = 0; i < run->set_count; i++) {
        if (run->sets[i].used) {
            GOD_TRY(run_base(run, &run->sets[i], err));
        }
    }
    return GOD_OK;
}

/* KL of a pack that is laid out in run->rows, into run->kl. */
static god_status score_kl(lm_run *run, const gtx_model *model, const god_nn_states *states, god_nn_states *kept,
                           god_error *err)
{
    god_nn_lm *base = NULL;
    god_nn_states *made = NULL;
    GOD_TRY(gtx_group_base(&run->group, &base, err));
    if (kept == NULL) {
        GOD_TRY(states_of(base, NULL, &run->rows, &made, err));
    }
    god_status status = god_nn_lm_kl(model->lm, model->adapter, states, base, kept != NULL ? kept : made,
                                     run->rows.kl_mask, run->kl, err);
    god_nn_states_free(made);
    return status;
}

static god_status score_pack(lm_run *run, const gtx_model *model, const example_set *set, size_t pack,
                             gtx_lm_sums *sums, god_error *err)
{
    god_nn_states *states = NULL;
    GOD_TRY(gtx_pack_fill(&set->samples, &set->packs[pack], with_kl(run), &run->rows, err));
    if (run->rows.row_count == 0) {
        return GOD_OK;
    }
    GOD_TRY(reserve_numbers(run, (size_t)run->rows.row_count, err));
    GOD_TRY(states_of(model->lm, model->adapter, &run->rows, &states, err));
    god_status status = god_nn_lm_nll(model->lm, model->adapter, states, run->rows.targets, run->nll, err);
    if (status == GOD_OK && with_kl(run)) {
        status = score_kl(run, model, states, set->base_states[pack], err);
    }
    god_nn_states_free(states);
    if (status == GOD_OK) {
        status = gtx_lm_sums_add(sums, &set->samples, &run->rows, run->nll, with_kl(run) ? run->kl : NULL, err);
    }
    return status;
}

static god_status score_packs(lm_run *run, const gtx_entrant *entrant, const example_set *set, gtx_lm_sums *sums,
                              god_error *err)
{
    gtx_model model;
    GOD_TRY(gtx_group_step(&run->group, "submission", entrant->id, err));
    GOD_TRY(gtx_model_open(&run->group, entrant, &model, err));
    god_status status = check_vocabulary(&set->samples, god_nn_lm_info_of(model.lm), err);
    for (size_t i = 0; i < set->pack_count && status == GOD_OK; i++) {
        status = gtx_group_step(&run->group, "submission", entrant->id, err);
        if (status == GOD_OK) {
            status = score_pack(run, &model, set, i, sums, err);
            run->group.done += set->packs[i].tokens;
        }
    }
    gtx_model_close(&model);
    return status;
}

static god_status write_artifact(lm_run *run, const gtx_entrant *entrant, const example_set *set,
                                 const gtx_lm_sums *sums, god_error *err)
{
    const god_report *report = run->group.report;
    char name[64], path[GOD_PATH_MAX], fact[160], digest[GOD_SHA256_HEX];
    god_text lines = GOD_TEXT_INIT;
    if (run->group.host->work_dir == NULL) {
        return GOD_OK;
    }
    (void)snprintf(name, sizeof name, "per_example-%" PRIu32 ".jsonl", entrant->index);
    (void)snprintf(fact, sizeof fact, "per_example_sha256.%.120s", entrant->id);
    god_status status = god_path_join(run->group.host->work_dir, name, path, err);
    if (status == GOD_OK) {
        status = gtx_per_example(&set->samples, sums, with_kl(run), run->task->describe, run->task->ctx, &lines, err);
    }
    if (status == GOD_OK) {
        god_sha256_bytes(lines.data, lines.bytes, digest);
        status = god_file_write(path, lines.data, lines.bytes, err);
    }
    god_text_free(&lines);
    GOD_TRY(status);
    GOD_TRY(report->artifact(report->ctx, entrant->index, "per_example.jsonl", path));
    return report->fact(report->ctx, fact, digest);
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
    if (entrant->not_finetuned[0] != '\0') {
        return report->excluded(report->ctx, at, "not_finetuned", entrant->not_finetuned);
    }
    return GOD_OK;
}

static god_status run_entrant(lm_run *run, gtx_entrant *entrant, god_error *err)
{
    const example_set *set = &run->sets[run->set_of[entrant->index]];
    gtx_lm_sums sums = {0};
    god_error why = GOD_ERROR_INIT;
    uint64_t done_after = run->group.done + set->samples.tokens;
    GOD_TRY(gtx_lm_sums_init(&sums, set->samples.count, err));
    god_status status = score_packs(run, entrant, set, &sums, &why);
    run->group.done = done_after; /* also when it failed on the way */
    run->group.host->progress(run->group.host->ctx, run->group.done, run->group.total, "tokens", entrant->id);
    if (status != GOD_OK) {
        status = gtx_group_fail(&run->group, entrant, status, &why, err);
    } else {
        const gtx_lm_totals totals = gtx_lm_total(&sums, &set->samples, run->task->kl_coef);
        status = report_metrics(run, entrant, &totals);
        if (status == GOD_OK) {
            status = write_artifact(run, entrant, set, &sums, err);
        }
    }
    gtx_lm_sums_free(&sums);
    return status;
}

/* "rows" when the whole group has one context length, "rows@2048" when there are several. */
static god_status count_fact(const lm_run *run, const example_set *set, uint32_t several, const char *name,
                             uint64_t value)
{
    const god_report *report = run->group.report;
    char full[64], text[32];
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    (void)snprintf(full, sizeof full, several ? "%s@%" PRId64 : "%s", name, set->samples.sequence_len);
    return report->fact(report->ctx, full, text);
}

static god_status report_set(const lm_run *run, const example_set *set, uint32_t several)
{
    const gtx_samples *samples = &set->samples;
    GOD_TRY(count_fact(run, set, several, "sequence_len", (uint64_t)samples->sequence_len));
    GOD_TRY(count_fact(run, set, several, "examples", samples->count));
    for (uint32_t state = GTX_KEPT; state < GTX_STATES; state++) {
        GOD_TRY(count_fact(run, set, several, gtx_sample_state_name(state), samples->states[state]));
    }
    GOD_TRY(count_fact(run, set, several, "tokens_run", samples->tokens));
    return count_fact(run, set, several, "pack_tokens", gtx_lm_pack_tokens(run->group.job));
}

static god_status report_sets(const lm_run *run)
{
    size_t used = 0;
    for (size_t i = 0; i < run->set_count; i++) {
        used += run->sets[i].used;
    }
    for (size_t i = 0; i < run->set_count; i++) {
        if (run->sets[i].used) {
            GOD_TRY(report_set(run, &run->sets[i], used > 1));
        }
    }
    return GOD_OK;
}

static god_status run_group(lm_run *run, god_error *err)
{
    uint32_t needs_base = 0;
    GOD_TRY(gtx_group_inspect(&run->group, err));
    GOD_TRY(choose_sets(run, err));
    GOD_TRY(report_sets(run));
    GOD_TRY(run_base_sets(run, err));
    for (uint32_t i = 0; i < run->group.job->submission_count; i++) {
        needs_base |= !run->group.entrants[i].over && run->group.entrants[i].is_adapter;
    }
    if (needs_base) { /* a broken base must not be blamed on the first adapter */
        god_nn_lm *base = NULL;
        GOD_TRY(gtx_group_base(&run->group, &base, err));
    }
    for (uint32_t i = 0; i < run->group.job->submission_count; i++) {
        if (!run->group.entrants[i].over) {
            GOD_TRY(run_entrant(run, &run->group.entrants[i], err));
        }
    }
    return GOD_OK;
}

god_status gtx_lm_eval(const god_host *host, const god_eval_job *job, const god_report *report, const gtx_lm_task *task,
                       god_error *err)
{
    lm_run run = {.task = task, .states_bytes_left = task->base_states_bytes_max};
    god_status status = gtx_group_open(&run.group, host, job, report, err);
    if (status == GOD_OK) {
        status = run_group(&run, err);
    }
    for (size_t i = 0; i < run.set_count; i++) {
        free_set(&run.sets[i]);
    }
    free(run.sets);
    free(run.set_of);
    free(run.nll);
    free(run.kl);
    gtx_pack_rows_free(&run.rows);
    gtx_group_close(&run.group);
    return status;
}
