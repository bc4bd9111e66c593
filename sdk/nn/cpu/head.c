/* Loss and divergence over tiles of logits: ops/head.h with vector code. Exponentials are f32, within 2 ulp, which is
 * 2^-22 of a probability; sums are f64. */
#include <math.h>

#include "cpu.h"
#include "vector.h"

enum { lanes = 8 };

typedef struct head_work {
    const gnn_head_args *args;
    char *threads;
    size_t thread_bytes;
    uint32_t dtype;
} head_work;

static inline double sum_lanes(const double lane[lanes])
{
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* NaN when one is among them. Each lane keeps its own maximum: a single one would wait for itself at every element. */
static inline double highest_of(const float *z, int64_t count, double highest)
{
    enum { wide = 16 };
    float lane[wide], odd[wide], top = (float)highest, nan = 0.0f;
    int64_t i = 0;
    for (int l = 0; l < wide; l++) {
        lane[l] = top;
        odd[l] = 0.0f;
    }
    for (; i + wide <= count; i += wide) {
        for (int l = 0; l < wide; l++) {
            lane[l] = z[i + l] > lane[l] ? z[i + l] : lane[l];
            odd[l] = z[i + l] != z[i + l] ? 1.0f : odd[l];
        }
    }
    for (int l = 0; i < count; i++, l++) {
        lane[l] = z[i] > lane[l] ? z[i] : lane[l];
        odd[l] = z[i] != z[i] ? 1.0f : odd[l];
    }
    for (int l = 0; l < wide; l++) {
        top = lane[l] > top ? lane[l] : top;
        nan += odd[l];
    }
    return nan > 0.0f || highest != highest ? (double)NAN : (double)top;
}

static inline double rescale(double from, double to)
{
    return from == -INFINITY ? 0.0 : exp(from - to);
}

CPU_CLONES static void nll_vector(const gnn_head_args *args, int64_t r, float *z, uint32_t dtype)
{
    gnn_nll_row *row = &args->nll[r];
    double lane[lanes] = {0.0};
    int64_t i = 0;
    cpu_load(z, gnn_at_const(args->z, dtype, r * args->z_stride), dtype, args->cols);
    double highest = highest_of(z, args->cols, row->highest);
    const float top = (float)highest; /* one of the logits: nothing is lost */
    for (; i + lanes <= args->cols; i += lanes) {
        for (int l = 0; l < lanes; l++) {
            lane[l] += (double)cpu_exp_f32(z[i + l] - top);
        }
    }
    for (int l = 0; i < args->cols; i++, l++) {
        lane[l] += (double)cpu_exp_f32(z[i] - top);
    }
    row->sum = row->sum * rescale(row->highest, highest) + sum_lanes(lane);
    row->highest = highest;
    int64_t target = args->targets[r] - args->first;
    if (target >= 0 && target < args->cols) {
        row->target_logit = (double)z[target];
    }
}

static inline void kl_term(float zp, float zq, float p_top, float q_top, double *p_sum, double *q_sum, double *weighted)
{
    double p = (double)cpu_exp_f32(zp - p_top);
    *p_sum += p;
    *weighted += p * ((double)zp - (double)zq);
    *q_sum += (double)cpu_exp_f32(zq - q_top);
}

CPU_CLONES static void kl_vector(const gnn_head_args *args, int64_t r, float *room, uint32_t dtype)
{
    gnn_kl_row *row = &args->kl[r];
    float *zp = room, *zq = room + args->cols;
    double p_sum[lanes] = {0.0}, q_sum[lanes] = {0.0}, weighted[lanes] = {0.0};
    int64_t i = 0;
    cpu_load(zp, gnn_at_const(args->z, dtype, r * args->z_stride), dtype, args->cols);
    cpu_load(zq, gnn_at_const(args->reference_z, dtype, r * args->z_stride), dtype, args->cols);
    double p_highest = highest_of(zp, args->cols, row->p_highest);
    double q_highest = highest_of(zq, args->cols, row->q_highest);
    const float p_top = (float)p_highest, q_top = (float)q_highest;
    for (; i + lanes <= args->cols; i += lanes) {
        for (int l = 0; l < lanes; l++) {
            kl_term(zp[i + l], zq[i + l], p_top, q_top, &p_sum[l], &q_sum[l], &weighted[l]);
        }
    }
    for (int l = 0; i < args->cols; i++, l++) {
        kl_term(zp[i], zq[i], p_top, q_top, &p_sum[l], &q_sum[l], &weighted[l]);
    }
    double factor = rescale(row->p_highest, p_highest);
    row->p_sum = row->p_sum * factor + sum_lanes(p_sum);
    row->weighted = row->weighted * factor + sum_lanes(weighted);
    row->q_sum = row->q_sum * rescale(row->q_highest, q_highest) + sum_lanes(q_sum);
    row->p_highest = p_highest;
    row->q_highest = q_highest;
    int64_t target = args->targets != NULL ? args->targets[r] - args->first : -1;
    if (target >= 0 && target < args->cols) {
        row->target_logit = (double)zp[target];
    }
}

static void head_item(void *ctx, int64_t item, uint32_t thread)
{
    const head_work *work = ctx;
    float *room = (float *)(void *)(work->threads + thread * work->thread_bytes);
    for (int64_t r = item * CPU_BLOCK_ROWS; r < cpu_block_end(item, work->args->rows); r++) {
        if (work->args->kl != NULL) {
            kl_vector(work->args, r, room, work->dtype);
        } else {
            nll_vector(work->args, r, room, work->dtype);
        }
    }
}

static god_status run_head(gnn_device *device, const gnn_head_args *args, god_error *err)
{
    head_work work = {args, NULL, (size_t)(2 * args->cols) * sizeof(float), device->dtype};
    void *threads = NULL;
    GOD_TRY(cpu_scratch_get(device, CPU_SCRATCH_THREADS, device->threads * work.thread_bytes, &threads, err));
    work.threads = threads;
    cpu_pool_run(device->pool, cpu_blocks(args->rows), head_item, &work);
    return GOD_OK;
}

god_status cpu_nll(gnn_device *device, const gnn_head_args *args, god_error *err)
{
    return run_head(device, args, err);
}

god_status cpu_kl(gnn_device *device, const gnn_head_args *args, god_error *err)
{
    return run_head(device, args, err);
}
