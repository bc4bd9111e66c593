#include "tools/merge.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/adapter_config.h"
#include "format/adapter_name.h"
#include "format/convert.h"
#include "format/weights.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "ops/dtype.h"

enum { config_bytes_max = 4 << 20, length_bytes = 8 };

typedef struct merging {
    const char *base_dir, *adapter_dir, *out_dir;
    gnn_adapter_config *config;  /* own */
    gnn_weights *base, *adapter; /* own */
    uint32_t by_inputs;          /* weights are stored (in, out): "fan_in_fan_out" */
} merging;

/* ---- numbers ---- */

/* Nearest, ties to even; what is too large becomes infinite. */
static uint16_t f16_narrow(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t sign = (uint16_t)((bits >> 16) & 0x8000u);
    const float size = fabsf(value);
    if (!(size < 65520.0f)) {
        return (uint16_t)(sign | 0x7c00u);
    }
    if (size < 0x1p-14f) { /* subnormal: a multiple of 2^-24 */
        return (uint16_t)(sign | (uint16_t)lrintf(size * 0x1p24f));
    }
    uint32_t rounded = (bits & 0x7fffffffu) + 0xfffu + ((bits >> 13) & 1u);
    return (uint16_t)(sign | (uint16_t)((rounded - (112u << 23)) >> 13));
}

static uint32_t bytes_of(const gnn_tensor *tensor)
{
    return strcmp(tensor->dtype, "F32") == 0 ? 4 : 2;
}

/* `count` values as the tensor's type keeps them. */
static god_status narrow(const gnn_tensor *tensor, const float *from, int64_t count, void *to, god_error *err)
{
    uint32_t all_finite = 1;
    for (int64_t i = 0; i < count; i++) {
        if (tensor->dtype[0] == 'B') {
            ((uint16_t *)to)[i] = gnn_bf16_narrow(from[i]);
        } else if (bytes_of(tensor) == 2) {
            ((uint16_t *)to)[i] = f16_narrow(from[i]);
            all_finite &= (((uint16_t *)to)[i] & 0x7c00u) != 0x7c00u;
        } else {
            ((float *)to)[i] = from[i];
        }
        all_finite &= isfinite(from[i]) != 0;
    }
    return all_finite ? GOD_OK
                      : god_fail(err, GOD_E_DATA, "merging \"%s\" gives a value that %s cannot hold", tensor->name,
                                 tensor->dtype);
}

/* ---- the file that is written ---- */

/* Where the data of a safetensors file begins. */
static god_status find_data(int fd, const char *path, uint64_t *ret_begin, god_error *err)
{
    uint8_t text[length_bytes];
    uint64_t length = 0;
    if (pread(fd, text, sizeof text, 0) != (ssize_t)sizeof text) {
        return god_fail(err, GOD_E_IO, "cannot read the header of \"%s\"", path);
    }
    for (int i = length_bytes - 1; i >= 0; i--) {
        length = length << 8 | text[i];
    }
    *ret_begin = length_bytes + length;
    return GOD_OK;
}

/* The copy of the file that holds this tensor of the base. */
static god_status open_copy(const merging *m, const gnn_tensor *tensor, int *ret_fd, uint64_t *ret_begin,
                            god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(m->out_dir, tensor->file, path, err));
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot open \"%s\"", path);
    }
    god_status status = find_data(fd, path, ret_begin, err);
    if (status != GOD_OK) {
        (void)close(fd);
        return status;
    }
    *ret_begin += tensor->begin;
    *ret_fd = fd;
    return GOD_OK;
}

static god_status put(int fd, const void *bytes, size_t count, uint64_t at, god_error *err)
{
    for (size_t done = 0; done < count;) {
        ssize_t written = pwrite(fd, (const char *)bytes + done, count - done, (off_t)(at + done));
        if (written <= 0) {
            return god_fail_errno(err, GOD_E_IO, "cannot write merged weights");
        }
        done += (size_t)written;
    }
    return GOD_OK;
}

/* ---- one module ---- */

/* What the adapter has for it. */
typedef struct branch {
    const gnn_tensor *a, *b, *magnitude;
    uint32_t of_embedding;
} branch;

/* left (rows, rank) and right (rank, cols) in the order in which W is stored. */
typedef struct product {
    const gnn_tensor *weight;
    int64_t rows, cols, rank;
    float scale;
    float *left, *right, *magnitude; /* own; magnitude may be NULL */
    float *row;                      /* own */
    void *raw;                       /* own */
} product;

static void product_clear(product *p)
{
    free(p->left);
    free(p->right);
    free(p->magnitude);
    free(p->row);
    free(p->raw);
}

static god_status check_shape(const gnn_tensor *tensor, int64_t rows, int64_t cols, god_error *err)
{
    GOD_TRY(gnn_convert_check(tensor, err));
    return tensor->rank == 2 && tensor->shape[0] == rows && tensor->shape[1] == cols
               ? GOD_OK
               : god_fail(err, GOD_E_DATA, "%s: tensor \"%s\" does not fit its base: [%lld, %lld] is needed",
                          tensor->file, tensor->name, (long long)rows, (long long)cols);
}

static god_status allocate(product *p, uint32_t has_magnitude, god_error *err)
{
    p->left = calloc((size_t)(p->rows * p->rank), sizeof *p->left);
    p->right = calloc((size_t)(p->rank * p->cols), sizeof *p->right);
    p->magnitude = has_magnitude ? calloc((size_t)p->rows, sizeof *p->magnitude) : NULL;
    p->row = calloc((size_t)p->cols, sizeof *p->row);
    p->raw = calloc((size_t)p->cols, sizeof(float));
    return p->left != NULL && p->right != NULL && p->row != NULL && p->raw != NULL &&
                   (p->magnitude != NULL || !has_magnitude)
               ? GOD_OK
               : god_fail(err, GOD_E_NOMEM, "out of memory for merging \"%s\"", p->weight->name);
}

/* A (rank, in) and B (out, rank), as they are for W (out, in) and turned for W (in, out). */
static god_status load_factors(const branch *b, uint32_t turned, product *p, god_error *err)
{
    const gnn_tensor *left = turned ? b->a : b->b, *right = turned ? b->b : b->a;
    if (!turned) {
        GOD_TRY(check_shape(left, p->rows, p->rank, err));
        GOD_TRY(check_shape(right, p->rank, p->cols, err));
        GOD_TRY(gnn_convert(left, 0, 1, p->rows * p->rank, p->left, GNN_F32, err));
        return gnn_convert(right, 0, 1, p->rank * p->cols, p->right, GNN_F32, err);
    }
    GOD_TRY(check_shape(left, p->rank, p->rows, err));
    GOD_TRY(check_shape(right, p->cols, p->rank, err));
    for (int64_t r = 0; r < p->rows; r++) {
        GOD_TRY(gnn_convert(left, r, p->rows, p->rank, p->left + r * p->rank, GNN_F32, err));
    }
    for (int64_t k = 0; k < p->rank; k++) {
        GOD_TRY(gnn_convert(right, k, p->rank, p->cols, p->right + k * p->cols, GNN_F32, err));
    }
    return GOD_OK;
}

static god_status load_magnitude(const branch *b, product *p, god_error *err)
{
    if (b->magnitude == NULL) {
        return GOD_OK;
    }
    GOD_TRY(gnn_convert_check(b->magnitude, err));
    return b->magnitude->elements == p->rows ? gnn_convert(b->magnitude, 0, 1, p->rows, p->magnitude, GNN_F32, err)
                                             : god_fail(err, GOD_E_DATA, "%s: tensor \"%s\" does not fit its base",
                                                        b->magnitude->file, b->magnitude->name);
}

static void add_product(const product *p, int64_t r)
{
    for (int64_t k = 0; k < p->rank; k++) {
        const float factor = p->scale * p->left[r * p->rank + k];
        const float *right = p->right + k * p->cols;
        for (int64_t c = 0; c < p->cols; c++) {
            p->row[c] += factor * right[c];
        }
    }
}

static void bring_to_length(const product *p, int64_t r)
{
    double squares = 0.0;
    for (int64_t c = 0; c < p->cols; c++) {
        squares += (double)p->row[c] * (double)p->row[c];
    }
    const float factor = squares > 0.0 ? (float)((double)p->magnitude[r] / sqrt(squares)) : 0.0f;
    for (int64_t c = 0; c < p->cols; c++) {
        p->row[c] *= factor;
    }
}

static god_status write_rows(const product *p, int fd, uint64_t begin, god_error *err)
{
    const size_t bytes = (size_t)p->cols * bytes_of(p->weight);
    for (int64_t r = 0; r < p->rows; r++) {
        GOD_TRY(gnn_convert(p->weight, r * p->cols, 1, p->cols, p->row, GNN_F32, err));
        add_product(p, r);
        if (p->magnitude != NULL) {
            bring_to_length(p, r);
        }
        GOD_TRY(narrow(p->weight, p->row, p->cols, p->raw, err));
        GOD_TRY(put(fd, p->raw, bytes, begin + (uint64_t)r * bytes, err));
    }
    return GOD_OK;
}

static god_status fill_product(const merging *m, const branch *b, const gnn_adapter_module *module, product *p,
                               god_error *err)
{
    const uint32_t turned = b->of_embedding || m->by_inputs;
    GOD_TRY(gnn_convert_check(p->weight, err));
    if (p->weight->rank != 2 || p->weight->elements == 0) {
        return god_fail(err, GOD_E_DATA, "\"%s\" of the base has %u dimensions, 2 are needed", p->weight->name,
                        p->weight->rank);
    }
    if (b->magnitude != NULL && turned) {
        return god_fail(err, GOD_E_UNSUPPORTED, "DoRA of \"%s\" cannot be merged", p->weight->name);
    }
    p->rows = p->weight->shape[0];
    p->cols = p->weight->shape[1];
    p->rank = module->rank;
    p->scale = (float)module->scale;
    GOD_TRY(allocate(p, b->magnitude != NULL, err));
    GOD_TRY(load_factors(b, turned, p, err));
    return load_magnitude(b, p, err);
}

static const gnn_tensor *base_tensor(const merging *m, const char *module, const char *part)
{
    char name[GNN_TENSOR_NAME_MAX + 16];
    (void)snprintf(name, sizeof name, "%s.%s", module, part);
    return gnn_weights_find(m->base, name);
}

static god_status fail_module(const char *module, god_error *err)
{
    return god_fail(err, GOD_E_UNSUPPORTED, "the adapter changes \"%s\", of which the base keeps no weights of its own",
                    module);
}

static god_status merge_module(const merging *m, const char *module, const branch *b, god_error *err)
{
    gnn_adapter_module settings;
    product p = {.weight = base_tensor(m, module, "weight")};
    int fd = -1;
    uint64_t begin = 0;
    if (p.weight == NULL) {
        return fail_module(module, err);
    }
    GOD_TRY(gnn_adapter_config_module(m->config, module, &settings, err));
    god_status status = fill_product(m, b, &settings, &p, err);
    status = status == GOD_OK ? open_copy(m, p.weight, &fd, &begin, err) : status;
    status = status == GOD_OK ? write_rows(&p, fd, begin, err) : status;
    if (fd >= 0) {
        (void)close(fd);
    }
    product_clear(&p);
    return status;
}

/* A weight or bias that the adapter brings along takes the place of the base's. */
static god_status replace(const merging *m, const char *module, const gnn_tensor *tensor, const char *part,
                          god_error *err)
{
    const gnn_tensor *old = base_tensor(m, module, part);
    int fd = -1;
    uint64_t begin = 0;
    if (old == NULL) {
        return fail_module(module, err);
    }
    GOD_TRY(gnn_convert_check(tensor, err));
    GOD_TRY(gnn_convert_check(old, err));
    if (tensor->rank != old->rank || memcmp(tensor->shape, old->shape, tensor->rank * sizeof *old->shape) != 0) {
        return god_fail(err, GOD_E_UNSUPPORTED, "%s: tensor \"%s\" has another shape than that of the base",
                        tensor->file, tensor->name);
    }
    const size_t count = (size_t)tensor->elements;
    float *values = calloc(count, sizeof *values);
    void *raw = calloc(count, sizeof *values);
    god_status status = values == NULL || raw == NULL
                            ? god_fail(err, GOD_E_NOMEM, "out of memory for merging \"%s\"", old->name)
                            : gnn_convert(tensor, 0, 1, tensor->elements, values, GNN_F32, err);
    status = status == GOD_OK ? narrow(old, values, tensor->elements, raw, err) : status;
    status = status == GOD_OK ? open_copy(m, old, &fd, &begin, err) : status;
    status = status == GOD_OK ? put(fd, raw, count * bytes_of(old), begin, err) : status;
    if (fd >= 0) {
        (void)close(fd);
    }
    free(values);
    free(raw);
    return status;
}

/* ---- all modules ---- */

/* The branch that `first`, a lora_A, belongs to. */
static god_status find_branch(const merging *m, const char *module, const gnn_tensor *first, branch *ret_branch,
                              god_error *err)
{
    branch b = {.a = first};
    for (size_t i = 0; i < gnn_weights_count(m->adapter); i++) {
        const gnn_tensor *tensor = gnn_weights_at(m->adapter, i);
        char name[GNN_TENSOR_NAME_MAX + 1];
        const uint32_t part = gnn_adapter_name_split(tensor->name, name);
        if (strcmp(name, module) != 0) {
            continue;
        }
        if (part == GNN_ADAPTER_LORA_B || part == GNN_ADAPTER_EMBEDDING_B) {
            b.b = tensor;
            b.of_embedding = part == GNN_ADAPTER_EMBEDDING_B;
        } else if (part == GNN_ADAPTER_MAGNITUDE) {
            b.magnitude = tensor;
        }
    }
    if (b.b == NULL) {
        return god_fail(err, GOD_E_DATA, "the adapter has lora_A of \"%s\" without lora_B", module);
    }
    *ret_branch = b;
    return GOD_OK;
}

static god_status merge_tensor(const merging *m, const gnn_tensor *tensor, god_error *err)
{
    char module[GNN_TENSOR_NAME_MAX + 1];
    branch b = {.a = NULL};
    switch (gnn_adapter_name_split(tensor->name, module)) {
    case GNN_ADAPTER_LORA_A:
    case GNN_ADAPTER_EMBEDDING_A:
        GOD_TRY(find_branch(m, module, tensor, &b, err));
        return merge_module(m, module, &b, err);
    case GNN_ADAPTER_LORA_B:
    case GNN_ADAPTER_EMBEDDING_B:
    case GNN_ADAPTER_MAGNITUDE: return GOD_OK; /* with its lora_A */
    case GNN_ADAPTER_WEIGHT: return replace(m, module, tensor, "weight", err);
    case GNN_ADAPTER_BIAS: return replace(m, module, tensor, "bias", err);
    default: return god_fail(err, GOD_E_UNSUPPORTED, "%s: tensor \"%s\" cannot be merged", tensor->file, tensor->name);
    }
}

/* ---- files ---- */

static uint32_t ends(const char *name, const char *end)
{
    size_t bytes = strlen(name), end_bytes = strlen(end);
    return bytes >= end_bytes && strcmp(name + bytes - end_bytes, end) == 0;
}

/* The same weights in other formats would be those of the base still. */
static uint32_t is_stale(const char *name)
{
    static const char *const endings[] = {".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack", ".onnx", ".ot"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (ends(name, endings[i])) {
            return 1;
        }
    }
    return 0;
}

static uint32_t is_of_tokenizer(const char *name)
{
    static const char *const names[] = {"added_tokens.json", "chat_template.jinja",     "merges.txt",
                                        "spiece.model",      "special_tokens_map.json", "tokenizer.json",
                                        "tokenizer.model",   "tokenizer_config.json",   "vocab.json",
                                        "vocab.txt"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return 1;
        }
    }
    return 0;
}

static god_status copy_file(const char *from_dir, const char *to_dir, const char *name, god_error *err)
{
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    struct stat info;
    GOD_TRY(god_path_join(from_dir, name, from, err));
    GOD_TRY(god_path_join(to_dir, name, to, err));
    return lstat(from, &info) != 0 || !S_ISREG(info.st_mode) ? GOD_OK : god_file_copy(from, to, err);
}

static god_status copy_of_base(void *user, const char *name, god_error *err)
{
    const merging *m = user;
    return is_stale(name) ? GOD_OK : copy_file(m->base_dir, m->out_dir, name, err);
}

static god_status copy_of_adapter(void *user, const char *name, god_error *err)
{
    const merging *m = user;
    return is_of_tokenizer(name) ? copy_file(m->adapter_dir, m->out_dir, name, err) : GOD_OK;
}

static god_status read_order(merging *m, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *root = NULL;
    GOD_TRY(god_path_join(m->adapter_dir, "adapter_config.json", path, err));
    GOD_TRY(god_json_read(path, config_bytes_max, &root, err));
    god_status status = god_json_opt_bool("adapter_config.json", root, "fan_in_fan_out", &m->by_inputs, err);
    json_decref(root);
    return status;
}

static god_status merge(merging *m, god_error *err)
{
    GOD_TRY(gnn_adapter_config_read(m->adapter_dir, &m->config, err));
    GOD_TRY(read_order(m, err));
    GOD_TRY(gnn_weights_open_adapter(m->adapter_dir, &m->adapter, err));
    GOD_TRY(gnn_weights_open_model(m->base_dir, &m->base, err));
    GOD_TRY(god_dir_each(m->base_dir, m, copy_of_base, err));
    GOD_TRY(god_dir_each(m->adapter_dir, m, copy_of_adapter, err));
    for (size_t i = 0; i < gnn_weights_count(m->adapter); i++) {
        GOD_TRY(merge_tensor(m, gnn_weights_at(m->adapter, i), err));
    }
    return GOD_OK;
}

god_status gnn_merge(const char *base_dir, const char *adapter_dir, const char *out_dir, god_error *err)
{
    merging m = {.base_dir = base_dir, .adapter_dir = adapter_dir, .out_dir = out_dir};
    god_status status = merge(&m, err);
    gnn_weights_close(m.base);
    gnn_weights_close(m.adapter);
    gnn_adapter_config_free(m.config);
    return status;
}
