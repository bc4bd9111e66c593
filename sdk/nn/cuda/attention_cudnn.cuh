/* cuda/attention_cudnn.cuh: attention by cuDNN's fused kernels, where $GOD_NN_ATTENTION says "cudnn". Private to cuda/.
 *
 * A row's bits depend on its sequence alone, as with our own kernels. What that stands on:
 *   - a sequence's plan is chosen by its own length: plans serve up to 1024, 4096, 16384 ... rows, each with a fixed
 *     number of slots, and slots that a pack has no use for are empty. So the kernel, its tiles and the order of its
 *     sums are the same in every pack, for a given device and version of cuDNN;
 *   - a sequence that goes on where another one ends is put together in one piece first;
 *   - whether cuDNN is used is decided by the shape of the heads and the length, never by the rest of the pack.
 * That cuDNN's kernel itself gives a slot the same bits whatever is in the others is measured by gpu-check, not known.
 *
 * Taken: bf16, heads of a multiple of 8 up to 256 elements, groups, windows. Soft caps, biases, f32, other head sizes
 * and whatever cuDNN has no plan for is left to our own kernels. Memory: nothing of its own but 16 plans; packs with
 * shared prefixes borrow copies of up to 8192 rows, or of the longest sequence, while they run. */
#ifndef GNN_CUDA_ATTENTION_CUDNN_CUH
#define GNN_CUDA_ATTENTION_CUDNN_CUH

#include "cuda/common.cuh"

struct gnn_cudnn;

/* Reads $GOD_NN_ATTENTION: "own", empty or unset gives nullptr, "cudnn" opens cuDNN on the device's stream or says why
 * it cannot. GOD_E_INVALID for any other word. */
god_status gnn_attention_choose(gnn_device *device, gnn_cudnn **ret_cudnn, god_error *err);
void gnn_cudnn_close(gnn_device *device, gnn_cudnn *cudnn); /* accepts nullptr */
size_t gnn_cudnn_version(const gnn_cudnn *cudnn);

bool gnn_attention_has_cudnn(const gnn_device *device, const gnn_attention_args *args);
god_status gnn_attention_cudnn(gnn_device *device, const gnn_attention_args *args, god_error *err);
/* attention.cu: by our own kernels, whatever is chosen. */
god_status gnn_attention_own(gnn_device *device, const gnn_attention_args *args, god_error *err);

#endif
