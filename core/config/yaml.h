/* core/config/yaml.h: a YAML text onto settings. Internal to core/config. */
#ifndef GDI_CONFIG_YAML_H
#define GDI_CONFIG_YAML_H

#include "core/config/config.h"

/* Sets what the text names; the rest of *config stays. On failure *config is still whole and may be cleared. */
god_status gdi_yaml_apply(const char *where, const char *dir, const char *text, size_t bytes, gdi_config *config,
                          god_error *err);

#endif
