#include "core/identity/transcript.h"

#include <sodium.h>
#include <string.h>

/* STROBE's name for an operation: the sum of these. */
enum { flag_inbound = 1, flag_data = 2, flag_cipher = 4, flag_meta = 16, flag_key = 32, rate = 166 };

/* ---- STROBE ---- */

static void permute(gdi_transcript *t)
{
    t->state[t->pos] ^= t->pos_begin;
    t->state[t->pos + 1] ^= 0x04;
    t->state[rate + 1] ^= 0x80;
    gdi_keccak_permute(t->state);
    t->pos = t->pos_begin = 0;
}

static void step_on(gdi_transcript *t)
{
    if (++t->pos == rate) {
        permute(t);
    }
}

static void absorb(gdi_transcript *t, const void *data, size_t bytes)
{
    const uint8_t *from = data;
    for (size_t i = 0; i < bytes; i++) {
        t->state[t->pos] ^= from[i];
        step_on(t);
    }
}

static void overwrite(gdi_transcript *t, const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        t->state[t->pos] = data[i];
        step_on(t);
    }
}

static void squeeze(gdi_transcript *t, uint8_t *ret_data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        ret_data[i] = t->state[t->pos];
        t->state[t->pos] = 0;
        step_on(t);
    }
}

static void begin(gdi_transcript *t, uint8_t flags)
{
    uint8_t head[2] = {t->pos_begin, flags};
    t->pos_begin = (uint8_t)(t->pos + 1);
    absorb(t, head, sizeof head);
    if ((flags & (flag_cipher | flag_key)) != 0 && t->pos != 0) {
        permute(t);
    }
}

/* What is said about the next operation. A length after a label goes on with the same operation. */
static void describe(gdi_transcript *t, const char *label, const size_t *bytes)
{
    begin(t, flag_meta | flag_data);
    absorb(t, label, strlen(label));
    if (bytes != NULL) {
        uint32_t count = (uint32_t)*bytes;
        uint8_t little[4] = {(uint8_t)count, (uint8_t)(count >> 8), (uint8_t)(count >> 16), (uint8_t)(count >> 24)};
        absorb(t, little, sizeof little);
    }
}

static void set_key(gdi_transcript *t, const uint8_t *key, size_t bytes)
{
    begin(t, flag_data | flag_cipher);
    overwrite(t, key, bytes);
}

static void draw(gdi_transcript *t, uint8_t *ret_bytes, size_t bytes)
{
    begin(t, flag_inbound | flag_data | flag_cipher);
    squeeze(t, ret_bytes, bytes);
}

/* ---- merlin ---- */

void gdi_transcript_open(gdi_transcript *t, const char *label)
{
    static const char start[] = "\x01\xa8\x01\x00\x01\x60"
                                "STROBEv1.0.2";
    static const char protocol[] = "Merlin v1.0";
    *t = (gdi_transcript){.pos = 0};
    memcpy(t->state, start, sizeof start - 1);
    gdi_keccak_permute(t->state);
    describe(t, protocol, NULL);
    gdi_transcript_append(t, "dom-sep", label, strlen(label));
}

void gdi_transcript_append(gdi_transcript *t, const char *label, const void *message, size_t bytes)
{
    describe(t, label, &bytes);
    begin(t, flag_data);
    absorb(t, message, bytes);
}

void gdi_transcript_challenge(gdi_transcript *t, const char *label, uint8_t *ret_bytes, size_t bytes)
{
    describe(t, label, &bytes);
    draw(t, ret_bytes, bytes);
}

void gdi_transcript_witness(const gdi_transcript *t, const char *label, const uint8_t secret[32],
                            const uint8_t random[32], uint8_t *ret_bytes, size_t bytes)
{
    enum { seed_bytes = 32 };
    gdi_transcript clone = *t;
    describe(&clone, label, &(size_t){seed_bytes});
    set_key(&clone, secret, seed_bytes);
    describe(&clone, "rng", NULL);
    set_key(&clone, random, seed_bytes);
    describe(&clone, "", &bytes);
    draw(&clone, ret_bytes, bytes);
    sodium_memzero(&clone, sizeof clone);
}
