/* god/helpers/json.h: jansson with limits and with errors that name the place. [any]
 *
 * Readers of outside JSON use these instead of json_loadb, so that size, depth and wording are the same everywhere.
 * `where` opens every message: a file name, or "task". Returned strings and objects are borrowed from their parent. */
#ifndef GOD_HELPERS_JSON_H
#define GOD_HELPERS_JSON_H

#include <jansson.h>

#include "god/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Parses text. *ret_value is owned by the caller (json_decref). GOD_E_DATA with line and column. */
god_status god_json_parse(const char *where, const char *text, size_t bytes, json_t **ret_value, god_error *err);
/* The same for a file of at most bytes_max bytes. */
god_status god_json_read(const char *path, size_t bytes_max, json_t **ret_value, god_error *err);
/* Writes indented JSON, keys in the order they were set, with god_file_write. */
god_status god_json_write(const char *path, const json_t *value, god_error *err);

/* Required members. GOD_E_DATA: `where: "key" is missing` or `where: "key" is a number, a string is needed`. */
god_status god_json_get_str(const char *where, const json_t *object, const char *key, const char **ret, god_error *err);
god_status god_json_get_int(const char *where, const json_t *object, const char *key, int64_t lowest, int64_t highest,
                            int64_t *ret, god_error *err);
god_status god_json_get_num(const char *where, const json_t *object, const char *key, double *ret, god_error *err);
god_status god_json_get_bool(const char *where, const json_t *object, const char *key, uint32_t *ret, god_error *err);
god_status god_json_get_object(const char *where, const json_t *object, const char *key, json_t **ret, god_error *err);
god_status god_json_get_array(const char *where, const json_t *object, const char *key, json_t **ret, god_error *err);

/* Optional members: absent or null leaves *ret as it was. A wrong type is still an error. */
god_status god_json_opt_str(const char *where, const json_t *object, const char *key, const char **ret, god_error *err);
god_status god_json_opt_int(const char *where, const json_t *object, const char *key, int64_t lowest, int64_t highest,
                            int64_t *ret, god_error *err);
god_status god_json_opt_num(const char *where, const json_t *object, const char *key, double *ret, god_error *err);
god_status god_json_opt_bool(const char *where, const json_t *object, const char *key, uint32_t *ret, god_error *err);
god_status god_json_opt_object(const char *where, const json_t *object, const char *key, json_t **ret, god_error *err);
god_status god_json_opt_array(const char *where, const json_t *object, const char *key, json_t **ret, god_error *err);

#ifdef __cplusplus
}
#endif
#endif
