/* cpu/cpu.h: the CPU device: products by kernels of our own (product.h), everything else in vectorised C. Private to
 * cpu/.
 *
 * Every operation computes what its reference in ops/ says, in f32 with f64 for sums over a row. Loops are written with
 * a fixed number of lanes, so the digits do not depend on the width of the machine's vectors. */
#ifndef GNN_CPU_CPU_H
#define GNN_CPU_CPU_H

#include "pool.h"
#include "product.h"
#include "softmax.h"
#include "tensor/device.h"

/* Compiled for several instruction sets, chosen at start. Sanitizers instrument the chooser itself, which runs before
 * they are ready, so their builds have one version. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define CPU_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CPU_CLONES
#endif

typedef struct cpu_scratch {
    void *memory;
    size_t bytes;
} cpu_scratch;

enum { CPU_SCRATCH_SHARED, CPU_SCRATCH_THREADS, CPU_SCRATCH_COUNT };

struct gnn_device {
    uint32_t dtype, threads;
    cpu_pool *pool;
    const cpu_product_kernel *kernel;
    const cpu_softmax_kernel *softmax;
    cpu_scratch scratch[CPU_SCRATCH_COUNT];
    gnn_device_memory memory;
    char description[128];
};

/* Aligned memory of the device, valid until the same scratch is asked for again. */
god_status cpu_scratch_get(gnn_device *device, uint32_t which, size_t bytes, void **ret_memory, god_error *err);

/* Rows are handed to the pool in blocks of this many. */
enum { CPU_BLOCK_ROWS = 16 };
static inline int64_t cpu_blocks(int64_t rows)
{
    return (rows + CPU_BLOCK_ROWS - 1) / CPU_BLOCK_ROWS;
}
static inline int64_t cpu_block_end(int64_t block, int64_t rows)
{
    int64_t end = (block + 1) * CPU_BLOCK_ROWS;
    return end < rows ? end : rows;
}

/* matmul.c */
god_status cpu_matrix_new(gnn_device *device, int64_t outputs, int64_t cols, gnn_matrix **ret_matrix, god_error *err);
god_status cpu_matrix_put(gnn_device *device, gnn_matrix *matrix, int64_t first, int64_t count, const void *rows,
                          god_error *err);
void cpu_matrix_free(gnn_device *device, gnn_matrix *matrix);
god_status cpu_embed(gnn_device *device, const gnn_embed_args *args, god_error *err);
god_status cpu_matmul(gnn_device *device, const gnn_matmul_args *args, god_error *err);
/* rowwise.c */
god_status cpu_norm(gnn_device *device, const gnn_norm_args *args, god_error *err);
god_status cpu_rope(gnn_device *device, const gnn_rope_args *args, god_error *err);
god_status cpu_activation(gnn_device *device, const gnn_activation_args *args, god_error *err);
god_status cpu_add(gnn_device *device, const gnn_rows_args *args, god_error *err);
god_status cpu_scale(gnn_device *device, const gnn_rows_args *args, god_error *err);
god_status cpu_softcap(gnn_device *device, const gnn_rows_args *args, god_error *err);
god_status cpu_gather(gnn_device *device, const gnn_rows_args *args, god_error *err);
god_status cpu_scatter(gnn_device *device, const gnn_rows_args *args, god_error *err);
god_status cpu_dora(gnn_device *device, const gnn_dora_args *args, god_error *err);
/* attention.c, head.c */
god_status cpu_attention(gnn_device *device, const gnn_attention_args *args, god_error *err);
god_status cpu_nll(gnn_device *device, const gnn_head_args *args, god_error *err);
god_status cpu_kl(gnn_device *device, const gnn_head_args *args, god_error *err);

#endif
