/* format/convert.h: values of a stored tensor as activations. [any]
 *
 * BF16, F16 and F32 are read; narrowing rounds to nearest even. A value that is not finite, or becomes so, is refused:
 * GOD_E_DATA naming the tensor and the element. */
#ifndef GNN_FORMAT_CONVERT_H
#define GNN_FORMAT_CONVERT_H

#include "format/safetensors.h"

/* GOD_E_UNSUPPORTED `<file>: tensor "x" has dtype I8; BF16, F16 and F32 are read` */
god_status gnn_convert_check(const gnn_tensor *tensor, god_error *err);

/* Reads `count` elements from element `first`, `step` apart, into `to` of type dtype (GNN_BF16 or GNN_F32). */
god_status gnn_convert(const gnn_tensor *tensor, int64_t first, int64_t step, int64_t count, void *to, uint32_t dtype,
                       god_error *err);

#endif
