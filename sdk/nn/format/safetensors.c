#include "format/safetensors.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/json.h"

struct gnn_safetensors {
    char *label;
    const uint8_t *bytes;
    size_t count;
    void *map; /* NULL when the bytes are borrowed */
    json_t *header;
    gnn_tensor *tensors;
    size_t tensor_count;
};

typedef struct dtype_info {
    const char *name;
    uint64_t bytes;
} dtype_info;

static const dtype_info dtypes[] = {
    {"BOOL", 1}, {"U8", 1},   {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1}, {"I16", 2}, {"U16", 2},
    {"F16", 2},  {"BF16", 2}, {"I32", 4}, {"U32", 4},     {"F32", 4},     {"F64", 8},     {"I64", 8}, {"U64", 8},
};

static const dtype_info *find_dtype(const char *name)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
        if (strcmp(dtypes[i].name, name) == 0) {
            return &dtypes[i];
        }
    }
    return NULL;
}

static god_status fail_tensor(const gnn_tensor *tensor, god_error *err, const char *what)
{
    return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\": %s", tensor->file, tensor->name, what);
}

static god_status read_shape(gnn_tensor *tensor, const json_t *shape, uint64_t element_bytes, god_error *err)
{
    size_t rank = json_array_size(shape);
    if (!json_is_array(shape)) {
        return fail_tensor(tensor, err, "\"shape\" is not an array");
    }
    if (rank > GNN_RANK_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\": %zu dimensions, at most %d are read", tensor->file,
                        tensor->name, rank, (int)GNN_RANK_MAX);
    }
    uint64_t elements = 1;
    for (size_t i = 0; i < rank; i++) {
        const json_t *item = json_array_get(shape, i);
        if (!json_is_integer(item)) {
            return fail_tensor(tensor, err, "\"shape\" holds something other than whole numbers");
        }
        if (json_integer_value(item) < 0) {
            return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\": \"shape\" holds %lld, 0 or more is needed",
                            tensor->file, tensor->name, (long long)json_integer_value(item));
        }
        tensor->shape[i] = json_integer_value(item);
        if (__builtin_mul_overflow(elements, (uint64_t)tensor->shape[i], &elements) || elements > INT64_MAX / 8) {
            return fail_tensor(tensor, err, "the shape has more elements than a file can hold");
        }
    }
    tensor->rank = (uint32_t)rank;
    tensor->elements = (int64_t)elements;
    tensor->bytes = elements * element_bytes;
    return GOD_OK;
}

static god_status read_offsets(gnn_tensor *tensor, const json_t *offsets, god_error *err)
{
    const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end)) {
        return fail_tensor(tensor, err, "\"data_offsets\" is not an array of two whole numbers");
    }
    json_int_t from = json_integer_value(begin), to = json_integer_value(end);
    if (from < 0 || to < from) {
        return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\": \"data_offsets\" [%lld, %lld] is not a range",
                        tensor->file, tensor->name, (long long)from, (long long)to);
    }
    if ((uint64_t)(to - from) != tensor->bytes) {
        return god_fail(err, GOD_E_DATA,
                        "%s: tensor \"%s\": its shape and type need %llu bytes, \"data_offsets\" give it %llu",
                        tensor->file, tensor->name, (unsigned long long)tensor->bytes, (unsigned long long)(to - from));
    }
    tensor->begin = (uint64_t)from;
    return GOD_OK;
}

static god_status read_tensor(gnn_tensor *tensor, const json_t *entry, god_error *err)
{
    if (strlen(tensor->name) > GNN_TENSOR_NAME_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: a tensor name has %zu bytes, at most %d are read", tensor->file,
                        strlen(tensor->name), (int)GNN_TENSOR_NAME_MAX);
    }
    if (!json_is_object(entry)) {
        return fail_tensor(tensor, err, "its entry is not an object");
    }
    const char *name = json_string_value(json_object_get(entry, "dtype"));
    if (name == NULL) {
        return fail_tensor(tensor, err, "\"dtype\" is missing or not a string");
    }
    const dtype_info *dtype = find_dtype(name);
    if (dtype == NULL) {
        return god_fail(err, GOD_E_DATA, "%s: tensor \"%s\": unknown dtype \"%.40s\"", tensor->file, tensor->name,
                        name);
    }
    tensor->dtype = dtype->name;
    GOD_TRY(read_shape(tensor, json_object_get(entry, "shape"), dtype->bytes, err));
    return read_offsets(tensor, json_object_get(entry, "data_offsets"), err);
}

static int by_begin(const void *a, const void *b)
{
    const gnn_tensor *left = a, *right = b;
    if (left->begin != right->begin) {
        return left->begin < right->begin ? -1 : 1;
    }
    if (left->bytes != right->bytes) { /* an empty tensor stands before the one that starts at the same place */
        return left->bytes < right->bytes ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

static god_status check_cover(gnn_safetensors *file, size_t data_at, god_error *err)
{
    uint64_t end = 0;
    for (size_t i = 0; i < file->tensor_count; i++) {
        gnn_tensor *tensor = &file->tensors[i];
        if (tensor->begin < end) {
            return god_fail(err, GOD_E_DATA, "%s: tensors \"%s\" and \"%s\" overlap", file->label,
                            file->tensors[i - 1].name, tensor->name);
        }
        if (tensor->begin > end) {
            return god_fail(err, GOD_E_DATA, "%s: a hole of %llu bytes before tensor \"%s\"", file->label,
                            (unsigned long long)(tensor->begin - end), tensor->name);
        }
        end += tensor->bytes;
    }
    uint64_t present = file->count - data_at;
    if (end > present) {
        return god_fail(err, GOD_E_DATA, "%s: the file is cut short: %llu bytes expected, %llu present", file->label,
                        (unsigned long long)(data_at + end), (unsigned long long)file->count);
    }
    if (end < present) {
        return god_fail(err, GOD_E_DATA, "%s: %llu bytes after the last tensor belong to nothing", file->label,
                        (unsigned long long)(present - end));
    }
    for (size_t i = 0; i < file->tensor_count; i++) {
        file->tensors[i].data = file->bytes + data_at + file->tensors[i].begin;
        file->tensors[i].mapped = file->map != NULL;
    }
    return GOD_OK;
}

static god_status check_metadata(const gnn_safetensors *file, json_t *metadata, god_error *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(metadata)) {
        return god_fail(err, GOD_E_DATA, "%s: \"__metadata__\" is not an object", file->label);
    }
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value)) {
            return god_fail(err, GOD_E_DATA, "%s: \"__metadata__\": \"%.100s\" is not a string", file->label, key);
        }
    }
    return GOD_OK;
}

static god_status read_entries(gnn_safetensors *file, god_error *err)
{
    const char *name;
    json_t *entry;
    size_t entries = json_object_size(file->header);
    if (entries > GNN_TENSORS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: %zu tensors, at most %d are read", file->label, entries,
                        (int)GNN_TENSORS_MAX);
    }
    file->tensors = calloc(entries + 1, sizeof *file->tensors);
    if (file->tensors == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory for %zu tensors", file->label, entries);
    }
    json_object_foreach(file->header, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0) {
            GOD_TRY(check_metadata(file, entry, err));
            continue;
        }
        gnn_tensor *tensor = &file->tensors[file->tensor_count++];
        tensor->name = name;
        tensor->file = file->label;
        GOD_TRY(read_tensor(tensor, entry, err));
    }
    qsort(file->tensors, file->tensor_count, sizeof *file->tensors, by_begin);
    return GOD_OK;
}

static god_status read_header(gnn_safetensors *file, god_error *err)
{
    uint64_t header_bytes = 0;
    static const char lfs[] = "version https://git-lfs";
    if (file->count >= sizeof lfs - 1 && memcmp(file->bytes, lfs, sizeof lfs - 1) == 0) {
        return god_fail(err, GOD_E_DATA, "%s: this is a pointer of Git LFS, the weights themselves were not fetched",
                        file->label);
    }
    if (file->count < 8) {
        return god_fail(err, GOD_E_DATA, "%s: %zu bytes are too few for a safetensors file", file->label, file->count);
    }
    for (int i = 7; i >= 0; i--) {
        header_bytes = header_bytes << 8 | file->bytes[i];
    }
    if (header_bytes > GNN_HEADER_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: a header of %llu bytes, at most %d are read", file->label,
                        (unsigned long long)header_bytes, (int)GNN_HEADER_BYTES_MAX);
    }
    if (header_bytes > file->count - 8) {
        return god_fail(err, GOD_E_DATA, "%s: the file is cut short: a header of %llu bytes, %zu present", file->label,
                        (unsigned long long)header_bytes, file->count - 8);
    }
    GOD_TRY(god_json_parse(file->label, (const char *)file->bytes + 8, (size_t)header_bytes, &file->header, err));
    if (!json_is_object(file->header)) {
        return god_fail(err, GOD_E_DATA, "%s: the header is not an object", file->label);
    }
    GOD_TRY(read_entries(file, err));
    return check_cover(file, (size_t)header_bytes + 8, err);
}

static god_status map_file(const char *path, gnn_safetensors *file, god_error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not keep us waiting for a writer */
    if (fd < 0) {
        return god_fail_errno(err, errno == ENOENT ? GOD_E_NOT_FOUND : GOD_E_IO, "cannot open %s", file->label);
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)close(fd);
        return god_fail(err, GOD_E_DATA, "%s: not a regular file", file->label);
    }
    file->count = (size_t)info.st_size;
    if (file->count > 0) {
        void *map = mmap(NULL, file->count, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) {
            (void)god_fail_errno(err, GOD_E_IO, "cannot map %s", file->label);
            (void)close(fd);
            return GOD_E_IO;
        }
        file->map = map;
        file->bytes = map;
    }
    (void)close(fd);
    return GOD_OK;
}

static god_status new_file(const char *label, gnn_safetensors **ret_file, god_error *err)
{
    gnn_safetensors *file = calloc(1, sizeof *file);
    if (file == NULL || (file->label = strdup(label)) == NULL) {
        free(file);
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", label);
    }
    *ret_file = file;
    return GOD_OK;
}

static god_status finish_open(gnn_safetensors *file, god_status status, gnn_safetensors **ret_file, god_error *err)
{
    if (status == GOD_OK) {
        status = read_header(file, err);
    }
    if (status != GOD_OK) {
        gnn_safetensors_close(file);
        return status;
    }
    *ret_file = file;
    return GOD_OK;
}

god_status gnn_safetensors_open(const char *path, const char *label, gnn_safetensors **ret_file, god_error *err)
{
    gnn_safetensors *file = NULL;
    GOD_TRY(new_file(label, &file, err));
    return finish_open(file, map_file(path, file, err), ret_file, err);
}

god_status gnn_safetensors_open_bytes(const void *bytes, size_t count, const char *label, gnn_safetensors **ret_file,
                                      god_error *err)
{
    gnn_safetensors *file = NULL;
    GOD_TRY(new_file(label, &file, err));
    file->bytes = bytes;
    file->count = count;
    return finish_open(file, GOD_OK, ret_file, err);
}

void gnn_safetensors_close(gnn_safetensors *file)
{
    if (file == NULL) {
        return;
    }
    if (file->map != NULL) {
        (void)munmap(file->map, file->count);
    }
    json_decref(file->header);
    free(file->tensors);
    free(file->label);
    free(file);
}

void gnn_tensor_release(const gnn_tensor *tensor, uint64_t first, uint64_t bytes)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)(tensor->data + first);
    const uintptr_t from = (begin + page - 1) / page * page, to = (begin + bytes) / page * page;
    if (tensor->mapped && from < to) {
        (void)madvise((uint8_t *)tensor->data + first + (from - begin), to - from, MADV_DONTNEED); /* advice only */
    }
}

size_t gnn_safetensors_count(const gnn_safetensors *file)
{
    return file->tensor_count;
}

const gnn_tensor *gnn_safetensors_at(const gnn_safetensors *file, size_t i)
{
    return &file->tensors[i];
}
