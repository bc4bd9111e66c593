/* The table of the CPU device, its memory and its description. */
#include <stdlib.h>

#include "cpu.h"

enum { alignment = 64 }; /* one cache line, one widest vector */

static void cpu_close(gnn_device *device)
{
    if (device == NULL) {
        return;
    }
    cpu_pool_close(device->pool);
    for (int i = 0; i < CPU_SCRATCH_COUNT; i++) {
        free(device->scratch[i].memory);
    }
    free(device);
}

static god_status cpu_open(const gnn_device_options *options, gnn_device **ret_device, god_error *err)
{
    gnn_device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the CPU device");
    }
    device->dtype = options->dtype;
    device->kernel = cpu_product_kernel_at(0);
    device->softmax = cpu_softmax_kernel_at(0);
    device->threads = options->threads > 0 ? options->threads : 1;
    (void)snprintf(device->description, sizeof device->description, "cpu %s", device->kernel->name);
    god_status status = cpu_pool_open(device->threads, &device->pool, err);
    if (status != GOD_OK) {
        cpu_close(device);
        return status;
    }
    *ret_device = device;
    return GOD_OK;
}

static const char *cpu_describe(const gnn_device *device)
{
    return device->description;
}

static god_status new_memory(size_t bytes, void **ret_memory, god_error *err)
{
    size_t rounded = (bytes / alignment + 1) * alignment;
    void *memory = rounded > bytes ? aligned_alloc(alignment, rounded) : NULL;
    if (memory == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a buffer of %zu bytes", bytes);
    }
    *ret_memory = memory;
    return GOD_OK;
}

static god_status cpu_alloc(gnn_device *device, size_t bytes, void **ret_buffer, god_error *err)
{
    (void)device;
    return new_memory(bytes, ret_buffer, err);
}

static void cpu_free(gnn_device *device, void *buffer)
{
    (void)device;
    free(buffer);
}

static void cpu_memory(gnn_device *device, gnn_device_memory *ret_memory)
{
    *ret_memory = device->memory;
}

static god_status cpu_copy(gnn_device *device, void *to, const void *from, size_t bytes, god_error *err)
{
    (void)device;
    (void)err;
    if (bytes > 0) {
        memcpy(to, from, bytes);
    }
    return GOD_OK;
}

god_status cpu_scratch_get(gnn_device *device, uint32_t which, size_t bytes, void **ret_memory, god_error *err)
{
    cpu_scratch *scratch = &device->scratch[which];
    if (scratch->memory == NULL || scratch->bytes < bytes) {
        free(scratch->memory);
        *scratch = (cpu_scratch){NULL, 0};
        GOD_TRY(new_memory(bytes, &scratch->memory, err));
        scratch->bytes = bytes;
    }
    *ret_memory = scratch->memory;
    return GOD_OK;
}

static const gnn_device_table table = {
    .size = sizeof(gnn_device_table),
    .version = GNN_DEVICE_VERSION,
    .sizes = {GNN_CPU_CHUNK_ROWS, GNN_CPU_HEAD_ROWS, GNN_CPU_HEAD_OUTPUTS},
    .open = cpu_open,
    .close = cpu_close,
    .describe = cpu_describe,
    .alloc = cpu_alloc,
    .free = cpu_free,
    .upload = cpu_copy,
    .download = cpu_copy,
    .memory = cpu_memory,
    .matrix_new = cpu_matrix_new,
    .matrix_put = cpu_matrix_put,
    .matrix_free = cpu_matrix_free,
    .embed = cpu_embed,
    .matmul = cpu_matmul,
    .norm = cpu_norm,
    .rope = cpu_rope,
    .attention = cpu_attention,
    .activation = cpu_activation,
    .add = cpu_add,
    .scale = cpu_scale,
    .softcap = cpu_softcap,
    .gather = cpu_gather,
    .scatter = cpu_scatter,
    .dora = cpu_dora,
    .nll = cpu_nll,
    .kl = cpu_kl,
};

GOD_EXPORT const gnn_device_table *god_nn_device_entry(void);

const gnn_device_table *god_nn_device_entry(void)
{
    return &table;
}
