/* What the parts of cuDNN's stand-in share: standin.cpp takes the calls, standin_graph.cpp reads and checks graphs of
 * operations, standin_run.cpp works one out. Its own mistakes and its caller's end the program with a sentence. */
#ifndef TESTS_GPU_CUDNN_STANDIN_H
#define TESTS_GPU_CUDNN_STANDIN_H

#include <map>
#include <set>
#include <vector>

#include "cuda/cudnn.cuh"

namespace standin
{
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

[[noreturn]] __attribute__((format(printf, 1, 2))) void give_up(const char *format, ...);
descriptor *known(void *given); /* gives up unless it exists */

template <typename V> V read(const descriptor *d, int name, int64_t i = 0)
{
    V value;
    memcpy(&value, d->attributes.at(name).bytes.data() + (size_t)i * sizeof value, sizeof value);
    return value;
}

inline bool has(const descriptor *d, int name)
{
    return d->attributes.count(name) != 0;
}

inline descriptor *part(const descriptor *d, int name, int64_t i = 0)
{
    return has(d, name) ? known(read<void *>(d, name, i)) : nullptr;
}

inline int64_t dim(const descriptor *t, int axis)
{
    return read<int64_t>(t, GNN_CUDNN_TENSOR_DIMS, axis);
}

inline bool flag(const descriptor *t, int name)
{
    return has(t, name) && read<bool>(t, name);
}

inline bool is_virtual(const descriptor *t)
{
    return flag(t, GNN_CUDNN_TENSOR_IS_VIRTUAL);
}

inline int type_of(const descriptor *t)
{
    return read<int>(t, GNN_CUDNN_TENSOR_TYPE);
}

/* An operation of a graph: its kind, which it has from its descriptor, what it reads and what it writes. */
struct reading {
    const descriptor *operation;
    std::vector<const descriptor *> inputs;
    const descriptor *output;
};

std::vector<reading> read_graph(const descriptor *graph);
/* Every tensor that a run has to bring. */
std::set<const descriptor *> stored_tensors(const std::vector<reading> &operations);
void check_graph(const descriptor *graph);

/* Works a graph out with the pointers of a variant pack; returns how many slots had a sequence. */
long work_out(const descriptor *graph, const descriptor *pack);
} // namespace standin

#endif
