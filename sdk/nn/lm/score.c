/* Hidden states of chosen rows, and the losses and divergences that the head gives for them. */
#include <stdlib.h>

#include "lm/model.h"
#include "lm/pack.h"

enum { tile_rows_max = GNN_CUDA_HEAD_ROWS }; /* no device wants more rows of logits at once */

static int64_t tile_rows_of(const god_nn_engine *engine)
{
    return engine->ops->sizes.head_rows < tile_rows_max ? engine->ops->sizes.head_rows : tile_rows_max;
}

static const gnn_params *params_of(const god_nn_lm *lm, const god_nn_adapter *adapter)
{
    return adapter != NULL ? &adapter->params : &lm->params;
}

static god_status check_rows(const int64_t *rows, int64_t row_count, int64_t tokens, god_error *err)
{
    for (int64_t r = 0; r < row_count; r++) {
        if (rows[r] < 0 || rows[r] >= tokens || (r > 0 && rows[r] <= rows[r - 1])) {
            return god_fail(err, GOD_E_INVALID, "row %lld of the states is %lld: rows ascend from 0 to %lld",
                            (long long)r, (long long)rows[r], (long long)tokens - 1);
        }
    }
    return GOD_OK;
}

static god_status gather(god_nn_engine *engine, void *y, const void *x, const int64_t *index, int64_t count,
                         int64_t cols, god_error *err)
{
    gnn_rows_args args = {
        .y = y, .x = x, .index = index, .rows = count, .cols = cols, .y_stride = cols, .x_stride = cols};
    return engine->ops->gather(engine->device, &args, err);
}

static god_status run_states(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_pack *pack, const int64_t *rows,
                             int64_t row_count, god_nn_states **ret_states, god_error *err)
{
    god_nn_engine *engine = lm->engine;
    int64_t hidden = lm->config.embed_cols; /* of what the head reads */
    void *x = NULL;
    GOD_TRY(gnn_forward(lm, params_of(lm, adapter), pack, &x, err));
    god_nn_states *states = calloc(1, sizeof *states);
    if (states == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for states");
    }
    *states = (god_nn_states){engine, NULL, row_count, hidden};
    size_t bytes = (size_t)(row_count * hidden) * gnn_dtype_bytes(engine->dtype);
    god_status status = engine->ops->alloc(engine->device, bytes, &states->rows, err);
    if (status == GOD_OK) {
        status = gather(engine, states->rows, x, rows, row_count, hidden, err);
    }
    if (status != GOD_OK) {
        god_nn_states_free(states);
        return status;
    }
    *ret_states = states;
    return GOD_OK;
}

god_status god_nn_lm_states(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_pack *pack, const int64_t *rows,
                            int64_t row_count, god_nn_states **ret_states, god_error *err)
{
    const gnn_config *config = &lm->config;
    gnn_whole_pack whole = {.ids = NULL};
    if (adapter != NULL && adapter->base != lm) {
        return god_fail(err, GOD_E_INVALID, "the adapter was opened on another model");
    }
    GOD_TRY(gnn_lm_check_whole(lm, err));
    GOD_TRY(gnn_pack_check(pack, params_of(lm, adapter)->embed.outputs, err));
    GOD_TRY(check_rows(rows, row_count, pack->starts[pack->sequence_count], err));
    if (gnn_tables_share(&config->rope[0], pack) && gnn_tables_share(&config->rope[1], pack)) {
        return run_states(lm, adapter, pack, rows, row_count, ret_states, err);
    }
    GOD_TRY(gnn_whole_pack_make(pack, rows, row_count, &whole, err));
    god_status status = run_states(lm, adapter, &whole.pack, whole.rows, row_count, ret_states, err);
    gnn_whole_pack_free(&whole);
    return status;
}

void god_nn_states_free(god_nn_states *states)
{
    if (states != NULL) {
        states->engine->ops->free(states->engine->device, states->rows);
        free(states);
    }
}

/* One model's side of a head computation. */
typedef struct side {
    const god_nn_lm *lm;
    const gnn_linear *head;
    const god_nn_states *states;
    enum gnn_scratch rows_scratch, logits_scratch;
    void *rows, *logits;
} side;

static god_status check_side(const side *s, god_error *err)
{
    if (s->states->hidden != s->head->cols) {
        return god_fail(err, GOD_E_INVALID, "states of %lld elements do not fit a head of %lld",
                        (long long)s->states->hidden, (long long)s->head->cols);
    }
    return GOD_OK;
}

static god_status begin_rows(side *s, god_nn_engine *engine, const int64_t *index, int64_t count, god_error *err)
{
    const size_t bytes = gnn_dtype_bytes(engine->dtype);
    const int64_t tile_rows = tile_rows_of(engine), tile_outputs = engine->ops->sizes.head_outputs;
    GOD_TRY(gnn_scratch_get(engine, s->rows_scratch, tile_rows, s->head->cols, bytes, &s->rows, err));
    GOD_TRY(gnn_scratch_get(engine, s->logits_scratch, tile_rows, tile_outputs, bytes, &s->logits, err));
    return gather(engine, s->rows, s->states->rows, index, count, s->head->cols, err);
}

static god_status fill_tile(const side *s, god_nn_engine *engine, int64_t count, int64_t first, int64_t last,
                            god_error *err)
{
    const int64_t tile_outputs = engine->ops->sizes.head_outputs;
    GOD_TRY(
        gnn_linear_apply(engine, s->head, s->rows, s->head->cols, s->logits, tile_outputs, count, first, last, err));
    if (s->lm->config.logit_softcap == 0.0f) {
        return GOD_OK;
    }
    gnn_rows_args cap = {.y = s->logits,
                         .rows = count,
                         .cols = last - first,
                         .y_stride = tile_outputs,
                         .scale = s->lm->config.logit_softcap};
    return engine->ops->softcap(engine->device, &cap, err);
}

/* The accumulators of a block of rows live on the device while its tiles pass, and are of one size for nll and kl. */
typedef struct block {
    god_nn_engine *engine;
    const int64_t *index;
    int64_t count;
    void *sums;
    size_t sums_bytes;
} block;

static god_status run_tiles(const block *b, side *model, side *reference, const int32_t *targets, god_error *err)
{
    const gnn_device_table *ops = b->engine->ops;
    const int64_t tile_outputs = ops->sizes.head_outputs;
    gnn_head_args args = {.targets = targets, .rows = b->count, .z_stride = tile_outputs};
    int64_t outputs = model->head->outputs;
    GOD_TRY(begin_rows(model, b->engine, b->index, b->count, err));
    if (reference != NULL) {
        GOD_TRY(begin_rows(reference, b->engine, b->index, b->count, err));
    }
    for (int64_t first = 0; first < outputs; first += tile_outputs) {
        int64_t last = first + tile_outputs < outputs ? first + tile_outputs : outputs;
        GOD_TRY(fill_tile(model, b->engine, b->count, first, last, err));
        args.z = model->logits;
        args.first = first;
        args.cols = last - first;
        if (reference == NULL) {
            args.nll = b->sums;
            GOD_TRY(ops->nll(b->engine->device, &args, err));
            continue;
        }
        GOD_TRY(fill_tile(reference, b->engine, b->count, first, last, err));
        args.reference_z = reference->logits;
        args.kl = b->sums;
        GOD_TRY(ops->kl(b->engine->device, &args, err));
    }
    return GOD_OK;
}

static god_status send_targets(god_nn_engine *engine, const int32_t *targets, const int64_t *index, int64_t count,
                               void **ret_targets, god_error *err)
{
    int32_t chosen[tile_rows_max];
    for (int64_t i = 0; i < count; i++) {
        chosen[i] = targets[index[i]];
    }
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_TARGETS, tile_rows_max, 1, sizeof chosen[0], ret_targets, err));
    return engine->ops->upload(engine->device, *ret_targets, chosen, (size_t)count * sizeof chosen[0], err);
}

static god_status nll_block(god_nn_engine *engine, side *model, const int64_t *index, int64_t count,
                            const int32_t *targets, double *ret_nll, god_error *err)
{
    gnn_nll_row sums[tile_rows_max];
    block b = {engine, index, count, NULL, (size_t)count * sizeof sums[0]};
    void *device_targets = NULL;
    gnn_nll_begin(sums, count);
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_SUMS, tile_rows_max, 1, sizeof(gnn_kl_row), &b.sums, err));
    GOD_TRY(engine->ops->upload(engine->device, b.sums, sums, b.sums_bytes, err));
    GOD_TRY(send_targets(engine, targets, index, count, &device_targets, err));
    GOD_TRY(run_tiles(&b, model, NULL, device_targets, err));
    GOD_TRY(engine->ops->download(engine->device, sums, b.sums, b.sums_bytes, err));
    for (int64_t i = 0; i < count; i++) {
        ret_nll[index[i]] = gnn_nll_end(&sums[i]);
    }
    return GOD_OK;
}

/* What is wanted of the head. Losses alone have no reference; divergences alone have no targets. */
typedef struct wanted {
    side *model, *reference;
    const int32_t *targets; /* per row of the states; -1: no loss */
    const uint8_t *mask;    /* per row of the states; 0: no divergence */
    double *nll, *kl;
} wanted;

static god_status kl_block(god_nn_engine *engine, const wanted *w, const int64_t *index, int64_t count, god_error *err)
{
    gnn_kl_row sums[tile_rows_max];
    block b = {engine, index, count, NULL, (size_t)count * sizeof sums[0]};
    void *targets = NULL;
    gnn_kl_begin(sums, count);
    GOD_TRY(gnn_scratch_get(engine, GNN_SCRATCH_SUMS, tile_rows_max, 1, sizeof(gnn_kl_row), &b.sums, err));
    GOD_TRY(engine->ops->upload(engine->device, b.sums, sums, b.sums_bytes, err));
    if (w->targets != NULL) {
        GOD_TRY(send_targets(engine, w->targets, index, count, &targets, err));
    }
    GOD_TRY(run_tiles(&b, w->model, w->reference, targets, err));
    GOD_TRY(engine->ops->download(engine->device, sums, b.sums, b.sums_bytes, err));
    for (int64_t i = 0; i < count; i++) {
        const int64_t row = index[i];
        if (w->mask[row]) {
            w->kl[row] = gnn_kl_end(&sums[i]);
        }
        if (w->targets != NULL && w->targets[row] >= 0) {
            w->nll[row] = gnn_kl_nll(&sums[i]);
        }
    }
    return GOD_OK;
}

/* Takes the next rows that count, from row *at on, up to as many as a tile has. */
static int64_t next_block(const god_nn_engine *engine, const int32_t *targets, const uint8_t *mask, int64_t rows,
                          int64_t *at, int64_t index[tile_rows_max])
{
    const int64_t tile_rows = tile_rows_of(engine);
    int64_t count = 0;
    for (; *at < rows && count < tile_rows; (*at)++) {
        if ((targets != NULL && targets[*at] >= 0) || (mask != NULL && mask[*at] != 0)) {
            index[count++] = *at;
        }
    }
    return count;
}

static void set_zero(double *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        values[i] = 0.0;
    }
}

static god_status check_targets(const int32_t *targets, int64_t count, int64_t vocab_size, god_error *err)
{
    for (int64_t r = 0; r < count; r++) {
        if (targets[r] < -1 || targets[r] >= vocab_size) {
            return god_fail(err, GOD_E_DATA, "target id %d is outside the vocabulary of %lld", targets[r],
                            (long long)vocab_size);
        }
    }
    return GOD_OK;
}

god_status god_nn_lm_nll(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_states *states,
                         const int32_t *targets, double *ret_nll, god_error *err)
{
    int64_t index[tile_rows_max], at = 0, count = 0;
    side model = {lm, &params_of(lm, adapter)->head, states, GNN_SCRATCH_ROWS, GNN_SCRATCH_LOGITS, NULL, NULL};
    GOD_TRY(check_side(&model, err));
    GOD_TRY(check_targets(targets, states->count, model.head->outputs, err));
    set_zero(ret_nll, states->count);
    while ((count = next_block(lm->engine, targets, NULL, states->count, &at, index)) > 0) {
        GOD_TRY(nll_block(lm->engine, &model, index, count, targets, ret_nll, err));
    }
    return GOD_OK;
}

static god_status run_wanted(const wanted *w, god_error *err)
{
    god_nn_engine *engine = w->model->states->engine;
    const int64_t rows = w->model->states->count;
    int64_t index[tile_rows_max], at = 0, count = 0;
    GOD_TRY(check_side(w->model, err));
    GOD_TRY(check_side(w->reference, err));
    if (w->model->head->outputs != w->reference->head->outputs) {
        return god_fail(err, GOD_E_DATA, "the vocabularies have %lld and %lld entries; a divergence needs equal ones",
                        (long long)w->model->head->outputs, (long long)w->reference->head->outputs);
    }
    if (rows != w->reference->states->count || engine != w->reference->states->engine) {
        return god_fail(err, GOD_E_INVALID, "both states must have the same rows and the same engine");
    }
    set_zero(w->kl, rows);
    if (w->targets != NULL) {
        GOD_TRY(check_targets(w->targets, rows, w->model->head->outputs, err));
        set_zero(w->nll, rows);
    }
    while ((count = next_block(engine, w->targets, w->mask, rows, &at, index)) > 0) {
        GOD_TRY(kl_block(engine, w, index, count, err));
    }
    return GOD_OK;
}

god_status god_nn_lm_nll_kl(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_states *states,
                            const int32_t *targets, god_nn_lm *reference, const god_nn_states *reference_states,
                            const uint8_t *mask, double *ret_nll, double *ret_kl, god_error *err)
{
    side model = {lm, &params_of(lm, adapter)->head, states, GNN_SCRATCH_ROWS, GNN_SCRATCH_LOGITS, NULL, NULL};
    side other = {
        reference, &reference->params.head, reference_states, GNN_SCRATCH_ROWS_OTHER, GNN_SCRATCH_LOGITS_OTHER, NULL,
        NULL};
    const wanted w = {&model, &other, targets, mask, ret_nll, ret_kl};
    return run_wanted(&w, err);
}

god_status god_nn_lm_kl(god_nn_lm *lm, const god_nn_adapter *adapter, const god_nn_states *states, god_nn_lm *reference,
                        const god_nn_states *reference_states, const uint8_t *mask, double *ret_kl, god_error *err)
{
    return god_nn_lm_nll_kl(lm, adapter, states, NULL, reference, reference_states, mask, NULL, ret_kl, err);
}
