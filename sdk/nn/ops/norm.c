#include "ops/norm.h"

#include <math.h>

#include "ops/dtype.h"

typedef struct vector {
    const void *x;
    void *y;
    const float *weight, *bias;
    int64_t x_at, y_at, cols;
} vector;

static void rms_norm(const vector *v, uint32_t kind, float eps, uint32_t dtype)
{
    double sum = 0.0;
    for (int64_t c = 0; c < v->cols; c++) {
        double x = gnn_load(v->x, dtype, v->x_at + c);
        sum += x * x;
    }
    double scale = 1.0 / sqrt(sum / (double)v->cols + (double)eps);
    for (int64_t c = 0; c < v->cols; c++) {
        float n = (float)((double)gnn_load(v->x, dtype, v->x_at + c) * scale);
        float weight = v->weight[c];
        if (kind == GNN_NORM_RMS) {
            n = gnn_round(n, dtype);
        } else if (kind == GNN_NORM_RMS_PLUS1) {
            weight += 1.0f;
        }
        gnn_store(v->y, dtype, v->y_at + c, n * weight);
    }
}

static void layer_norm(const vector *v, float eps, uint32_t dtype)
{
    double sum = 0.0, squares = 0.0;
    for (int64_t c = 0; c < v->cols; c++) {
        sum += gnn_load(v->x, dtype, v->x_at + c);
    }
    double mean = sum / (double)v->cols;
    for (int64_t c = 0; c < v->cols; c++) {
        double d = gnn_load(v->x, dtype, v->x_at + c) - mean;
        squares += d * d;
    }
    double scale = 1.0 / sqrt(squares / (double)v->cols + (double)eps);
    for (int64_t c = 0; c < v->cols; c++) {
        double n = (gnn_load(v->x, dtype, v->x_at + c) - mean) * scale;
        double bias = v->bias != NULL ? v->bias[c] : 0.0;
        gnn_store(v->y, dtype, v->y_at + c, (float)(n * v->weight[c] + bias));
    }
}

void gnn_norm_reference(const gnn_norm_args *args, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        for (int64_t g = 0; g < args->groups; g++) {
            int64_t weight_at = args->weight_per_group ? g * args->cols : 0;
            vector v = {args->x,
                        args->y,
                        args->weight + weight_at,
                        args->bias != NULL ? args->bias + weight_at : NULL,
                        r * args->x_row_stride + g * args->x_group_stride,
                        r * args->y_row_stride + g * args->y_group_stride,
                        args->cols};
            if (args->kind == GNN_NORM_LAYER) {
                layer_norm(&v, args->eps, dtype);
            } else {
                rms_norm(&v, args->kind, args->eps, dtype);
            }
        }
    }
}
