/* An address from outside: an error, or the one text of its account. */
#include <stdlib.h>

#include "core/identity/ss58.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    uint8_t account[GDI_ACCOUNT_BYTES];
    char again[GDI_SS58_BYTES];
    god_error err = GOD_ERROR_INIT;
    char *text = malloc(bytes + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    if (gdi_ss58_decode(text, account, &err) != GOD_OK) {
        if (err.message[0] == '\0') {
            abort();
        }
    } else {
        gdi_ss58_encode(account, again);
        if (strcmp(text, again) != 0) {
            abort();
        }
    }
    free(text);
    return 0;
}
