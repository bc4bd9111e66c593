/* sha256_stream.h: SHA-256 piece by piece, with the processor's own instructions where it has them and by libsodium
 * elsewhere. Private to helpers. Models are hashed whole, twice per evaluation: libsodium's portable code takes six
 * times as long.
 * Source: FIPS 180-4, sections 5.1.1 and 6.2. */
#ifndef GOD_HELPERS_SHA256_STREAM_H
#define GOD_HELPERS_SHA256_STREAM_H

#include <sodium.h>
#include <stdint.h>

enum { SHA256_BLOCK = 64, SHA256_DIGEST = crypto_hash_sha256_BYTES };

typedef struct sha256_stream {
    uint32_t by_instructions; /* 0: `portable` holds everything */
    uint32_t state[8];
    uint64_t bytes;
    uint8_t rest[SHA256_BLOCK]; /* bytes % SHA256_BLOCK of them are waiting */
    crypto_hash_sha256_state portable;
} sha256_stream;

/* portable: 1 leaves the processor's instructions alone; for tests. */
void sha256_begin(sha256_stream *stream, uint32_t portable);
void sha256_add(sha256_stream *stream, const void *data, size_t bytes);
void sha256_end(sha256_stream *stream, unsigned char ret_digest[SHA256_DIGEST]);

#endif
