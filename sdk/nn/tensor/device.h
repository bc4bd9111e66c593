/* tensor/device.h: what a device does for the engine: memory, weight matrices, and one call per operation.
 *
 * The forward pass (lm/) is written once against this table. Three devices fill it: the plain C reference (ops/), the
 * CPU (god-nn-cpu.so) and CUDA (god-nn-cuda.so); the last two are opened at run time.
 *
 * A buffer is an address on the device. The engine adds offsets to it and never reads through it; `upload` and
 * `download` move bytes. Every operation is asynchronous to the host until `download` or `sync` returns. Vectors (norm
 * weights, biases, cos and sin tables) are f32 whose values the activation type can hold; activations and matrices have
 * the activation type of the device. Which arrays live on the host is said by each operation's header.
 * Threads: a device belongs to one thread at a time. [one] */
#ifndef GNN_TENSOR_DEVICE_H
#define GNN_TENSOR_DEVICE_H

#include "god/error.h"

#include "ops/activation.h"
#include "ops/attention.h"
#include "ops/dora.h"
#include "ops/dtype.h"
#include "ops/head.h"
#include "ops/matmul.h"
#include "ops/norm.h"
#include "ops/rope.h"
#include "ops/rows.h"

typedef struct gnn_device gnn_device; /* a device's own state */

typedef struct gnn_device_options {
    uint32_t size;
    int32_t device_index;
    uint32_t dtype;   /* GNN_BF16 or GNN_F32: type of activations and matrices */
    uint32_t threads; /* at least 1 */
} gnn_device_options;

/* Module and engine are built from the same tree; a module with another number is not used. */
#define GNN_DEVICE_VERSION 7u

/* How much a device wants at once. chunk_rows: rows of activations that go through a layer's temporary buffers; a bound
 * on memory that changes no digit. head_rows and head_outputs: one tile of logits; its width decides the order of sums
 * over the vocabulary and so the last digits of a loss. */
typedef struct gnn_device_sizes {
    int64_t chunk_rows, head_rows, head_outputs;
} gnn_device_sizes;

/* Of the CPU and of the plain reference: 512 x 4096 f32 are 8 MiB. Of CUDA: 8192 rows give each of 132 processors
 * several tiles of every product but the narrowest; 4096 x 16384 bf16 logits are 128 MiB, and twice that with a
 * divergence. */
enum { GNN_CPU_CHUNK_ROWS = 1024, GNN_CPU_HEAD_ROWS = 512, GNN_CPU_HEAD_OUTPUTS = 4096 };
enum { GNN_CUDA_CHUNK_ROWS = 8192, GNN_CUDA_HEAD_ROWS = 4096, GNN_CUDA_HEAD_OUTPUTS = 16384 };

/* Bytes that the device has handed out. Weights are matrices; buffers are not counted on the CPU, and 0 there. */
typedef struct gnn_device_memory {
    uint64_t weights, weights_peak, buffers_peak;
} gnn_device_memory;

static inline void gnn_device_memory_add(gnn_device_memory *memory, uint64_t weights)
{
    memory->weights += weights;
    memory->weights_peak = memory->weights > memory->weights_peak ? memory->weights : memory->weights_peak;
}

typedef struct gnn_device_table {
    uint32_t size, version;

    gnn_device_sizes sizes;

    god_status (*open)(const gnn_device_options *options, gnn_device **ret_device, god_error *err);
    void (*close)(gnn_device *device);                 /* accepts NULL */
    const char *(*describe)(const gnn_device *device); /* "cpu avx512"; lives as long as the device */

    god_status (*alloc)(gnn_device *device, size_t bytes, void **ret_buffer, god_error *err);
    void (*free)(gnn_device *device, void *buffer); /* accepts NULL */
    god_status (*upload)(gnn_device *device, void *buffer, const void *from, size_t bytes, god_error *err);
    god_status (*download)(gnn_device *device, void *to, const void *buffer, size_t bytes, god_error *err);

    void (*memory)(gnn_device *device, gnn_device_memory *ret_memory);

    /* A matrix of outputs x cols, filled by rows of the activation type from the host; rows never put are zero. */
    god_status (*matrix_new)(gnn_device *device, int64_t outputs, int64_t cols, gnn_matrix **ret_matrix,
                             god_error *err);
    god_status (*matrix_put)(gnn_device *device, gnn_matrix *matrix, int64_t first, int64_t count, const void *rows,
                             god_error *err);
    void (*matrix_free)(gnn_device *device, gnn_matrix *matrix); /* accepts NULL */

    god_status (*embed)(gnn_device *device, const gnn_embed_args *args, god_error *err);
    god_status (*matmul)(gnn_device *device, const gnn_matmul_args *args, god_error *err);
    god_status (*norm)(gnn_device *device, const gnn_norm_args *args, god_error *err);
    god_status (*rope)(gnn_device *device, const gnn_rope_args *args, god_error *err);
    god_status (*attention)(gnn_device *device, const gnn_attention_args *args, god_error *err);
    god_status (*activation)(gnn_device *device, const gnn_activation_args *args, god_error *err);
    god_status (*add)(gnn_device *device, const gnn_rows_args *args, god_error *err);
    god_status (*scale)(gnn_device *device, const gnn_rows_args *args, god_error *err);
    god_status (*softcap)(gnn_device *device, const gnn_rows_args *args, god_error *err);
    god_status (*gather)(gnn_device *device, const gnn_rows_args *args, god_error *err);
    god_status (*scatter)(gnn_device *device, const gnn_rows_args *args, god_error *err);
    god_status (*dora)(gnn_device *device, const gnn_dora_args *args, god_error *err);
    god_status (*nll)(gnn_device *device, const gnn_head_args *args, god_error *err); /* targets, sums: buffers */
    god_status (*kl)(gnn_device *device, const gnn_head_args *args, god_error *err);
} gnn_device_table;

extern const gnn_device_table gnn_device_reference;

/* The one symbol of a module. Static, lives as long as the module, which is never closed. */
typedef const gnn_device_table *(*gnn_device_entry)(void);
#define GNN_DEVICE_ENTRY "god_nn_device_entry"

/* Opens god-nn-<name>.so from module_dir, else $GOD_NN_DIR, else "../nn" and "../god/nn" beside the calling object.
 * GOD_E_NOT_FOUND when no folder has it; GOD_E_UNSUPPORTED when it cannot be used. */
god_status gnn_device_find(const char *name, const char *module_dir, const gnn_device_table **ret_table,
                           god_error *err);

#endif
