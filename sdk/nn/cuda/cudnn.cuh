/* cuda/cudnn.cuh: the part of cuDNN's backend interface that attention uses, found at run time. Private to cuda/.
 *
 * god-nn-cuda.so is built without cuDNN and works without it: gnn_cudnn_open looks for the library by name. So the few
 * numbers of its interface stand here; they are part of its binary interface since version 9, and
 * tests/kernels/gpu/cudnn/ compares them with cudnn_graph.h where that is installed. Needs no CUDA header.
 * Source: NVIDIA cuDNN backend API reference, "Enumeration Types" and "Descriptor Types". */
#ifndef GNN_CUDA_CUDNN_CUH
#define GNN_CUDA_CUDNN_CUH

#include <stddef.h>
#include <stdint.h>

#include "god/error.h"

typedef void *gnn_cudnn_descriptor;

enum gnn_cudnn_kind { /* of descriptors */
                      GNN_CUDNN_POINTWISE = 0,
                      GNN_CUDNN_ENGINE_CONFIG = 3,
                      GNN_CUDNN_HEURISTIC = 4,
                      GNN_CUDNN_PLAN = 5,
                      GNN_CUDNN_POINTWISE_OPERATION = 13,
                      GNN_CUDNN_GRAPH = 15,
                      GNN_CUDNN_VARIANT_PACK = 16,
                      GNN_CUDNN_TENSOR = 17,
                      GNN_CUDNN_MATMUL = 18,
                      GNN_CUDNN_MATMUL_OPERATION = 19,
                      GNN_CUDNN_REDUCTION = 21,
                      GNN_CUDNN_REDUCTION_OPERATION = 22,
                      GNN_CUDNN_DEVICE = 38
};

enum gnn_cudnn_attribute {
    GNN_CUDNN_POINTWISE_MODE = 0,
    GNN_CUDNN_POINTWISE_PRECISION = 1,
    GNN_CUDNN_POINTWISE_AXIS = 9,
    GNN_CUDNN_HEURISTIC_MODE = 200,
    GNN_CUDNN_HEURISTIC_GRAPH = 201,
    GNN_CUDNN_HEURISTIC_RESULTS = 202,
    GNN_CUDNN_HEURISTIC_DEVICE = 204,
    GNN_CUDNN_PLAN_HANDLE = 400,
    GNN_CUDNN_PLAN_ENGINE_CONFIG = 401,
    GNN_CUDNN_PLAN_WORKSPACE_BYTES = 402,
    GNN_CUDNN_PLAN_DEVICE = 407,
    GNN_CUDNN_POINTWISE_OPERATION_MODE = 750,
    GNN_CUDNN_POINTWISE_OPERATION_X = 751,
    GNN_CUDNN_POINTWISE_OPERATION_B = 752,
    GNN_CUDNN_POINTWISE_OPERATION_Y = 753,
    GNN_CUDNN_POINTWISE_OPERATION_T = 758,
    GNN_CUDNN_GRAPH_HANDLE = 800,
    GNN_CUDNN_GRAPH_OPERATIONS = 801,
    GNN_CUDNN_TENSOR_ALIGNMENT = 900,
    GNN_CUDNN_TENSOR_TYPE = 901,
    GNN_CUDNN_TENSOR_DIMS = 902,
    GNN_CUDNN_TENSOR_STRIDES = 903,
    GNN_CUDNN_TENSOR_UID = 906,
    GNN_CUDNN_TENSOR_IS_VIRTUAL = 907,
    GNN_CUDNN_TENSOR_IS_BY_VALUE = 908,
    GNN_CUDNN_TENSOR_RAGGED_OFFSET = 913,
    GNN_CUDNN_VARIANT_PACK_UIDS = 1000,
    GNN_CUDNN_VARIANT_PACK_POINTERS = 1001,
    GNN_CUDNN_VARIANT_PACK_WORKSPACE = 1003,
    GNN_CUDNN_MATMUL_PRECISION = 1500,
    GNN_CUDNN_MATMUL_PADDING = 1503,
    GNN_CUDNN_MATMUL_OPERATION_A = 1520,
    GNN_CUDNN_MATMUL_OPERATION_B = 1521,
    GNN_CUDNN_MATMUL_OPERATION_C = 1522,
    GNN_CUDNN_MATMUL_OPERATION_KIND = 1523,
    GNN_CUDNN_MATMUL_OPERATION_M = 1525, /* rows, columns and terms that count, one number per batch */
    GNN_CUDNN_MATMUL_OPERATION_N = 1526,
    GNN_CUDNN_MATMUL_OPERATION_K = 1527,
    GNN_CUDNN_REDUCTION_OPERATOR = 1600,
    GNN_CUDNN_REDUCTION_PRECISION = 1601,
    GNN_CUDNN_REDUCTION_OPERATION_X = 1610,
    GNN_CUDNN_REDUCTION_OPERATION_Y = 1611,
    GNN_CUDNN_REDUCTION_OPERATION_KIND = 1612,
    GNN_CUDNN_DEVICE_JSON = 2702
};

enum gnn_cudnn_value { /* types of an attribute's values */
                       GNN_CUDNN_IS_HANDLE = 0,
                       GNN_CUDNN_IS_TYPE = 1,
                       GNN_CUDNN_IS_BOOLEAN = 2,
                       GNN_CUDNN_IS_INT64 = 3,
                       GNN_CUDNN_IS_DOUBLE = 5,
                       GNN_CUDNN_IS_POINTER = 6,
                       GNN_CUDNN_IS_HEURISTIC_MODE = 8,
                       GNN_CUDNN_IS_POINTWISE_MODE = 14,
                       GNN_CUDNN_IS_DESCRIPTOR = 15,
                       GNN_CUDNN_IS_REDUCTION = 18,
                       GNN_CUDNN_IS_CHAR = 24
};

enum gnn_cudnn_type { /* of elements */
                      GNN_CUDNN_F32 = 0,
                      GNN_CUDNN_I32 = 4,
                      GNN_CUDNN_BF16 = 9,
                      GNN_CUDNN_I64 = 10,
                      GNN_CUDNN_BOOL = 11
};

enum gnn_cudnn_mode { /* of element by element operations */
                      GNN_CUDNN_ADD = 0,
                      GNN_CUDNN_MUL = 1,
                      GNN_CUDNN_DIV = 6,
                      GNN_CUDNN_SUB = 9,
                      GNN_CUDNN_EXP = 13,
                      GNN_CUDNN_LOG = 15,
                      GNN_CUDNN_GREATER = 302,
                      GNN_CUDNN_NOT_BELOW = 303,
                      GNN_CUDNN_BELOW = 304,
                      GNN_CUDNN_AND = 400,
                      GNN_CUDNN_INDEX = 501, /* y = the place along an axis */
                      GNN_CUDNN_SELECT = 601 /* y = t ? x : b */
};

enum { GNN_CUDNN_REDUCE_ADD = 0, GNN_CUDNN_REDUCE_MAX = 3 };
enum { GNN_CUDNN_HEURISTIC_A = 3 };
enum { GNN_CUDNN_SUCCESS = 0, GNN_CUDNN_UNSUPPORTED = 3000, GNN_CUDNN_INTERNAL = 4000 };

/* First version with packs by offsets on compute capability 8.0, too. */
constexpr size_t gnn_cudnn_version_min = 91801;

struct gnn_cudnn_library {
    size_t (*version)();
    const char *(*status_text)(int status);
    int (*create)(void **ret_handle);
    int (*destroy)(void *handle);
    int (*set_stream)(void *handle, void *stream);
    int (*descriptor_new)(int kind, gnn_cudnn_descriptor *ret_descriptor);
    int (*descriptor_free)(gnn_cudnn_descriptor descriptor);
    int (*set)(gnn_cudnn_descriptor descriptor, int attribute, int type, int64_t count, const void *values);
    int (*get)(gnn_cudnn_descriptor descriptor, int attribute, int type, int64_t room, int64_t *ret_count,
               void *values);
    int (*finalize)(gnn_cudnn_descriptor descriptor);
    int (*execute)(void *handle, gnn_cudnn_descriptor plan, gnn_cudnn_descriptor variant_pack);
};

/* Opens $GOD_NN_CUDNN, else libcudnn.so.9 where the loader finds it. GOD_E_NOT_FOUND when there is none, or one that is
 * too old. It stays open as long as the process. */
god_status gnn_cudnn_open(gnn_cudnn_library *ret_library, god_error *err);

#endif
