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
 * $GOD_STANDIN_FAIL names a call that fails: create, graph (its finalizing) or execute.
 * Heads of more than $GOD_STANDIN_DIM_MAX elements (128) have no plan, and $GOD_STANDIN_VERSION is its version. At the
 * end one line goes to $GOD_STANDIN_LOG: how many plans were made and refused, and how many runs of how many sequences
 * there were. */
#include "standin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPORT extern "C" __attribute__((visibility("default")))

using namespace standin;

namespace
{
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

const descriptor *graph_of_plan(const descriptor *plan)
{
    return part(part(plan, GNN_CUDNN_PLAN_ENGINE_CONFIG), GNN_CUDNN_HEURISTIC_GRAPH);
}

/* Elements of a head: the terms of the first product. */
int64_t head_dim(const descriptor *graph)
{
    return dim(read_graph(graph).front().inputs.front(), 3);
}

bool fails(const char *call)
{
    const char *stated = getenv("GOD_STANDIN_FAIL");
    return stated != nullptr && strcmp(stated, call) == 0;
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

void standin::give_up(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "cuDNN's stand-in: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    abort();
}

descriptor *standin::known(void *given)
{
    descriptor *d = (descriptor *)given;
    if (living.count(d) == 0) {
        give_up("a descriptor that does not exist, or not any more");
    }
    return d;
}

/* ---- the interface ---- */

EXPORT size_t cudnnGetVersion()
{
    const char *stated = getenv("GOD_STANDIN_VERSION");
    return stated != nullptr ? (size_t)atol(stated) : gnn_cudnn_version_min;
}

EXPORT const char *cudnnGetErrorString(int status)
{
    return status == GNN_CUDNN_SUCCESS ? "success" : "the stand-in does not do it";
}

EXPORT int cudnnCreate(handle **ret_handle)
{
    if (fails("create")) {
        return GNN_CUDNN_INTERNAL;
    }
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
        if (fails("graph")) {
            return GNN_CUDNN_INTERNAL;
        }
    }
    const int status = d->kind == GNN_CUDNN_PLAN ? finalize_plan(d) : GNN_CUDNN_SUCCESS;
    d->finalized = status == GNN_CUDNN_SUCCESS;
    return status;
}

EXPORT int cudnnBackendExecute(handle *h, void *given_plan, void *given_pack)
{
    const descriptor *plan = known(given_plan), *pack = known(given_pack);
    if (h->stream == nullptr || !plan->finalized || !pack->finalized || plan->kind != GNN_CUDNN_PLAN ||
        pack->kind != GNN_CUDNN_VARIANT_PACK) {
        give_up("a run without a stream, a plan or a variant pack");
    }
    if (fails("execute")) {
        return GNN_CUDNN_INTERNAL;
    }
    counts.sequences += work_out(graph_of_plan(plan), pack);
    counts.runs++;
    return GNN_CUDNN_SUCCESS;
}
