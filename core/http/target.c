#include "core/http/target.h"

#include <jansson.h>
#include <stdlib.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static god_status check_text(const char *text, size_t bytes, god_error *err)
{
    for (size_t i = 0; i < bytes; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            return god_fail(err, GOD_E_INVALID, "the address holds a control character");
        }
    }
    json_t *string = json_stringn(text, bytes); /* jansson knows what UTF-8 is */
    if (string == NULL) {
        return god_fail(err, GOD_E_INVALID, "the address is not UTF-8");
    }
    json_decref(string);
    return GOD_OK;
}

/* Decodes one piece in place and ends it with a NUL. */
static god_status decode(char *piece, uint32_t in_query, god_error *err)
{
    char *to = piece;
    for (const char *from = piece; *from != '\0'; from++, to++) {
        if (*from == '+' && in_query) {
            *to = ' ';
        } else if (*from == '%') {
            int high = hex_digit(from[1]), low = high < 0 ? -1 : hex_digit(from[2]);
            if (low < 0) {
                return god_fail(err, GOD_E_INVALID, "the address has a %% without two hexadecimal digits behind it");
            }
            *to = (char)(high * 16 + low);
            from += 2;
        } else {
            *to = *from;
        }
    }
    *to = '\0';
    return check_text(piece, (size_t)(to - piece), err);
}

static god_status take_path(gdi_target *target, char *path, god_error *err)
{
    char *rest = path + 1; /* behind the first slash */
    while (rest != NULL) {
        if (target->segment_count == GDI_TARGET_SEGMENTS_MAX) {
            return god_fail(err, GOD_E_INVALID, "the address has more than %d parts", GDI_TARGET_SEGMENTS_MAX);
        }
        char *segment = strsep(&rest, "/");
        GOD_TRY(decode(segment, 0, err));
        target->segments[target->segment_count++] = segment;
    }
    return GOD_OK;
}

static god_status take_pair(gdi_target *target, char *text, god_error *err)
{
    char *value = text;
    char *name = strsep(&value, "=");
    GOD_TRY(decode(name, 1, err));
    if (value != NULL) {
        GOD_TRY(decode(value, 1, err));
    }
    if (gdi_target_query(target, name) != NULL) {
        return god_fail(err, GOD_E_INVALID, "the parameter \"%.100s\" is there twice", name);
    }
    if (target->query_count == GDI_TARGET_QUERY_MAX) {
        return god_fail(err, GOD_E_INVALID, "the address has more than %d parameters", GDI_TARGET_QUERY_MAX);
    }
    target->query[target->query_count++] = (gdi_target_pair){.name = name, .value = value == NULL ? "" : value};
    return GOD_OK;
}

static god_status take_all(gdi_target *target, god_error *err)
{
    char *query = target->bytes;
    char *path = strsep(&query, "?");
    GOD_TRY(take_path(target, path, err));
    while (query != NULL) {
        char *pair = strsep(&query, "&");
        if (*pair != '\0') {
            GOD_TRY(take_pair(target, pair, err));
        }
    }
    return GOD_OK;
}

god_status gdi_target_parse(const char *text, gdi_target *ret_target, god_error *err)
{
    if (text[0] != '/' || strnlen(text, GDI_TARGET_BYTES_MAX + 1) > GDI_TARGET_BYTES_MAX) {
        return god_fail(err, GOD_E_INVALID, "the address does not begin with \"/\" or is longer than %d bytes",
                        GDI_TARGET_BYTES_MAX);
    }
    gdi_target target = {.bytes = strdup(text)};
    if (target.bytes == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for an address");
    }
    god_status status = take_all(&target, err);
    if (status != GOD_OK) {
        gdi_target_clear(&target);
        return status;
    }
    *ret_target = target;
    return GOD_OK;
}

void gdi_target_clear(gdi_target *target)
{
    free(target->bytes);
    *target = (gdi_target){.bytes = NULL};
}

const char *gdi_target_query(const gdi_target *target, const char *name)
{
    for (uint32_t i = 0; i < target->query_count; i++) {
        if (strcmp(target->query[i].name, name) == 0) {
            return target->query[i].value;
        }
    }
    return NULL;
}
