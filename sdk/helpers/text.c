#include "god/helpers/text.h"

#include <stdlib.h>

void god_text_free(god_text *text)
{
    if (text == NULL) {
        return;
    }
    free(text->data);
    *text = (god_text)GOD_TEXT_INIT;
}

void god_text_clear(god_text *text)
{
    text->bytes = 0;
    if (text->data != NULL) {
        text->data[0] = '\0';
    }
}

/* Makes room for `more` bytes and the final NUL. */
static god_status reserve(god_text *text, size_t more, god_error *err)
{
    if (more >= GOD_TEXT_BYTES_MAX - text->bytes) {
        return god_fail(err, GOD_E_NOMEM, "a text grew beyond GOD_TEXT_BYTES_MAX (%zu bytes)", GOD_TEXT_BYTES_MAX);
    }
    size_t needed = text->bytes + more + 1;
    if (needed <= text->capacity) {
        return GOD_OK;
    }
    size_t capacity = text->capacity < 64 ? 64 : text->capacity;
    while (capacity < needed) {
        capacity *= 2;
    }
    char *data = realloc(text->data, capacity);
    if (data == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a text of %zu bytes", capacity);
    }
    text->data = data;
    text->capacity = capacity;
    return GOD_OK;
}

god_status god_text_append(god_text *text, const char *bytes, size_t count, god_error *err)
{
    GOD_TRY(reserve(text, count, err));
    if (count > 0) {
        memcpy(text->data + text->bytes, bytes, count);
    }
    text->bytes += count;
    text->data[text->bytes] = '\0';
    return GOD_OK;
}

god_status god_text_append_str(god_text *text, const char *str, god_error *err)
{
    return god_text_append(text, str, strlen(str), err);
}

god_status god_text_append_f(god_text *text, god_error *err, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int count = vsnprintf(NULL, 0, format, args);
    va_end(args);
    god_status status =
        count < 0 ? god_fail(err, GOD_E_INTERNAL, "cannot format \"%s\"", format) : reserve(text, (size_t)count, err);
    if (status == GOD_OK) {
        (void)vsnprintf(text->data + text->bytes, (size_t)count + 1, format, again);
        text->bytes += (size_t)count;
    }
    va_end(again);
    return status;
}

size_t god_percent_encode(const char *str, char *buf, size_t cap)
{
    static const char digits[] = "0123456789ABCDEF";
    static const char kept[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    size_t used = 0, needed = 0;
    for (; *str != '\0'; str++) {
        const unsigned char c = (unsigned char)*str;
        const char whole[4] = {'%', digits[c >> 4], digits[c & 15], '\0'}, plain[2] = {*str, '\0'};
        const char *piece = strchr(kept, c) != NULL ? plain : whole;
        size_t bytes = strlen(piece);
        if (needed == used && used + bytes < cap) {
            memcpy(buf + used, piece, bytes);
            used += bytes;
        }
        needed += bytes;
    }
    buf[used] = '\0';
    return needed;
}
