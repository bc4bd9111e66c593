#include "standin.h"

namespace standin
{
static reading read_operation(const descriptor *operation)
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

static void check_product(const descriptor *operation)
{
    const descriptor *a = part(operation, GNN_CUDNN_MATMUL_OPERATION_A),
                     *b = part(operation, GNN_CUDNN_MATMUL_OPERATION_B),
                     *c = part(operation, GNN_CUDNN_MATMUL_OPERATION_C);
    if (dim(a, 3) != dim(b, 2) || dim(b, 3) != dim(c, 3) || dim(a, 2) != dim(c, 2) || dim(a, 1) != dim(c, 1) ||
        dim(a, 1) % dim(b, 1) != 0 || dim(a, 0) != dim(b, 0) || dim(a, 0) != dim(c, 0)) {
        give_up("factors of a product that do not fit each other");
    }
}

static void check_reduction(const descriptor *operation)
{
    const descriptor *x = part(operation, GNN_CUDNN_REDUCTION_OPERATION_X),
                     *y = part(operation, GNN_CUDNN_REDUCTION_OPERATION_Y);
    if (dim(y, 3) != 1 || dim(y, 2) != dim(x, 2) || dim(y, 1) != dim(x, 1) || dim(y, 0) != dim(x, 0)) {
        give_up("a reduction over another axis than the last");
    }
}

static void check_pointwise(const descriptor *operation)
{
    const int mode = read<int>(part(operation, GNN_CUDNN_POINTWISE_OPERATION_MODE), GNN_CUDNN_POINTWISE_MODE);
    const bool unary = mode == GNN_CUDNN_EXP || mode == GNN_CUDNN_LOG || mode == GNN_CUDNN_INDEX;
    if (unary == has(operation, GNN_CUDNN_POINTWISE_OPERATION_B) ||
        (mode == GNN_CUDNN_SELECT) != has(operation, GNN_CUDNN_POINTWISE_OPERATION_T)) {
        give_up("mode %d with the wrong number of inputs", mode);
    }
}

static void check_operation(const descriptor *operation)
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

} // namespace standin
