/* god.yaml: any text is a configuration within its ranges, or an error that names a line. */
#include <stdint.h>
#include <stdlib.h>

#include "core/config/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gdi_config config;
    god_error err = GOD_ERROR_INIT;
    if (gdi_config_read("god.yaml", "/etc/god", (const char *)data, bytes, &config, &err) != GOD_OK) {
        if (strncmp(err.message, "god.yaml:", strlen("god.yaml:")) != 0) {
            abort();
        }
        return 0;
    }
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        const int64_t *value = gdi_setting_value(setting, &config);
        if (setting->type == GDI_SETTING_INT && (*value < setting->lowest || *value > setting->highest)) {
            abort();
        }
    }
    gdi_config_clear(&config);
    return 0;
}
