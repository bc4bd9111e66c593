/* The decoders of the tokenizers library, each from a list of pieces to a list of pieces. */
#include <stdlib.h>

#include "byte_level.h"
#include "decoder.h"
#include "god/helpers/json.h"
#include "step.h"
#include "utf8.h"

static const char replacement[] = "\xEF\xBF\xBD";

static god_status push_text(gdt_strings *to, const god_text *text, god_error *err)
{
    return gdt_strings_push(to, text->data != NULL ? text->data : "", text->bytes, err);
}

/* Appends bytes with U+FFFD for what is not UTF-8. */
static god_status append_repaired(god_text *text, const char *bytes, size_t count, god_error *err)
{
    for (size_t at = 0; at < count;) {
        size_t valid = gdt_utf8_valid_prefix(bytes + at, count - at);
        GOD_TRY(god_text_append(text, bytes + at, valid, err));
        at += valid;
        if (at < count) {
            uint32_t code;
            at += gdt_utf8_next(bytes + at, count - at, &code);
            GOD_TRY(god_text_append_str(text, replacement, err));
        }
    }
    return GOD_OK;
}

/* All pieces become one: the bytes that they spell; a piece with a character outside the alphabet stands for itself. */
static god_status run_byte_level(const gdt_decode_step *step, const gdt_strings *from, gdt_strings *to, god_error *err)
{
    (void)step;
    god_text spelled = GOD_TEXT_INIT, repaired = GOD_TEXT_INIT;
    char *buffer = malloc(from->bytes.bytes + 1);
    god_status status = buffer != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "decode: out of memory");
    for (size_t i = 0; i < from->count && status == GOD_OK; i++) {
        size_t bytes;
        const char *piece = gdt_strings_get(from, i, &bytes);
        size_t count = gdt_byte_level_spell(piece, bytes, buffer);
        status = count != SIZE_MAX ? god_text_append(&spelled, buffer, count, err)
                                   : god_text_append(&spelled, piece, bytes, err);
    }
    if (status == GOD_OK && spelled.bytes > 0) {
        status = append_repaired(&repaired, spelled.data, spelled.bytes, err);
    }
    if (status == GOD_OK) {
        status = push_text(to, &repaired, err);
    }
    free(buffer);
    god_text_free(&spelled);
    god_text_free(&repaired);
    return status;
}

/* The byte of <0xHH>, -1 for another piece. */
static int fallback_byte(const char *piece, size_t bytes)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    if (bytes != 6 || memcmp(piece, "<0x", 3) != 0 || piece[5] != '>' || piece[3] == '\0' || piece[4] == '\0') {
        return -1;
    }
    const char *high = strchr(digits, piece[3]), *low = strchr(digits, piece[4]);
    return high != NULL && low != NULL ? (int)((high - digits) % 16 * 16 + (low - digits) % 16) : -1;
}

/* A run of bytes becomes the text that they spell, or one U+FFFD each. */
static god_status flush_bytes(god_text *run, gdt_strings *to, god_error *err)
{
    if (run->bytes == 0) {
        return GOD_OK;
    }
    god_status status = GOD_OK;
    if (gdt_utf8_valid_prefix(run->data, run->bytes) == run->bytes) {
        status = push_text(to, run, err);
    } else {
        for (size_t i = 0; i < run->bytes && status == GOD_OK; i++) {
            status = gdt_strings_push(to, replacement, strlen(replacement), err);
        }
    }
    god_text_clear(run);
    return status;
}

static god_status run_byte_fallback(const gdt_decode_step *step, const gdt_strings *from, gdt_strings *to,
                                    god_error *err)
{
    (void)step;
    god_text run = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (size_t i = 0; i < from->count && status == GOD_OK; i++) {
        size_t bytes;
        const char *piece = gdt_strings_get(from, i, &bytes);
        int byte = fallback_byte(piece, bytes);
        if (byte >= 0) {
            char one = (char)byte;
            status = god_text_append(&run, &one, 1, err);
        } else {
            status = flush_bytes(&run, to, err);
            if (status == GOD_OK) {
                status = gdt_strings_push(to, piece, bytes, err);
            }
        }
    }
    if (status == GOD_OK) {
        status = flush_bytes(&run, to, err);
    }
    god_text_free(&run);
    return status;
}

static god_status run_fuse(const gdt_decode_step *step, const gdt_strings *from, gdt_strings *to, god_error *err)
{
    (void)step;
    return push_text(to, &from->bytes, err);
}

/* The sign becomes a blank; in the first piece it vanishes, unless the encoder puts none there. */
static god_status run_metaspace(const gdt_decode_step *step, const gdt_strings *from, gdt_strings *to, god_error *err)
{
    god_text text = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (size_t i = 0; i < from->count && status == GOD_OK; i++) {
        size_t bytes;
        const char *piece = gdt_strings_get(from, i, &bytes);
        god_text_clear(&text);
        for (size_t at = 0; at < bytes && status == GOD_OK;) {
            uint32_t code;
            size_t used = gdt_utf8_decode(piece + at, &code);
            if (code != step->code) {
                status = god_text_append(&text, piece + at, used, err);
            } else if (i > 0 || step->keeps_first) {
                status = god_text_append(&text, " ", 1, err);
            }
            at += used;
        }
        if (status == GOD_OK) {
            status = push_text(to, &text, err);
        }
    }
    god_text_free(&text);
    return status;
}

/* Replaces every `old` in the text; the text may hold NULs. */
static god_status replace_all(god_text *text, const char *old, const char *new, god_error *err)
{
    size_t old_bytes = strlen(old), at = 0;
    god_text replaced = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    if (old_bytes == 0 || text->bytes == 0 || memmem(text->data, text->bytes, old, old_bytes) == NULL) {
        return GOD_OK;
    }
    while (status == GOD_OK && at < text->bytes) {
        const char *found = memmem(text->data + at, text->bytes - at, old, old_bytes);
        size_t end = found != NULL ? (size_t)(found - text->data) : text->bytes;
        status = god_text_append(&replaced, text->data + at, end - at, err);
        if (status == GOD_OK && found != NULL) {
            status = god_text_append_str(&replaced, new, err);
        }
        at = found != NULL ? end + old_bytes : end;
    }
    god_text_free(text);
    *text = replaced;
    return status;
}

god_status gdt_decode_cleanup(god_text *text, uint32_t contracts_do_not, god_error *err)
{
    static const char *const pairs[][2] = {{" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
                                           {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
                                           {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        GOD_TRY(replace_all(text, pairs[i][0], pairs[i][1], err));
    }
    return contracts_do_not ? replace_all(text, " do not", " don't", err) : GOD_OK;
}

/* Parts join the word before them; words are set apart by a blank. */
static god_status run_word_piece(const gdt_decode_step *step, const gdt_strings *from, gdt_strings *to, god_error *err)
{
    god_text text = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    size_t prefix_bytes = strlen(step->text);
    for (size_t i = 0; i < from->count && status == GOD_OK; i++) {
        size_t bytes;
        const char *piece = gdt_strings_get(from, i, &bytes);
        uint32_t continues = i > 0 && bytes >= prefix_bytes && memcmp(piece, step->text, prefix_bytes) == 0;
        god_text_clear(&text);
        status = god_text_append(&text, " ", i > 0 && !continues, err);
        if (status == GOD_OK) {
            size_t skipped = continues ? prefix_bytes : 0;
            status = god_text_append(&text, piece + skipped, bytes - skipped, err);
        }
        if (status == GOD_OK && step->cleanup) {
            status = gdt_decode_cleanup(&text, 1, err);
        }
        if (status == GOD_OK) {
            status = push_text(to, &text, err);
        }
    }
    god_text_free(&text);
    return status;
}

/* The suffix that ends words becomes a blank, in the last piece nothing. */
static god_status run_bpe(const gdt_decode_step *step, const gdt_strings *from, gdt_strings *to, god_error *err)
{
    god_text text = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (size_t i = 0; i < from->count && status == GOD_OK; i++) {
        size_t bytes;
        const char *piece = gdt_strings_get(from, i, &bytes);
        god_text_clear(&text);
        status = god_text_append(&text, piece, bytes, err);
        if (status == GOD_OK) {
            status = replace_all(&text, step->text, i + 1 < from->count ? " " : "", err);
        }
        if (status == GOD_OK) {
            status = push_text(to, &text, err);
        }
    }
    god_text_free(&text);
    return status;
}

/* Takes a character away at both ends of each piece, as often as asked for. */
static god_status run_strip(const gdt_decode_step *step, const gdt_strings *from, gdt_strings *to, god_error *err)
{
    for (size_t i = 0; i < from->count; i++) {
        size_t bytes, begin = 0;
        const char *piece = gdt_strings_get(from, i, &bytes);
        uint32_t code;
        for (size_t k = 0; k < step->start && begin < bytes; k++) {
            size_t used = gdt_utf8_decode(piece + begin, &code);
            if (code != step->code) {
                break;
            }
            begin += used;
        }
        for (size_t k = 0; k < step->stop && bytes > begin; k++) {
            size_t last = gdt_utf8_before(piece, begin, bytes);
            (void)gdt_utf8_decode(piece + last, &code);
            if (code != step->code) {
                break;
            }
            bytes = last;
        }
        GOD_TRY(gdt_strings_push(to, piece + begin, bytes - begin, err));
    }
    return GOD_OK;
}

static god_status replace_in(const gdt_decode_step *step, gdt_work *work, const char *piece, size_t bytes,
                             god_text *text, god_error *err)
{
    GOD_TRY(gdt_work_begin(work, piece, bytes, err));
    GOD_TRY(gdt_regex_matches(step->regex, work, 0, (uint32_t)bytes, err));
    for (size_t i = 0; i < work->matches.count; i++) {
        const gdt_match *match = &work->matches.items[i];
        if (match->is_match) {
            GOD_TRY(god_text_append_str(text, step->text, err));
        } else {
            GOD_TRY(god_text_append(text, piece + match->begin, match->end - match->begin, err));
        }
    }
    return GOD_OK;
}

static god_status run_replace(const gdt_decode_step *step, const gdt_strings *from, gdt_strings *to, god_error *err)
{
    gdt_work work;
    god_text text = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    memset(&work, 0, sizeof work);
    for (size_t i = 0; i < from->count && status == GOD_OK; i++) {
        size_t bytes;
        const char *piece = gdt_strings_get(from, i, &bytes);
        god_text_clear(&text);
        status = replace_in(step, &work, piece, bytes, &text, err);
        if (status == GOD_OK) {
            status = push_text(to, &text, err);
        }
    }
    god_text_free(&text);
    gdt_work_fini(&work);
    return status;
}

static god_status load_strip(gdt_decode_step *step, const char *where, json_t *object, god_error *err)
{
    int64_t start = 0, stop = 0;
    step->run = run_strip;
    GOD_TRY(gdt_load_character(where, object, "content", &step->code, err));
    GOD_TRY(god_json_get_int(where, object, "start", 0, INT32_MAX, &start, err));
    GOD_TRY(god_json_get_int(where, object, "stop", 0, INT32_MAX, &stop, err));
    step->start = (size_t)start;
    step->stop = (size_t)stop;
    return GOD_OK;
}

static god_status load_metaspace(gdt_decode_step *step, const char *where, json_t *object, god_error *err)
{
    const char *scheme = NULL;
    uint32_t add_prefix_space = 1;
    step->run = run_metaspace;
    GOD_TRY(gdt_load_character(where, object, "replacement", &step->code, err));
    GOD_TRY(god_json_opt_bool(where, object, "add_prefix_space", &add_prefix_space, err));
    GOD_TRY(god_json_opt_str(where, object, "prepend_scheme", &scheme, err));
    step->keeps_first = scheme != NULL ? strcmp(scheme, "never") == 0 : !add_prefix_space;
    return GOD_OK;
}

god_status gdt_decode_step_load(gdt_decode_step *step, const char *where, const char *type, json_t *object,
                                god_error *err)
{
    if (strcmp(type, "ByteLevel") == 0) {
        step->run = run_byte_level;
        return GOD_OK;
    }
    if (strcmp(type, "ByteFallback") == 0) {
        step->run = run_byte_fallback;
        return GOD_OK;
    }
    if (strcmp(type, "Fuse") == 0) {
        step->run = run_fuse;
        return GOD_OK;
    }
    if (strcmp(type, "Metaspace") == 0) {
        return load_metaspace(step, where, object, err);
    }
    if (strcmp(type, "WordPiece") == 0) {
        step->run = run_word_piece;
        step->cleanup = 1;
        GOD_TRY(god_json_opt_bool(where, object, "cleanup", &step->cleanup, err));
        return gdt_load_text(where, object, "prefix", &step->text, err);
    }
    if (strcmp(type, "BPEDecoder") == 0) {
        step->run = run_bpe;
        return gdt_load_text(where, object, "suffix", &step->text, err);
    }
    if (strcmp(type, "Strip") == 0) {
        return load_strip(step, where, object, err);
    }
    if (strcmp(type, "Replace") == 0) {
        step->run = run_replace;
        GOD_TRY(gdt_load_pattern(where, object, &step->regex, err));
        return gdt_load_text(where, object, "content", &step->text, err);
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: the type \"%.40s\" is not supported", where, type);
}
