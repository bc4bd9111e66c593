/* A wallet's file from outside: an error in words, or a key that signs what its own public half accepts. */
#include <stdlib.h>

#include "core/identity/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    uint8_t signature[GDI_SR25519_SIGNATURE_BYTES];
    gdi_hotkey *key = NULL;
    god_error err = GOD_ERROR_INIT;
    if (gdi_hotkey_parse("hotkey", (const char *)data, bytes, &key, &err) != GOD_OK) {
        if (err.message[0] == '\0' || key != NULL) {
            abort();
        }
        return 0;
    }
    gdi_hotkey_sign(key, data, bytes, signature);
    if (!gdi_sr25519_verify(gdi_hotkey_account(key), data, bytes, signature)) {
        abort();
    }
    gdi_hotkey_free(key);
    return 0;
}
