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

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t number_bytes(const god_eval_job *job)
{
    return job->precision == GOD_PRECISION_F32 ? 4 : 2;
}

/* What stays of the base beside full models. */
static uint64_t beside_bytes(const god_eval_job *job, const god_nn_lm_info *base, uint32_t beside)
{
    const uint64_t whole = weight_bytes(job, job->base_model_dir);
    const uint64_t head = (uint64_t)base->vocab_size * (uint64_t)base->hidden_size * number_bytes(job);
    switch (beside) {
    case GTX_BASE_CLOSED: return 0;
    case GTX_BASE_HEAD: return head < whole ? head : whole;
    default: return whole;
    }
}

/* The weights that are open at once, at most: the base beside an adapter, and full models beside what stays of it. */
static uint64_t models_bytes(const god_eval_job *job, const god_nn_lm_info *base, uint32_t beside)
{
    const uint64_t whole = weight_bytes(job, job->base_model_dir), stays = beside_bytes(job, base, beside);
    uint64_t bytes = whole; /* it is looked at for its states, or an adapter stands on it */
    for (uint32_t i = 0; i < job->submission_count; i++) {
        const char *dir = job->submissions[i]->model_dir;
        bytes = larger(bytes, weight_bytes(job, dir) + (god_nn_adapter_is(dir) ? whole : stays));
    }
    return bytes;
}

god_status gtx_group_device_bytes(const god_eval_job *job, const gtx_memory *memory, uint64_t *ret_bytes,
                                  god_error *err)
{
    god_nn_lm_info info = {.size = GOD_SIZE_TO(god_nn_lm_info, parameters)};
    GOD_TRY(god_nn_lm_read_info(job->base_model_dir, &info, err));
    uint64_t pass = memory->tokens_max * token_bytes(&info) + LOGITS_TILE_BYTES;
    if (job->device == GOD_DEV_CUDA) { /* a GPU has no memory to spare, and its buffers are counted one by one */
        GOD_TRY(god_nn_lm_pass_bytes(job->base_model_dir, job->device, job->precision, memory->tokens_max, &pass, err));
    }
    *ret_bytes = models_bytes(job, &info, memory->beside) + pass + memory->states_bytes + ENGINE_BYTES;
    return GOD_OK;
}

uint64_t gtx_group_state_bytes(const god_eval_job *job, const god_nn_lm_info *base)
{
    return (uint64_t)base->hidden_size * number_bytes(job);
}

/* How many context lengths may occur: that of the base and its adapters, and those of full models that differ. */
static uint64_t contexts_max(const god_eval_job *job, const god_nn_lm_info *base)
{
    uint64_t count = 1;
    for (uint32_t i = 0; i < job->submission_count; i++) {
        const char *dir = job->submissions[i]->model_dir;
        god_nn_lm_info info = {.size = GOD_SIZE_TO(god_nn_lm_info, parameters)};
        god_error ignored = GOD_ERROR_INIT; /* a model that cannot be read runs nothing */
        count += !god_nn_adapter_is(dir) && god_nn_lm_read_info(dir, &info, &ignored) == GOD_OK &&
                 info.max_position_embeddings != base->max_position_embeddings;
    }
    return count;
}

/* Fills states_bytes and beside for packs of memory->tokens_max. */
static god_status plan_states(const god_eval_job *job, const gtx_memory_need *need, const god_nn_lm_info *info,
                              uint64_t limit, gtx_memory *memory, god_error *err)
{
    const uint64_t row_bytes = contexts_max(job, info) * gtx_group_state_bytes(job, info);
    uint64_t all = 0, bytes = 0;
    if (__builtin_mul_overflow(need->rows_max, row_bytes, &all)) {
        all = UINT64_MAX;
    }
    memory->states_bytes = 0;
    memory->beside = GTX_BASE_HEAD;
    GOD_TRY(gtx_group_device_bytes(job, memory, &bytes, err));
    if (all <= need->states_max && bytes <= limit && all <= limit - bytes) {
        memory->states_bytes = all;
        return GOD_OK;
    }
    memory->beside = GTX_BASE_WHOLE;
    GOD_TRY(gtx_group_device_bytes(job, memory, &bytes, err));
    const uint64_t room = limit > bytes ? limit - bytes : 0, wanted = all < need->states_max ? all : need->states_max;
    memory->states_bytes = wanted < room ? wanted : room;
    return GOD_OK;
}

static god_status plan(const god_eval_job *job, const gtx_memory_need *need, gtx_memory *memory, god_error *err)
{
    god_nn_lm_info info = {.size = GOD_SIZE_TO(god_nn_lm_info, parameters)};
    const uint64_t limit = job->device_bytes_max > 0 ? job->device_bytes_max : UINT64_MAX;
    uint64_t bytes = 0;
    GOD_TRY(god_nn_lm_read_info(job->base_model_dir, &info, err));
    memory->pack_tokens = job->batch_tokens_max > 0 ? job->batch_tokens_max : GTX_PACK_TOKENS;
    for (;; memory->pack_tokens /= 2) {
        memory->tokens_max = larger(memory->pack_tokens, need->longest);
        if (need->with_kl) {
            GOD_TRY(plan_states(job, need, &info, limit, memory, err));
        }
        GOD_TRY(gtx_group_device_bytes(job, memory, &bytes, err));
        if (bytes <= limit || memory->pack_tokens < 2 * GTX_PACK_TOKENS_MIN) {
            return GOD_OK;
        }
    }
}

god_status gtx_group_plan(const god_eval_job *job, const gtx_memory_need *need, gtx_memory *ret_memory, god_error *err)
{
    gtx_memory memory = {.beside = GTX_BASE_CLOSED};
    if (job->base_model_dir == NULL) {
        return god_fail(err, GOD_E_INVALID, "the job names no base model");
    }
    if (plan(job, need, &memory, err) != GOD_OK) {
        return god_fail_in(err, "base model");
    }
    *ret_memory = memory;
    return GOD_OK;
}
