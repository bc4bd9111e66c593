/* Attention over a pack, by blocks of 64 query rows.
 *
 * K and V are first copied to f32, (kv_heads, padded rows, dim), where every sequence, its prefix in front, is padded
 * with zero rows to a whole number of blocks. One item of work is one block of one head of one sequence; blocks that
 * hold nothing but the prefix are not among them:
 *
 *   scores (64, keys) = Q K^T    one sgemm; keys run from the block that the window starts in to the block's own end
 *   softmax row by row, 0 where a key is masked
 *   y (64, dim) = scores V       one sgemm
 *
 * Shapes depend on the place in the sequence alone, so a row's digits do not depend on the rest of the pack, nor on the
 * tokens that follow it. */
#include <oneapi/dnnl/dnnl.h>
#include <math.h>
#include <stdlib.h>

#include "cpu.h"
#include "vector.h"

enum { block_rows = 64, lanes = 16 };

typedef struct attention_block {
    int64_t sequence, padded_at; /* first padded row of the sequence */
    int64_t begin;               /* first place of the block, within the sequence */
} attention_block;

typedef struct attention_work {
    const gnn_attention_args *args;
    attention_block *copied, *attended; /* blocks of keys and values, and of queries */
    int64_t copied_count, attended_count, padded_rows, longest;
    float *keys, *values;
    char *threads;
    size_t thread_bytes;
    uint32_t dtype;
    dnnl_status_t *problems;
} attention_work;

/* Rows of a sequence, its prefix's among them. */
static int64_t length_of(const gnn_attention_args *args, int64_t sequence)
{
    return gnn_attention_before(args, sequence) + args->starts[sequence + 1] - args->starts[sequence];
}

static int64_t blocks_of(int64_t rows)
{
    return (rows + block_rows - 1) / block_rows;
}

static god_status list_blocks(attention_work *work, god_error *err)
{
    const gnn_attention_args *args = work->args;
    int64_t count = 0;
    for (int64_t s = 0; s < args->sequences; s++) {
        count += blocks_of(length_of(args, s));
    }
    work->copied = malloc((size_t)(2 * count + 1) * sizeof *work->copied);
    if (work->copied == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %lld blocks of attention", (long long)count);
    }
    work->attended = work->copied + count;
    for (int64_t s = 0; s < args->sequences; s++) {
        int64_t padded_at = work->padded_rows, before = gnn_attention_before(args, s);
        for (int64_t begin = 0; begin < length_of(args, s); begin += block_rows) {
            const attention_block block = {s, padded_at, begin};
            work->copied[work->copied_count++] = block;
            if (begin + block_rows > before) {
                work->attended[work->attended_count++] = block;
            }
            work->padded_rows += block_rows;
        }
        int64_t padded = work->padded_rows - padded_at;
        work->longest = padded > work->longest ? padded : work->longest;
    }
    return GOD_OK;
}

/* Widens one block of rows of k or v for all heads. */
CPU_CLONES static void widen_block(const attention_work *work, const attention_block *block, const void *from,
                                   float *to)
{
    const gnn_attention_args *args = work->args;
    int64_t rows = length_of(args, block->sequence) - block->begin;
    for (int64_t h = 0; h < args->kv_heads; h++) {
        for (int64_t r = 0; r < block_rows; r++) {
            float *row = to + (h * work->padded_rows + block->padded_at + block->begin + r) * args->dim;
            if (r < rows) {
                int64_t from_row = gnn_attention_row(args, block->sequence, block->begin + r);
                int64_t at = from_row * args->stride + h * args->dim;
                cpu_load(row, gnn_at_const(from, work->dtype, at), work->dtype, args->dim);
            } else {
                memset(row, 0, (size_t)args->dim * sizeof *row);
            }
        }
    }
}

static void widen_item(void *ctx, int64_t item, uint32_t thread)
{
    const attention_work *work = ctx;
    (void)thread;
    widen_block(work, &work->copied[item], work->args->k, work->keys);
    widen_block(work, &work->copied[item], work->args->v, work->values);
}

/* The block's rows that are the sequence's own: first .. end - 1; others are the prefix's, or not there. */
typedef struct own_rows {
    int64_t first, end;
} own_rows;

static own_rows own_rows_of(const gnn_attention_args *args, const attention_block *block)
{
    int64_t first = gnn_attention_before(args, block->sequence) - block->begin;
    int64_t end = length_of(args, block->sequence) - block->begin;
    return (own_rows){first > 0 ? first : 0, end < block_rows ? end : block_rows};
}

CPU_CLONES static void load_queries(const attention_work *work, const attention_block *block, own_rows own,
                                    int64_t head, float *q)
{
    const gnn_attention_args *args = work->args;
    memset(q, 0, (size_t)(block_rows * args->dim) * sizeof *q);
    for (int64_t r = own.first; r < own.end; r++) {
        int64_t row = gnn_attention_row(args, block->sequence, block->begin + r);
        cpu_load(q + r * args->dim, gnn_at_const(args->q, work->dtype, row * args->stride + head * args->dim),
                 work->dtype, args->dim);
    }
}

/* A maximum per lane: a single one would wait for itself at every element. */
static inline float highest_of(const float *s, int64_t count)
{
    float lane[lanes], highest = -INFINITY;
    int64_t i = 0;
    for (int l = 0; l < lanes; l++) {
        lane[l] = -INFINITY;
    }
    for (; i + lanes <= count; i += lanes) {
        for (int l = 0; l < lanes; l++) {
            lane[l] = s[i + l] > lane[l] ? s[i + l] : lane[l];
        }
    }
    for (; i < count; i++) {
        highest = s[i] > highest ? s[i] : highest;
    }
    for (int l = 0; l < lanes; l++) {
        highest = lane[l] > highest ? lane[l] : highest;
    }
    return highest;
}

/* Adds the biases of the keys to scores s[begin..end), turns them into weights and returns 1 / their sum; everything
 * else in s[0..count) becomes 0. */
CPU_CLONES static float softmax(const gnn_attention_args *args, const float *bias, float *s, int64_t begin, int64_t end,
                                int64_t count)
{
    float highest;
    double sum = 0.0;
    for (int64_t j = begin; j < end; j++) {
        s[j] *= args->scale;
    }
    if (args->softcap > 0.0f) {
        for (int64_t j = begin; j < end; j++) {
            s[j] = args->softcap * cpu_tanh(s[j] / args->softcap);
        }
    }
    for (int64_t j = begin; bias != NULL && j < end; j++) {
        s[j] += bias[j];
    }
    highest = highest_of(s + begin, end - begin);
    memset(s, 0, (size_t)begin * sizeof *s);
    memset(s + end, 0, (size_t)(count - end) * sizeof *s);
    for (int64_t j = begin; j < end; j++) {
        s[j] = cpu_exp_f32(s[j] - highest);
    }
    for (int64_t j = 0; j < count; j += block_rows) { /* count is a whole number of blocks */
        float lane[lanes] = {0.0f}, part = 0.0f;
        for (int64_t i = j; i < j + block_rows; i += lanes) {
            for (int l = 0; l < lanes; l++) {
                lane[l] += s[i + l];
            }
        }
        for (int l = 0; l < lanes; l++) {
            part += lane[l];
        }
        sum += (double)part;
    }
    return (float)(1.0 / sum);
}

CPU_CLONES static void store_block(const attention_work *work, const attention_block *block, own_rows own, int64_t head,
                                   const float *factor, float *y)
{
    const gnn_attention_args *args = work->args;
    for (int64_t r = own.first; r < own.end; r++) {
        float *values = y + r * args->dim;
        int64_t row = gnn_attention_row(args, block->sequence, block->begin + r);
        for (int64_t d = 0; d < args->dim; d++) {
            values[d] *= factor[r];
        }
        cpu_store(gnn_at(args->y, work->dtype, row * args->y_stride + head * args->dim), work->dtype, values,
                  args->dim);
    }
}

/* The first place that a query at `place` sees. */
static int64_t window_begin(const gnn_attention_args *args, int64_t place)
{
    return args->window > 0 && place >= args->window ? place - args->window + 1 : 0;
}

static dnnl_status_t attend(const attention_work *work, const attention_block *block, int64_t head, float *room)
{
    const gnn_attention_args *args = work->args;
    int64_t dim = args->dim, kv_head = head / (args->heads / args->kv_heads);
    int64_t first_key = window_begin(args, block->begin) / block_rows * block_rows;
    int64_t count = block->begin + block_rows - first_key;
    int64_t kv_at = (kv_head * work->padded_rows + block->padded_at + first_key) * dim;
    float *q = room, *y = q + block_rows * dim, *factor = y + block_rows * dim, *scores = factor + block_rows;
    const float *bias = args->key_bias != NULL ? args->key_bias + head * args->key_bias_stride + first_key : NULL;
    own_rows own = own_rows_of(args, block);
    load_queries(work, block, own, head, q);
    dnnl_status_t status =
        dnnl_sgemm('N', 'T', block_rows, count, dim, 1.0f, q, dim, work->keys + kv_at, dim, 0.0f, scores, count);
    memset(scores, 0, (size_t)(own.first * count) * sizeof *scores);
    memset(scores + own.end * count, 0, (size_t)((block_rows - own.end) * count) * sizeof *scores);
    for (int64_t r = own.first; r < own.end; r++) {
        int64_t place = block->begin + r;
        factor[r] = softmax(args, bias, scores + r * count, window_begin(args, place) - first_key,
                            place + 1 - first_key, count);
    }
    if (status == dnnl_success) {
        status =
            dnnl_sgemm('N', 'N', block_rows, dim, count, 1.0f, scores, count, work->values + kv_at, dim, 0.0f, y, dim);
    }
    store_block(work, block, own, head, factor, y);
    return status;
}

/* Items run from the last block to the first: the longest rows start first and the threads end together. */
static void attention_item(void *ctx, int64_t item, uint32_t thread)
{
    const attention_work *work = ctx;
    int64_t block = work->attended_count - 1 - item / work->args->heads, head = item % work->args->heads;
    float *room = (float *)(void *)(work->threads + thread * work->thread_bytes);
    dnnl_status_t status = attend(work, &work->attended[block], head, room);
    if (status != dnnl_success && work->problems[thread] == dnnl_success) {
        work->problems[thread] = status;
    }
}

static god_status get_room(gnn_device *device, attention_work *work, god_error *err)
{
    const gnn_attention_args *args = work->args;
    size_t side = (size_t)(args->kv_heads * work->padded_rows * args->dim);
    void *shared = NULL, *threads = NULL;
    work->thread_bytes = (size_t)(block_rows * (2 * args->dim + 1 + work->longest)) * sizeof(float);
    GOD_TRY(cpu_scratch_get(device, CPU_SCRATCH_SHARED, 2 * side * sizeof(float), &shared, err));
    GOD_TRY(cpu_scratch_get(device, CPU_SCRATCH_THREADS,
                            device->threads * (work->thread_bytes + sizeof *work->problems), &threads, err));
    work->keys = shared;
    work->values = work->keys + side;
    work->threads = threads;
    work->problems = (dnnl_status_t *)(void *)(work->threads + device->threads * work->thread_bytes);
    for (uint32_t t = 0; t < device->threads; t++) {
        work->problems[t] = dnnl_success;
    }
    return GOD_OK;
}

static god_status run_blocks(gnn_device *device, attention_work *work, god_error *err)
{
    GOD_TRY(get_room(device, work, err));
    cpu_pool_run(device->pool, work->copied_count, widen_item, work);
    cpu_pool_run(device->pool, work->attended_count * work->args->heads, attention_item, work);
    for (uint32_t t = 0; t < device->threads; t++) {
        if (work->problems[t] != dnnl_success) {
            return god_fail(err, work->problems[t] == dnnl_out_of_memory ? GOD_E_NOMEM : GOD_E_INTERNAL,
                            "oneDNN could not multiply in attention: status %d", (int)work->problems[t]);
        }
    }
    return GOD_OK;
}

god_status cpu_attention(gnn_device *device, const gnn_attention_args *args, god_error *err)
{
    attention_work work = {.args = args, .dtype = device->dtype};
    GOD_TRY(list_blocks(&work, err));
    god_status status = run_blocks(device, &work, err);
    free(work.copied);
    return status;
}
