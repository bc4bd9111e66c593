#include "core/identity/sr25519.h"

#include <sodium.h>

#include "core/identity/transcript.h"

enum { scalar_bytes = 32, wide_bytes = 64, mark = 0x80 };

god_status gdi_sr25519_start(god_error *err)
{
    return sodium_init() >= 0 ? GOD_OK : god_fail(err, GOD_E_INTERNAL, "libsodium cannot start");
}

/* ---- scalars ---- */

/* 1: the number is below the order of the group. Takes the same time for every number. */
static uint32_t is_reduced(const uint8_t scalar[scalar_bytes])
{
    uint8_t wide[wide_bytes] = {0}, reduced[scalar_bytes];
    memcpy(wide, scalar, scalar_bytes);
    crypto_core_ristretto255_scalar_reduce(reduced, wide);
    uint32_t same = sodium_memcmp(reduced, scalar, scalar_bytes) == 0;
    sodium_memzero(wide, sizeof wide);
    sodium_memzero(reduced, sizeof reduced);
    return same;
}

/* scalar * B; libsodium's failure means the neutral element, which it has written then. */
static void times_base(const uint8_t scalar[scalar_bytes], uint8_t ret_point[GDI_SR25519_PUBLIC_BYTES])
{
    memset(ret_point, 0, GDI_SR25519_PUBLIC_BYTES);
    (void)!crypto_scalarmult_ristretto255_base(ret_point, scalar);
}

/* ---- keys ---- */

static void divide_by_8(uint8_t number[scalar_bytes])
{
    for (uint32_t i = 0; i < scalar_bytes; i++) {
        uint8_t above = i + 1 < scalar_bytes ? number[i + 1] : 0;
        number[i] = (uint8_t)(number[i] >> 3 | above << 5);
    }
}

void gdi_sr25519_expand(const uint8_t mini[GDI_SR25519_MINI_BYTES], uint8_t ret_secret[GDI_SR25519_SECRET_BYTES])
{
    (void)crypto_hash_sha512(ret_secret, mini, GDI_SR25519_MINI_BYTES);
    ret_secret[0] &= 248;
    ret_secret[31] &= 63;
    ret_secret[31] |= 64;
    divide_by_8(ret_secret);
}

god_status gdi_sr25519_public(const uint8_t secret[GDI_SR25519_SECRET_BYTES],
                              uint8_t ret_public[GDI_SR25519_PUBLIC_BYTES], god_error *err)
{
    if (!is_reduced(secret) || sodium_is_zero(secret, scalar_bytes)) {
        return god_fail(err, GOD_E_DATA, "the secret's number is 0 or not below the order of the group");
    }
    times_base(secret, ret_public);
    return GOD_OK;
}

/* ---- signatures ---- */

static void state_message(gdi_transcript *t, const uint8_t public_key[GDI_SR25519_PUBLIC_BYTES], const void *message,
                          size_t bytes)
{
    static const char context[] = "substrate", protocol[] = "Schnorr-sig";
    gdi_transcript_open(t, "SigningContext");
    gdi_transcript_append(t, "", context, sizeof context - 1);
    gdi_transcript_append(t, "sign-bytes", message, bytes);
    gdi_transcript_append(t, "proto-name", protocol, sizeof protocol - 1);
    gdi_transcript_append(t, "sign:pk", public_key, GDI_SR25519_PUBLIC_BYTES);
}

static void challenge(gdi_transcript *t, const uint8_t commitment[GDI_SR25519_PUBLIC_BYTES],
                      uint8_t ret_scalar[scalar_bytes])
{
    uint8_t wide[wide_bytes];
    gdi_transcript_append(t, "sign:R", commitment, GDI_SR25519_PUBLIC_BYTES);
    gdi_transcript_challenge(t, "sign:c", wide, sizeof wide);
    crypto_core_ristretto255_scalar_reduce(ret_scalar, wide);
}

void gdi_sr25519_sign(const uint8_t secret[GDI_SR25519_SECRET_BYTES],
                      const uint8_t public_key[GDI_SR25519_PUBLIC_BYTES], const void *message, size_t message_bytes,
                      const uint8_t *witness, uint8_t ret_signature[GDI_SR25519_SIGNATURE_BYTES])
{
    gdi_transcript t;
    uint8_t fresh[GDI_SR25519_WITNESS_BYTES], wide[wide_bytes], r[scalar_bytes], k[scalar_bytes], kx[scalar_bytes];
    if (witness == NULL) {
        randombytes_buf(fresh, sizeof fresh);
    }
    state_message(&t, public_key, message, message_bytes);
    gdi_transcript_witness(&t, "signing", secret + scalar_bytes, witness == NULL ? fresh : witness, wide, sizeof wide);
    crypto_core_ristretto255_scalar_reduce(r, wide);
    times_base(r, ret_signature);
    challenge(&t, ret_signature, k);
    crypto_core_ristretto255_scalar_mul(kx, k, secret);
    crypto_core_ristretto255_scalar_add(ret_signature + scalar_bytes, kx, r);
    ret_signature[GDI_SR25519_SIGNATURE_BYTES - 1] |= mark;
    sodium_memzero(fresh, sizeof fresh);
    sodium_memzero(wide, sizeof wide);
    sodium_memzero(r, sizeof r);
    sodium_memzero(kx, sizeof kx);
}

uint32_t gdi_sr25519_verify(const uint8_t public_key[GDI_SR25519_PUBLIC_BYTES], const void *message,
                            size_t message_bytes, const uint8_t signature[GDI_SR25519_SIGNATURE_BYTES])
{
    gdi_transcript t;
    uint8_t s[scalar_bytes], k[scalar_bytes], sb[32], ka[32] = {0}, difference[32];
    memcpy(s, signature + scalar_bytes, scalar_bytes);
    if ((s[scalar_bytes - 1] & mark) == 0) {
        return 0; /* the form of before schnorrkel 0.8, which says nothing of the curve */
    }
    s[scalar_bytes - 1] &= (uint8_t)~mark;
    if (!is_reduced(s) || sodium_is_zero(public_key, GDI_SR25519_PUBLIC_BYTES) ||
        !crypto_core_ristretto255_is_valid_point(public_key)) {
        return 0;
    }
    state_message(&t, public_key, message, message_bytes);
    challenge(&t, signature, k);
    times_base(s, sb);
    (void)!crypto_scalarmult_ristretto255(ka, k, public_key); /* fails with the neutral element in ka, when k is 0 */
    return crypto_core_ristretto255_sub(difference, sb, ka) == 0 &&
           memcmp(difference, signature, sizeof difference) == 0;
}
