/* core/identity/sr25519.h: Schnorr signatures over ristretto255 with merlin transcripts, the same bytes as schnorrkel
 * 0.11 with the signing context "substrate" (identity specification, section 5).
 *
 *     mini secret, 32 ──► secret, 64 = scalar x, 32 | nonce seed, 32 ──► public key, 32 = x*B
 *     signature, 64 = R, 32 | s, 32, its last bit set
 *
 * The group is libsodium's; scalar work on secrets takes the same time for every secret, and copies are wiped. Where
 * secrets live is the caller's business: core/identity/key.h keeps them in locked memory. [any] once
 * gdi_sr25519_start has succeeded, which may be called any number of times.
 */
#ifndef GDI_IDENTITY_SR25519_H
#define GDI_IDENTITY_SR25519_H

#include "god/error.h"

enum {
    GDI_SR25519_MINI_BYTES = 32,
    GDI_SR25519_SECRET_BYTES = 64,
    GDI_SR25519_PUBLIC_BYTES = 32,
    GDI_SR25519_SIGNATURE_BYTES = 64,
    GDI_SR25519_WITNESS_BYTES = 32
};

/* Readies the group's code and the source of randomness. GOD_E_INTERNAL when there is none. */
god_status gdi_sr25519_start(god_error *err);

/* Ed25519's expansion of a mini secret: SHA-512, clamped, divided by 8. */
void gdi_sr25519_expand(const uint8_t mini[GDI_SR25519_MINI_BYTES], uint8_t ret_secret[GDI_SR25519_SECRET_BYTES]);
/* GOD_E_DATA for a scalar of 0, or one that is not below the order of the group. */
god_status gdi_sr25519_public(const uint8_t secret[GDI_SR25519_SECRET_BYTES],
                              uint8_t ret_public[GDI_SR25519_PUBLIC_BYTES], god_error *err);

/* `witness` are fresh random bytes; NULL: taken from the kernel, which is what everybody but a test wants. `public_key`
 * must be the secret's own. */
void gdi_sr25519_sign(const uint8_t secret[GDI_SR25519_SECRET_BYTES],
                      const uint8_t public_key[GDI_SR25519_PUBLIC_BYTES], const void *message, size_t message_bytes,
                      const uint8_t *witness, uint8_t ret_signature[GDI_SR25519_SIGNATURE_BYTES]);

/* 1: the holder of the key signed these bytes. 0 for everything else, so also for an unmarked signature, s not below
 * the order, a key that is no point, and the neutral element as key, for which every message has a signature. */
uint32_t gdi_sr25519_verify(const uint8_t public_key[GDI_SR25519_PUBLIC_BYTES], const void *message,
                            size_t message_bytes, const uint8_t signature[GDI_SR25519_SIGNATURE_BYTES]);

#endif
