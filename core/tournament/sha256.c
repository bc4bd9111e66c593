#include "core/tournament/sha256.h"

#include <string.h>

/* FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t word, unsigned by)
{
    return (word >> by) | (word << (32 - by));
}

static uint32_t load_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

static void store_be32(uint8_t *bytes, uint32_t word)
{
    bytes[0] = (uint8_t)(word >> 24);
    bytes[1] = (uint8_t)(word >> 16);
    bytes[2] = (uint8_t)(word >> 8);
    bytes[3] = (uint8_t)word;
}

static void expand(const uint8_t block[64], uint32_t schedule[64])
{
    for (unsigned t = 0; t < 16; t++) {
        schedule[t] = load_be32(block + (size_t)4 * t);
    }
    for (unsigned t = 16; t < 64; t++) {
        uint32_t a = schedule[t - 15], b = schedule[t - 2];
        uint32_t sigma0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3);
        uint32_t sigma1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10);
        schedule[t] = sigma1 + schedule[t - 7] + sigma0 + schedule[t - 16];
    }
}

/* One of the 64 steps of 6.2.2. Instead of moving eight variables along, the next step is given them rotated. */
static inline void step(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f, uint32_t g,
                        uint32_t *h, uint32_t constant_and_word)
{
    uint32_t sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    uint32_t choice = g ^ (e & (f ^ g));
    uint32_t sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    uint32_t majority = (a & b) | (c & (a | b));
    uint32_t first = *h + sum1 + choice + constant_and_word;
    *d += first;
    *h = first + sum0 + majority;
}

static void compress(uint32_t hash[8], const uint8_t block[64])
{
    uint32_t words[64];
    expand(block, words);
    uint32_t a = hash[0], b = hash[1], c = hash[2], d = hash[3];
    uint32_t e = hash[4], f = hash[5], g = hash[6], h = hash[7];
    for (unsigned t = 0; t < 64; t += 8) {
        const uint32_t *k = round_constants + t, *w = words + t;
        step(a, b, c, &d, e, f, g, &h, k[0] + w[0]);
        step(h, a, b, &c, d, e, f, &g, k[1] + w[1]);
        step(g, h, a, &b, c, d, e, &f, k[2] + w[2]);
        step(f, g, h, &a, b, c, d, &e, k[3] + w[3]);
        step(e, f, g, &h, a, b, c, &d, k[4] + w[4]);
        step(d, e, f, &g, h, a, b, &c, k[5] + w[5]);
        step(c, d, e, &f, g, h, a, &b, k[6] + w[6]);
        step(b, c, d, &e, f, g, h, &a, k[7] + w[7]);
    }
    hash[0] += a;
    hash[1] += b;
    hash[2] += c;
    hash[3] += d;
    hash[4] += e;
    hash[5] += f;
    hash[6] += g;
    hash[7] += h;
}

void gdi_sha256_init(gdi_sha256 *sha)
{
    /* FIPS 180-4, 5.3.3 */
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(sha->hash, initial, sizeof initial);
    sha->bytes = 0;
}

void gdi_sha256_update(gdi_sha256 *sha, const void *data, size_t bytes)
{
    const uint8_t *from = data;
    size_t held = sha->bytes % sizeof sha->block;
    sha->bytes += bytes;
    if (held > 0) {
        size_t take = sizeof sha->block - held < bytes ? sizeof sha->block - held : bytes;
        memcpy(sha->block + held, from, take);
        from += take;
        bytes -= take;
        if (held + take < sizeof sha->block) {
            return;
        }
        compress(sha->hash, sha->block);
    }
    for (; bytes >= sizeof sha->block; bytes -= sizeof sha->block, from += sizeof sha->block) {
        compress(sha->hash, from);
    }
    if (bytes > 0) {
        memcpy(sha->block, from, bytes);
    }
}

void gdi_sha256_final(gdi_sha256 *sha, uint8_t ret_digest[GDI_SHA256_BYTES])
{
    size_t held = sha->bytes % sizeof sha->block;
    sha->block[held++] = 0x80;
    if (held > 56) {
        memset(sha->block + held, 0, sizeof sha->block - held);
        compress(sha->hash, sha->block);
        held = 0;
    }
    memset(sha->block + held, 0, 56 - held);
    uint64_t bits = sha->bytes * 8;
    store_be32(sha->block + 56, (uint32_t)(bits >> 32));
    store_be32(sha->block + 60, (uint32_t)bits);
    compress(sha->hash, sha->block);
    for (unsigned i = 0; i < 8; i++) {
        store_be32(ret_digest + (size_t)4 * i, sha->hash[i]);
    }
}
