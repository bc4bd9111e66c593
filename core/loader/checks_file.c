/* Checks of the file and of what opening it does. */
#include "core/loader/checks.h"
#include "core/loader/elf.h"

enum { shown_bytes = 80 };

typedef struct exports {
    char surplus[shown_bytes];
    uint32_t count;
} exports;

static god_status take_export(void *user, const char *name, god_error *err)
{
    exports *seen = user;
    (void)err;
    if (strcmp(name, "god_plugin_entry") != 0 && seen->count++ == 0) {
        (void)snprintf(seen->surplus, sizeof seen->surplus, "%s", name);
    }
    return GOD_OK;
}

uint32_t gdi_check_exports(const gdi_checked *what, god_error *ret_why)
{
    exports seen = {.count = 0};
    god_error err = GOD_ERROR_INIT;
    if (gdi_elf_exports(what->path, &seen, take_export, &err) != GOD_OK) {
        return gdi_check_skips(ret_why, "the file %s", err.message);
    }
    if (seen.count > 0) {
        return gdi_check_fails(ret_why,
                               "it also exports %u other names, \"%s\" first, which may clash with another plug-in's: "
                               "link with the SDK's version script",
                               seen.count, seen.surplus);
    }
    return GDI_PASS;
}

uint32_t gdi_check_opening(const gdi_checked *what, god_error *ret_why)
{
    if (what->opening_output_bytes > 0) {
        return gdi_check_fails(ret_why, "it prints %llu bytes", (unsigned long long)what->opening_output_bytes);
    }
    if (what->opening_threads > 0) {
        return gdi_check_fails(ret_why, "it starts %lld threads", (long long)what->opening_threads);
    }
    if (what->opening_files > 0) {
        return gdi_check_fails(ret_why, "it keeps %lld files open", (long long)what->opening_files);
    }
    return GDI_PASS;
}
