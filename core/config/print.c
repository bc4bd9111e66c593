#include <stdlib.h>

#include "core/config/settings.h"

/* A JSON string is a YAML string too. */
static void print_text(FILE *out, const char *text)
{
    json_t *value = json_string(text);
    char *quoted = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    (void)fputs(quoted == NULL ? "\"\"" : quoted, out);
    free(quoted);
    json_decref(value);
}

static void print_strings(FILE *out, const gdi_strings *strings)
{
    (void)fputc('[', out);
    for (size_t i = 0; i < strings->count; i++) {
        (void)fputs(i == 0 ? "" : ", ", out);
        print_text(out, strings->items[i]);
    }
    (void)fputc(']', out);
}

static void print_value(FILE *out, const gdi_setting *setting, gdi_config *config)
{
    void *value = gdi_setting_value(setting, config);
    switch (setting->type) {
    case GDI_SETTING_INT: (void)fprintf(out, "%lld", (long long)*(int64_t *)value); return;
    case GDI_SETTING_TEXT:
    case GDI_SETTING_FILE:
    case GDI_SETTING_PATH: print_text(out, *(char **)value); return;
    case GDI_SETTING_SECTIONS: (void)json_dumpf(*(json_t **)value, out, 0); return;
    default: print_strings(out, value); return;
    }
}

static void print_help(FILE *out, const gdi_setting *setting)
{
    (void)fputs("  # ", out);
    for (const char *c = setting->help; *c != '\0'; c++) {
        (void)fputc(*c, out);
        (void)fputs(*c == '\n' ? "  # " : "", out);
    }
    if (setting->type == GDI_SETTING_INT) {
        (void)fprintf(out, " %lld to %lld.", (long long)setting->lowest, (long long)setting->highest);
    }
    (void)fputc('\n', out);
}

static void print_all(FILE *out, const gdi_config *config, int with_help)
{
    gdi_config readable = *config; /* gdi_setting_value takes one that may be changed; this one is not */
    const char *section = "";
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        int section_bytes = (int)strcspn(setting->name, ".");
        if (strncmp(section, setting->name, (size_t)section_bytes + 1) != 0) {
            (void)fprintf(out, "%s%.*s:\n", *section == '\0' ? "" : "\n", section_bytes, setting->name);
            section = setting->name;
        }
        if (with_help) {
            print_help(out, setting);
        }
        (void)fprintf(out, "  %s: ", setting->name + section_bytes + 1);
        print_value(out, setting, &readable);
        (void)fputc('\n', out);
    }
}

god_status gdi_config_print_defaults(FILE *out, god_error *err)
{
    gdi_config config;
    GOD_TRY(gdi_config_read("defaults", "/", "", 0, &config, err));
    (void)fputs("# god.yaml with every setting at its default. Keep the lines that you change.\n\n", out);
    print_all(out, &config, 1);
    gdi_config_clear(&config);
    return GOD_OK;
}

void gdi_config_print(FILE *out, const gdi_config *config)
{
    (void)fprintf(out, "# from %s\n\n", config->source == NULL ? "the defaults; there is no god.yaml" : config->source);
    print_all(out, config, 0);
}
