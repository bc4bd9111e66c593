#include "common/format_string.h"

static const gtx_field *find_field(const gtx_field *fields, size_t count, const char *name, size_t bytes)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(fields[i].name) == bytes && memcmp(fields[i].name, name, bytes) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

/* Writes the field whose name starts at *at (behind the brace) and moves *at behind its closing brace. */
static god_status replace_field(const char *what, const char *format, const char **at, const gtx_field *fields,
                                size_t field_count, god_text *text, god_error *err)
{
    const char *name = *at;
    size_t bytes = strcspn(name, "{}!:[.");
    const gtx_field *field = find_field(fields, field_count, name, bytes);
    if (name[bytes] == '\0' || name[bytes] == '{') {
        return god_fail(err, GOD_E_INVALID, "\"%s\" has a \"{\" without its \"}\": \"%s\" (write \"{{\" for a brace)",
                        what, format);
    }
    if (name[bytes] != '}') {
        return god_fail(err, GOD_E_INVALID, "\"%s\" uses \"%c\" inside braces: only {name} is allowed in \"%s\"", what,
                        name[bytes], format);
    }
    if (field == NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" names {%.*s}, which it may not use: \"%s\"", what, (int)bytes, name,
                        format);
    }
    *at = name + bytes + 1;
    return god_text_append(text, field->value, field->bytes, err);
}

god_status gtx_format(const char *what, const char *format, const gtx_field *fields, size_t field_count, god_text *text,
                      god_error *err)
{
    const char *at = format;
    while (*at != '\0') {
        size_t plain = strcspn(at, "{}");
        GOD_TRY(god_text_append(text, at, plain, err));
        at += plain;
        if (*at == '\0') {
            break;
        }
        if (at[1] == at[0]) {
            GOD_TRY(god_text_append(text, at, 1, err));
            at += 2;
        } else if (*at == '{') {
            at++;
            GOD_TRY(replace_field(what, format, &at, fields, field_count, text, err));
        } else {
            return god_fail(err, GOD_E_INVALID,
                            "\"%s\" has a \"}\" without its \"{\": \"%s\" (write \"}}\" for a brace)", what, format);
        }
    }
    return GOD_OK;
}
