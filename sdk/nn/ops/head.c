#include "ops/head.h"

#include <math.h>

#include "ops/dtype.h"

void gnn_nll_begin(gnn_nll_row *rows, int64_t count)
{
    for (int64_t r = 0; r < count; r++) {
        rows[r] = (gnn_nll_row){-INFINITY, 0.0, NAN};
    }
}

double gnn_nll_end(const gnn_nll_row *row)
{
    return log(row->sum) + row->highest - row->target_logit;
}

void gnn_kl_begin(gnn_kl_row *rows, int64_t count)
{
    for (int64_t r = 0; r < count; r++) {
        rows[r] = (gnn_kl_row){-INFINITY, 0.0, -INFINITY, 0.0, 0.0, NAN};
    }
}

double gnn_kl_end(const gnn_kl_row *row)
{
    double p_lse = log(row->p_sum) + row->p_highest, q_lse = log(row->q_sum) + row->q_highest;
    return row->weighted / row->p_sum - (p_lse - q_lse);
}

double gnn_kl_nll(const gnn_kl_row *row)
{
    const gnn_nll_row nll = {row->p_highest, row->p_sum, row->target_logit};
    return gnn_nll_end(&nll);
}

/* The factor that brings a sum relative to `from` to one relative to `to`; an empty sum stays empty. */
static double rescale(double from, double to)
{
    return from == -INFINITY ? 0.0 : exp(from - to);
}

static double tile_highest(const void *z, int64_t at, int64_t cols, double highest, uint32_t dtype)
{
    for (int64_t c = 0; c < cols; c++) {
        double value = gnn_load(z, dtype, at + c);
        highest = value > highest || value != value ? value : highest;
    }
    return highest;
}

void gnn_nll_reference(const gnn_head_args *args, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        gnn_nll_row *row = &args->nll[r];
        int64_t at = r * args->z_stride;
        double highest = tile_highest(args->z, at, args->cols, row->highest, dtype);
        row->sum *= rescale(row->highest, highest);
        row->highest = highest;
        for (int64_t c = 0; c < args->cols; c++) {
            row->sum += exp((double)gnn_load(args->z, dtype, at + c) - highest);
        }
        int64_t target = args->targets[r] - args->first;
        if (target >= 0 && target < args->cols) {
            row->target_logit = gnn_load(args->z, dtype, at + target);
        }
    }
}

void gnn_kl_reference(const gnn_head_args *args, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        gnn_kl_row *row = &args->kl[r];
        int64_t at = r * args->z_stride;
        double p_highest = tile_highest(args->z, at, args->cols, row->p_highest, dtype);
        double q_highest = tile_highest(args->reference_z, at, args->cols, row->q_highest, dtype);
        double p_factor = rescale(row->p_highest, p_highest);
        row->p_sum *= p_factor;
        row->weighted *= p_factor;
        row->q_sum *= rescale(row->q_highest, q_highest);
        row->p_highest = p_highest;
        row->q_highest = q_highest;
        for (int64_t c = 0; c < args->cols; c++) {
            double zp = gnn_load(args->z, dtype, at + c), zq = gnn_load(args->reference_z, dtype, at + c);
            double p = exp(zp - p_highest);
            row->p_sum += p;
            row->weighted += p * (zp - zq);
            row->q_sum += exp(zq - q_highest);
        }
        int64_t target = args->targets != NULL ? args->targets[r] - args->first : -1;
        if (target >= 0 && target < args->cols) {
            row->target_logit = gnn_load(args->z, dtype, at + target);
        }
    }
}
