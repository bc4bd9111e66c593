/* core/loader/info.h: a description as JSON, the same in the child's frame and in plugins.json. [any]
 *
 *   {"state": 0, "reason": "", "id": "god.text.instruct", "version": "0.1.0", "build": "...", "config_schema": "{}",
 *    "abi": [1, 0], "caps": 13, "task_types": ["InstructTextTask"], "interfaces": ["god.task/1", "god.eval/1"]}
 *
 * A refusal has only state and reason; the reason is the second half of a sentence whose subject is the file, because
 * the same bytes may lie under several names.
 */
#ifndef GDI_LOADER_INFO_H
#define GDI_LOADER_INFO_H

#include <jansson.h>

#include "core/loader/loader.h"

enum { GDI_REASON_BYTES_MAX = sizeof(((god_error *)0)->message) };

/* *ret_value is owned by the caller. */
god_status gdi_info_from_plugin(const gdi_plugin *plugin, json_t **ret_value, god_error *err);
god_status gdi_info_from_refusal(god_status state, const char *reason, json_t **ret_value, god_error *err);

/* Fills everything but sha256 of *ret_info, which is overwritten and then owned by the caller (gdi_plugin_info_clear).
 * GOD_E_DATA when the value is no description. */
god_status gdi_info_read(const json_t *value, const char *path, gdi_plugin_info *ret_info, god_error *err);

#endif
