#include "core/net/credential.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "god/helpers/file.h"

static uint32_t is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(char *text)
{
    size_t bytes = strlen(text), first = 0;
    while (bytes > 0 && is_blank(text[bytes - 1])) {
        text[--bytes] = '\0';
    }
    while (is_blank(text[first])) {
        first++;
    }
    memmove(text, text + first, bytes - first + 1);
}

god_status gdi_credential_read(const char *what, const char *file, const char *variable, char **ret_secret,
                               god_error *err)
{
    struct stat info;
    char *secret = NULL;
    size_t bytes = 0;
    if (file != NULL && *file != '\0') {
        if (stat(file, &info) != 0) {
            return god_fail_errno(err, GOD_E_INVALID, "the file \"%s\" with %s cannot be opened", file, what);
        }
        if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
            return god_fail(err, GOD_E_INVALID, "the file \"%s\" with %s is open to others: chmod 600 it", file, what);
        }
        GOD_TRY(god_file_read(file, GDI_CREDENTIAL_BYTES_MAX, &secret, &bytes, err));
    } else {
        const char *value = variable == NULL || *variable == '\0' ? NULL : getenv(variable);
        secret = strdup(value == NULL ? "" : value);
    }
    if (secret == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %s", what);
    }
    trim(secret);
    if (*secret == '\0') {
        gdi_credential_free(secret);
        secret = NULL;
    }
    *ret_secret = secret;
    return GOD_OK;
}

void gdi_credential_free(char *secret)
{
    if (secret != NULL) {
        explicit_bzero(secret, strlen(secret));
    }
    free(secret);
}
