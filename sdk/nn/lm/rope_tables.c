/* From frequencies to tables of cosines and sines. */
#include <math.h>

#include "lm/rope.h"
#include "ops/dtype.h"

float gnn_rope_frequency(double theta, int64_t i, int64_t rotary)
{
    return 1.0f / powf((float)theta, (float)(2 * i) / (float)rotary);
}

int64_t gnn_rope_variant(const gnn_rope *rope, int64_t length)
{
    if (rope->kind == GNN_ROPE_FIXED || length <= rope->positions) {
        return 0;
    }
    return rope->kind == GNN_ROPE_LONG ? 1 : length;
}

/* The theta that stretches the context of `positions` to one of `length`. */
static double dynamic_theta(const gnn_rope *rope, int64_t length)
{
    double stretch = rope->factor * (double)length / (double)rope->positions - (rope->factor - 1.0);
    return rope->theta * pow(stretch, (double)rope->rotary / (double)(rope->rotary - 2));
}

static float variant_frequency(const gnn_rope *rope, int64_t variant, int64_t i)
{
    if (variant == 0) {
        return rope->frequencies[i];
    }
    return rope->kind == GNN_ROPE_LONG ? rope->long_frequencies[i]
                                       : gnn_rope_frequency(dynamic_theta(rope, variant), i, rope->rotary);
}

void gnn_rope_fill(const gnn_rope *rope, int64_t variant, int64_t positions, uint32_t dtype, float *cosines,
                   float *sines)
{
    int64_t half = rope->rotary / 2;
    for (int64_t i = 0; i < half; i++) {
        float frequency = variant_frequency(rope, variant, i);
        for (int64_t p = 0; p < positions; p++) {
            float angle = (float)p * frequency;
            cosines[p * half + i] = gnn_round(cosf(angle) * rope->attention_factor, dtype);
            sines[p * half + i] = gnn_round(sinf(angle) * rope->attention_factor, dtype);
        }
    }
}
