#include "core/identity/request_signature.h"

#include <sodium.h>
#include <time.h>

#include "core/identity/hotkey_file.h"
#include "core/identity/signed_text.h"

static const char word_characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

enum { random_characters = 10 };

uint64_t gdi_request_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t gdi_nonce_is_plain(const char *nonce)
{
    size_t length = strnlen(nonce, GDI_NONCE_BYTES_MAX + 1);
    for (size_t i = 0; i < length; i++) {
        if (nonce[i] != '_' && strchr(word_characters, nonce[i]) == NULL) {
            return 0;
        }
    }
    return length > 0 && length <= GDI_NONCE_BYTES_MAX;
}

size_t gdi_signed_text(const char *nonce, const char *miner_hotkey, uint32_t has_body, const void *body,
                       size_t body_bytes, char ret_text[GDI_SIGNED_TEXT_BYTES])
{
    char hash[GOD_SHA256_HEX] = "";
    if (has_body) {
        god_sha256_bytes(body, body_bytes, hash);
    }
    return (size_t)snprintf(ret_text, GDI_SIGNED_TEXT_BYTES, "%s:%s%s%s", nonce, miner_hotkey, has_body ? ":" : "",
                            hash);
}

god_status gdi_request_sign_with(const gdi_hotkey *key, const char *miner_address, const char *nonce,
                                 const uint8_t *witness, const void *body, size_t body_bytes,
                                 gdi_signed_headers *ret_headers, god_error *err)
{
    uint8_t account[GDI_ACCOUNT_BYTES], signature[GDI_SR25519_SIGNATURE_BYTES];
    char text[GDI_SIGNED_TEXT_BYTES];
    GOD_TRY(gdi_ss58_decode(miner_address, account, err));
    if (!gdi_nonce_is_plain(nonce)) {
        return god_fail(err, GOD_E_INVALID, "a nonce is 1 to %d letters, digits and underscores", GDI_NONCE_BYTES_MAX);
    }
    size_t bytes = gdi_signed_text(nonce, miner_address, body != NULL, body, body_bytes, text);
    gdi_hotkey_sign_with(key, text, bytes, witness, signature);
    (void)snprintf(ret_headers->validator_hotkey, sizeof ret_headers->validator_hotkey, "%s", gdi_hotkey_address(key));
    (void)snprintf(ret_headers->miner_hotkey, sizeof ret_headers->miner_hotkey, "%s", miner_address);
    (void)snprintf(ret_headers->nonce, sizeof ret_headers->nonce, "%s", nonce);
    memcpy(ret_headers->signature, "0x", 2);
    (void)sodium_bin2hex(ret_headers->signature + 2, sizeof ret_headers->signature - 2, signature, sizeof signature);
    return GOD_OK;
}

god_status gdi_request_sign(const gdi_hotkey *key, const char *miner_address, const void *body, size_t body_bytes,
                            gdi_signed_headers *ret_headers, god_error *err)
{
    char nonce[GDI_NONCE_BYTES_MAX + 1];
    size_t bytes = (size_t)snprintf(nonce, sizeof nonce, "%llu_", (unsigned long long)gdi_request_now_ns());
    for (uint32_t i = 0; i < random_characters; i++) {
        nonce[bytes++] = word_characters[randombytes_uniform(sizeof word_characters - 1)];
    }
    nonce[bytes] = '\0';
    return gdi_request_sign_with(key, miner_address, nonce, NULL, body, body_bytes, ret_headers, err);
}

void gdi_signed_header_lines(const gdi_signed_headers *headers,
                             char ret_lines[GDI_SIGNED_HEADERS][GDI_SIGNED_HEADER_BYTES])
{
    const char *const pairs[GDI_SIGNED_HEADERS][2] = {{"validator-hotkey", headers->validator_hotkey},
                                                      {"miner-hotkey", headers->miner_hotkey},
                                                      {"nonce", headers->nonce},
                                                      {"signature", headers->signature}};
    for (uint32_t i = 0; i < GDI_SIGNED_HEADERS; i++) {
        (void)snprintf(ret_lines[i], GDI_SIGNED_HEADER_BYTES, "%s: %s", pairs[i][0], pairs[i][1]);
    }
}
