/* Rows and columns beyond those that count are not worked out, but for some columns behind them, which a mask has to
 * hide: memory there belongs to other sequences or to nobody, and an address sanitizer sees whoever reads it. */
#include <math.h>

#include "ops/dtype.h"
#include "standin.h"

namespace standin
{
namespace
{
constexpr int64_t columns_behind = 64;

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
long work_graph(run &r)
{
    long sequences = 0;
    const operation &first = r.operations.front();
    const tensor &q = *first.x;
    r.heads = q.dims[1];
    for (r.batch = 0; r.batch < q.dims[0]; r.batch++) {
        const int64_t rows = number(*first.rows, r.batch), keys = number(*first.columns, r.batch);
        if (rows < 0 || rows > q.dims[2]) {
            give_up("slot %lld has %lld rows, the plan is for %lld", (long long)r.batch, (long long)rows,
                    (long long)q.dims[2]);
        }
        sequences += rows > 0 ? 1 : 0;
        r.columns = keys + columns_behind < first.y->dims[3] ? keys + columns_behind : first.y->dims[3];
        for (r.head = 0; r.head < r.heads; r.head++) {
            for (r.row = 0; r.row < rows; r.row++) {
                work_row(r);
            }
        }
    }
    return sequences;
}

} // namespace

long work_out(const descriptor *graph, const descriptor *pack)
{
    run r = {};
    const std::vector<reading> operations = read_graph(graph);
    const std::map<int64_t, char *> pointers = take_pointers(pack, stored_tensors(operations));
    for (const reading &o : operations) {
        r.operations.push_back(resolve_operation(r, pointers, o.operation));
    }
    return work_graph(r);
}
} // namespace standin
