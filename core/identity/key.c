#include "core/identity/key.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/identity/hotkey_file.h"

struct gdi_hotkey {
    uint8_t secret[GDI_SR25519_SECRET_BYTES];
    uint8_t public_key[GDI_SR25519_PUBLIC_BYTES];
    char address[GDI_SS58_BYTES];
};

god_status gdi_hotkey_allocate(gdi_hotkey **ret_key, uint8_t **ret_secret, god_error *err)
{
    GOD_TRY(gdi_sr25519_start(err));
    gdi_hotkey *key = sodium_malloc(sizeof *key); /* locked, out of core dumps, wiped by sodium_free */
    if (key == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a key");
    }
    *ret_key = key;
    *ret_secret = key->secret;
    return GOD_OK;
}

god_status gdi_hotkey_complete(gdi_hotkey *key, god_error *err)
{
    GOD_TRY(gdi_sr25519_public(key->secret, key->public_key, err));
    gdi_ss58_encode(key->public_key, key->address);
    (void)sodium_mprotect_readonly(key);
    return GOD_OK;
}

god_status gdi_hotkey_from_mini(const uint8_t mini[GDI_SR25519_MINI_BYTES], gdi_hotkey **ret_key, god_error *err)
{
    gdi_hotkey *key = NULL;
    uint8_t *secret = NULL;
    GOD_TRY(gdi_hotkey_allocate(&key, &secret, err));
    gdi_sr25519_expand(mini, secret);
    god_status status = gdi_hotkey_complete(key, err);
    if (status != GOD_OK) {
        gdi_hotkey_free(key);
        return status;
    }
    *ret_key = key;
    return GOD_OK;
}

void gdi_hotkey_free(gdi_hotkey *key)
{
    sodium_free(key);
}

const uint8_t *gdi_hotkey_account(const gdi_hotkey *key)
{
    return key->public_key;
}

const char *gdi_hotkey_address(const gdi_hotkey *key)
{
    return key->address;
}

void gdi_hotkey_sign(const gdi_hotkey *key, const void *message, size_t bytes,
                     uint8_t ret_signature[GDI_SR25519_SIGNATURE_BYTES])
{
    gdi_hotkey_sign_with(key, message, bytes, NULL, ret_signature);
}

void gdi_hotkey_sign_with(const gdi_hotkey *key, const void *message, size_t bytes, const uint8_t *witness,
                          uint8_t ret_signature[GDI_SR25519_SIGNATURE_BYTES])
{
    gdi_sr25519_sign(key->secret, key->public_key, message, bytes, witness, ret_signature);
}
