#include "common/group.h"

#include <sys/stat.h>

#include "god/helpers/file.h"

enum {
    LOGITS_TILE_BYTES = 256 << 20, /* the head works on tiles; no engine takes larger ones */
    ENGINE_BYTES = 512 << 20       /* kernels, handles, workspaces of the libraries below the engine */
};

typedef struct folder_size {
    const char *dir;
    uint64_t bytes;
} folder_size;

static god_status add_weights(void *user, const char *name, god_error *err)
{
    folder_size *folder = user;
    char path[GOD_PATH_MAX];
    struct stat about;
    size_t length = strlen(name);
    if (length < 12 || strcmp(name + length - 12, ".safetensors") != 0) {
        return GOD_OK;
    }
    GOD_TRY(god_path_join(folder->dir, name, path, err));
    if (stat(path, &about) == 0 && about.st_size > 0) {
        folder->bytes += (uint64_t)about.st_size;
    }
    return GOD_OK;
}

/* Bytes on the device: files hold two or four bytes to a number, the engine four at most. */
static uint64_t weight_bytes(const god_eval_job *job, const char *model_dir)
{
    god_error ignored = GOD_ERROR_INIT; /* a folder that cannot be read takes no memory: its entrant fails */
    folder_size folder = {model_dir, 0};
    (void)god_dir_each(model_dir, &folder, add_weights, &ignored);
    return job->precision == GOD_PRECISION_F32 || god_nn_adapter_is(model_dir) ? 2 * folder.bytes : folder.bytes;
}

/* What one token holds while a layer runs: residual, norm, attention input and output, both branches of the MLP. */
static uint64_t token_bytes(const god_nn_lm_info *info)
{
    uint64_t attention = (uint64_t)(info->heads + 2 * info->kv_heads) * (uint64_t)info->head_dim;
    uint64_t numbers = 8 * (uint64_t)info->hidden_size + 3 * attention + 4 * (uint64_t)info->intermediate_size;
    return 4 * numbers;
}

god_status gtx_group_device_bytes(const god_eval_job *job, uint64_t tokens_max, uint64_t states_bytes,
                                  uint64_t *ret_bytes, god_error *err)
{
    god_nn_lm_info info = {.size = GOD_SIZE_TO(god_nn_lm_info, parameters)};
    uint64_t largest = 0;
    if (job->base_model_dir == NULL) {
        return god_fail(err, GOD_E_INVALID, "the job names no base model");
    }
    GOD_TRY(god_nn_lm_read_info(job->base_model_dir, &info, err));
    uint64_t pass = tokens_max * token_bytes(&info) + LOGITS_TILE_BYTES;
    if (job->device == GOD_DEV_CUDA) { /* a GPU has no memory to spare, and its buffers are counted one by one */
        GOD_TRY(god_nn_lm_pass_bytes(job->base_model_dir, job->device, job->precision, tokens_max, &pass, err));
    }
    for (uint32_t i = 0; i < job->submission_count; i++) {
        uint64_t bytes = weight_bytes(job, job->submissions[i]->model_dir);
        largest = bytes > largest ? bytes : largest;
    }
    *ret_bytes = weight_bytes(job, job->base_model_dir) + largest + pass + states_bytes + ENGINE_BYTES;
    return GOD_OK;
}

god_status gtx_group_states_bytes(const god_eval_job *job, uint64_t tokens_max, uint64_t rows_max, uint64_t budget,
                                  uint64_t *ret_bytes, god_error *err)
{
    god_nn_lm_info info = {.size = GOD_SIZE_TO(god_nn_lm_info, parameters)};
    uint64_t fixed = 0, bytes = 0;
    GOD_TRY(gtx_group_device_bytes(job, tokens_max, 0, &fixed, err));
    GOD_TRY(god_nn_lm_read_info(job->base_model_dir, &info, err));
    if (__builtin_mul_overflow(rows_max, (uint64_t)info.hidden_size * sizeof(float), &bytes) || bytes > budget) {
        bytes = budget;
    }
    if (job->device_bytes_max > 0) {
        uint64_t room = job->device_bytes_max > fixed ? job->device_bytes_max - fixed : 0;
        bytes = bytes < room ? bytes : room;
    }
    *ret_bytes = bytes;
    return GOD_OK;
}

uint64_t gtx_group_pack_tokens_wanted(const god_eval_job *job)
{
    return job->batch_tokens_max > 0 ? job->batch_tokens_max : GTX_PACK_TOKENS;
}

uint64_t gtx_group_pack_tokens(const god_eval_job *job)
{
    god_error ignored = GOD_ERROR_INIT; /* who opens the model says what is wrong with it */
    uint64_t tokens = gtx_group_pack_tokens_wanted(job), bytes = 0;
    while (job->device_bytes_max > 0 && tokens >= 2 * GTX_PACK_TOKENS_MIN &&
           gtx_group_device_bytes(job, tokens, 0, &bytes, &ignored) == GOD_OK && bytes > job->device_bytes_max) {
        tokens /= 2;
    }
    return tokens;
}

uint64_t gtx_group_pack_tokens_max(const god_eval_job *job, uint64_t longest)
{
    const uint64_t tokens = gtx_group_pack_tokens(job);
    return tokens < longest ? longest : tokens;
}
