/* core/loader/memory.h: plugins.json, what is known about files that were described before.
 *
 *   {"version": 1, "rules": "abi 1.0, rules 2", "plugins": {"<sha256 of the file>": {a description, see info.h}}}
 *
 * It is only a memory: when it cannot be read, or other rules wrote it, it counts as empty and is written anew. At
 * most GDI_MEMORY_PLUGINS_MAX files are remembered; the oldest goes first. [one] per file; two processes that write at
 * the same time lose at most what one of them added.
 */
#ifndef GDI_LOADER_MEMORY_H
#define GDI_LOADER_MEMORY_H

#include <jansson.h>

#include "core/base/log.h"
#include "god/error.h"

enum { GDI_MEMORY_PLUGINS_MAX = 512 };

/* Reads the file. *ret_memory is owned by the caller (json_decref), and an empty memory when the file is not there,
 * is damaged (a log line says so) or was written by other rules. Fails only for want of memory. */
god_status gdi_memory_read(const char *path, const gdi_log *log, json_t **ret_memory, god_error *err);

/* The description of a file, borrowed from the memory; NULL when there is none. */
const json_t *gdi_memory_find(const json_t *memory, const char *sha256);

/* Adds or replaces a description and writes the file. */
god_status gdi_memory_add(json_t *memory, const char *path, const char *sha256, json_t *description, god_error *err);

#endif
