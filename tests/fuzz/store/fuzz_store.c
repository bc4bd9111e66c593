/* Texts that come out of a store or into one: moments, sealed secrets, UTF-8. The first byte says which. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/moment.h"
#include "core/store/seal.h"
#include "core/store/text.h"
#include "god/helpers/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What is read is written again as the same moment. */
static void try_moment(const char *text)
{
    int64_t moment_us = 0, again_us = 0;
    char written[GDI_MOMENT_TEXT];
    if (gdi_moment_parse(text, &moment_us) &&
        (!gdi_moment_format(moment_us, written) || !gdi_moment_parse(written, &again_us) || again_us != moment_us)) {
        abort();
    }
}

/* Nothing opens without the key; and no text is too strange to be refused. */
static void try_sealed(const char *text)
{
    static gdi_secrets *secrets;
    char folder[] = "/tmp/fuzz-store-XXXXXX";
    char *secret = NULL;
    if (secrets == NULL && (mkdtemp(folder) == NULL || gdi_secrets_open(folder, &secrets, NULL) != GOD_OK ||
                            god_dir_remove(folder, NULL) != GOD_OK)) {
        abort();
    }
    if (gdi_secret_open(secrets, text, &secret, NULL) != GOD_E_DATA) {
        abort();
    }
}

/* A copy for people is always UTF-8, fits, and is the text itself when that is good and short enough. */
static void try_copy(const char *text)
{
    char copy[64];
    gdi_utf8_copy(text, copy, sizeof copy);
    size_t bytes = strlen(text);
    if (!gdi_utf8_is_good(copy, strlen(copy)) ||
        (bytes < sizeof copy && gdi_utf8_is_good(text, bytes) && strcmp(text, copy) != 0)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (bytes == 0) {
        return 0;
    }
    char *text = malloc(bytes);
    if (text == NULL) {
        return 0;
    }
    (void)memcpy(text, data + 1, bytes - 1);
    text[bytes - 1] = '\0';
    switch (data[0]) {
    case 'm': try_moment(text); break;
    case 's': try_sealed(text); break;
    default: try_copy(text); break;
    }
    free(text);
    return 0;
}
