#include "core/simulation/draw.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

typedef struct sip {
    uint64_t v0, v1, v2, v3;
} sip;

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static void sip_round(sip *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32) + s->v3;
    s->v2 += s->v1;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static void sip_take(sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= word;
}

static uint64_t little_endian(const uint8_t *bytes, size_t count)
{
    uint64_t word = 0;
    for (size_t i = 0; i < count; i++) {
        word |= (uint64_t)bytes[i] << (8 * i);
    }
    return word;
}

uint64_t gdi_siphash(uint64_t key0, uint64_t key1, const void *data, size_t bytes)
{
    sip s = {key0 ^ 0x736f6d6570736575u, key1 ^ 0x646f72616e646f6du, key0 ^ 0x6c7967656e657261u,
             key1 ^ 0x7465646279746573u};
    const uint8_t *at = data;
    size_t left = bytes;
    for (; left >= 8; left -= 8, at += 8) {
        sip_take(&s, little_endian(at, 8));
    }
    sip_take(&s, little_endian(at, left) | (uint64_t)bytes << 56);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++) {
        sip_round(&s);
    }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t gdi_draw(uint64_t seed, const char *what, const char *whose, uint64_t number)
{
    /* Two hashes chained, so that ("ab", "c") and ("a", "bc") have nothing to do with each other. */
    uint64_t subject = gdi_siphash(seed, number, what, strlen(what));
    return gdi_siphash(seed, subject, whose, strlen(whose));
}

static double unit(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

double gdi_draw_unit(uint64_t seed, const char *what, const char *whose, uint64_t number)
{
    return unit(gdi_draw(seed, what, whose, number));
}

int64_t gdi_draw_range(uint64_t seed, const char *what, const char *whose, uint64_t number, int64_t lowest,
                       int64_t highest)
{
    assert(lowest <= highest);
    uint64_t span = (uint64_t)(highest - lowest) + 1;
    return lowest + (int64_t)(gdi_draw(seed, what, whose, number) % span);
}

double gdi_draw_normal(uint64_t seed, const char *what, const char *whose, uint64_t number)
{
    uint64_t bits = gdi_draw(seed, what, whose, number);
    double sum = -6.0;
    for (uint64_t i = 0; i < 12; i++) {
        sum += unit(gdi_siphash(bits, i, "", 0));
    }
    return sum;
}

void gdi_draw_text(uint64_t seed, const char *what, const char *whose, uint64_t number, const char *alphabet,
                   size_t count, char *ret_text)
{
    size_t letters = strlen(alphabet);
    uint64_t bits = gdi_draw(seed, what, whose, number);
    for (size_t i = 0; i < count; i++) {
        ret_text[i] = alphabet[gdi_siphash(bits, i, "", 0) % letters];
    }
    ret_text[count] = '\0';
}

void gdi_draw_bytes(uint64_t seed, const char *what, const char *whose, uint8_t *ret_bytes, size_t count)
{
    uint64_t bits = gdi_draw(seed, what, whose, 0);
    for (size_t i = 0; i < count; i++) {
        ret_bytes[i] = (uint8_t)gdi_siphash(bits, i, "", 0);
    }
}
