/* core/config/settings.h: the table behind config.h. Internal to core/config. */
#ifndef GDI_CONFIG_SETTINGS_H
#define GDI_CONFIG_SETTINGS_H

#include "core/config/config.h"

enum {
    GDI_SETTING_INT = 1,
    GDI_SETTING_PATH,
    GDI_SETTING_STRINGS,
    GDI_SETTING_PATHS,
    GDI_SETTING_SECTIONS,
    GDI_SETTING_TEXT,
    GDI_SETTING_FILE /* a path that may be empty: none */
};

typedef struct gdi_setting {
    const char *name; /* "section.key" */
    uint32_t type;
    size_t offset; /* into gdi_config: int64_t, char *, gdi_strings or json_t * */
    int64_t lowest, highest;
    god_status (*set_default)(const struct gdi_setting *setting, void *ret_value, god_error *err);
    int64_t default_int;
    const char *default_text;           /* of a TEXT; NULL: "" */
    const char *const *words;           /* of a TEXT: all that it may be; NULL-ended; NULL: anything */
    const char *const *default_strings; /* of STRINGS; NULL-ended; NULL: none */
    const char *help;                   /* lines with '\n' between them */
} gdi_setting;

extern const gdi_setting gdi_settings[]; /* ended by a NULL name */

const gdi_setting *gdi_setting_find(const char *name);
const char *gdi_setting_nearest(const char *name); /* NULL: nothing is near */
void *gdi_setting_value(const gdi_setting *setting, gdi_config *config);

#endif
