/* Any bytes as config.json: it is refused, or it describes a model whose modules can be listed. */
#include <stdlib.h>

#include "lm/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gnn_config config;
    gnn_module *modules = NULL;
    size_t count = 0;
    god_error err = GOD_ERROR_INIT;
    if (gnn_config_parse((const char *)data, bytes, &config, &err) == GOD_OK &&
        gnn_modules_list(&config, &modules, &count, &err) == GOD_OK) {
        free(modules);
    }
    return 0;
}
