/* Attention over a pack, by tiles of query rows and blocks of CPU_KEYS keys.
 *
 * K and V are first packed in f32 for the kernel of products (product.h). Every sequence, its prefix in front, is
 * padded with zeros to whole panels of 64 keys:
 *
 *   keys    per KV head, per panel of 64 keys: (dim, 64)             a panel of "weights" for Q K^T
 *   values  per KV head, per 64 elements of a head: (padded rows, 64)   the same for P V
 *
 * One item of work is a group of query rows of one sequence with some heads that share a KV head. It goes over the
 * blocks of keys; for every head and every tile of rows of the group:
 *
 *   scores (rows, keys) = Q K^T           kernel, 64 keys at a time
 *   P = 2^(scores - highest so far)       softmax.h, scores times log2 e; 0 where a key is masked
 *   y = y 2^(highest before - now) + P V      kernel; the sum of P goes the same way
 *
 * and divides y by the sum at the end. Blocks begin at multiples of CPU_KEYS places, a masked key adds zero to a chain
 * of sums, and a block in which a row sees nothing leaves it as it is: so a row's digits depend on its place and on the
 * rows that it sees, not on the tile, the rest of the pack, the threads or the tokens that follow.
 * Source of the running maximum: Milakov, Gimelshein 2018 (arXiv 1805.02867), algorithm 3. */
#include <math.h>
#include <stdlib.h>

#include "cpu.h"
#include "vector.h"

enum {
    CPU_KEYS = 256,     /* of a block: its keys and values stay in the second cache */
    group_rows = 56,    /* a group has about so many: enough to read a block of keys for */
    heads_per_item = 4, /* at most: more items for more threads */
    key_panels = CPU_KEYS / CPU_PANEL
};

typedef struct attention_span {
    int64_t sequence, padded_at; /* first padded row of the sequence */
    int64_t begin, end;          /* places in the sequence: of a panel of keys, of a group of queries */
} attention_span;

typedef struct attention_work {
    const gnn_attention_args *args;
    const cpu_product_kernel *kernel;
    const cpu_softmax_kernel *softmax;
    attention_span *panels, *groups;
    int64_t panel_count, group_count, padded_rows;
    int64_t value_panels, depth_blocks; /* of a head */
    int64_t tiles, heads_at_once, heads_apart;
    float *keys, *values;
    char *threads;
    size_t thread_bytes;
    uint32_t dtype;
} attention_work;

/* Rows of a sequence, its prefix's among them. */
static int64_t length_of(const gnn_attention_args *args, int64_t sequence)
{
    return gnn_attention_before(args, sequence) + args->starts[sequence + 1] - args->starts[sequence];
}

static int64_t parts_of(int64_t whole, int64_t part)
{
    return (whole + part - 1) / part;
}

static int64_t lower_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static god_status list_spans(attention_work *work, god_error *err)
{
    const gnn_attention_args *args = work->args;
    const int64_t rows = work->tiles * work->kernel->rows;
    int64_t panels = 0, groups = 0;
    for (int64_t s = 0; s < args->sequences; s++) {
        panels += parts_of(length_of(args, s), CPU_PANEL);
        groups += parts_of(length_of(args, s) - gnn_attention_before(args, s), rows);
    }
    work->panels = malloc((size_t)(panels + groups + 1) * sizeof *work->panels);
    if (work->panels == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %lld parts of attention", (long long)(panels + groups));
    }
    work->groups = work->panels + panels;
    for (int64_t s = 0; s < args->sequences; s++) {
        const int64_t padded_at = work->padded_rows, length = length_of(args, s);
        for (int64_t at = 0; at < length; at += CPU_PANEL) {
            const attention_span panel = {s, padded_at, at, lower_of(at + CPU_PANEL, length)};
            work->panels[work->panel_count++] = panel;
            work->padded_rows += CPU_PANEL;
        }
        for (int64_t at = gnn_attention_before(args, s); at < length; at += rows) {
            const attention_span group = {s, padded_at, at, lower_of(at + rows, length)};
            work->groups[work->group_count++] = group;
        }
    }
    return GOD_OK;
}

/* ---- keys and values ---- */

static float *keys_at(const attention_work *work, int64_t kv_head, int64_t padded_row)
{
    return work->keys + (kv_head * work->padded_rows + padded_row) * work->args->dim;
}

static float *values_at(const attention_work *work, int64_t kv_head, int64_t value_panel, int64_t padded_row)
{
    return work->values + ((kv_head * work->value_panels + value_panel) * work->padded_rows + padded_row) * CPU_PANEL;
}

static const void *row_at(const attention_work *work, const void *array, int64_t sequence, int64_t place, int64_t head)
{
    const gnn_attention_args *args = work->args;
    const int64_t row = gnn_attention_row(args, sequence, place);
    return gnn_at_const(array, work->dtype, row * args->stride + head * args->dim);
}

enum { strip = 16 }; /* elements of a head that are turned at a time: 64 rows of them fill 4 KiB */

CPU_CLONES static void pack_keys(const attention_work *work, const attention_span *panel, int64_t kv_head)
{
    const gnn_attention_args *args = work->args;
    const int64_t rows = panel->end - panel->begin;
    float *to = keys_at(work, kv_head, panel->padded_at + panel->begin), turned[CPU_PANEL][strip];
    memset(turned, 0, sizeof turned);
    for (int64_t d = 0; d < args->dim; d += strip) {
        const int64_t count = lower_of(strip, args->dim - d);
        for (int64_t r = 0; r < rows; r++) {
            const void *from = row_at(work, args->k, panel->sequence, panel->begin + r, kv_head);
            cpu_load(turned[r], gnn_at_const(from, work->dtype, d), work->dtype, count);
        }
        for (int64_t i = 0; i < count; i++) {
            for (int64_t r = 0; r < CPU_PANEL; r++) {
                to[(d + i) * CPU_PANEL + r] = turned[r][i];
            }
        }
    }
}

CPU_CLONES static void pack_values(const attention_work *work, const attention_span *panel, int64_t kv_head)
{
    const gnn_attention_args *args = work->args;
    const int64_t rows = panel->end - panel->begin;
    for (int64_t v = 0; v < work->value_panels; v++) {
        const int64_t first = v * CPU_PANEL, width = lower_of(CPU_PANEL, args->dim - first);
        float *to = values_at(work, kv_head, v, panel->padded_at + panel->begin);
        for (int64_t r = 0; r < CPU_PANEL; r++, to += CPU_PANEL) {
            if (r < rows) {
                const void *from = row_at(work, args->v, panel->sequence, panel->begin + r, kv_head);
                cpu_load(to, gnn_at_const(from, work->dtype, first), work->dtype, width);
                memset(to + width, 0, (size_t)(CPU_PANEL - width) * sizeof *to);
            } else {
                memset(to, 0, CPU_PANEL * sizeof *to);
            }
        }
    }
}

static void pack_item(void *ctx, int64_t item, uint32_t thread)
{
    const attention_work *work = ctx;
    (void)thread;
    for (int64_t h = 0; h < work->args->kv_heads; h++) {
        pack_keys(work, &work->panels[item], h);
        pack_values(work, &work->panels[item], h);
    }
}

/* ---- a group of queries ---- */

/* A thread's memory. q: (heads at once, tiles, depth blocks, rows, CPU_X_STRIDE); y: (heads at once, tiles, value
 * panels, rows, 64); highest and sum: (heads at once, tiles, rows); weights: (rows, CPU_X_STRIDE); scores: (key panels,
 * rows, 64). */
typedef struct attention_room {
    float *q, *y, *weights, *scores, *highest;
    double *sums;
} attention_room;

/* A tile of rows with one head, and where it is in the room. */
typedef struct attention_tile {
    const attention_work *work;
    int64_t sequence, padded_at, head, kv_head;
    int64_t first, rows; /* places; `rows` of the kernel's rows are there */
    float *q, *y, *highest;
    double *sums;
} attention_tile;

typedef struct room_sizes {
    int64_t q, y, weights, scores, state; /* floats of one tile; `state` is of numbers per row */
} room_sizes;

static room_sizes sizes_of(const attention_work *work)
{
    const int64_t rows = work->kernel->rows;
    return (room_sizes){.q = work->depth_blocks * rows * CPU_X_STRIDE,
                        .y = work->value_panels * rows * CPU_PANEL,
                        .weights = rows * CPU_X_STRIDE,
                        .scores = key_panels * rows * CPU_PANEL,
                        .state = CPU_PRODUCT_ROWS_MAX + 2};
}

/* In whole lines of the cache: thread's parts begin at one. */
static size_t room_bytes(const attention_work *work)
{
    const room_sizes sizes = sizes_of(work);
    const int64_t tiles = work->heads_at_once * work->tiles;
    const int64_t floats = tiles * (sizes.q + sizes.y + 3 * sizes.state) + sizes.weights + sizes.scores;
    return ((size_t)floats * sizeof(float) / 64 + 1) * 64;
}

static attention_room room_of(const attention_work *work, uint32_t thread)
{
    const room_sizes sizes = sizes_of(work);
    const int64_t tiles = work->heads_at_once * work->tiles;
    float *at = (float *)(void *)(work->threads + thread * work->thread_bytes);
    attention_room room = {.sums = (double *)(void *)at};
    at += 2 * tiles * sizes.state;
    room.highest = at;
    room.q = room.highest + tiles * sizes.state;
    room.y = room.q + tiles * sizes.q;
    room.weights = room.y + tiles * sizes.y;
    room.scores = room.weights + sizes.weights;
    return room;
}

static attention_tile tile_of(const attention_work *work, const attention_room *room, const attention_span *group,
                              int64_t first_head, int64_t head, int64_t tile)
{
    const room_sizes sizes = sizes_of(work);
    const int64_t index = (head - first_head) * work->tiles + tile, first = group->begin + tile * work->kernel->rows;
    return (attention_tile){.work = work,
                            .sequence = group->sequence,
                            .padded_at = group->padded_at,
                            .head = head,
                            .kv_head = head / (work->args->heads / work->args->kv_heads),
                            .first = first,
                            .rows = lower_of(work->kernel->rows, group->end - first),
                            .q = room->q + index * sizes.q,
                            .y = room->y + index * sizes.y,
                            .highest = room->highest + index * sizes.state,
                            .sums = room->sums + index * sizes.state};
}

CPU_CLONES static void load_queries(const attention_tile *tile)
{
    const attention_work *work = tile->work;
    const int64_t dim = work->args->dim, rows = work->kernel->rows;
    for (int64_t block = 0; block < work->depth_blocks; block++) {
        const int64_t depth = lower_of(CPU_DEPTH, dim - block * CPU_DEPTH);
        float *to = tile->q + block * rows * CPU_X_STRIDE;
        for (int64_t r = 0; r < rows; r++, to += CPU_X_STRIDE) {
            if (r < tile->rows) {
                const void *from = row_at(work, work->args->q, tile->sequence, tile->first + r, tile->head);
                cpu_load(to, gnn_at_const(from, work->dtype, block * CPU_DEPTH), work->dtype, depth);
            } else {
                memset(to, 0, (size_t)depth * sizeof *to);
            }
        }
    }
}

static void begin_tile(const attention_tile *tile)
{
    const attention_work *work = tile->work;
    load_queries(tile);
    memset(tile->y, 0, (size_t)(work->value_panels * work->kernel->rows * CPU_PANEL) * sizeof *tile->y);
    for (int64_t r = 0; r < tile->rows; r++) {
        tile->highest[r] = -INFINITY;
        tile->sums[r] = 0.0;
    }
}

/* The first place that a query at `place` sees. */
static int64_t window_begin(const gnn_attention_args *args, int64_t place)
{
    return args->window > 0 && place >= args->window ? place - args->window + 1 : 0;
}

/* Q K^T for keys begin .. end - 1, which lie in one block. */
static void multiply_keys(const attention_tile *tile, int64_t begin, int64_t end, float *scores)
{
    const attention_work *work = tile->work;
    const cpu_product_kernel *kernel = work->kernel;
    const int64_t dim = work->args->dim;
    for (int64_t key = begin; key < end; key += CPU_PANEL, scores += kernel->rows * CPU_PANEL) {
        const float *panel = keys_at(work, tile->kv_head, tile->padded_at + key);
        for (int64_t block = 0; block < work->depth_blocks; block++) {
            const int64_t depth = lower_of(CPU_DEPTH, dim - block * CPU_DEPTH);
            kernel->run(tile->q + block * kernel->rows * CPU_X_STRIDE, panel + block * CPU_DEPTH * CPU_PANEL, depth,
                        lower_of(CPU_PANEL, end - key), block == 0, scores, tile->q);
        }
    }
}

static uint32_t is_plain(const gnn_attention_args *args)
{
    return args->softcap <= 0.0f && args->key_bias == NULL && args->scale > 0.0f;
}

/* A family's own wishes: row r of the scores, `keys` of them from place `begin` on, as they go into the softmax. */
CPU_CLONES static void finish_scores(const attention_tile *tile, int64_t r, int64_t begin, int64_t keys, float *scores)
{
    const gnn_attention_args *args = tile->work->args;
    const float scale = args->scale, cap = args->softcap;
    const float *bias = args->key_bias;
    float *s = scores + r * CPU_PANEL;
    for (int64_t first = 0; first < keys; first += CPU_PANEL, s += tile->work->kernel->rows * CPU_PANEL) {
        const int64_t count = lower_of(CPU_PANEL, keys - first);
        for (int64_t i = 0; i < count; i++) {
            s[i] *= scale;
        }
        for (int64_t i = 0; cap > 0.0f && i < count; i++) {
            s[i] = cap * cpu_tanh(s[i] / cap);
        }
        for (int64_t i = 0; bias != NULL && i < count; i++) {
            s[i] += bias[tile->head * args->key_bias_stride + begin + first + i];
        }
    }
}

/* Scores from..to - 1 of row r become -infinity. */
static void mask(const attention_tile *tile, int64_t r, int64_t from, int64_t to, float *scores)
{
    const int64_t stride = tile->work->kernel->rows * CPU_PANEL;
    for (int64_t i = from; i < to; i++) {
        scores[i / CPU_PANEL * stride + r * CPU_PANEL + i % CPU_PANEL] = -INFINITY;
    }
}

CPU_CLONES static void scale_row(const attention_tile *tile, int64_t r, float factor)
{
    const int64_t panel_floats = tile->work->kernel->rows * CPU_PANEL;
    for (int64_t v = 0; v < tile->work->value_panels; v++) {
        float *y = tile->y + v * panel_floats + r * CPU_PANEL;
        for (int64_t i = 0; i < CPU_PANEL; i++) {
            y[i] *= factor;
        }
    }
}

/* Row r: its weights for the keys begin .. begin + count - 1, and what is kept so far brought to the new highest score.
 * `highest` is kept as an exponent of two. */
static void weigh_row(const attention_tile *tile, int64_t r, int64_t begin, int64_t count, float *scores,
                      float *weights)
{
    const attention_work *work = tile->work;
    const cpu_softmax_kernel *softmax = work->softmax;
    const float log2_e = 1.44269504088896f, factor = is_plain(work->args) ? work->args->scale * log2_e : log2_e;
    const int64_t place = tile->first + r, stride = work->kernel->rows * CPU_PANEL, panels = count / CPU_PANEL;
    const int64_t low = window_begin(work->args, place) - begin, high = place + 1 - begin;
    if (high <= 0 || low >= count) {
        memset(weights, 0, (size_t)count * sizeof *weights);
        return;
    }
    if (!is_plain(work->args)) {
        finish_scores(tile, r, begin, lower_of(high, count), scores);
    }
    mask(tile, r, 0, low, scores);
    mask(tile, r, high, count, scores);
    const float *row = scores + r * CPU_PANEL;
    const float here = factor * softmax->highest(row, stride, panels), before = tile->highest[r];
    const float highest = here > before ? here : before;
    const double sum = (double)softmax->weigh(row, stride, panels, factor, highest, weights);
    if (before == highest || before == -INFINITY) { /* nothing changed, or nothing to bring along */
        tile->sums[r] += sum;
    } else {
        const float share = softmax->power(before - highest);
        scale_row(tile, r, share);
        tile->sums[r] = tile->sums[r] * (double)share + sum;
    }
    tile->highest[r] = highest;
}

/* The tile with the block of keys that begins at `block`. */
static void attend_block(const attention_tile *tile, const attention_room *room, int64_t block)
{
    const attention_work *work = tile->work;
    const cpu_product_kernel *kernel = work->kernel;
    const int64_t last = tile->first + tile->rows; /* no row sees a key from here on */
    const int64_t window = window_begin(work->args, tile->first) / CPU_PANEL * CPU_PANEL;
    const int64_t begin = window > block ? window : block, end = lower_of(block + CPU_KEYS, last);
    const int64_t count = parts_of(end - begin, CPU_PANEL) * CPU_PANEL;
    if (tile->rows <= 0 || begin >= end) {
        return;
    }
    multiply_keys(tile, begin, end, room->scores);
    for (int64_t r = 0; r < tile->rows; r++) {
        weigh_row(tile, r, begin, count, room->scores, room->weights + r * CPU_X_STRIDE);
    }
    for (int64_t v = 0; v < work->value_panels; v++) {
        kernel->run(room->weights, values_at(work, tile->kv_head, v, tile->padded_at + begin), end - begin,
                    lower_of(CPU_PANEL, work->args->dim - v * CPU_PANEL), 0, tile->y + v * kernel->rows * CPU_PANEL,
                    room->weights);
    }
}

CPU_CLONES static void store_tile(const attention_tile *tile)
{
    const attention_work *work = tile->work;
    const gnn_attention_args *args = work->args;
    for (int64_t r = 0; r < tile->rows; r++) {
        const int64_t row = gnn_attention_row(args, tile->sequence, tile->first + r);
        const float factor = (float)(1.0 / tile->sums[r]);
        scale_row(tile, r, factor);
        for (int64_t v = 0; v < work->value_panels; v++) {
            const int64_t at = row * args->y_stride + tile->head * args->dim + v * CPU_PANEL;
            cpu_store(gnn_at(args->y, work->dtype, at), work->dtype, tile->y + (v * work->kernel->rows + r) * CPU_PANEL,
                      lower_of(CPU_PANEL, args->dim - v * CPU_PANEL));
        }
    }
}

/* Items of one KV head follow each other, the groups that see most first: threads end together. */
static void attention_item(void *ctx, int64_t item, uint32_t thread)
{
    const attention_work *work = ctx;
    const gnn_attention_args *args = work->args;
    const int64_t share = args->heads / args->kv_heads, part = item % work->heads_apart;
    const int64_t index = item / work->heads_apart;
    const attention_span *group = &work->groups[work->group_count - 1 - index % work->group_count];
    const int64_t first_head = index / work->group_count * share + part * work->heads_at_once;
    const int64_t end_head = lower_of(first_head + work->heads_at_once, (index / work->group_count + 1) * share);
    const attention_room room = room_of(work, thread);
    for (int64_t head = first_head; head < end_head; head++) {
        for (int64_t t = 0; t < work->tiles; t++) {
            const attention_tile tile = tile_of(work, &room, group, first_head, head, t);
            begin_tile(&tile);
        }
    }
    for (int64_t block = window_begin(args, group->begin) / CPU_KEYS * CPU_KEYS; block < group->end;
         block += CPU_KEYS) {
        for (int64_t head = first_head; head < end_head; head++) {
            for (int64_t t = 0; t < work->tiles; t++) {
                const attention_tile tile = tile_of(work, &room, group, first_head, head, t);
                attend_block(&tile, &room, block);
            }
        }
    }
    for (int64_t head = first_head; head < end_head; head++) {
        for (int64_t t = 0; t < work->tiles; t++) {
            const attention_tile tile = tile_of(work, &room, group, first_head, head, t);
            store_tile(&tile);
        }
    }
}

static god_status get_room(gnn_device *device, attention_work *work, god_error *err)
{
    const gnn_attention_args *args = work->args;
    const size_t keys = (size_t)(args->kv_heads * work->padded_rows * args->dim);
    const size_t values = (size_t)(args->kv_heads * work->padded_rows * work->value_panels * CPU_PANEL);
    void *shared = NULL, *threads = NULL;
    work->thread_bytes = room_bytes(work);
    GOD_TRY(cpu_scratch_get(device, CPU_SCRATCH_SHARED, (keys + values) * sizeof(float), &shared, err));
    GOD_TRY(cpu_scratch_get(device, CPU_SCRATCH_THREADS, device->threads * work->thread_bytes, &threads, err));
    work->keys = shared;
    work->values = work->keys + keys;
    work->threads = threads;
    return GOD_OK;
}

god_status cpu_attention(gnn_device *device, const gnn_attention_args *args, god_error *err)
{
    const int64_t share = args->heads / args->kv_heads;
    attention_work work = {.args = args,
                           .kernel = device->kernel,
                           .softmax = device->softmax,
                           .value_panels = parts_of(args->dim, CPU_PANEL),
                           .depth_blocks = cpu_depth_blocks(args->dim),
                           .tiles = group_rows / device->kernel->rows,
                           .heads_at_once = lower_of(share, heads_per_item),
                           .dtype = device->dtype};
    work.heads_apart = parts_of(share, work.heads_at_once);
    GOD_TRY(list_spans(&work, err));
    god_status status = get_room(device, &work, err);
    if (status == GOD_OK) {
        cpu_pool_run(device->pool, work.panel_count, pack_item, &work);
        cpu_pool_run(device->pool, args->kv_heads * work.group_count * work.heads_apart, attention_item, &work);
    }
    free(work.panels);
    return status;
}
