#include "cuda/cudnn_plan.cuh"

namespace
{
struct axes {
    int64_t n[4];
};
constexpr axes one = {{1, 1, 1, 1}};
constexpr int operations_max = 32, configs_max = 8;

/* Makes descriptors until one is refused; everything after that does nothing. */
struct builder {
    const gnn_cudnn_library *library;
    gnn_cudnn_plan *made;
    int status = GNN_CUDNN_SUCCESS;
    const char *step = "";
    gnn_cudnn_descriptor operations[operations_max] = {};
    int operation_count = 0;
    int64_t next_uid = GNN_CUDNN_UIDS_FIXED;

    bool ok() const
    {
        return status == GNN_CUDNN_SUCCESS;
    }

    void note(int result, const char *doing)
    {
        if (ok() && result != GNN_CUDNN_SUCCESS) {
            status = result;
            step = doing;
        }
    }

    gnn_cudnn_descriptor begin(int kind)
    {
        gnn_cudnn_descriptor descriptor = nullptr;
        if (ok() && made->descriptor_count == gnn_cudnn_descriptors_max) {
            note(GNN_CUDNN_INTERNAL, "counting descriptors");
        }
        if (ok()) {
            note(library->descriptor_new(kind, &descriptor), "making a descriptor");
        }
        if (ok()) {
            made->descriptors[made->descriptor_count++] = descriptor;
        }
        return descriptor;
    }

    void set(gnn_cudnn_descriptor descriptor, int attribute, int type, int64_t count, const void *values)
    {
        if (ok()) {
            note(library->set(descriptor, attribute, type, count, values), "describing");
        }
    }

    void set_number(gnn_cudnn_descriptor descriptor, int attribute, int64_t value)
    {
        set(descriptor, attribute, GNN_CUDNN_IS_INT64, 1, &value);
    }

    /* Types, modes and operators are ints. */
    void set_choice(gnn_cudnn_descriptor descriptor, int attribute, int type, int value)
    {
        set(descriptor, attribute, type, 1, &value);
    }

    void set_part(gnn_cudnn_descriptor descriptor, int attribute, gnn_cudnn_descriptor part)
    {
        set(descriptor, attribute, GNN_CUDNN_IS_DESCRIPTOR, 1, &part);
    }

    gnn_cudnn_descriptor finish(gnn_cudnn_descriptor descriptor, const char *what)
    {
        if (ok()) {
            note(library->finalize(descriptor), what);
        }
        return descriptor;
    }

    void finish_operation(gnn_cudnn_descriptor operation, const char *what)
    {
        (void)finish(operation, what);
        if (operation_count == operations_max) {
            note(GNN_CUDNN_INTERNAL, "counting operations");
        } else {
            operations[operation_count++] = operation;
        }
    }
};

/* A tensor and what later operations need to know of it. */
struct tensor {
    gnn_cudnn_descriptor descriptor;
    axes dims;
};

gnn_cudnn_descriptor begin_tensor(builder &b, int64_t uid, int type, const axes &dims, const axes &strides)
{
    gnn_cudnn_descriptor t = b.begin(GNN_CUDNN_TENSOR);
    b.set_choice(t, GNN_CUDNN_TENSOR_TYPE, GNN_CUDNN_IS_TYPE, type);
    b.set(t, GNN_CUDNN_TENSOR_DIMS, GNN_CUDNN_IS_INT64, 4, dims.n);
    b.set(t, GNN_CUDNN_TENSOR_STRIDES, GNN_CUDNN_IS_INT64, 4, strides.n);
    b.set_number(t, GNN_CUDNN_TENSOR_UID, uid);
    b.set_number(t, GNN_CUDNN_TENSOR_ALIGNMENT, 16);
    return t;
}

/* On the device; `offsets`: where each batch begins, or a tensor without a descriptor. */
tensor stored(builder &b, int64_t uid, int type, const axes &dims, const axes &strides, const tensor &offsets = {})
{
    gnn_cudnn_descriptor t = begin_tensor(b, uid, type, dims, strides);
    if (offsets.descriptor != nullptr) {
        b.set_part(t, GNN_CUDNN_TENSOR_RAGGED_OFFSET, offsets.descriptor);
    }
    return {b.finish(t, "a tensor"), dims};
}

tensor host_number(builder &b, int64_t uid)
{
    const bool yes = true;
    gnn_cudnn_descriptor t = begin_tensor(b, uid, GNN_CUDNN_F32, one, one);
    b.set(t, GNN_CUDNN_TENSOR_IS_BY_VALUE, GNN_CUDNN_IS_BOOLEAN, 1, &yes);
    return {b.finish(t, "a number"), one};
}

tensor intermediate(builder &b, int type, const axes &dims)
{
    const bool yes = true;
    const axes strides = {{dims.n[1] * dims.n[2] * dims.n[3], dims.n[2] * dims.n[3], dims.n[3], 1}};
    gnn_cudnn_descriptor t = begin_tensor(b, b.next_uid++, type, dims, strides);
    b.set(t, GNN_CUDNN_TENSOR_IS_VIRTUAL, GNN_CUDNN_IS_BOOLEAN, 1, &yes);
    return {b.finish(t, "an intermediate tensor"), dims};
}

/* y (type) = mode(x, other), computed in `precision`; along `axis` unless that is -1. */
tensor pointwise(builder &b, int mode, int type, int precision, const tensor &x, const tensor &other = {},
                 const tensor &choice = {}, int64_t axis = -1)
{
    const tensor y = intermediate(b, type, x.dims);
    gnn_cudnn_descriptor kind = b.begin(GNN_CUDNN_POINTWISE);
    b.set_choice(kind, GNN_CUDNN_POINTWISE_MODE, GNN_CUDNN_IS_POINTWISE_MODE, mode);
    b.set_choice(kind, GNN_CUDNN_POINTWISE_PRECISION, GNN_CUDNN_IS_TYPE, precision);
    if (axis >= 0) {
        b.set_number(kind, GNN_CUDNN_POINTWISE_AXIS, axis);
    }
    (void)b.finish(kind, "an element by element mode");
    gnn_cudnn_descriptor operation = b.begin(GNN_CUDNN_POINTWISE_OPERATION);
    b.set_part(operation, GNN_CUDNN_POINTWISE_OPERATION_MODE, kind);
    b.set_part(operation, GNN_CUDNN_POINTWISE_OPERATION_X, x.descriptor);
    if (other.descriptor != nullptr) {
        b.set_part(operation, GNN_CUDNN_POINTWISE_OPERATION_B, other.descriptor);
    }
    if (choice.descriptor != nullptr) {
        b.set_part(operation, GNN_CUDNN_POINTWISE_OPERATION_T, choice.descriptor);
    }
    b.set_part(operation, GNN_CUDNN_POINTWISE_OPERATION_Y, y.descriptor);
    b.finish_operation(operation, "an element by element operation");
    return y;
}

tensor place_along(builder &b, const tensor &x, int64_t axis, int precision)
{
    return pointwise(b, GNN_CUDNN_INDEX, GNN_CUDNN_I32, precision, x, {}, {}, axis);
}

/* Over the last axis. */
tensor reduce(builder &b, int reduction, const tensor &x)
{
    const tensor y = intermediate(b, GNN_CUDNN_F32, {{x.dims.n[0], x.dims.n[1], x.dims.n[2], 1}});
    gnn_cudnn_descriptor kind = b.begin(GNN_CUDNN_REDUCTION);
    b.set_choice(kind, GNN_CUDNN_REDUCTION_OPERATOR, GNN_CUDNN_IS_REDUCTION, reduction);
    b.set_choice(kind, GNN_CUDNN_REDUCTION_PRECISION, GNN_CUDNN_IS_TYPE, GNN_CUDNN_F32);
    (void)b.finish(kind, "a reduction's kind");
    gnn_cudnn_descriptor operation = b.begin(GNN_CUDNN_REDUCTION_OPERATION);
    b.set_part(operation, GNN_CUDNN_REDUCTION_OPERATION_KIND, kind);
    b.set_part(operation, GNN_CUDNN_REDUCTION_OPERATION_X, x.descriptor);
    b.set_part(operation, GNN_CUDNN_REDUCTION_OPERATION_Y, y.descriptor);
    b.finish_operation(operation, "a reduction");
    return y;
}

/* c = a b; `columns` of c, else terms of the sum, that count are `keys`. What does not count is 0. */
void multiply(builder &b, const tensor &a, const tensor &factor, const tensor &c, const tensor &rows,
              const tensor &keys, bool columns)
{
    gnn_cudnn_descriptor kind = b.begin(GNN_CUDNN_MATMUL);
    b.set_choice(kind, GNN_CUDNN_MATMUL_PRECISION, GNN_CUDNN_IS_TYPE, GNN_CUDNN_F32);
    if (columns) {
        const double zero = 0.0;
        b.set(kind, GNN_CUDNN_MATMUL_PADDING, GNN_CUDNN_IS_DOUBLE, 1, &zero);
    }
    (void)b.finish(kind, "a product's kind");
    gnn_cudnn_descriptor operation = b.begin(GNN_CUDNN_MATMUL_OPERATION);
    b.set_part(operation, GNN_CUDNN_MATMUL_OPERATION_KIND, kind);
    b.set_part(operation, GNN_CUDNN_MATMUL_OPERATION_A, a.descriptor);
    b.set_part(operation, GNN_CUDNN_MATMUL_OPERATION_B, factor.descriptor);
    b.set_part(operation, GNN_CUDNN_MATMUL_OPERATION_C, c.descriptor);
    b.set_part(operation, GNN_CUDNN_MATMUL_OPERATION_M, rows.descriptor);
    b.set_part(operation, columns ? GNN_CUDNN_MATMUL_OPERATION_N : GNN_CUDNN_MATMUL_OPERATION_K, keys.descriptor);
    b.finish_operation(operation, "a product");
}

/* ---- the graph ---- */

tensor mask_padding(builder &b, const tensor &p, const tensor &q_rows, const tensor &kv_rows)
{
    const tensor lowest = host_number(b, GNN_CUDNN_LOWEST_PADDED);
    const tensor row = place_along(b, p, 2, GNN_CUDNN_I32), column = place_along(b, p, 3, GNN_CUDNN_I32);
    const tensor row_counts = pointwise(b, GNN_CUDNN_BELOW, GNN_CUDNN_BOOL, GNN_CUDNN_BOOL, row, q_rows);
    const tensor column_counts = pointwise(b, GNN_CUDNN_BELOW, GNN_CUDNN_BOOL, GNN_CUDNN_BOOL, column, kv_rows);
    const tensor both = pointwise(b, GNN_CUDNN_AND, GNN_CUDNN_BOOL, GNN_CUDNN_BOOL, row_counts, column_counts);
    return pointwise(b, GNN_CUDNN_SELECT, GNN_CUDNN_F32, GNN_CUDNN_F32, p, lowest, both);
}

tensor mask_later(builder &b, const tensor &p)
{
    const tensor row = place_along(b, p, 2, GNN_CUDNN_F32), column = place_along(b, p, 3, GNN_CUDNN_F32);
    const tensor lowest = host_number(b, GNN_CUDNN_LOWEST_CAUSAL);
    const tensor seen = pointwise(b, GNN_CUDNN_NOT_BELOW, GNN_CUDNN_BOOL, GNN_CUDNN_BOOL, row, column);
    return pointwise(b, GNN_CUDNN_SELECT, GNN_CUDNN_F32, GNN_CUDNN_F32, p, lowest, seen);
}

tensor mask_earlier(builder &b, const tensor &p)
{
    const tensor row = place_along(b, p, 2, GNN_CUDNN_F32), column = place_along(b, p, 3, GNN_CUDNN_F32);
    const tensor window = host_number(b, GNN_CUDNN_WINDOW), lowest = host_number(b, GNN_CUDNN_LOWEST_WINDOW);
    const tensor reach = pointwise(b, GNN_CUDNN_ADD, GNN_CUDNN_F32, GNN_CUDNN_F32, column, window, {}, 3);
    const tensor seen = pointwise(b, GNN_CUDNN_GREATER, GNN_CUDNN_BOOL, GNN_CUDNN_BOOL, reach, row);
    return pointwise(b, GNN_CUDNN_SELECT, GNN_CUDNN_F32, GNN_CUDNN_F32, p, lowest, seen);
}

tensor softmax(builder &b, const tensor &p)
{
    const tensor highest = reduce(b, GNN_CUDNN_REDUCE_MAX, p);
    const tensor below = pointwise(b, GNN_CUDNN_SUB, GNN_CUDNN_F32, GNN_CUDNN_F32, p, highest);
    const tensor weight = pointwise(b, GNN_CUDNN_EXP, GNN_CUDNN_F32, GNN_CUDNN_F32, below);
    const tensor sum = reduce(b, GNN_CUDNN_REDUCE_ADD, weight);
    const tensor logarithm = pointwise(b, GNN_CUDNN_LOG, GNN_CUDNN_F32, GNN_CUDNN_F32, sum);
    (void)pointwise(b, GNN_CUDNN_ADD, GNN_CUDNN_F32, GNN_CUDNN_F32, highest, logarithm);
    return pointwise(b, GNN_CUDNN_DIV, GNN_CUDNN_BF16, GNN_CUDNN_F32, weight, sum);
}

gnn_cudnn_descriptor describe(builder &b, void *handle, const gnn_cudnn_shape &s)
{
    const axes per_slot = {{s.slots, 1, 1, 1}}, offsets = {{s.slots + 1, 1, 1, 1}};
    const axes strides = {{s.length * s.stride, s.dim, s.stride, 1}},
               turned = {{s.length * s.stride, s.dim, 1, s.stride}};
    const tensor q_rows = stored(b, GNN_CUDNN_Q_ROWS, GNN_CUDNN_I32, per_slot, one);
    const tensor kv_rows = stored(b, GNN_CUDNN_KV_ROWS, GNN_CUDNN_I32, per_slot, one);
    const tensor at = stored(b, GNN_CUDNN_OFFSETS, GNN_CUDNN_I64, offsets, one);
    const tensor o_at = stored(b, GNN_CUDNN_O_OFFSETS, GNN_CUDNN_I64, offsets, one);
    const axes q_dims = {{s.slots, s.heads, s.length, s.dim}}, v_dims = {{s.slots, s.kv_heads, s.length, s.dim}};
    const tensor q = stored(b, GNN_CUDNN_Q, GNN_CUDNN_BF16, q_dims, strides, at);
    const tensor k = stored(b, GNN_CUDNN_K, GNN_CUDNN_BF16, {{s.slots, s.kv_heads, s.dim, s.length}}, turned, at);
    const tensor v = stored(b, GNN_CUDNN_V, GNN_CUDNN_BF16, v_dims, strides, at);
    const tensor o =
        stored(b, GNN_CUDNN_O, GNN_CUDNN_BF16, q_dims, {{s.length * s.y_stride, s.dim, s.y_stride, 1}}, o_at);

    const tensor product = intermediate(b, GNN_CUDNN_F32, {{s.slots, s.heads, s.length, s.length}});
    multiply(b, q, k, product, q_rows, kv_rows, true);
    tensor p = pointwise(b, GNN_CUDNN_MUL, GNN_CUDNN_F32, GNN_CUDNN_F32, product, host_number(b, GNN_CUDNN_SCALE));
    p = mask_later(b, mask_padding(b, p, q_rows, kv_rows));
    p = s.window ? mask_earlier(b, p) : p;
    multiply(b, softmax(b, p), v, o, q_rows, kv_rows, false);

    gnn_cudnn_descriptor graph = b.begin(GNN_CUDNN_GRAPH);
    b.set(graph, GNN_CUDNN_GRAPH_OPERATIONS, GNN_CUDNN_IS_DESCRIPTOR, b.operation_count, b.operations);
    if (handle != nullptr) {
        b.set(graph, GNN_CUDNN_GRAPH_HANDLE, GNN_CUDNN_IS_HANDLE, 1, &handle);
    }
    return b.finish(graph, "the graph of operations");
}

/* ---- the plan ---- */

gnn_cudnn_descriptor describe_device(builder &b, const char *json)
{
    gnn_cudnn_descriptor device = b.begin(GNN_CUDNN_DEVICE);
    b.set(device, GNN_CUDNN_DEVICE_JSON, GNN_CUDNN_IS_CHAR, (int64_t)strlen(json) + 1, json);
    return b.finish(device, "the description of a device");
}

/* What cuDNN would run this graph with, best first. */
int64_t ask_heuristic(builder &b, gnn_cudnn_descriptor graph, gnn_cudnn_descriptor device,
                      gnn_cudnn_descriptor configs[configs_max])
{
    int64_t count = 0;
    gnn_cudnn_descriptor heuristic = b.begin(GNN_CUDNN_HEURISTIC);
    b.set_part(heuristic, GNN_CUDNN_HEURISTIC_GRAPH, graph);
    b.set_choice(heuristic, GNN_CUDNN_HEURISTIC_MODE, GNN_CUDNN_IS_HEURISTIC_MODE, GNN_CUDNN_HEURISTIC_A);
    if (device != nullptr) {
        b.set_part(heuristic, GNN_CUDNN_HEURISTIC_DEVICE, device);
    }
    (void)b.finish(heuristic, "the choice of an engine");
    for (int i = 0; i < configs_max; i++) {
        configs[i] = b.begin(GNN_CUDNN_ENGINE_CONFIG);
    }
    if (b.ok()) {
        b.note(b.library->get(heuristic, GNN_CUDNN_HEURISTIC_RESULTS, GNN_CUDNN_IS_DESCRIPTOR, configs_max, &count,
                              configs),
               "the choice of an engine");
    }
    return b.ok() ? count : 0;
}

/* A plan with this engine, when it finalizes and its workspace is small enough; a refusal is no failure. */
bool try_config(builder &b, void *handle, gnn_cudnn_descriptor device, gnn_cudnn_descriptor config,
                int64_t workspace_bytes_max)
{
    int64_t count = 0, bytes = 0;
    gnn_cudnn_descriptor plan = b.begin(GNN_CUDNN_PLAN);
    b.set_part(plan, GNN_CUDNN_PLAN_ENGINE_CONFIG, config);
    if (device != nullptr) {
        b.set_part(plan, GNN_CUDNN_PLAN_DEVICE, device);
    } else {
        b.set(plan, GNN_CUDNN_PLAN_HANDLE, GNN_CUDNN_IS_HANDLE, 1, &handle);
    }
    if (!b.ok() || b.library->finalize(plan) != GNN_CUDNN_SUCCESS) {
        return false;
    }
    b.note(b.library->get(plan, GNN_CUDNN_PLAN_WORKSPACE_BYTES, GNN_CUDNN_IS_INT64, 1, &count, &bytes),
           "the size of a workspace");
    if (!b.ok() || bytes > workspace_bytes_max) {
        return false;
    }
    b.made->plan = plan;
    b.made->workspace_bytes = bytes;
    return true;
}
} // namespace

void gnn_cudnn_plan_free(const gnn_cudnn_library *library, gnn_cudnn_plan *plan)
{
    while (plan->descriptor_count > 0) {
        (void)library->descriptor_free(plan->descriptors[--plan->descriptor_count]);
    }
    *plan = {};
}

god_status gnn_cudnn_plan_make(const gnn_cudnn_library *library, void *handle, const char *device_json,
                               const gnn_cudnn_shape *shape, int64_t workspace_bytes_max, gnn_cudnn_plan *ret_plan,
                               god_error *err)
{
    gnn_cudnn_plan made = {};
    gnn_cudnn_descriptor configs[configs_max];
    builder b = {library, &made};
    gnn_cudnn_descriptor graph = describe(b, handle, *shape);
    gnn_cudnn_descriptor device = handle == nullptr ? describe_device(b, device_json) : nullptr;
    const int64_t count = ask_heuristic(b, graph, device, configs);
    for (int64_t i = 0; i < count && b.ok() && made.plan == nullptr; i++) {
        (void)try_config(b, handle, device, configs[i], workspace_bytes_max);
    }
    if (b.ok() && made.plan != nullptr) {
        *ret_plan = made;
        return GOD_OK;
    }
    gnn_cudnn_plan_free(library, &made);
    if (b.ok()) {
        return god_fail(err, GOD_E_UNSUPPORTED, "cuDNN has no engine for attention with %lld heads of %lld elements",
                        (long long)shape->heads, (long long)shape->dim);
    }
    const bool refused = b.status / 1000 * 1000 == GNN_CUDNN_UNSUPPORTED;
    return god_fail(err, refused ? GOD_E_UNSUPPORTED : GOD_E_INTERNAL,
                    "cuDNN stopped at %s for attention with %lld heads of %lld elements: %s", b.step,
                    (long long)shape->heads, (long long)shape->dim, library->status_text(b.status));
}
