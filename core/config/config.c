#include "core/config/config.h"

#include <libgen.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/config/settings.h"
#include "core/config/yaml.h"
#include "god/helpers/file.h"

enum { file_bytes_max = 1 << 20 };

static god_status set_defaults(gdi_config *config, god_error *err)
{
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        GOD_TRY(setting->set_default(setting, gdi_setting_value(setting, config), err));
    }
    return GOD_OK;
}

god_status gdi_config_read(const char *where, const char *dir, const char *text, size_t bytes, gdi_config *ret_config,
                           god_error *err)
{
    gdi_config config = {.source = NULL};
    god_status status = set_defaults(&config, err);
    if (status == GOD_OK) {
        status = gdi_yaml_apply(where, dir, text, bytes, &config, err);
    }
    if (status != GOD_OK) {
        gdi_config_clear(&config);
        return status;
    }
    *ret_config = config;
    return GOD_OK;
}

/* Writes the path of the file to read into found, "" when there is none. *ret_asked: somebody named it. */
static god_status find_file(const char *path, char found[GOD_PATH_MAX], uint32_t *ret_asked, god_error *err)
{
    const char *asked = path != NULL ? path : getenv("GOD_CONFIG");
    *ret_asked = asked != NULL && *asked != '\0';
    found[0] = '\0';
    if (*ret_asked) {
        return snprintf(found, GOD_PATH_MAX, "%s", asked) < GOD_PATH_MAX
                   ? GOD_OK
                   : god_fail(err, GOD_E_INVALID, "the path of the configuration is longer than %d bytes",
                              GOD_PATH_MAX);
    }
    const char *home = getenv("HOME");
    char in_home[GOD_PATH_MAX] = "";
    if (home != NULL) {
        GOD_TRY(god_path_join(home, ".config/god/god.yaml", in_home, err));
    }
    const char *const places[] = {"god.yaml", in_home, "/etc/god/god.yaml"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (places[i][0] != '\0' && access(places[i], F_OK) == 0) {
            (void)snprintf(found, GOD_PATH_MAX, "%s", places[i]);
            return GOD_OK;
        }
    }
    return GOD_OK;
}

/* The absolute folder of a file. */
static god_status folder_of(const char *path, char ret_dir[GOD_PATH_MAX], god_error *err)
{
    char *real = realpath(path, NULL);
    if (real == NULL) {
        return god_fail_errno(err, errno == ENOENT ? GOD_E_NOT_FOUND : GOD_E_IO, "cannot open \"%s\"", path);
    }
    (void)snprintf(ret_dir, GOD_PATH_MAX, "%s", dirname(real));
    free(real);
    return GOD_OK;
}

static god_status load_file(const char *path, gdi_config *ret_config, god_error *err)
{
    char dir[GOD_PATH_MAX];
    char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(folder_of(path, dir, err));
    GOD_TRY(god_file_read(path, file_bytes_max, &text, &bytes, err));
    gdi_config config;
    god_status status = gdi_config_read(path, dir, text, bytes, &config, err);
    free(text);
    GOD_TRY(status);
    config.source = realpath(path, NULL);
    if (config.source == NULL) {
        gdi_config_clear(&config);
        return god_fail_errno(err, GOD_E_IO, "cannot open \"%s\"", path);
    }
    *ret_config = config;
    return GOD_OK;
}

god_status gdi_config_load(const char *path, gdi_config *ret_config, god_error *err)
{
    char found[GOD_PATH_MAX];
    uint32_t asked = 0;
    GOD_TRY(find_file(path, found, &asked, err));
    if (found[0] == '\0') {
        return gdi_config_read("", "/", "", 0, ret_config, err);
    }
    return load_file(found, ret_config, err);
}

void gdi_config_clear(gdi_config *config)
{
    free(config->source);
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        void *value = gdi_setting_value(setting, config);
        switch (setting->type) {
        case GDI_SETTING_STRINGS:
        case GDI_SETTING_PATHS: gdi_strings_clear(value); break;
        case GDI_SETTING_TEXT:
        case GDI_SETTING_FILE:
        case GDI_SETTING_PATH: free(*(char **)value); break;
        case GDI_SETTING_SECTIONS: json_decref(*(json_t **)value); break;
        default: break;
        }
    }
    *config = (gdi_config){.source = NULL};
}
