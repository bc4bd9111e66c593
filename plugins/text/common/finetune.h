/* finetune.h: does a full model still have the shape of its base? [any] spec/evaluation.md 1.5. Adapters always do. */
#ifndef GTX_FINETUNE_H
#define GTX_FINETUNE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* 1 when `architectures` are equal and each shape member that the base names has an equal value in the submission.
 * Where a config leaves out what its model derives (head_dim, num_key_value_heads), the derived value is compared. On
 * 0, why (why_bytes) says which member differs and how. */
uint32_t gtx_is_finetune(const json_t *base_config, const json_t *submission_config, char *why, size_t why_bytes);

#endif
