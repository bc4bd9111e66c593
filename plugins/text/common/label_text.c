#include "common/label_text.h"

#include "common/float_text.h"

/* Quoted as Python quotes: with double quotes only where the text has single ones and no double ones. */
static god_status write_string(const char *string, god_text *text, god_error *err)
{
    const char *quote = strchr(string, '\'') != NULL && strchr(string, '"') == NULL ? "\"" : "'";
    GOD_TRY(god_text_append_str(text, quote, err));
    for (const char *c = string; *c != '\0'; c++) {
        if (*c == '\n' || *c == '\r' || *c == '\t') {
            GOD_TRY(god_text_append_str(text, *c == '\n' ? "\\n" : *c == '\r' ? "\\r" : "\\t", err));
        } else if (*c == '\\' || *c == *quote) {
            GOD_TRY(god_text_append_f(text, err, "\\%c", *c));
        } else if ((unsigned char)*c < ' ' || *c == 0x7f) {
            GOD_TRY(god_text_append_f(text, err, "\\x%02x", (unsigned)*c));
        } else {
            GOD_TRY(god_text_append(text, c, 1, err));
        }
    }
    return god_text_append_str(text, quote, err);
}

static god_status write_value(const json_t *value, god_text *text, god_error *err);

static god_status write_list(const json_t *list, god_text *text, god_error *err)
{
    GOD_TRY(god_text_append_str(text, "[", err));
    for (size_t i = 0; i < json_array_size(list); i++) {
        GOD_TRY(god_text_append_str(text, i == 0 ? "" : ", ", err));
        GOD_TRY(write_value(json_array_get(list, i), text, err));
    }
    return god_text_append_str(text, "]", err);
}

static god_status write_value(const json_t *value, god_text *text, god_error *err)
{
    char number[GTX_FLOAT_TEXT_BYTES];
    switch (json_typeof(value)) {
    case JSON_STRING: return write_string(json_string_value(value), text, err);
    case JSON_INTEGER: return god_text_append_f(text, err, "%lld", (long long)json_integer_value(value));
    case JSON_REAL: gtx_float_text(json_real_value(value), number); return god_text_append_str(text, number, err);
    case JSON_TRUE: return god_text_append_str(text, "True", err);
    case JSON_FALSE: return god_text_append_str(text, "False", err);
    case JSON_ARRAY: return write_list(value, text, err);
    case JSON_OBJECT:
        GOD_TRY(god_text_append_str(text, "(", err));
        GOD_TRY(gtx_label_text(value, text, err));
        return god_text_append_str(text, ")", err);
    default: return god_text_append_str(text, "None", err);
    }
}

god_status gtx_label_text(const json_t *record, god_text *text, god_error *err)
{
    const char *separator = "", *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)record, key, value)
    {
        GOD_TRY(god_text_append_f(text, err, "%s%s=", separator, key));
        GOD_TRY(write_value(value, text, err));
        separator = " ";
    }
    return GOD_OK;
}
