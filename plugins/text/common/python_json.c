#include "common/python_json.h"

#include "common/float_text.h"

enum { DEPTH_MAX = 64 };

static god_status write_value(const json_t *value, uint32_t depth, god_text *text, god_error *err);

/* Reads one code point of valid UTF-8 (jansson has checked it) and moves *at behind it. */
static uint32_t next_code_point(const unsigned char **at)
{
    const unsigned char *c = *at;
    if (c[0] < 0x80) {
        *at = c + 1;
        return c[0];
    }
    if (c[0] < 0xe0) {
        *at = c + 2;
        return (c[0] & 0x1fu) << 6 | (c[1] & 0x3fu);
    }
    if (c[0] < 0xf0) {
        *at = c + 3;
        return (c[0] & 0x0fu) << 12 | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu);
    }
    *at = c + 4;
    return (c[0] & 0x07u) << 18 | (c[1] & 0x3fu) << 12 | (c[2] & 0x3fu) << 6 | (c[3] & 0x3fu);
}

static god_status write_code_point(uint32_t point, god_text *text, god_error *err)
{
    switch (point) {
    case '"': return god_text_append_str(text, "\\\"", err);
    case '\\': return god_text_append_str(text, "\\\\", err);
    case '\n': return god_text_append_str(text, "\\n", err);
    case '\r': return god_text_append_str(text, "\\r", err);
    case '\t': return god_text_append_str(text, "\\t", err);
    case '\f': return god_text_append_str(text, "\\f", err);
    case '\b': return god_text_append_str(text, "\\b", err);
    default: break;
    }
    if (point >= 0x20 && point < 0x7f) {
        char c = (char)point;
        return god_text_append(text, &c, 1, err);
    }
    if (point >= 0x10000) {
        uint32_t rest = point - 0x10000;
        return god_text_append_f(text, err, "\\u%04x\\u%04x", 0xd800u + (rest >> 10), 0xdc00u + (rest & 0x3ffu));
    }
    if (point == 0x7f) { /* DEL is ASCII, and Python leaves it alone */
        return god_text_append(text, "\x7f", 1, err);
    }
    return god_text_append_f(text, err, "\\u%04x", point);
}

static god_status write_string(const char *string, size_t bytes, god_text *text, god_error *err)
{
    const unsigned char *at = (const unsigned char *)string;
    const unsigned char *end = at + bytes;
    GOD_TRY(god_text_append_str(text, "\"", err));
    while (at < end) {
        GOD_TRY(write_code_point(next_code_point(&at), text, err));
    }
    return god_text_append_str(text, "\"", err);
}

static god_status write_array(const json_t *array, uint32_t depth, god_text *text, god_error *err)
{
    GOD_TRY(god_text_append_str(text, "[", err));
    for (size_t i = 0; i < json_array_size(array); i++) {
        GOD_TRY(god_text_append_str(text, i == 0 ? "" : ", ", err));
        GOD_TRY(write_value(json_array_get(array, i), depth, text, err));
    }
    return god_text_append_str(text, "]", err);
}

static god_status write_object(const json_t *object, uint32_t depth, god_text *text, god_error *err)
{
    const char *separator = "";
    const char *key;
    json_t *value;
    GOD_TRY(god_text_append_str(text, "{", err));
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        GOD_TRY(god_text_append_str(text, separator, err));
        GOD_TRY(write_string(key, strlen(key), text, err));
        GOD_TRY(god_text_append_str(text, ": ", err));
        GOD_TRY(write_value(value, depth, text, err));
        separator = ", ";
    }
    return god_text_append_str(text, "}", err);
}

static god_status write_value(const json_t *value, uint32_t depth, god_text *text, god_error *err)
{
    char number[GTX_FLOAT_TEXT_BYTES];
    if (depth > DEPTH_MAX) {
        return god_fail(err, GOD_E_INVALID, "a JSON value is nested deeper than %d levels", DEPTH_MAX);
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT: return write_object(value, depth + 1, text, err);
    case JSON_ARRAY: return write_array(value, depth + 1, text, err);
    case JSON_STRING: return write_string(json_string_value(value), json_string_length(value), text, err);
    case JSON_INTEGER: return god_text_append_f(text, err, "%lld", (long long)json_integer_value(value));
    case JSON_REAL: gtx_float_text(json_real_value(value), number); return god_text_append_str(text, number, err);
    case JSON_TRUE: return god_text_append_str(text, "true", err);
    case JSON_FALSE: return god_text_append_str(text, "false", err);
    default: return god_text_append_str(text, "null", err);
    }
}

god_status gtx_python_json(const json_t *value, god_text *text, god_error *err)
{
    return write_value(value, 0, text, err);
}
