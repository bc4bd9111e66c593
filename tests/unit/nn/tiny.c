#include "tiny.h"

#include <check.h>
#include <stdlib.h>

#include "god/helpers/file.h"
#include "god/helpers/text.h"

double tiny_random(uint64_t *state)
{
    *state ^= *state << 13; /* xorshift64: Marsaglia 2003 */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) * 0x1p-53;
}

tiny_file *tiny_file_new(uint64_t seed)
{
    tiny_file *file = calloc(1, sizeof *file);
    ck_assert_ptr_nonnull(file);
    file->random = seed * 2654435761u + 88172645463325252u;
    return file;
}

void tiny_file_free(tiny_file *file)
{
    for (size_t i = 0; file != NULL && i < file->count; i++) {
        free(file->tensors[i].data);
    }
    free(file);
}

static size_t element_bytes(const char *dtype)
{
    return strcmp(dtype, "F32") == 0 ? 4 : strcmp(dtype, "BF16") == 0 || strcmp(dtype, "F16") == 0 ? 2 : 1;
}

/* Rounds towards zero; enough for test weights. Small values become 0. */
static uint16_t f16_narrow(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    int32_t exponent = (int32_t)(bits >> 23 & 255) - 112;
    uint32_t sign = bits >> 16 & 0x8000u;
    return (uint16_t)(exponent <= 0 ? sign : sign | (uint32_t)exponent << 10 | (bits >> 13 & 0x3ffu));
}

void tiny_set(tiny_tensor *tensor, int64_t i, float value)
{
    uint16_t half = strcmp(tensor->dtype, "F16") == 0 ? f16_narrow(value) : gnn_bf16_narrow(value);
    if (strcmp(tensor->dtype, "F32") == 0) {
        memcpy(tensor->data + 4 * i, &value, 4);
    } else if (element_bytes(tensor->dtype) == 2) {
        memcpy(tensor->data + 2 * i, &half, 2);
    }
}

tiny_tensor *tiny_add(tiny_file *file, const char *name, const char *dtype, int rank, int64_t first, int64_t second,
                      double centre, double spread)
{
    ck_assert_uint_lt(file->count, TINY_TENSORS_MAX);
    tiny_tensor *tensor = &file->tensors[file->count++];
    int64_t elements = rank == 0 ? 1 : rank == 1 ? first : first * second;
    (void)snprintf(tensor->name, sizeof tensor->name, "%s", name);
    (void)snprintf(tensor->dtype, sizeof tensor->dtype, "%s", dtype);
    tensor->rank = rank;
    tensor->shape[0] = first;
    tensor->shape[1] = second;
    tensor->bytes = (size_t)elements * element_bytes(dtype);
    tensor->data = calloc(tensor->bytes + 1, 1);
    ck_assert_ptr_nonnull(tensor->data);
    for (int64_t i = 0; i < elements; i++) {
        tiny_set(tensor, i, (float)(centre + spread * (2.0 * tiny_random(&file->random) - 1.0)));
    }
    return tensor;
}

tiny_tensor *tiny_find(tiny_file *file, const char *name)
{
    for (size_t i = 0; i < file->count; i++) {
        if (strcmp(file->tensors[i].name, name) == 0) {
            return &file->tensors[i];
        }
    }
    ck_abort_msg("the test's model has no tensor \"%s\"", name);
    return NULL;
}

void tiny_remove(tiny_file *file, const char *name)
{
    tiny_tensor *tensor = tiny_find(file, name);
    free(tensor->data);
    *tensor = file->tensors[--file->count];
}

void tiny_write(const tiny_file *file, const char *path, size_t first, size_t last)
{
    god_error err = GOD_ERROR_INIT;
    god_text text = GOD_TEXT_INIT;
    size_t at = 0;
    ck_assert_int_eq(god_text_append_f(&text, &err, "........{"), GOD_OK);
    for (size_t i = first; i < last; i++) {
        const tiny_tensor *t = &file->tensors[i];
        char shape[64] = "";
        if (t->rank == 1) {
            (void)snprintf(shape, sizeof shape, "%lld", (long long)t->shape[0]);
        } else if (t->rank == 2) {
            (void)snprintf(shape, sizeof shape, "%lld,%lld", (long long)t->shape[0], (long long)t->shape[1]);
        }
        ck_assert_int_eq(god_text_append_f(&text, &err,
                                           "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                                           i > first ? "," : "", t->name, t->dtype, shape, at, at + t->bytes),
                         GOD_OK);
        at += t->bytes;
    }
    ck_assert_int_eq(god_text_append_str(&text, "}", &err), GOD_OK);
    uint64_t header = text.bytes - 8;
    memcpy(text.data, &header, 8);
    for (size_t i = first; i < last; i++) {
        ck_assert_int_eq(god_text_append(&text, (const char *)file->tensors[i].data, file->tensors[i].bytes, &err),
                         GOD_OK);
    }
    ck_assert_msg(god_file_write(path, text.data, text.bytes, &err) == GOD_OK, "%s", err.message);
    god_text_free(&text);
}

static void add_module(tiny_file *file, const gnn_config *config, const gnn_module *module, const char *dtype)
{
    char name[300];
    uint32_t is_norm = module->kind == GNN_MODULE_NORM || module->kind == GNN_MODULE_FINAL_NORM;
    uint32_t by_cols = module->kind == GNN_MODULE_LINEAR && config->arch->stored_by_cols;
    if (module->kind == GNN_MODULE_HEAD && config->info.tied) {
        return;
    }
    (void)snprintf(name, sizeof name, "%s.weight", module->name);
    if (is_norm) {
        (void)tiny_add(file, name, dtype, 1, module->cols, 0, 1.0, 0.2);
    } else {
        (void)tiny_add(file, name, dtype, 2, by_cols ? module->cols : module->outputs,
                       by_cols ? module->outputs : module->cols, 0.0, 0.35);
    }
    if (module->bias) {
        (void)snprintf(name, sizeof name, "%s.bias", module->name);
        (void)tiny_add(file, name, dtype, 1, is_norm ? module->cols : module->outputs, 0, 0.0, 0.1);
    }
}

static void parse(const char *config_json, gnn_config *config, gnn_module **modules, size_t *count)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gnn_config_parse(config_json, strlen(config_json), config, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(gnn_modules_list(config, modules, count, &err), GOD_OK);
}

tiny_file *tiny_model_tensors(const char *config_json, const char *dtype, uint64_t seed)
{
    gnn_config config;
    gnn_module *modules = NULL;
    size_t count = 0;
    tiny_file *file = tiny_file_new(seed);
    parse(config_json, &config, &modules, &count);
    for (size_t i = 0; i < count; i++) {
        add_module(file, &config, &modules[i], dtype);
    }
    free(modules);
    return file;
}

void tiny_dir(const char *dir)
{
    god_error err = GOD_ERROR_INIT;
    if (god_file_exists(dir)) {
        ck_assert_msg(god_dir_remove(dir, &err) == GOD_OK, "%s", err.message);
    }
    ck_assert_msg(god_dir_make(dir, &err) == GOD_OK, "%s", err.message);
}

void tiny_text_write(const char *dir, const char *name, const char *text)
{
    char path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_path_join(dir, name, path, &err), GOD_OK);
    ck_assert_msg(god_file_write(path, text, strlen(text), &err) == GOD_OK, "%s", err.message);
}

void tiny_model_write(const char *dir, const char *config_json, const tiny_file *file)
{
    char path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    tiny_dir(dir);
    tiny_text_write(dir, "config.json", config_json);
    ck_assert_int_eq(god_path_join(dir, "model.safetensors", path, &err), GOD_OK);
    tiny_write(file, path, 0, file->count);
}

void tiny_model_make(const char *dir, const char *config_json, const char *dtype, uint64_t seed)
{
    tiny_file *file = tiny_model_tensors(config_json, dtype, seed);
    tiny_model_write(dir, config_json, file);
    tiny_file_free(file);
}

tiny_file *tiny_adapter_tensors(const char *config_json, const char *const *slots, int64_t rank, uint64_t seed)
{
    gnn_config config;
    gnn_module *modules = NULL;
    size_t count = 0;
    tiny_file *file = tiny_file_new(seed);
    parse(config_json, &config, &modules, &count);
    for (size_t i = 0; i < count; i++) {
        for (const char *const *slot = slots; *slot != NULL; slot++) {
            char name[300];
            const char *last = strrchr(modules[i].name, '.');
            if (strcmp(last != NULL ? last + 1 : modules[i].name, *slot) != 0) {
                continue;
            }
            (void)snprintf(name, sizeof name, "base_model.model.%s.lora_A.weight", modules[i].name);
            (void)tiny_add(file, name, "F32", 2, rank, modules[i].cols, 0.0, 0.3);
            (void)snprintf(name, sizeof name, "base_model.model.%s.lora_B.weight", modules[i].name);
            (void)tiny_add(file, name, "F32", 2, modules[i].outputs, rank, 0.0, 0.3);
        }
    }
    free(modules);
    return file;
}

void tiny_adapter_write(const char *dir, const char *adapter_json, const tiny_file *file)
{
    char path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    tiny_dir(dir);
    tiny_text_write(dir, "adapter_config.json", adapter_json);
    ck_assert_int_eq(god_path_join(dir, "adapter_model.safetensors", path, &err), GOD_OK);
    tiny_write(file, path, 0, file->count);
}

void tiny_llama(char *buf, size_t bytes, const char *more)
{
    (void)snprintf(buf, bytes,
                   "{\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\",\"vocab_size\":97,"
                   "\"hidden_size\":32,\"num_hidden_layers\":2,\"num_attention_heads\":4,\"num_key_value_heads\":2,"
                   "\"intermediate_size\":48,\"max_position_embeddings\":256,\"rms_norm_eps\":1e-5%s%s}",
                   more[0] != '\0' ? "," : "", more);
}
