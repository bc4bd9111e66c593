#include "core/http/key.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "god/helpers/file.h"
#include "god/helpers/sha256.h"

static uint32_t is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Blanks around a key in a file are not part of it. */
static void trim(char *text)
{
    size_t bytes = strlen(text), first = 0;
    while (bytes > 0 && is_space(text[bytes - 1])) {
        text[--bytes] = '\0';
    }
    while (is_space(text[first])) {
        first++;
    }
    memmove(text, text + first, bytes - first + 1);
}

static god_status read_file(const char *path, char **ret_key, god_error *err)
{
    struct stat info;
    size_t bytes = 0;
    if (stat(path, &info) != 0) {
        return god_fail(err, GOD_E_INTERNAL, "the file of the key cannot be opened");
    }
    if ((info.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        return god_fail(err, GOD_E_INTERNAL, "the file of the key is open to other users: chmod o-rw it");
    }
    if (god_file_read(path, GDI_KEY_BYTES_MAX, ret_key, &bytes, NULL) != GOD_OK) {
        return god_fail(err, GOD_E_INTERNAL, "the file of the key cannot be read");
    }
    return GOD_OK;
}

static god_status read_key(const gdi_key_source *source, char **ret_key, god_error *err)
{
    char *key = NULL;
    if (source->file != NULL && source->file[0] != '\0') {
        GOD_TRY(read_file(source->file, &key, err));
    } else {
        const char *value = source->variable == NULL || source->variable[0] == '\0' ? NULL : getenv(source->variable);
        key = strdup(value == NULL ? "" : value);
    }
    if (key == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the key");
    }
    trim(key);
    if (strlen(key) < GDI_KEY_BYTES_MIN) {
        explicit_bzero(key, strlen(key));
        free(key);
        return god_fail(err, GOD_E_INTERNAL, "this server has no key, or one of fewer than %d characters",
                        GDI_KEY_BYTES_MIN);
    }
    *ret_key = key;
    return GOD_OK;
}

static uint32_t is_same(const char *a, const char *b)
{
    char of_a[GOD_SHA256_HEX], of_b[GOD_SHA256_HEX];
    god_sha256_bytes(a, strlen(a), of_a);
    god_sha256_bytes(b, strlen(b), of_b);
    volatile char differing = 0; /* every digit is looked at, whatever the compiler thinks */
    for (size_t i = 0; i < sizeof of_a; i++) {
        differing = (char)(differing | (of_a[i] ^ of_b[i]));
    }
    return differing == 0;
}

god_status gdi_key_check(const gdi_key_source *source, const char *authorization, god_error *err)
{
    static const char scheme[] = "Bearer ";
    char *key = NULL;
    GOD_TRY(read_key(source, &key, err));
    uint32_t has_scheme = authorization != NULL && strncasecmp(authorization, scheme, sizeof scheme - 1) == 0;
    uint32_t granted = is_same(key, has_scheme ? authorization + sizeof scheme - 1 : "");
    explicit_bzero(key, strlen(key));
    free(key);
    return granted && has_scheme ? GOD_OK : god_fail(err, GOD_E_CANCELLED, "the key is missing or wrong");
}
