#include "tiny_model.h"

#include "god/helpers/file.h"
#include "god/helpers/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIMENSIONS_MAX = 3, ELEMENTS_MAX = 1 << 20 };

typedef struct drawn_tensor {
    const char *name, *dtype;
    const json_t *shape;
    size_t elements, bytes_each;
    double scale, offset;
} drawn_tensor;

static uint64_t fnv1a(const char *name)
{
    uint64_t hash = 14695981039346656037u;
    for (; *name != '\0'; name++) {
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    }
    return hash;
}

/* Element i of the stream that belongs to a name and a seed: in [0, 1), exact. */
static double uniform(uint64_t start, uint64_t i)
{
    uint64_t z = start + (i + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (double)(z >> 40) / 16777216.0;
}

static uint64_t start_of(uint64_t name, uint64_t seed)
{
    return name ^ (seed * 0xD6E8FEB86659FD93u);
}

void tiny_model_draw(const char *name, uint64_t seed, size_t count, double *ret_numbers)
{
    uint64_t start = start_of(fnv1a(name), seed);
    for (size_t i = 0; i < count; i++) {
        ret_numbers[i] = uniform(start, i);
    }
}

static uint16_t to_bf16(float value)
{
    uint32_t bits;
    (void)memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

/* Ties to even, by scaling to the spacing of half precision around the value. |value| is far below 65504 here. */
static uint16_t to_f16(float value)
{
    int exponent;
    uint16_t sign = signbit(value) ? 0x8000u : 0u;
    float size = fabsf(value);
    (void)frexpf(size, &exponent);
    if (exponent < -13) {
        exponent = -13; /* below 2^-14 the spacing stays 2^-24 */
    }
    long steps = lrintf(ldexpf(size, 11 - exponent)); /* 1024 .. 2048 of them in a normal number */
    return (uint16_t)(sign | (uint16_t)(((exponent + 13) << 10) + (int)steps));
}

static void put(unsigned char *at, const char *dtype, double value)
{
    float single = (float)value;
    if (strcmp(dtype, "F32") == 0) {
        (void)memcpy(at, &single, sizeof single);
        return;
    }
    uint16_t half = strcmp(dtype, "F16") == 0 ? to_f16(single) : to_bf16(single);
    (void)memcpy(at, &half, sizeof half);
}

static void draw(const drawn_tensor *tensor, uint64_t seed, double perturbation, unsigned char *at)
{
    uint64_t name = fnv1a(tensor->name);
    uint64_t start = start_of(name, seed), other = start_of(name, seed + 1);
    for (size_t i = 0; i < tensor->elements; i++) {
        double value = tensor->offset + tensor->scale * (2.0 * uniform(start, i) - 1.0);
        if (perturbation != 0.0) {
            value += perturbation * tensor->scale * (2.0 * uniform(other, i) - 1.0);
        }
        put(at + i * tensor->bytes_each, tensor->dtype, value);
    }
}

/* One entry of "tensors": [name, dtype, shape, scale, offset]. */
static god_status read_tensor(const json_t *entry, drawn_tensor *ret_tensor, god_error *err)
{
    drawn_tensor tensor = {.elements = 1};
    tensor.name = json_string_value(json_array_get(entry, 0));
    tensor.dtype = json_string_value(json_array_get(entry, 1));
    tensor.shape = json_array_get(entry, 2);
    tensor.scale = json_number_value(json_array_get(entry, 3));
    tensor.offset = json_number_value(json_array_get(entry, 4));
    if (json_array_size(entry) != 5 || tensor.name == NULL || tensor.dtype == NULL) {
        return god_fail(err, GOD_E_DATA, "golden: a tensor is not [name, dtype, shape, scale, offset]");
    }
    if (json_array_size(tensor.shape) < 1 || json_array_size(tensor.shape) > DIMENSIONS_MAX) {
        return god_fail(err, GOD_E_DATA, "golden: \"%s\" has a shape that is not understood", tensor.name);
    }
    for (size_t d = 0; d < json_array_size(tensor.shape); d++) {
        json_int_t size = json_integer_value(json_array_get(tensor.shape, d));
        if (size < 1 || (size_t)size > ELEMENTS_MAX / tensor.elements) {
            return god_fail(err, GOD_E_DATA, "golden: \"%s\" has more than %d elements", tensor.name, ELEMENTS_MAX);
        }
        tensor.elements *= (size_t)size;
    }
    tensor.bytes_each = strcmp(tensor.dtype, "F32") == 0 ? 4 : 2;
    *ret_tensor = tensor;
    return GOD_OK;
}

static god_status set_header_entry(json_t *header, const drawn_tensor *tensor, size_t at, god_error *err)
{
    json_int_t end = (json_int_t)(at + tensor->elements * tensor->bytes_each);
    json_t *entry = json_pack("{s:s, s:O, s:[I, I]}", "dtype", tensor->dtype, "shape", tensor->shape, "data_offsets",
                              (json_int_t)at, end);
    if (entry == NULL || json_object_set_new(header, tensor->name, entry) != 0) {
        return god_fail(err, GOD_E_NOMEM, "golden: no memory for the header");
    }
    return GOD_OK;
}

/* Eight bytes of header length, the header padded with blanks to a multiple of eight. */
static god_status append_header(god_text *file, const json_t *header, god_error *err)
{
    char *text = json_dumps(header, JSON_COMPACT);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "golden: no memory for the header");
    }
    uint64_t bytes = (strlen(text) + 7) / 8 * 8;
    char length[8];
    for (int i = 0; i < 8; i++) {
        length[i] = (char)(unsigned char)(bytes >> (8 * i));
    }
    god_status status = god_text_append(file, length, sizeof length, err);
    if (status == GOD_OK) {
        status = god_text_append(file, text, strlen(text), err);
    }
    while (status == GOD_OK && file->bytes < bytes + 8) {
        status = god_text_append(file, " ", 1, err);
    }
    free(text);
    return status;
}

static god_status append_tensor(god_text *file, const json_t *entry, uint64_t seed, double perturbation, god_error *err)
{
    drawn_tensor tensor;
    GOD_TRY(read_tensor(entry, &tensor, err));
    size_t bytes = tensor.elements * tensor.bytes_each;
    unsigned char *values = malloc(bytes);
    if (values == NULL) {
        return god_fail(err, GOD_E_NOMEM, "golden: no memory for \"%s\"", tensor.name);
    }
    draw(&tensor, seed, perturbation, values);
    god_status status = god_text_append(file, (const char *)values, bytes, err);
    free(values);
    return status;
}

static god_status build_header(const json_t *tensors, json_t *header, god_error *err)
{
    size_t at = 0;
    for (size_t i = 0; i < json_array_size(tensors); i++) {
        drawn_tensor tensor;
        GOD_TRY(read_tensor(json_array_get(tensors, i), &tensor, err));
        GOD_TRY(set_header_entry(header, &tensor, at, err));
        at += tensor.elements * tensor.bytes_each;
    }
    return GOD_OK;
}

static god_status write_weights(const char *path, const json_t *golden, double perturbation, god_error *err)
{
    god_text file = GOD_TEXT_INIT;
    json_t *tensors = NULL;
    int64_t seed = 0;
    json_t *header = json_pack("{s:{s:s}}", "__metadata__", "format", "pt");
    god_status status = header == NULL ? god_fail(err, GOD_E_NOMEM, "golden: no memory for the header") : GOD_OK;
    if (status == GOD_OK) {
        status = god_json_get_int("golden", golden, "seed", 0, INT32_MAX, &seed, err);
    }
    if (status == GOD_OK) {
        status = god_json_get_array("golden", golden, "tensors", &tensors, err);
    }
    if (status == GOD_OK) {
        status = build_header(tensors, header, err);
    }
    if (status == GOD_OK) {
        status = append_header(&file, header, err);
    }
    for (size_t i = 0; status == GOD_OK && i < json_array_size(tensors); i++) {
        status = append_tensor(&file, json_array_get(tensors, i), (uint64_t)seed, perturbation, err);
    }
    if (status == GOD_OK) {
        status = god_file_write(path, file.data, file.bytes, err);
    }
    god_text_free(&file);
    json_decref(header);
    return status;
}

static god_status write_folder(const char *dir, const json_t *golden, const char *config_key, const char *config_name,
                               const char *weights_name, double perturbation, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *config;
    GOD_TRY(god_dir_make(dir, err));
    GOD_TRY(god_json_get_object("golden", golden, config_key, &config, err));
    GOD_TRY(god_path_join(dir, config_name, path, err));
    GOD_TRY(god_json_write(path, config, err));
    GOD_TRY(god_path_join(dir, weights_name, path, err));
    return write_weights(path, golden, perturbation, err);
}

god_status tiny_model_write(const char *dir, const json_t *golden, double perturbation, god_error *err)
{
    return write_folder(dir, golden, "config", "config.json", "model.safetensors", perturbation, err);
}

god_status tiny_adapter_write(const char *dir, const json_t *golden, god_error *err)
{
    return write_folder(dir, golden, "adapter_config", "adapter_config.json", "adapter_model.safetensors", 0.0, err);
}
