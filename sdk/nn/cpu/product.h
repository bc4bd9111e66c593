/* cpu/product.h: the inner loop of all products of the CPU device. Private to cpu/.
 *
 *   y (rows, 64) = x (rows, depth) . w (depth, 64)        depth <= CPU_DEPTH, rows = cpu_product_kernel.rows
 *
 *   x   row stride CPU_X_STRIDE: a copy, blocked so that it stays in the first cache; the odd stride spreads its rows
 *       over the cache's sets
 *   w   row stride 64, from a panel of the weights or a block of keys or values
 *   y   row stride 64; `first` writes it, otherwise the product is added to it. Columns from `width` on may be written
 *   next_x  what the next call reads as x, fetched towards the caches meanwhile: any address
 *
 * Every element is one chain of fused multiply-adds over the depth, in order. So its digits depend on its row and its
 * column alone, and they are the same with every vector width. Longer products are made of pieces of CPU_DEPTH, whose
 * sums are added in order. */
#ifndef GNN_CPU_PRODUCT_H
#define GNN_CPU_PRODUCT_H

#include <stdint.h>

enum { CPU_PANEL = 64, CPU_DEPTH = 512, CPU_X_STRIDE = CPU_DEPTH + 16, CPU_PRODUCT_ROWS_MAX = 14 };

typedef struct cpu_product_kernel {
    int64_t rows; /* of one call; the registers of the machine hold rows x 2 vectors of sums */
    void (*run)(const float *x, const float *w, int64_t depth, int64_t width, uint32_t first, float *y,
                const float *next_x);
    const char *name;
} cpu_product_kernel;

/* The kernels that this machine runs, the fastest first; NULL behind the last. They live for ever. */
const cpu_product_kernel *cpu_product_kernel_at(uint32_t index);

static inline int64_t cpu_depth_blocks(int64_t depth)
{
    return (depth + CPU_DEPTH - 1) / CPU_DEPTH;
}

#endif
