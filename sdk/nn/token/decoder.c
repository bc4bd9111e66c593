#include "decoder.h"

#include <stdlib.h>

#include "component.h"
#include "step.h"

god_status gdt_strings_push(gdt_strings *strings, const char *text, size_t bytes, god_error *err)
{
    GOD_TRY(gdt_reserve((void **)&strings->ends, &strings->capacity, strings->count + 1, sizeof *strings->ends,
                        "decode", err));
    GOD_TRY(god_text_append(&strings->bytes, text, bytes, err));
    strings->ends[strings->count++] = strings->bytes.bytes;
    return GOD_OK;
}

const char *gdt_strings_get(const gdt_strings *strings, size_t i, size_t *ret_bytes)
{
    size_t begin = i > 0 ? strings->ends[i - 1] : 0;
    *ret_bytes = strings->ends[i] - begin;
    return strings->bytes.data + begin;
}

void gdt_strings_fini(gdt_strings *strings)
{
    god_text_free(&strings->bytes);
    free(strings->ends);
    memset(strings, 0, sizeof *strings);
}

void gdt_decoder_fini(gdt_decoder *decoder)
{
    for (size_t i = 0; i < decoder->count; i++) {
        gdt_regex_free(decoder->steps[i].regex);
        free(decoder->steps[i].text);
    }
    free(decoder->steps);
    memset(decoder, 0, sizeof *decoder);
}

static god_status load_step(void *user, const char *where, const char *type, json_t *object, god_error *err)
{
    gdt_decoder *decoder = user;
    if (decoder->count == GDT_STEPS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: there are more than GDT_STEPS_MAX (%d) steps", where, GDT_STEPS_MAX);
    }
    GOD_TRY(gdt_reserve((void **)&decoder->steps, &decoder->capacity, decoder->count + 1, sizeof *decoder->steps, where,
                        err));
    gdt_decode_step *step = &decoder->steps[decoder->count++];
    memset(step, 0, sizeof *step);
    return gdt_decode_step_load(step, where, type, object, err);
}

god_status gdt_decoder_load(gdt_decoder *decoder, json_t *object, god_error *err)
{
    if (object == NULL || json_is_null(object)) {
        return GOD_OK;
    }
    decoder->present = 1;
    return gdt_component_walk("tokenizer.json: decoder", "decoders", object, load_step, decoder, err);
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
    for (size_t i = 0; i < pieces->count; i++) {
        size_t bytes;
        const char *piece = gdt_strings_get(pieces, i, &bytes);
        if (!decoder->present && i > 0) {
            GOD_TRY(god_text_append(ret_text, " ", 1, err));
        }
        GOD_TRY(god_text_append(ret_text, piece, bytes, err));
    }
    return GOD_OK;
}
