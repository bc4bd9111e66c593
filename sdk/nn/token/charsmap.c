/* The character map of a SentencePiece model: a double array of the texts that change, and what they change into.
 *
 *   bytes 0-3   size of the array in bytes, little-endian
 *   array       32-bit units; a unit holds a label, an offset to its children, or the value of a leaf
 *   rest        the new texts, each ended by a NUL; a leaf's value is where its text begins
 *
 * Source of the unit layout: Darts-clone (Yata), darts.h. Of how texts are looked up: the tokenizers library, which
 * asks for each grapheme of up to five bytes first and takes the shortest entry that it begins with. */
#include <stdlib.h>

#include <utf8proc.h>

#include "god/helpers/json.h"
#include "normalizer.h"
#include "utf8.h"

#define GDT_CHARSMAP_BYTES_MAX ((size_t)16 << 20)
enum { grapheme_bytes_max = 5 };

typedef struct charsmap {
    uint32_t *units;
    size_t unit_count;
    char *texts; /* ended by a NUL of its own */
    size_t text_bytes;
} charsmap;

static void free_charsmap(void *self)
{
    charsmap *map = self;
    if (map != NULL) {
        free(map->units);
        free(map->texts);
        free(map);
    }
}

static size_t offset_of(uint32_t unit)
{
    return (size_t)(unit >> 10) << ((unit & (1u << 9)) >> 6);
}

/* The new text of the shortest entry that these bytes begin with, NULL when there is none. */
static const char *look_up(const charsmap *map, const char *bytes, size_t count)
{
    size_t node = offset_of(map->units[0]);
    for (size_t i = 0; i < count && bytes[i] != '\0'; i++) {
        uint32_t label = (unsigned char)bytes[i];
        node ^= label;
        if (node >= map->unit_count || (map->units[node] & ((1u << 31) | 0xFFu)) != label) {
            return NULL;
        }
        uint32_t unit = map->units[node];
        node ^= offset_of(unit);
        if ((unit >> 8) & 1u) {
            size_t value = node < map->unit_count ? map->units[node] & 0x7FFFFFFFu : map->text_bytes;
            uint32_t begins_text = value < map->text_bytes && !gdt_utf8_is_continuation(map->texts[value]);
            return begins_text ? map->texts + value : NULL;
        }
    }
    return NULL;
}

/* One piece on its way. The last character waits, because text that vanishes behind it counts as swallowed by it; what
 * vanishes in front of the first character is not counted at all. */
typedef struct mapping {
    const charsmap *map;
    gdt_work *work;
    const gdt_piece *piece;
    god_error *err;
    uint32_t old_at;
    gdt_change last;
    uint32_t has_last;
} mapping;

static god_status put(mapping *m, gdt_change change)
{
    if (m->has_last) {
        GOD_TRY(gdt_emit_change(m->work, m->piece, &m->old_at, m->last, m->err));
    }
    m->last = change;
    m->has_last = 1;
    return GOD_OK;
}

static int32_t count_characters(const char *text, size_t bytes)
{
    int32_t count = 0;
    for (size_t i = 0; i < bytes; i++) {
        count += !gdt_utf8_is_continuation(text[i]);
    }
    return count;
}

/* The old text becomes `text`: surplus new characters are added, missing ones are swallowed by the last. */
static god_status put_mapped(mapping *m, uint32_t at, uint32_t after, const char *text)
{
    int32_t old_count = count_characters(m->work->text + at, after - at);
    int32_t new_count = count_characters(text, strlen(text));
    for (int32_t i = 0; i < new_count; i++) {
        gdt_change change = {.change = i >= old_count};
        text += gdt_utf8_decode(text, &change.code);
        GOD_TRY(put(m, change));
    }
    if (new_count < old_count && m->has_last) {
        m->last.change -= old_count - new_count;
    }
    return GOD_OK;
}

static god_status put_grapheme(mapping *m, uint32_t at, uint32_t after)
{
    const char *old = m->work->text;
    const char *text = after - at <= grapheme_bytes_max ? look_up(m->map, old + at, after - at) : NULL;
    if (text != NULL) {
        return put_mapped(m, at, after, text);
    }
    while (at < after) {
        gdt_change kept = {.change = 0};
        uint32_t next = at + (uint32_t)gdt_utf8_decode(old + at, &kept.code);
        text = look_up(m->map, old + at, next - at);
        GOD_TRY(text != NULL ? put_mapped(m, at, next, text) : put(m, kept));
        at = next;
    }
    return GOD_OK;
}

static god_status write_mapped(const void *self, gdt_work *work, const gdt_piece *piece, god_error *err)
{
    const gdt_step *step = self;
    mapping m = {.map = step->extra, .work = work, .piece = piece, .err = err, .old_at = piece->begin};
    uint32_t begin = piece->begin, code, next;
    utf8proc_int32_t state = 0;
    uint32_t at = begin + (uint32_t)gdt_utf8_decode(work->text + begin, &code);
    while (at < piece->end) {
        uint32_t after = at + (uint32_t)gdt_utf8_decode(work->text + at, &next);
        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)code, (utf8proc_int32_t)next, &state)) {
            GOD_TRY(put_grapheme(&m, begin, at));
            begin = at;
        }
        code = next;
        at = after;
    }
    GOD_TRY(put_grapheme(&m, begin, piece->end));
    return m.has_last ? gdt_emit_change(work, piece, &m.old_at, m.last, err) : GOD_OK;
}

static god_status run_charsmap(const gdt_step *step, gdt_work *work, god_error *err)
{
    return step->extra != NULL ? gdt_rewrite(work, write_mapped, step, err) : GOD_OK;
}

static god_status fill(charsmap *map, const char *where, const unsigned char *bytes, size_t count, god_error *err)
{
    size_t array_bytes =
        count >= 4 ? (size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24 : 0;
    if (count < 4 || array_bytes > count - 4 || array_bytes < 4 || array_bytes % 4 != 0) {
        return god_fail(err, GOD_E_DATA, "%s: the character map of %zu bytes says that its array has %zu", where, count,
                        array_bytes);
    }
    map->unit_count = array_bytes / 4;
    map->text_bytes = count - 4 - array_bytes;
    map->units = malloc(array_bytes);
    map->texts = malloc(map->text_bytes + 1);
    if (map->units == NULL || map->texts == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    for (size_t i = 0; i < map->unit_count; i++) {
        const unsigned char *b = bytes + 4 + 4 * i;
        map->units[i] = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    }
    memcpy(map->texts, bytes + 4 + array_bytes, map->text_bytes);
    map->texts[map->text_bytes] = '\0';
    if (gdt_utf8_valid_prefix(map->texts, map->text_bytes) != map->text_bytes) {
        return god_fail(err, GOD_E_DATA, "%s: the texts of the character map are not UTF-8", where);
    }
    return GOD_OK;
}

god_status gdt_load_charsmap_bytes(gdt_step *step, const char *where, const void *map, size_t bytes, god_error *err)
{
    step->run = run_charsmap;
    if (bytes == 0) {
        return GOD_OK;
    }
    charsmap *filled = calloc(1, sizeof *filled);
    if (filled == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    step->extra = filled;
    step->free_extra = free_charsmap;
    return fill(filled, where, map, bytes, err);
}

/* Decodes base64; SIZE_MAX when it is not. `ret_bytes` has room for three bytes per four characters. */
static size_t decode_base64(const char *text, unsigned char *ret_bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t count = 0, digit_count = 0;
    uint32_t bits = 0;
    for (; *text != '\0' && *text != '='; text++) {
        const char *digit = strchr(digits, *text);
        if (digit == NULL) {
            return SIZE_MAX;
        }
        bits = bits << 6 | (uint32_t)(digit - digits);
        if (++digit_count % 4 != 1) {
            ret_bytes[count++] = (unsigned char)(bits >> (6 - 2 * ((digit_count + 3) % 4)));
        }
    }
    return digit_count % 4 == 1 || strspn(text, "=") != strlen(text) ? SIZE_MAX : count;
}

god_status gdt_load_charsmap(gdt_step *step, const char *where, json_t *object, god_error *err)
{
    const char *text = NULL;
    size_t bytes = 0;
    GOD_TRY(god_json_get_str(where, object, "precompiled_charsmap", &text, err));
    size_t capacity = strlen(text) / 4 * 3 + 3;
    if (capacity > GDT_CHARSMAP_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"precompiled_charsmap\" has %zu bytes, GDT_CHARSMAP_BYTES_MAX is %zu",
                        where, capacity, GDT_CHARSMAP_BYTES_MAX);
    }
    unsigned char *map = malloc(capacity);
    if (map == NULL) {
        return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
    }
    bytes = decode_base64(text, map);
    god_status status = bytes != SIZE_MAX
                            ? gdt_load_charsmap_bytes(step, where, map, bytes, err)
                            : god_fail(err, GOD_E_DATA, "%s: \"precompiled_charsmap\" is not base64", where);
    free(map);
    return status;
}
