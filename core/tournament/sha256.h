/* core/tournament/sha256.h: SHA-256 as a running digest that can be copied half way.
 *
 * The draws of section 10 hash "<round_id>/<label>/<k>" for many k; copying the state after the common part is what
 * makes a bracket cheap. Written here, because the rules depend on nothing outside core/base. Its test compares it
 * with the SDK's digest. Source: FIPS 180-4, section 6.2.
 */
#ifndef GDI_TOURNAMENT_SHA256_H
#define GDI_TOURNAMENT_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { GDI_SHA256_BYTES = 32 };

typedef struct gdi_sha256 {
    uint32_t hash[8];
    uint64_t bytes;    /* taken so far */
    uint8_t block[64]; /* the last bytes % 64 of them */
} gdi_sha256;

void gdi_sha256_init(gdi_sha256 *sha);
void gdi_sha256_update(gdi_sha256 *sha, const void *data, size_t bytes);
void gdi_sha256_final(gdi_sha256 *sha, uint8_t ret_digest[GDI_SHA256_BYTES]);

#endif
