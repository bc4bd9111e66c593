#include "god/helpers/json.h"

#include <stdlib.h>

#include "god/helpers/file.h"

god_status god_json_parse(const char *where, const char *text, size_t bytes, json_t **ret_value, god_error *err)
{
    json_error_t problem;
    json_t *value = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (value == NULL) {
        /* jansson leaves the text empty in most places where an allocation fails. */
        if (json_error_code(&problem) == json_error_out_of_memory || problem.text[0] == '\0') {
            return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
        }
        return god_fail(err, GOD_E_DATA, "%s: line %d, column %d: %s", where, problem.line, problem.column,
                        problem.text);
    }
    *ret_value = value;
    return GOD_OK;
}

god_status god_json_read(const char *path, size_t bytes_max, json_t **ret_value, god_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_file_read(path, bytes_max, &text, &bytes, err));
    god_status status = god_json_parse(path, text, bytes, ret_value, err);
    free(text);
    return status;
}

god_status god_json_write(const char *path, const json_t *value, god_error *err)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    if (text == NULL) {
        return god_fail(err, GOD_E_INVALID,
                        "cannot write \"%s\": the value is not JSON (NaN, or text that is not UTF-8)", path);
    }
    size_t bytes = strlen(text);
    text[bytes] = '\n'; /* in place of the NUL: the file ends with a line feed */
    god_status status = god_file_write(path, text, bytes + 1, err);
    free(text);
    return status;
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_INTEGER:
    case JSON_REAL: return "a number";
    case JSON_TRUE:
    case JSON_FALSE: return "a boolean";
    default: return "null";
    }
}

static god_status fail_type(const char *where, const char *key, const json_t *value, const char *needed, god_error *err)
{
    return god_fail(err, GOD_E_DATA, "%s: \"%s\" is %s, %s is needed", where, key, type_name(value), needed);
}

/* The member, or NULL when it is absent or null. */
static json_t *member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

static god_status require(const char *where, const json_t *object, const char *key, god_error *err)
{
    if (!json_is_object(object)) {
        return god_fail(err, GOD_E_DATA, "%s: an object is needed", where);
    }
    if (json_object_get(object, key) == NULL) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is missing", where, key);
    }
    if (member(object, key) == NULL) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is null", where, key);
    }
    return GOD_OK;
}

god_status god_json_opt_str(const char *where, const json_t *object, const char *key, const char **ret, god_error *err)
{
    const json_t *value = member(object, key);
    if (value == NULL) {
        return GOD_OK;
    }
    if (!json_is_string(value)) {
        return fail_type(where, key, value, "a string", err);
    }
    *ret = json_string_value(value);
    return GOD_OK;
}

god_status god_json_opt_int(const char *where, const json_t *object, const char *key, int64_t lowest, int64_t highest,
                            int64_t *ret, god_error *err)
{
    const json_t *value = member(object, key);
    if (value == NULL) {
        return GOD_OK;
    }
    if (!json_is_integer(value)) {
        return fail_type(where, key, value, "a whole number", err);
    }
    int64_t number = json_integer_value(value);
    if (number < lowest || number > highest) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is %lld, allowed are %lld to %lld", where, key, (long long)number,
                        (long long)lowest, (long long)highest);
    }
    *ret = number;
    return GOD_OK;
}

god_status god_json_opt_num(const char *where, const json_t *object, const char *key, double *ret, god_error *err)
{
    const json_t *value = member(object, key);
    if (value == NULL) {
        return GOD_OK;
    }
    if (!json_is_number(value)) {
        return fail_type(where, key, value, "a number", err);
    }
    *ret = json_number_value(value);
    return GOD_OK;
}

god_status god_json_opt_bool(const char *where, const json_t *object, const char *key, uint32_t *ret, god_error *err)
{
    const json_t *value = member(object, key);
    if (value == NULL) {
        return GOD_OK;
    }
    if (!json_is_boolean(value)) {
        return fail_type(where, key, value, "true or false", err);
    }
    *ret = json_is_true(value);
    return GOD_OK;
}

god_status god_json_opt_object(const char *where, const json_t *object, const char *key, json_t **ret, god_error *err)
{
    json_t *value = member(object, key);
    if (value == NULL) {
        return GOD_OK;
    }
    if (!json_is_object(value)) {
        return fail_type(where, key, value, "an object", err);
    }
    *ret = value;
    return GOD_OK;
}

god_status god_json_opt_array(const char *where, const json_t *object, const char *key, json_t **ret, god_error *err)
{
    json_t *value = member(object, key);
    if (value == NULL) {
        return GOD_OK;
    }
    if (!json_is_array(value)) {
        return fail_type(where, key, value, "an array", err);
    }
    *ret = value;
    return GOD_OK;
}

god_status god_json_get_str(const char *where, const json_t *object, const char *key, const char **ret, god_error *err)
{
    GOD_TRY(require(where, object, key, err));
    return god_json_opt_str(where, object, key, ret, err);
}

god_status god_json_get_int(const char *where, const json_t *object, const char *key, int64_t lowest, int64_t highest,
                            int64_t *ret, god_error *err)
{
    GOD_TRY(require(where, object, key, err));
    return god_json_opt_int(where, object, key, lowest, highest, ret, err);
}

god_status god_json_get_num(const char *where, const json_t *object, const char *key, double *ret, god_error *err)
{
    GOD_TRY(require(where, object, key, err));
    return god_json_opt_num(where, object, key, ret, err);
}

god_status god_json_get_bool(const char *where, const json_t *object, const char *key, uint32_t *ret, god_error *err)
{
    GOD_TRY(require(where, object, key, err));
    return god_json_opt_bool(where, object, key, ret, err);
}

god_status god_json_get_object(const char *where, const json_t *object, const char *key, json_t **ret, god_error *err)
{
    GOD_TRY(require(where, object, key, err));
    return god_json_opt_object(where, object, key, ret, err);
}

god_status god_json_get_array(const char *where, const json_t *object, const char *key, json_t **ret, god_error *err)
{
    GOD_TRY(require(where, object, key, err));
    return god_json_opt_array(where, object, key, ret, err);
}
