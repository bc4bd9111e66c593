#include "sha256_stream.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

static uint32_t has_instructions(void)
{
    enum { sha_bit = 1 << 29 }; /* of EBX, leaf 7 */
    unsigned a, b = 0, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & sha_bit) != 0 && __builtin_cpu_supports("sse4.1");
}

static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The instructions keep the state as (f, e, b, a) and (h, g, d, c), the lowest word first, and do two rounds each. */
__attribute__((target("sha,sse4.1"))) static void add_blocks(uint32_t state[8], const uint8_t *data, size_t blocks)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bll, 0x0405060700010203ll);
    const __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state);
    const __m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
    const __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
    for (; blocks > 0; blocks--, data += SHA256_BLOCK) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i words[4];
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            __m128i *now = &words[i & 3];
            if (i < 4) {
                *now = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(data + 16 * i)), big_endian);
            } else {
                const __m128i last = words[(i + 3) & 3], middle = _mm_alignr_epi8(last, words[(i + 2) & 3], 4);
                *now = _mm_add_epi32(_mm_sha256msg1_epu32(*now, words[(i + 1) & 3]), middle);
                *now = _mm_sha256msg2_epu32(*now, last);
            }
            __m128i round = _mm_load_si128((const __m128i *)(const void *)(round_constants + 4 * i));
            round = _mm_add_epi32(round, *now);
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, round);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(round, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    const __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}
#else
static uint32_t has_instructions(void)
{
    return 0;
}

static void add_blocks(uint32_t state[8], const uint8_t *data, size_t blocks)
{
    (void)state; /* never called: has_instructions says so */
    (void)data;
    (void)blocks;
}
#endif

void sha256_begin(sha256_stream *stream, uint32_t portable)
{
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    stream->by_instructions = !portable && has_instructions();
    stream->bytes = 0;
    memcpy(stream->state, first, sizeof first);
    (void)crypto_hash_sha256_init(&stream->portable);
}

void sha256_add(sha256_stream *stream, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    if (!stream->by_instructions) {
        (void)crypto_hash_sha256_update(&stream->portable, at, bytes);
        return;
    }
    size_t waiting = stream->bytes % SHA256_BLOCK;
    stream->bytes += bytes;
    if (waiting > 0) {
        size_t taken = SHA256_BLOCK - waiting < bytes ? SHA256_BLOCK - waiting : bytes;
        memcpy(stream->rest + waiting, at, taken);
        at += taken;
        bytes -= taken;
        if (waiting + taken < SHA256_BLOCK) {
            return;
        }
        add_blocks(stream->state, stream->rest, 1);
    }
    add_blocks(stream->state, at, bytes / SHA256_BLOCK);
    if (bytes % SHA256_BLOCK > 0) {
        memcpy(stream->rest, at + bytes / SHA256_BLOCK * SHA256_BLOCK, bytes % SHA256_BLOCK);
    }
}

/* A one, zeros up to the last eight bytes of a block, and the length in bits. */
void sha256_end(sha256_stream *stream, unsigned char ret_digest[SHA256_DIGEST])
{
    static const uint8_t padding[SHA256_BLOCK] = {0x80};
    uint8_t length[8];
    const uint64_t bits = stream->bytes * 8;
    if (!stream->by_instructions) {
        (void)crypto_hash_sha256_final(&stream->portable, ret_digest);
        return;
    }
    for (int i = 0; i < 8; i++) {
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    const size_t waiting = stream->bytes % SHA256_BLOCK;
    sha256_add(stream, padding, waiting < 56 ? 56 - waiting : 120 - waiting);
    sha256_add(stream, length, sizeof length);
    for (int i = 0; i < SHA256_DIGEST; i++) {
        ret_digest[i] = (unsigned char)(stream->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}
