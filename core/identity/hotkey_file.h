/* core/identity/hotkey_file.h: between key.c, which keeps a secret, and those that fill it in or need the witness of a
 * signature to be known. Internal to core/identity. [any] */
#ifndef GDI_IDENTITY_HOTKEY_FILE_H
#define GDI_IDENTITY_HOTKEY_FILE_H

#include "core/identity/key.h"

/* An empty key and its GDI_SR25519_SECRET_BYTES to be filled in. *ret_key is ended with gdi_hotkey_free. */
god_status gdi_hotkey_allocate(gdi_hotkey **ret_key, uint8_t **ret_secret, god_error *err);
/* The public half; nothing can be written into the key from here on. GOD_E_DATA for a secret that is none. */
god_status gdi_hotkey_complete(gdi_hotkey *key, god_error *err);

void gdi_hotkey_sign_with(const gdi_hotkey *key, const void *message, size_t bytes, const uint8_t *witness,
                          uint8_t ret_signature[GDI_SR25519_SIGNATURE_BYTES]);

#endif
