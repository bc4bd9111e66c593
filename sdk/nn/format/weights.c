#include "format/weights.h"

#include <stdlib.h>

#include "god/helpers/file.h"
#include "god/helpers/json.h"

#define SINGLE_FILE "model.safetensors"
#define INDEX_FILE "model.safetensors.index.json"
#define ADAPTER_FILE "adapter_model.safetensors"

struct gnn_weights {
    gnn_safetensors **files;
    size_t file_count;
    const gnn_tensor **tensors; /* sorted by name */
    size_t tensor_count;
};

static int by_name(const void *a, const void *b)
{
    const gnn_tensor *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static god_status collect(gnn_weights *weights, god_error *err)
{
    size_t count = 0;
    for (size_t f = 0; f < weights->file_count; f++) {
        count += gnn_safetensors_count(weights->files[f]);
    }
    weights->tensors = calloc(count + 1, sizeof *weights->tensors);
    if (weights->tensors == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu tensors", count);
    }
    for (size_t f = 0; f < weights->file_count; f++) {
        for (size_t i = 0; i < gnn_safetensors_count(weights->files[f]); i++) {
            weights->tensors[weights->tensor_count++] = gnn_safetensors_at(weights->files[f], i);
        }
    }
    qsort(weights->tensors, count, sizeof *weights->tensors, by_name);
    for (size_t i = 1; i < count; i++) {
        const gnn_tensor *one = weights->tensors[i - 1], *two = weights->tensors[i];
        if (strcmp(one->name, two->name) == 0) {
            return god_fail(err, GOD_E_DATA, "tensor \"%s\" is in both %s and %s", one->name, one->file, two->file);
        }
    }
    return GOD_OK;
}

static god_status add_file(gnn_weights *weights, const char *dir, const char *name, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(dir, name, path, err));
    GOD_TRY(gnn_safetensors_open(path, name, &weights->files[weights->file_count], err));
    weights->file_count++;
    return GOD_OK;
}

/* A shard is a file of the same folder: an index that names another place is refused. */
static uint32_t is_plain_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && strchr(name, '/') == NULL && strlen(name) < 256;
}

static god_status add_shards(gnn_weights *weights, const char *dir, json_t *map, god_error *err)
{
    const char *tensor;
    json_t *value, *seen = json_object();
    god_status status = seen != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "%s: out of memory", INDEX_FILE);
    json_object_foreach(map, tensor, value)
    {
        const char *file = json_string_value(value);
        if (status != GOD_OK) {
            break;
        }
        if (file == NULL) {
            status = god_fail(err, GOD_E_DATA, "%s: tensor \"%.100s\" is not given a string", INDEX_FILE, tensor);
        } else if (!is_plain_name(file)) {
            status = god_fail(err, GOD_E_DATA,
                              "%s: tensor \"%.100s\" is given \"%.100s\", which is no file name of this folder",
                              INDEX_FILE, tensor, file);
        } else if (json_object_get(seen, file) == NULL) {
            if (weights->file_count == GNN_SHARDS_MAX) {
                status = god_fail(err, GOD_E_DATA, "%s: more than %d shards", INDEX_FILE, (int)GNN_SHARDS_MAX);
            } else if (json_object_set_new(seen, file, json_true()) != 0) {
                status = god_fail(err, GOD_E_NOMEM, "%s: out of memory", INDEX_FILE);
            } else {
                status = add_file(weights, dir, file, err);
            }
        }
    }
    json_decref(seen);
    return status;
}

/* What the index promises is where it says; a shard may hold more than the index lists. */
static god_status check_index(const gnn_weights *weights, json_t *map, god_error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach(map, name, value)
    {
        const gnn_tensor *tensor = gnn_weights_find(weights, name);
        if (tensor == NULL || strcmp(tensor->file, json_string_value(value)) != 0) {
            return god_fail(err, GOD_E_DATA, "%s: tensor \"%.100s\" is not in %s", INDEX_FILE, name,
                            json_string_value(value));
        }
    }
    return GOD_OK;
}

static god_status open_sharded(gnn_weights *weights, const char *dir, god_error *err)
{
    char path[GOD_PATH_MAX], *text = NULL;
    size_t bytes = 0;
    json_t *index = NULL, *map = NULL;
    GOD_TRY(god_path_join(dir, INDEX_FILE, path, err));
    GOD_TRY(god_file_read(path, GNN_INDEX_BYTES_MAX, &text, &bytes, err));
    god_status status = god_json_parse(INDEX_FILE, text, bytes, &index, err);
    free(text);
    GOD_TRY(status);
    status = god_json_get_object(INDEX_FILE, index, "weight_map", &map, err);
    if (status == GOD_OK) {
        status = add_shards(weights, dir, map, err);
    }
    if (status == GOD_OK) {
        status = collect(weights, err);
    }
    if (status == GOD_OK) {
        status = check_index(weights, map, err);
    }
    json_decref(index);
    return status;
}

static uint32_t has(const char *dir, const char *name)
{
    char path[GOD_PATH_MAX];
    return god_path_join(dir, name, path, NULL) == GOD_OK && god_file_exists(path);
}

static god_status open_single(gnn_weights *weights, const char *dir, const char *name, god_error *err)
{
    GOD_TRY(add_file(weights, dir, name, err));
    return collect(weights, err);
}

static god_status open_model(gnn_weights *weights, const char *dir, god_error *err)
{
    if (has(dir, SINGLE_FILE)) {
        return open_single(weights, dir, SINGLE_FILE, err);
    }
    if (has(dir, INDEX_FILE)) {
        return open_sharded(weights, dir, err);
    }
    if (has(dir, "pytorch_model.bin") || has(dir, "pytorch_model.bin.index.json")) {
        return god_fail(err, GOD_E_UNSUPPORTED, "the weights are in pytorch_model.bin; only safetensors are read");
    }
    return god_fail(err, GOD_E_NOT_FOUND, "there is neither %s nor %s", SINGLE_FILE, INDEX_FILE);
}

static god_status open_adapter(gnn_weights *weights, const char *dir, god_error *err)
{
    if (has(dir, ADAPTER_FILE)) {
        return open_single(weights, dir, ADAPTER_FILE, err);
    }
    if (has(dir, "adapter_model.bin")) {
        return god_fail(err, GOD_E_UNSUPPORTED, "the weights are in adapter_model.bin; only safetensors are read");
    }
    return god_fail(err, GOD_E_NOT_FOUND, "there is no %s", ADAPTER_FILE);
}

static god_status open_with(god_status (*open)(gnn_weights *, const char *, god_error *), const char *dir,
                            gnn_weights **ret_weights, god_error *err)
{
    gnn_weights *weights = calloc(1, sizeof *weights);
    if (weights != NULL) {
        weights->files = calloc(GNN_SHARDS_MAX, sizeof *weights->files);
    }
    god_status status = weights != NULL && weights->files != NULL
                            ? open(weights, dir, err)
                            : god_fail(err, GOD_E_NOMEM, "out of memory for the list of weights");
    if (status != GOD_OK) {
        gnn_weights_close(weights);
        return status;
    }
    *ret_weights = weights;
    return GOD_OK;
}

god_status gnn_weights_open_model(const char *model_dir, gnn_weights **ret_weights, god_error *err)
{
    return open_with(open_model, model_dir, ret_weights, err);
}

god_status gnn_weights_open_adapter(const char *adapter_dir, gnn_weights **ret_weights, god_error *err)
{
    return open_with(open_adapter, adapter_dir, ret_weights, err);
}

void gnn_weights_close(gnn_weights *weights)
{
    if (weights == NULL) {
        return;
    }
    for (size_t f = 0; f < weights->file_count; f++) {
        gnn_safetensors_close(weights->files[f]);
    }
    free(weights->files);
    free(weights->tensors);
    free(weights);
}

size_t gnn_weights_count(const gnn_weights *weights)
{
    return weights->tensor_count;
}

const gnn_tensor *gnn_weights_at(const gnn_weights *weights, size_t i)
{
    return weights->tensors[i];
}

static int name_against_tensor(const void *name, const void *entry)
{
    const gnn_tensor *const *tensor = entry;
    return strcmp(name, (*tensor)->name);
}

const gnn_tensor *gnn_weights_find(const gnn_weights *weights, const char *name)
{
    const gnn_tensor *const *found =
        bsearch(name, weights->tensors, weights->tensor_count, sizeof *weights->tensors, name_against_tensor);
    return found != NULL ? *found : NULL;
}

size_t gnn_weights_index(const gnn_weights *weights, const gnn_tensor *tensor)
{
    const gnn_tensor *const *found =
        bsearch(tensor->name, weights->tensors, weights->tensor_count, sizeof *weights->tensors, name_against_tensor);
    return (size_t)(found - weights->tensors);
}
