#include "decoder.h"

#include <stdlib.h>

#include "byte_level.h"
#include "god/helpers/json.h"
#include "step.h"
#include "utf8.h"

god_status gdt_strings_push(gdt_strings *strings, const char *text, size_t bytes, god_error *err)
{
    GOD_TRY(gdt_reserve((void **)&strings->ends, &strings->capacity, strings->count + 1, sizeof *strings->ends,
                        "decode", err));
    GOD_TRY(god_text_append(&strings->bytes, text, bytes, err));
    strings->ends[strings->count++] = strings->bytes.bytes;
    return GOD_OK;
}

void gdt_strings_fini(gdt_strings *strings)
{
    god_text_free(&strings->bytes);
    free(strings->ends);
    memset(strings, 0, sizeof *strings);
}

void gdt_decoder_fini(gdt_decoder *decoder)
{
    free(decoder->steps);
    memset(decoder, 0, sizeof *decoder);
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
            GOD_TRY(god_text_append(text, "\xEF\xBF\xBD", 3, err));
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
    size_t begin = 0;
    for (size_t i = 0; i < from->count && status == GOD_OK; i++) {
        const char *piece = from->bytes.data + begin;
        size_t bytes = from->ends[i] - begin;
        size_t count = gdt_byte_level_spell(piece, bytes, buffer);
        status = count != SIZE_MAX ? god_text_append(&spelled, buffer, count, err)
                                   : god_text_append(&spelled, piece, bytes, err);
        begin = from->ends[i];
    }
    if (status == GOD_OK && spelled.bytes > 0) {
        status = append_repaired(&repaired, spelled.data, spelled.bytes, err);
    }
    if (status == GOD_OK) {
        status = gdt_strings_push(to, repaired.data != NULL ? repaired.data : "", repaired.bytes, err);
    }
    free(buffer);
    god_text_free(&spelled);
    god_text_free(&repaired);
    return status;
}

static god_status load_step(gdt_decode_step *step, const char *where, const char *type, json_t *object, god_error *err)
{
    (void)object;
    if (strcmp(type, "ByteLevel") == 0) {
        step->run = run_byte_level;
        return GOD_OK;
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: the type \"%.40s\" is not supported", where, type);
}

static god_status load(gdt_decoder *decoder, const char *where, json_t *object, size_t depth, god_error *err)
{
    const char *type = NULL;
    GOD_TRY(god_json_get_str(where, object, "type", &type, err));
    if (strcmp(type, "Sequence") == 0) {
        json_t *list = NULL, *item;
        size_t i;
        if (depth == GDT_STEP_DEPTH_MAX) {
            return god_fail(err, GOD_E_DATA, "%s: sequences are nested deeper than GDT_STEP_DEPTH_MAX (%d)", where,
                            GDT_STEP_DEPTH_MAX);
        }
        GOD_TRY(god_json_get_array(where, object, "decoders", &list, err));
        json_array_foreach(list, i, item)
        {
            char here[256];
            (void)snprintf(here, sizeof here, "%s[%zu]", where, i);
            GOD_TRY(load(decoder, here, item, depth + 1, err));
        }
        return GOD_OK;
    }
    if (decoder->count == GDT_STEPS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: there are more than GDT_STEPS_MAX (%d) steps", where, GDT_STEPS_MAX);
    }
    GOD_TRY(gdt_reserve((void **)&decoder->steps, &decoder->capacity, decoder->count + 1, sizeof *decoder->steps, where,
                        err));
    gdt_decode_step *step = &decoder->steps[decoder->count++];
    memset(step, 0, sizeof *step);
    return load_step(step, where, type, object, err);
}

god_status gdt_decoder_load(gdt_decoder *decoder, json_t *object, god_error *err)
{
    if (object == NULL || json_is_null(object)) {
        return GOD_OK;
    }
    decoder->present = 1;
    return load(decoder, "tokenizer.json: decoder", object, 0, err);
}

god_status gdt_decoder_run(const gdt_decoder *decoder, gdt_strings *pieces, god_text *ret_text, god_error *err)
{
    for (size_t i = 0; i < decoder->count; i++) {
        gdt_strings next = {.bytes = GOD_TEXT_INIT};
        god_status status = decoder->steps[i].run(&decoder->steps[i], pieces, &next, err);
        gdt_strings_fini(pieces);
        *pieces = next;
        GOD_TRY(status);
    }
    size_t begin = 0;
    for (size_t i = 0; i < pieces->count; i++) {
        if (!decoder->present && i > 0) {
            GOD_TRY(god_text_append(ret_text, " ", 1, err));
        }
        GOD_TRY(god_text_append(ret_text, pieces->bytes.data + begin, pieces->ends[i] - begin, err));
        begin = pieces->ends[i];
    }
    return GOD_OK;
}
