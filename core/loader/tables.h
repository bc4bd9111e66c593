/* core/loader/tables.h: from an opened shared object to tables that are safe to call.
 *
 * Foreign code runs here: god_plugin_entry and query. Both sides of the loader use it, the child that describes and
 * the process that loads, so that what was described is what gets loaded.
 *
 * Messages are the second half of a sentence whose subject is the file: "was built for plug-in ABI 2, ...".
 */
#ifndef GDI_LOADER_TABLES_H
#define GDI_LOADER_TABLES_H

#include "core/loader/loader.h"

enum {
    GDI_ID_BYTES_MAX = 128,
    GDI_NAME_BYTES_MAX = 64,         /* version, task type */
    GDI_SCHEMA_BYTES_MAX = 256 << 10 /* config_schema_json, build */
};

/* What foreign code is about to run, told before it runs, so that a crash can be placed. May be NULL. */
typedef void (*gdi_stage_sink)(void *user, const char *stage);

/* Opens the file; the handle is never closed. [one] */
god_status gdi_tables_open(const char *path, void **ret_handle, god_error *err);

/* Finds the entry, checks every table and copies them into *ret_plugin, whose strings stay the plug-in's own. */
god_status gdi_tables_read(void *handle, gdi_stage_sink stage, void *user, gdi_plugin *ret_plugin, god_error *err);

/* 1 when text is 1 to bytes_max of the letters, digits, '.', '_' and '-', and neither "." nor "..". */
uint32_t gdi_is_name(const char *text, size_t bytes_max);

/* Makes the file the subject of the sentence that err->message continues, and returns err->code. */
god_status gdi_name_file(const char *path, god_error *err);

#endif
