/* A stand-in for libcudnn.so.9 that runs on the host: it takes the same calls, looks at every attribute, and works a
 * graph out operation by operation from the tensors' dimensions, strides, offsets and unique ids, so that it knows
 * nothing of attention and gives the right numbers only when the graph, its tensors and the pointers of a run are
 * right.
 *
 * What a caller may not do ends the program with a sentence: an attribute that a descriptor does not have, or of
 * another type; a descriptor that is used before it is finalized or changed after; an operation that reads what nobody
 * has written; a run that lacks a tensor, has one too many, or one at an address that is not aligned as it was said to
 * be; a handle without a stream; anything that is not destroyed before the handle is.
 *
 * Rows and columns beyond those that count are not worked out, but for some columns behind them, which a mask has to
 * hide: memory there belongs to other sequences or to nobody, and an address sanitizer sees whoever reads it. Heads of
 * more than GOD_STANDIN_DIM_MAX elements (128) have no plan. At the end one line goes to $GOD_STANDIN_LOG: how many
 * plans were made and refused, and how many runs of how many sequences there were. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <map>
#include <set>
#include <vector>

#include "cuda/cudnn.cuh"
#include "ops/dtype.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace
{
constexpr int64_t columns_behind = 64;

[[noreturn]] __attribute__((format(printf, 1, 2))) void give_up(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "cuDNN's stand-in: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    abort();
}

struct attribute {
    int type = -1;
    int64_t count = 0;
    std::vector<unsigned char> bytes;
};

struct descriptor {
    int kind = -1;
    bool finalized = false;
    std::map<int, attribute> attributes;
};

struct handle {
    void *stream = nullptr;
};

struct {
    long plans, refused, runs, sequences;
} counts;
std::set<descriptor *> living;

/* ---- which attribute belongs where ---- */

struct rule {
    int kind, attribute, type;
    int64_t least, most;
    bool needed;
};

const rule rules[] = {
    {GNN_CUDNN_TENSOR, GNN_CUDNN_TENSOR_ALIGNMENT, GNN_CUDNN_IS_INT64, 1, 1, true},
    {GNN_CUDNN_TENSOR, GNN_CUDNN_TENSOR_TYPE, GNN_CUDNN_IS_TYPE, 1, 1, true},
    {GNN_CUDNN_TENSOR, GNN_CUDNN_TENSOR_DIMS, GNN_CUDNN_IS_INT64, 4, 4, true},
    {GNN_CUDNN_TENSOR, GNN_CUDNN_TENSOR_STRIDES, GNN_CUDNN_IS_INT64, 4, 4, true},
    {GNN_CUDNN_TENSOR, GNN_CUDNN_TENSOR_UID, GNN_CUDNN_IS_INT64, 1, 1, true},
    {GNN_CUDNN_TENSOR, GNN_CUDNN_TENSOR_IS_VIRTUAL, GNN_CUDNN_IS_BOOLEAN, 1, 1, false},
    {GNN_CUDNN_TENSOR, GNN_CUDNN_TENSOR_IS_BY_VALUE, GNN_CUDNN_IS_BOOLEAN, 1, 1, false},
    {GNN_CUDNN_TENSOR, GNN_CUDNN_TENSOR_RAGGED_OFFSET, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, false},
    {GNN_CUDNN_POINTWISE, GNN_CUDNN_POINTWISE_MODE, GNN_CUDNN_IS_POINTWISE_MODE, 1, 1, true},
    {GNN_CUDNN_POINTWISE, GNN_CUDNN_POINTWISE_PRECISION, GNN_CUDNN_IS_TYPE, 1, 1, true},
    {GNN_CUDNN_POINTWISE, GNN_CUDNN_POINTWISE_AXIS, GNN_CUDNN_IS_INT64, 1, 1, false},
    {GNN_CUDNN_POINTWISE_OPERATION, GNN_CUDNN_POINTWISE_OPERATION_MODE, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_POINTWISE_OPERATION, GNN_CUDNN_POINTWISE_OPERATION_X, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_POINTWISE_OPERATION, GNN_CUDNN_POINTWISE_OPERATION_B, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, false},
    {GNN_CUDNN_POINTWISE_OPERATION, GNN_CUDNN_POINTWISE_OPERATION_T, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, false},
    {GNN_CUDNN_POINTWISE_OPERATION, GNN_CUDNN_POINTWISE_OPERATION_Y, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_REDUCTION, GNN_CUDNN_REDUCTION_OPERATOR, GNN_CUDNN_IS_REDUCTION, 1, 1, true},
    {GNN_CUDNN_REDUCTION, GNN_CUDNN_REDUCTION_PRECISION, GNN_CUDNN_IS_TYPE, 1, 1, true},
    {GNN_CUDNN_REDUCTION_OPERATION, GNN_CUDNN_REDUCTION_OPERATION_KIND, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_REDUCTION_OPERATION, GNN_CUDNN_REDUCTION_OPERATION_X, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_REDUCTION_OPERATION, GNN_CUDNN_REDUCTION_OPERATION_Y, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_MATMUL, GNN_CUDNN_MATMUL_PRECISION, GNN_CUDNN_IS_TYPE, 1, 1, true},
    {GNN_CUDNN_MATMUL, GNN_CUDNN_MATMUL_PADDING, GNN_CUDNN_IS_DOUBLE, 1, 1, false},
    {GNN_CUDNN_MATMUL_OPERATION, GNN_CUDNN_MATMUL_OPERATION_KIND, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_MATMUL_OPERATION, GNN_CUDNN_MATMUL_OPERATION_A, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_MATMUL_OPERATION, GNN_CUDNN_MATMUL_OPERATION_B, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_MATMUL_OPERATION, GNN_CUDNN_MATMUL_OPERATION_C, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_MATMUL_OPERATION, GNN_CUDNN_MATMUL_OPERATION_M, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_MATMUL_OPERATION, GNN_CUDNN_MATMUL_OPERATION_N, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, false},
    {GNN_CUDNN_MATMUL_OPERATION, GNN_CUDNN_MATMUL_OPERATION_K, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, false},
    {GNN_CUDNN_GRAPH, GNN_CUDNN_GRAPH_HANDLE, GNN_CUDNN_IS_HANDLE, 1, 1, true},
    {GNN_CUDNN_GRAPH, GNN_CUDNN_GRAPH_OPERATIONS, GNN_CUDNN_IS_DESCRIPTOR, 1, 64, true},
    {GNN_CUDNN_HEURISTIC, GNN_CUDNN_HEURISTIC_GRAPH, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_HEURISTIC, GNN_CUDNN_HEURISTIC_MODE, GNN_CUDNN_IS_HEURISTIC_MODE, 1, 1, true},
    {GNN_CUDNN_PLAN, GNN_CUDNN_PLAN_HANDLE, GNN_CUDNN_IS_HANDLE, 1, 1, true},
    {GNN_CUDNN_PLAN, GNN_CUDNN_PLAN_ENGINE_CONFIG, GNN_CUDNN_IS_DESCRIPTOR, 1, 1, true},
    {GNN_CUDNN_VARIANT_PACK, GNN_CUDNN_VARIANT_PACK_UIDS, GNN_CUDNN_IS_INT64, 1, 64, true},
    {GNN_CUDNN_VARIANT_PACK, GNN_CUDNN_VARIANT_PACK_POINTERS, GNN_CUDNN_IS_POINTER, 1, 64, true},
    {GNN_CUDNN_VARIANT_PACK, GNN_CUDNN_VARIANT_PACK_WORKSPACE, GNN_CUDNN_IS_POINTER, 1, 1, true},
};

size_t bytes_of(int type)
{
    switch (type) {
    case GNN_CUDNN_IS_BOOLEAN: return sizeof(bool);
    case GNN_CUDNN_IS_TYPE:
    case GNN_CUDNN_IS_HEURISTIC_MODE:
    case GNN_CUDNN_IS_POINTWISE_MODE:
    case GNN_CUDNN_IS_REDUCTION: return sizeof(int);
    default: return 8; /* numbers of 64 bits and pointers */
    }
}

descriptor *known(void *given)
{
    descriptor *d = (descriptor *)given;
    if (living.count(d) == 0) {
        give_up("a descriptor that does not exist, or not any more");
    }
    return d;
}

template <typename V> V read(const descriptor *d, int name, int64_t i = 0)
{
    V value;
    memcpy(&value, d->attributes.at(name).bytes.data() + (size_t)i * sizeof value, sizeof value);
    return value;
}

bool has(const descriptor *d, int name)
{
    return d->attributes.count(name) != 0;
}

descriptor *part(const descriptor *d, int name, int64_t i = 0)
{
    return has(d, name) ? known(read<void *>(d, name, i)) : nullptr;
}

/* ---- tensors ---- */

int64_t dim(const descriptor *t, int axis)
{
    return read<int64_t>(t, GNN_CUDNN_TENSOR_DIMS, axis);
}

bool flag(const descriptor *t, int name)
{
    return has(t, name) && read<bool>(t, name);
}

bool is_virtual(const descriptor *t)
{
    return flag(t, GNN_CUDNN_TENSOR_IS_VIRTUAL);
}

int type_of(const descriptor *t)
{
    return read<int>(t, GNN_CUDNN_TENSOR_TYPE);
}

float as_stored(double value, int type)
{
    switch (type) {
    case GNN_CUDNN_BF16: return gnn_round((float)value, GNN_BF16);
    case GNN_CUDNN_BOOL: return value != 0.0 ? 1.0f : 0.0f;
    case GNN_CUDNN_I32: return (float)(int32_t)value;
    default: return (float)value;
    }
}

/* A tensor as a run sees it: looked up once, read often. */
struct tensor {
    int64_t dims[4], strides[4], uid;
    int type;
    bool is_virtual;
    char *base;             /* of a stored one */
    const tensor *offsets;  /* nullptr: batches follow each other by their stride */
    std::vector<float> row; /* of an intermediate one: what it is in the row that is being worked out */
};

struct operation {
    int kind, mode, axis;
    double padding;
    tensor *x, *b, *t, *y; /* of a product: a, b, none and c */
    tensor *rows, *columns, *terms;
};

int64_t number(const tensor &t, int64_t i)
{
    return t.type == GNN_CUDNN_I64 ? ((const int64_t *)t.base)[i] : ((const int32_t *)t.base)[i];
}

struct run {
    std::map<const descriptor *, tensor> tensors;
    std::vector<operation> operations;
    int64_t batch, head, heads, row, columns; /* heads: of queries */

    /* Element (batch, head, i, j) of a stored tensor; an axis of one element is read again and again. */
    int64_t place(const tensor &t, int64_t i, int64_t j) const
    {
        const int64_t batches = t.offsets != nullptr ? number(*t.offsets, batch)
                                : t.dims[0] > 1      ? batch * t.strides[0]
                                                     : 0;
        const int64_t own_head = t.dims[1] > 1 ? head / (heads / t.dims[1]) : 0;
        return batches + own_head * t.strides[1] + (t.dims[2] > 1 ? i * t.strides[2] : 0) +
               (t.dims[3] > 1 ? j * t.strides[3] : 0);
    }

    float element(const tensor &t, int64_t i, int64_t j) const
    {
        const int64_t at = place(t, i, j);
        switch (t.type) {
        case GNN_CUDNN_BF16: return gnn_load(t.base, GNN_BF16, at);
        case GNN_CUDNN_I32: return (float)((const int32_t *)t.base)[at];
        default: return ((const float *)t.base)[at];
        }
    }

    float value(const tensor &t, int64_t j) const
    {
        return t.is_virtual ? t.row[t.dims[3] == 1 ? 0 : (size_t)j] : element(t, row, j);
    }

    int64_t width(const tensor &t) const
    {
        return t.dims[3] == 1 ? 1 : columns;
    }
};

float compute(int mode, float p, float q, bool choice, int64_t place)
{
    switch (mode) {
    case GNN_CUDNN_ADD: return p + q;
    case GNN_CUDNN_MUL: return p * q;
    case GNN_CUDNN_DIV: return p / q;
    case GNN_CUDNN_SUB: return p - q;
    case GNN_CUDNN_EXP: return expf(p);
    case GNN_CUDNN_LOG: return logf(p);
    case GNN_CUDNN_GREATER: return p > q;
    case GNN_CUDNN_NOT_BELOW: return p >= q;
    case GNN_CUDNN_BELOW: return p < q;
    case GNN_CUDNN_AND: return p != 0.0f && q != 0.0f;
    case GNN_CUDNN_INDEX: return (float)place;
    case GNN_CUDNN_SELECT: return choice ? p : q;
    default: give_up("mode %d is not known", mode);
    }
}

void work_pointwise(const run &r, const operation &o)
{
    const bool index = o.mode == GNN_CUDNN_INDEX;
    o.y->row.resize((size_t)r.width(*o.y));
    for (int64_t j = 0; j < r.width(*o.y); j++) {
        const float p = index ? 0.0f : r.value(*o.x, j), q = o.b != nullptr ? r.value(*o.b, j) : 0.0f;
        const bool choice = o.t != nullptr && r.value(*o.t, j) != 0.0f;
        o.y->row[(size_t)j] = as_stored(compute(o.mode, p, q, choice, o.axis == 3 ? j : r.row), o.y->type);
    }
}

void work_reduction(const run &r, const operation &o)
{
    const bool highest = o.mode == GNN_CUDNN_REDUCE_MAX;
    float all = highest ? -INFINITY : 0.0f;
    for (int64_t j = 0; j < r.width(*o.x); j++) {
        all = highest ? fmaxf(all, r.value(*o.x, j)) : all + r.value(*o.x, j);
    }
    o.y->row = {all};
}

void work_product(const run &r, const operation &o)
{
    const int64_t columns = o.columns != nullptr ? number(*o.columns, r.batch) : o.y->dims[3];
    const int64_t terms = o.terms != nullptr ? number(*o.terms, r.batch) : o.x->dims[3];
    const int64_t count = o.y->is_virtual ? r.columns : o.y->dims[3];
    if (columns > o.y->dims[3] || terms > o.x->dims[3]) {
        give_up("a product with %lld columns and %lld terms that count", (long long)columns, (long long)terms);
    }
    o.y->row.resize((size_t)count);
    for (int64_t j = 0; j < count; j++) {
        float sum = j < columns ? 0.0f : (float)o.padding;
        for (int64_t t = 0; t < terms && j < columns; t++) {
            sum += r.value(*o.x, t) * r.element(*o.b, t, j);
        }
        if (o.y->is_virtual) {
            o.y->row[(size_t)j] = sum;
        } else {
            gnn_store(o.y->base, GNN_BF16, r.place(*o.y, r.row, j), sum);
        }
    }
}

/* ---- graphs ---- */

struct reading {
    const descriptor *operation;
    std::vector<const descriptor *> inputs;
    const descriptor *output;
};

reading read_operation(const descriptor *operation)
{
    static const int names[] = {
        GNN_CUDNN_POINTWISE_OPERATION_X, GNN_CUDNN_POINTWISE_OPERATION_B, GNN_CUDNN_POINTWISE_OPERATION_T,
        GNN_CUDNN_REDUCTION_OPERATION_X, GNN_CUDNN_MATMUL_OPERATION_A,    GNN_CUDNN_MATMUL_OPERATION_B,
        GNN_CUDNN_MATMUL_OPERATION_M,    GNN_CUDNN_MATMUL_OPERATION_N,    GNN_CUDNN_MATMUL_OPERATION_K};
    reading found = {operation, {}, nullptr};
    for (int name : names) {
        if (has(operation, name)) {
            found.inputs.push_back(part(operation, name));
        }
    }
    for (int name : {GNN_CUDNN_POINTWISE_OPERATION_Y, GNN_CUDNN_REDUCTION_OPERATION_Y, GNN_CUDNN_MATMUL_OPERATION_C}) {
        found.output = has(operation, name) ? part(operation, name) : found.output;
    }
    return found;
}

std::vector<reading> read_graph(const descriptor *graph)
{
    std::vector<reading> operations;
    for (int64_t i = 0; i < graph->attributes.at(GNN_CUDNN_GRAPH_OPERATIONS).count; i++) {
        operations.push_back(read_operation(part(graph, GNN_CUDNN_GRAPH_OPERATIONS, i)));
    }
    return operations;
}

/* Every tensor that a run has to bring. */
std::set<const descriptor *> stored_tensors(const std::vector<reading> &operations)
{
    std::set<const descriptor *> all;
    for (const reading &o : operations) {
        std::vector<const descriptor *> tensors = o.inputs;
        tensors.push_back(o.output);
        for (const descriptor *t : tensors) {
            if (!is_virtual(t)) {
                all.insert(t);
            }
            if (has(t, GNN_CUDNN_TENSOR_RAGGED_OFFSET)) {
                all.insert(part(t, GNN_CUDNN_TENSOR_RAGGED_OFFSET));
            }
        }
    }
    return all;
}

void check_product(const descriptor *operation)
{
    const descriptor *a = part(operation, GNN_CUDNN_MATMUL_OPERATION_A),
                     *b = part(operation, GNN_CUDNN_MATMUL_OPERATION_B),
                     *c = part(operation, GNN_CUDNN_MATMUL_OPERATION_C);
    if (dim(a, 3) != dim(b, 2) || dim(b, 3) != dim(c, 3) || dim(a, 2) != dim(c, 2) || dim(a, 1) != dim(c, 1) ||
        dim(a, 1) % dim(b, 1) != 0 || dim(a, 0) != dim(b, 0) || dim(a, 0) != dim(c, 0)) {
        give_up("factors of a product that do not fit each other");
    }
}

void check_reduction(const descriptor *operation)
{
    const descriptor *x = part(operation, GNN_CUDNN_REDUCTION_OPERATION_X),
                     *y = part(operation, GNN_CUDNN_REDUCTION_OPERATION_Y);
    if (dim(y, 3) != 1 || dim(y, 2) != dim(x, 2) || dim(y, 1) != dim(x, 1) || dim(y, 0) != dim(x, 0)) {
        give_up("a reduction over another axis than the last");
    }
}

void check_pointwise(const descriptor *operation)
{
    const int mode = read<int>(part(operation, GNN_CUDNN_POINTWISE_OPERATION_MODE), GNN_CUDNN_POINTWISE_MODE);
    const bool unary = mode == GNN_CUDNN_EXP || mode == GNN_CUDNN_LOG || mode == GNN_CUDNN_INDEX;
    if (unary == has(operation, GNN_CUDNN_POINTWISE_OPERATION_B) ||
        (mode == GNN_CUDNN_SELECT) != has(operation, GNN_CUDNN_POINTWISE_OPERATION_T)) {
        give_up("mode %d with the wrong number of inputs", mode);
    }
}

void check_operation(const descriptor *operation)
{
    switch (operation->kind) {
    case GNN_CUDNN_POINTWISE_OPERATION: check_pointwise(operation); break;
    case GNN_CUDNN_REDUCTION_OPERATION: check_reduction(operation); break;
    case GNN_CUDNN_MATMUL_OPERATION: check_product(operation); break;
    default: give_up("a descriptor of kind %d is no operation", operation->kind);
    }
}

void check_graph(const descriptor *graph)
{
    std::set<const descriptor *> written;
    std::map<int64_t, const descriptor *> uids;
    for (const reading &o : read_graph(graph)) {
        std::vector<const descriptor *> tensors = o.inputs;
        tensors.push_back(o.output);
        check_operation(o.operation);
        for (const descriptor *t : o.inputs) {
            if (is_virtual(t) && written.count(t) == 0) {
                give_up("an operation reads tensor %lld, which nobody has written before",
                        (long long)read<int64_t>(t, GNN_CUDNN_TENSOR_UID));
            }
        }
        for (const descriptor *t : tensors) {
            const int64_t uid = read<int64_t>(t, GNN_CUDNN_TENSOR_UID);
            if (uids.count(uid) != 0 && uids[uid] != t) {
                give_up("two tensors have the unique id %lld", (long long)uid);
            }
            uids[uid] = t;
        }
        if (!written.insert(o.output).second) {
            give_up("two operations write one tensor");
        }
    }
}

const descriptor *graph_of_plan(const descriptor *plan)
{
    return part(part(plan, GNN_CUDNN_PLAN_ENGINE_CONFIG), GNN_CUDNN_HEURISTIC_GRAPH);
}

/* The longest last axis of anything that is read as a factor: the head's elements. */
int64_t head_dim(const descriptor *graph)
{
    return dim(read_graph(graph).front().inputs.front(), 3);
}

std::map<int64_t, char *> take_pointers(const descriptor *pack, const std::set<const descriptor *> &wanted)
{
    std::map<int64_t, char *> pointers;
    const int64_t count = pack->attributes.at(GNN_CUDNN_VARIANT_PACK_UIDS).count;
    for (int64_t i = 0; i < count; i++) {
        pointers[read<int64_t>(pack, GNN_CUDNN_VARIANT_PACK_UIDS, i)] =
            (char *)read<void *>(pack, GNN_CUDNN_VARIANT_PACK_POINTERS, i);
    }
    for (const descriptor *t : wanted) {
        const int64_t uid = read<int64_t>(t, GNN_CUDNN_TENSOR_UID);
        const bool on_host = flag(t, GNN_CUDNN_TENSOR_IS_BY_VALUE);
        if (pointers.count(uid) == 0 || pointers[uid] == nullptr) {
            give_up("a run lacks tensor %lld", (long long)uid);
        }
        if (!on_host && (uintptr_t)pointers[uid] % (uintptr_t)read<int64_t>(t, GNN_CUDNN_TENSOR_ALIGNMENT) != 0) {
            give_up("tensor %lld is not aligned as it was said to be", (long long)uid);
        }
    }
    if ((int64_t)wanted.size() != count || (int64_t)pointers.size() != count) {
        give_up("a run brings %lld tensors, %zu are read", (long long)count, wanted.size());
    }
    return pointers;
}

/* nullptr for no tensor. */
tensor *resolve(run &r, const std::map<int64_t, char *> &pointers, const descriptor *d)
{
    if (d == nullptr || r.tensors.count(d) != 0) {
        return d != nullptr ? &r.tensors[d] : nullptr;
    }
    tensor &t = r.tensors[d]; /* stays where it is */
    for (int axis = 0; axis < 4; axis++) {
        t.dims[axis] = dim(d, axis);
        t.strides[axis] = read<int64_t>(d, GNN_CUDNN_TENSOR_STRIDES, axis);
    }
    t.uid = read<int64_t>(d, GNN_CUDNN_TENSOR_UID);
    t.type = type_of(d);
    t.is_virtual = is_virtual(d);
    t.base = t.is_virtual ? nullptr : pointers.at(t.uid);
    t.offsets = resolve(r, pointers, part(d, GNN_CUDNN_TENSOR_RAGGED_OFFSET));
    return &t;
}

operation resolve_operation(run &r, const std::map<int64_t, char *> &pointers, const descriptor *d)
{
    operation o = {};
    const auto tensor_of = [&](int name) { return resolve(r, pointers, part(d, name)); };
    o.kind = d->kind;
    if (d->kind == GNN_CUDNN_POINTWISE_OPERATION) {
        const descriptor *mode = part(d, GNN_CUDNN_POINTWISE_OPERATION_MODE);
        o.mode = read<int>(mode, GNN_CUDNN_POINTWISE_MODE);
        o.axis = has(mode, GNN_CUDNN_POINTWISE_AXIS) ? (int)read<int64_t>(mode, GNN_CUDNN_POINTWISE_AXIS) : -1;
        o.x = tensor_of(GNN_CUDNN_POINTWISE_OPERATION_X);
        o.b = tensor_of(GNN_CUDNN_POINTWISE_OPERATION_B);
        o.t = tensor_of(GNN_CUDNN_POINTWISE_OPERATION_T);
        o.y = tensor_of(GNN_CUDNN_POINTWISE_OPERATION_Y);
    } else if (d->kind == GNN_CUDNN_REDUCTION_OPERATION) {
        o.mode = read<int>(part(d, GNN_CUDNN_REDUCTION_OPERATION_KIND), GNN_CUDNN_REDUCTION_OPERATOR);
        o.x = tensor_of(GNN_CUDNN_REDUCTION_OPERATION_X);
        o.y = tensor_of(GNN_CUDNN_REDUCTION_OPERATION_Y);
    } else {
        const descriptor *kind = part(d, GNN_CUDNN_MATMUL_OPERATION_KIND);
        o.padding = has(kind, GNN_CUDNN_MATMUL_PADDING) ? read<double>(kind, GNN_CUDNN_MATMUL_PADDING) : 0.0;
        o.x = tensor_of(GNN_CUDNN_MATMUL_OPERATION_A);
        o.b = tensor_of(GNN_CUDNN_MATMUL_OPERATION_B);
        o.y = tensor_of(GNN_CUDNN_MATMUL_OPERATION_C);
        o.rows = tensor_of(GNN_CUDNN_MATMUL_OPERATION_M);
        o.columns = tensor_of(GNN_CUDNN_MATMUL_OPERATION_N);
        o.terms = tensor_of(GNN_CUDNN_MATMUL_OPERATION_K);
    }
    return o;
}

void work_row(const run &r)
{
    for (const operation &o : r.operations) {
        switch (o.kind) {
        case GNN_CUDNN_POINTWISE_OPERATION: work_pointwise(r, o); break;
        case GNN_CUDNN_REDUCTION_OPERATION: work_reduction(r, o); break;
        default: work_product(r, o); break;
        }
    }
}

/* A slot's rows and keys are those of the first product. */
void work_graph(run &r)
{
    const operation &first = r.operations.front();
    const tensor &q = *first.x;
    r.heads = q.dims[1];
    for (r.batch = 0; r.batch < q.dims[0]; r.batch++) {
        const int64_t rows = number(*first.rows, r.batch), keys = number(*first.columns, r.batch);
        if (rows < 0 || rows > q.dims[2]) {
            give_up("slot %lld has %lld rows, the plan is for %lld", (long long)r.batch, (long long)rows,
                    (long long)q.dims[2]);
        }
        counts.sequences += rows > 0 ? 1 : 0;
        r.columns = keys + columns_behind < first.y->dims[3] ? keys + columns_behind : first.y->dims[3];
        for (r.head = 0; r.head < r.heads; r.head++) {
            for (r.row = 0; r.row < rows; r.row++) {
                work_row(r);
            }
        }
    }
}

int finalize_plan(descriptor *plan)
{
    const char *stated = getenv("GOD_STANDIN_DIM_MAX");
    if (head_dim(graph_of_plan(plan)) > (stated != nullptr ? atoi(stated) : 128)) {
        counts.refused++;
        return GNN_CUDNN_UNSUPPORTED;
    }
    counts.plans++;
    return GNN_CUDNN_SUCCESS;
}
} // namespace

/* ---- the interface ---- */

EXPORT size_t cudnnGetVersion()
{
    const char *stated = getenv("GOD_STANDIN_VERSION");
    return stated != nullptr ? (size_t)atol(stated) : gnn_cudnn_version_min;
}

EXPORT const char *cudnnGetErrorString(int status)
{
    return status == GNN_CUDNN_SUCCESS ? "success" : "not supported by the stand-in";
}

EXPORT int cudnnCreate(handle **ret_handle)
{
    *ret_handle = new handle();
    return GNN_CUDNN_SUCCESS;
}

EXPORT int cudnnSetStream(handle *h, void *stream)
{
    h->stream = stream;
    return GNN_CUDNN_SUCCESS;
}

EXPORT int cudnnDestroy(handle *h)
{
    const char *path = getenv("GOD_STANDIN_LOG");
    if (!living.empty()) {
        give_up("%zu descriptors outlive their handle", living.size());
    }
    FILE *log = path != nullptr ? fopen(path, "a") : nullptr;
    if (log != nullptr) {
        fprintf(log, "plans %ld refused %ld runs %ld sequences %ld\n", counts.plans, counts.refused, counts.runs,
                counts.sequences);
        fclose(log);
    }
    delete h;
    return GNN_CUDNN_SUCCESS;
}

EXPORT int cudnnBackendCreateDescriptor(int kind, void **ret_descriptor)
{
    descriptor *d = new descriptor();
    d->kind = kind;
    living.insert(d);
    *ret_descriptor = d;
    return GNN_CUDNN_SUCCESS;
}

EXPORT int cudnnBackendDestroyDescriptor(void *given)
{
    descriptor *d = known(given);
    living.erase(d);
    delete d;
    return GNN_CUDNN_SUCCESS;
}

EXPORT int cudnnBackendSetAttribute(void *given, int name, int type, int64_t count, const void *values)
{
    descriptor *d = known(given);
    const rule *found = nullptr;
    for (const rule &r : rules) {
        found = r.kind == d->kind && r.attribute == name ? &r : found;
    }
    if (found == nullptr || found->type != type || count < found->least || count > found->most || d->finalized) {
        give_up("descriptor of kind %d: attribute %d of type %d with %lld values%s", d->kind, name, type,
                (long long)count, d->finalized ? ", after it was finalized" : "");
    }
    for (int64_t i = 0; type == GNN_CUDNN_IS_DESCRIPTOR && i < count; i++) {
        if (!known(((void *const *)values)[i])->finalized) {
            give_up("attribute %d is a descriptor that is not finalized", name);
        }
    }
    const unsigned char *bytes = (const unsigned char *)values;
    d->attributes[name] = {type, count, std::vector<unsigned char>(bytes, bytes + (size_t)count * bytes_of(type))};
    return GNN_CUDNN_SUCCESS;
}

/* One engine of the two that there is room for. */
EXPORT int cudnnBackendGetAttribute(void *given, int name, int type, int64_t room, int64_t *ret_count, void *values)
{
    descriptor *d = known(given);
    if (!d->finalized || room < 1) {
        give_up("attribute %d is asked for before its descriptor is finalized", name);
    }
    if (d->kind == GNN_CUDNN_PLAN && name == GNN_CUDNN_PLAN_WORKSPACE_BYTES && type == GNN_CUDNN_IS_INT64) {
        *(int64_t *)values = 17152;
    } else if (d->kind == GNN_CUDNN_HEURISTIC && name == GNN_CUDNN_HEURISTIC_RESULTS &&
               type == GNN_CUDNN_IS_DESCRIPTOR) {
        descriptor *config = known(*(void **)values);
        config->attributes[GNN_CUDNN_HEURISTIC_GRAPH] = d->attributes.at(GNN_CUDNN_HEURISTIC_GRAPH);
        config->finalized = true;
    } else {
        give_up("descriptor of kind %d has no attribute %d to ask for", d->kind, name);
    }
    *ret_count = 1;
    return GNN_CUDNN_SUCCESS;
}

EXPORT int cudnnBackendFinalize(void *given)
{
    descriptor *d = known(given);
    for (const rule &r : rules) {
        if (r.kind == d->kind && r.needed && !has(d, r.attribute)) {
            give_up("a descriptor of kind %d lacks attribute %d", d->kind, r.attribute);
        }
    }
    if (d->finalized) {
        give_up("a descriptor of kind %d is finalized twice", d->kind);
    }
    if (d->kind == GNN_CUDNN_GRAPH) {
        check_graph(d);
    }
    const int status = d->kind == GNN_CUDNN_PLAN ? finalize_plan(d) : GNN_CUDNN_SUCCESS;
    d->finalized = status == GNN_CUDNN_SUCCESS;
    return status;
}

EXPORT int cudnnBackendExecute(handle *h, void *given_plan, void *given_pack)
{
    const descriptor *plan = known(given_plan), *pack = known(given_pack);
    run r = {};
    if (h->stream == nullptr || !plan->finalized || !pack->finalized || plan->kind != GNN_CUDNN_PLAN ||
        pack->kind != GNN_CUDNN_VARIANT_PACK) {
        give_up("a run without a stream, a plan or a variant pack");
    }
    const std::vector<reading> operations = read_graph(graph_of_plan(plan));
    const std::map<int64_t, char *> pointers = take_pointers(pack, stored_tensors(operations));
    for (const reading &o : operations) {
        r.operations.push_back(resolve_operation(r, pointers, o.operation));
    }
    work_graph(r);
    counts.runs++;
    return GNN_CUDNN_SUCCESS;
}
