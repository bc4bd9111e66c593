/* Any bytes as adapter_config.json: it is refused, or it answers for a module. */
#include "format/adapter_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gnn_adapter_config *config = NULL;
    gnn_adapter_module module;
    god_error err = GOD_ERROR_INIT;
    if (gnn_adapter_config_parse((const char *)data, bytes, &config, &err) == GOD_OK) {
        (void)gnn_adapter_config_module(config, "model.layers.0.self_attn.q_proj", &module, &err);
        gnn_adapter_config_free(config);
    }
    return 0;
}
