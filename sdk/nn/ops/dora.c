#include "ops/dora.h"

#include "ops/dtype.h"

void gnn_dora_reference(const gnn_dora_args *args, uint32_t dtype)
{
    for (int64_t r = 0; r < args->rows; r++) {
        for (int64_t c = 0; c < args->cols; c++) {
            int64_t y_at = r * args->y_stride + c;
            float y = gnn_load(args->y, dtype, y_at), x = gnn_load(args->x, dtype, r * args->x_stride + c);
            float u = args->bias != NULL ? gnn_round(y - args->bias[c], dtype) : y;
            float magnitude = args->magnitude[c];
            float branch = (magnitude - 1.0f) * u + magnitude * x * args->scale;
            gnn_store(args->y, dtype, y_at, y + branch);
        }
    }
}
