#include "lm/engine.h"

#include <stdlib.h>

#include "god/helpers/processors.h"

enum { threads_max = 1024 };

static god_status check_options(const god_nn_engine_options *options, god_error *err)
{
    if (options->precision != GOD_PRECISION_BF16 && options->precision != GOD_PRECISION_F32) {
        return god_fail(err, GOD_E_INVALID, "precision %u is neither GOD_PRECISION_BF16 nor GOD_PRECISION_F32",
                        options->precision);
    }
    if (options->device != GOD_DEV_CPU && options->device != GOD_DEV_CUDA) {
        return god_fail(err, GOD_E_INVALID, "device %u is neither GOD_DEV_CPU nor GOD_DEV_CUDA", options->device);
    }
    if (options->threads > threads_max) {
        return god_fail(err, GOD_E_INVALID, "%u threads, at most %d are allowed", options->threads, (int)threads_max);
    }
    return GOD_OK;
}

/* The module that serves the device. A CPU without its module is served by the plain reference, which gives the same
 * results slowly; `ret_note` then says so. */
static god_status choose_table(const god_nn_engine_options *options, const gnn_device_table **ret_table,
                               const char **ret_note, god_error *err)
{
    god_error why = GOD_ERROR_INIT;
    *ret_note = "";
    if (options->device == GOD_DEV_CUDA) {
        return gnn_device_find("cuda", options->module_dir, ret_table, err);
    }
    if (options->reference) {
        *ret_table = &gnn_device_reference;
        return GOD_OK;
    }
    if (gnn_device_find("cpu", options->module_dir, ret_table, &why) != GOD_OK) {
        *ret_table = &gnn_device_reference;
        *ret_note = why.code == GOD_E_NOT_FOUND ? ", slow because god-nn-cpu.so was not found"
                                                : ", slow because god-nn-cpu.so cannot be used";
    }
    return GOD_OK;
}

god_status god_nn_engine_open(const god_nn_engine_options *options, god_nn_engine **ret_engine, god_error *err)
{
    const char *note = NULL;
    GOD_TRY(check_options(options, err));
    god_nn_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an engine");
    }
    uint32_t threads = options->threads != 0 ? options->threads : god_processors();
    gnn_device_options device = {sizeof device, options->device_index, options->precision, threads};
    engine->dtype = options->precision;
    god_status status = choose_table(options, &engine->ops, &note, err);
    if (status == GOD_OK) {
        status = engine->ops->open(&device, &engine->device, err);
    }
    if (status != GOD_OK) {
        god_nn_engine_close(engine);
        return status;
    }
    (void)snprintf(engine->description, sizeof engine->description, "%s, %s, %u %s%s",
                   engine->ops->describe(engine->device), engine->dtype == GNN_BF16 ? "bf16" : "f32", threads,
                   threads == 1 ? "thread" : "threads", note);
    *ret_engine = engine;
    return GOD_OK;
}

void god_nn_engine_close(god_nn_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    if (engine->device != NULL) {
        for (int i = 0; i < GNN_SCRATCH_COUNT; i++) {
            engine->ops->free(engine->device, engine->scratch[i]);
        }
        engine->ops->close(engine->device);
    }
    free(engine);
}

const char *god_nn_engine_describe(const god_nn_engine *engine)
{
    return engine->description;
}

void god_nn_engine_weight_bytes(const god_nn_engine *engine, uint64_t *ret_now, uint64_t *ret_most)
{
    gnn_device_memory memory;
    engine->ops->memory(engine->device, &memory);
    *ret_now = memory.weights;
    *ret_most = memory.weights_peak;
}

god_status gnn_scratch_get(god_nn_engine *engine, enum gnn_scratch which, int64_t rows, int64_t cols,
                           size_t element_bytes, void **ret_buffer, god_error *err)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow((size_t)rows, (size_t)cols, &bytes) ||
        __builtin_mul_overflow(bytes, element_bytes, &bytes)) {
        return god_fail(err, GOD_E_NOMEM, "a buffer of %lld x %lld does not fit into memory", (long long)rows,
                        (long long)cols);
    }
    if (bytes > engine->scratch_bytes[which] || engine->scratch[which] == NULL) {
        engine->ops->free(engine->device, engine->scratch[which]);
        engine->scratch[which] = NULL;
        engine->scratch_bytes[which] = 0;
        GOD_TRY(engine->ops->alloc(engine->device, bytes, &engine->scratch[which], err));
        engine->scratch_bytes[which] = bytes;
    }
    *ret_buffer = engine->scratch[which];
    return GOD_OK;
}
