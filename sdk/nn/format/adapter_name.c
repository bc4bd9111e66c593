#include "format/adapter_name.h"

#include <stdio.h>
#include <string.h>

/* Cuts `ending` off the text when it is there. */
static uint32_t cut_tail(char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    if (length < tail || strcmp(text + length - tail, ending) != 0) {
        return 0;
    }
    text[length - tail] = '\0';
    return 1;
}

uint32_t gnn_adapter_name_split(const char *tensor, char module[GNN_TENSOR_NAME_MAX + 1])
{
    static const char prefix[] = "base_model.model.";
    static const struct {
        const char *text;
        uint32_t part;
    } endings[] = {
        {".lora_A.weight", GNN_ADAPTER_LORA_A},
        {".lora_A.default.weight", GNN_ADAPTER_LORA_A},
        {".lora_B.weight", GNN_ADAPTER_LORA_B},
        {".lora_B.default.weight", GNN_ADAPTER_LORA_B},
        {".lora_embedding_A", GNN_ADAPTER_EMBEDDING_A},
        {".lora_embedding_A.default", GNN_ADAPTER_EMBEDDING_A},
        {".lora_embedding_B", GNN_ADAPTER_EMBEDDING_B},
        {".lora_embedding_B.default", GNN_ADAPTER_EMBEDDING_B},
        {".lora_B.bias", GNN_ADAPTER_LORA_BIAS},
        {".lora_B.default.bias", GNN_ADAPTER_LORA_BIAS},
        {".lora_magnitude_vector", GNN_ADAPTER_MAGNITUDE},
        {".lora_magnitude_vector.weight", GNN_ADAPTER_MAGNITUDE},
        {".lora_magnitude_vector.default.weight", GNN_ADAPTER_MAGNITUDE},
    };
    const char *rest = strncmp(tensor, prefix, sizeof prefix - 1) == 0 ? tensor + sizeof prefix - 1 : tensor;
    (void)snprintf(module, GNN_TENSOR_NAME_MAX + 1, "%s", rest);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        if (cut_tail(module, endings[i].text)) {
            return endings[i].part;
        }
    }
    uint32_t part = cut_tail(module, ".weight") ? GNN_ADAPTER_WEIGHT
                    : cut_tail(module, ".bias") ? GNN_ADAPTER_BIAS
                                                : GNN_ADAPTER_UNKNOWN;
    (void)(cut_tail(module, ".modules_to_save.default") || cut_tail(module, ".modules_to_save") ||
           cut_tail(module, ".base_layer"));
    return part;
}
