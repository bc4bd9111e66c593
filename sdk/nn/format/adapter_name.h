/* format/adapter_name.h: what a tensor of an adapter is, by its name. [any]
 *
 *   "base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight" -> "model.layers.0.self_attn.q_proj",
 * lora_A
 *
 * PEFT has written the adapter's name ("default") and the wrappers ("base_layer", "modules_to_save") in some versions
 * and not in others. */
#ifndef GNN_FORMAT_ADAPTER_NAME_H
#define GNN_FORMAT_ADAPTER_NAME_H

#include "format/safetensors.h"

/* What it is to its module. */
enum {
    GNN_ADAPTER_UNKNOWN = 0,
    GNN_ADAPTER_LORA_A,
    GNN_ADAPTER_LORA_B,
    GNN_ADAPTER_EMBEDDING_A,
    GNN_ADAPTER_EMBEDDING_B,
    GNN_ADAPTER_MAGNITUDE,
    GNN_ADAPTER_LORA_BIAS,
    GNN_ADAPTER_WEIGHT, /* of the base, brought along */
    GNN_ADAPTER_BIAS
};

uint32_t gnn_adapter_name_split(const char *tensor, char module[GNN_TENSOR_NAME_MAX + 1]);

#endif
