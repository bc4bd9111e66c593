/* What a pass costs: counted from the list of modules, and the speed that it is divided by. */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "god/helpers/file.h"
#include "lm/model.h"

static uint32_t is_expert(const gnn_module *module)
{
    return module->expert >= 0;
}

/* Multiply-adds of all products of a token but for the head's, and numbers stored. */
typedef struct counts {
    double per_token, per_head_row;
    double stored;
} counts;

static counts count_modules(const gnn_config *config, const gnn_module *modules, size_t count)
{
    const double visited = config->moe.experts > 0 ? (double)config->moe.per_token / (double)config->moe.experts : 1.0;
    counts sum = {0.0, 0.0, 0.0};
    for (size_t i = 0; i < count; i++) {
        const gnn_module *module = &modules[i];
        const double size = (double)module->outputs * (double)module->cols;
        sum.stored += size;
        switch (module->kind) {
        case GNN_MODULE_HEAD: sum.per_head_row += size; break;
        case GNN_MODULE_PROJECT_IN:
        case GNN_MODULE_PROJECT_OUT: sum.per_token += size; break;
        case GNN_MODULE_LINEAR: sum.per_token += is_expert(module) ? size * visited : size; break;
        default: break; /* embeddings are rows, norms are not products */
        }
    }
    if (sum.per_head_row == 0.0) { /* the head is the embedding */
        sum.per_head_row = (double)config->info.vocab_size * (double)config->embed_cols;
    }
    return sum;
}

typedef struct adapter_files {
    const char *dir;
    double bytes;
} adapter_files;

static god_status add_file(void *user, const char *name, god_error *err)
{
    adapter_files *files = user;
    char path[GOD_PATH_MAX];
    struct stat about;
    size_t length = strlen(name);
    GOD_TRY(god_path_join(files->dir, name, path, err));
    if (length > 12 && strcmp(name + length - 12, ".safetensors") == 0 && stat(path, &about) == 0) {
        files->bytes += (double)about.st_size;
    }
    return GOD_OK;
}

god_status god_nn_lm_cost(const char *model_dir, const char *adapter_dir, uint32_t precision, const god_nn_load *load,
                          god_nn_cost *ret_cost, god_error *err)
{
    gnn_config *config = malloc(sizeof *config); /* large */
    gnn_module *modules = NULL;
    size_t count = 0;
    adapter_files adapter = {adapter_dir, 0.0};
    if (config == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a configuration");
    }
    god_status status = gnn_config_read(model_dir, config, err);
    if (status == GOD_OK) {
        status = gnn_modules_list(config, &modules, &count, err);
    }
    if (status == GOD_OK && adapter_dir != NULL) {
        status = god_dir_each(adapter_dir, &adapter, add_file, err);
    }
    if (status == GOD_OK) {
        const counts sum = count_modules(config, modules, count);
        const god_nn_lm_info *info = &config->info;
        const double attention = 2.0 * (double)(info->heads * info->head_dim) * (double)info->layers;
        const double low_rank = adapter.bytes / 4.0; /* stored in f32, as PEFT does */
        ret_cost->flops = 2.0 * ((double)load->tokens * (sum.per_token + low_rank) + (double)load->pairs * attention +
                                 (double)load->head_rows * sum.per_head_row);
        ret_cost->weight_bytes = (uint64_t)((sum.stored + low_rank) * (precision == GOD_PRECISION_F32 ? 4.0 : 2.0));
    }
    free(modules);
    free(config);
    return status;
}

enum { rank_assumed = 256 }; /* of LoRA branches; their size hardly depends on it */

god_status god_nn_lm_pass_bytes(const char *model_dir, uint32_t device, uint32_t precision, uint64_t tokens,
                                uint64_t *ret_bytes, god_error *err)
{
    static const gnn_device_sizes cpu = {GNN_CPU_CHUNK_ROWS, GNN_CPU_HEAD_ROWS, GNN_CPU_HEAD_OUTPUTS};
    static const gnn_device_sizes cuda = {GNN_CUDA_CHUNK_ROWS, GNN_CUDA_HEAD_ROWS, GNN_CUDA_HEAD_OUTPUTS};
    gnn_config *config = malloc(sizeof *config); /* large */
    if (config == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a configuration");
    }
    const int64_t count = tokens < INT32_MAX ? (int64_t)tokens : INT32_MAX;
    god_status status = gnn_config_read(model_dir, config, err);
    if (status == GOD_OK) {
        *ret_bytes =
            gnn_pass_bytes(config, device == GOD_DEV_CUDA ? &cuda : &cpu, precision, count, count, rank_assumed, 1);
    }
    free(config);
    return status;
}

/* ---- the speed of an engine ---- */

enum { speed_rows = 512, speed_cols = 1024 };

typedef struct speed_work {
    gnn_matrix *matrix;
    void *x, *y;
} speed_work;

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* One product and the wait for its end. */
static god_status multiply(god_nn_engine *engine, const speed_work *work, god_error *err)
{
    float seen;
    const gnn_matmul_args args = {work->y,    work->x, work->matrix, NULL, speed_rows, speed_cols,
                                  speed_cols, 0,       speed_cols};
    GOD_TRY(engine->ops->matmul(engine->device, &args, err));
    return engine->ops->download(engine->device, &seen, work->y, sizeof seen, err);
}

static god_status measure(god_nn_engine *engine, speed_work *work, double *ret_flops_per_s, god_error *err)
{
    const double flops = 2.0 * speed_rows * speed_cols * speed_cols, enough_s = 0.05;
    const size_t bytes = (size_t)speed_cols * gnn_dtype_bytes(engine->dtype);
    double best_s = 1e9, spent_s = 0.0;
    void *zeros = calloc(speed_rows, bytes);
    if (zeros == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a product");
    }
    god_status status = engine->ops->matrix_new(engine->device, speed_cols, speed_cols, &work->matrix, err);
    if (status == GOD_OK) {
        status = engine->ops->alloc(engine->device, speed_rows * bytes, &work->x, err);
    }
    if (status == GOD_OK) {
        status = engine->ops->alloc(engine->device, speed_rows * bytes, &work->y, err);
    }
    if (status == GOD_OK) {
        status = engine->ops->upload(engine->device, work->x, zeros, speed_rows * bytes, err);
    }
    for (uint32_t turn = 0; status == GOD_OK && spent_s < enough_s; turn++) {
        double begin_s = now_s();
        status = multiply(engine, work, err);
        double taken_s = now_s() - begin_s;
        spent_s += taken_s;
        best_s = turn > 0 && taken_s < best_s ? taken_s : best_s; /* the first one warms up */
    }
    free(zeros);
    if (status == GOD_OK) {
        *ret_flops_per_s = flops / (best_s < 1e9 ? best_s : spent_s);
    }
    return status;
}

god_status god_nn_engine_flops(god_nn_engine *engine, double *ret_flops_per_s, god_error *err)
{
    speed_work work = {NULL, NULL, NULL};
    god_status status = measure(engine, &work, ret_flops_per_s, err);
    engine->ops->free(engine->device, work.x);
    engine->ops->free(engine->device, work.y);
    engine->ops->matrix_free(engine->device, work.matrix);
    return status;
}
