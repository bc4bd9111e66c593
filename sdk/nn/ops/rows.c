#include "ops/rows.h"

#include <math.h>

#include "ops/dtype.h"

void gnn_add_reference(const gnn_rows_args *args, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        for (int64_t c = 0; c < args->cols; c++) {
            int64_t y_at = r * args->y_stride + c;
            float term = gnn_round(args->scale * gnn_load(args->x, dtype, r * args->x_stride + c), dtype);
            gnn_store(args->y, dtype, y_at, gnn_load(args->y, dtype, y_at) + term);
        }
    }
}

void gnn_scale_reference(const gnn_rows_args *args, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        for (int64_t c = 0; c < args->cols; c++) {
            int64_t at = r * args->y_stride + c;
            gnn_store(args->y, dtype, at, args->scale * gnn_load(args->y, dtype, at));
        }
    }
}

void gnn_softcap_reference(const gnn_rows_args *args, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        for (int64_t c = 0; c < args->cols; c++) {
            int64_t at = r * args->y_stride + c;
            float ratio = gnn_round(gnn_load(args->y, dtype, at) / args->scale, dtype);
            float bent = gnn_round((float)tanh((double)ratio), dtype);
            gnn_store(args->y, dtype, at, bent * args->scale);
        }
    }
}

void gnn_gather_reference(const gnn_rows_args *args, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        memcpy(gnn_at(args->y, dtype, r * args->y_stride),
               gnn_at_const(args->x, dtype, args->index[r] * args->x_stride),
               (size_t)args->cols * gnn_dtype_bytes(dtype));
    }
}

void gnn_scatter_reference(const gnn_rows_args *args, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        for (int64_t c = 0; c < args->cols; c++) {
            int64_t y_at = args->index[r] * args->y_stride + c;
            float term = gnn_round(args->weight[r] * gnn_load(args->x, dtype, r * args->x_stride + c), dtype);
            gnn_store(args->y, dtype, y_at, gnn_load(args->y, dtype, y_at) + term);
        }
    }
}
