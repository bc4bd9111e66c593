#include "core/store/seal.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/file.h"

static const char prefix[] = "sealed:v1:";

enum {
    prefix_bytes = sizeof prefix - 1,
    around_bytes = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES,
    base64_variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

struct gdi_secrets {
    uint8_t key[crypto_secretbox_KEYBYTES];
};

/* ---- the key ---- */

/* GOD_E_NOT_FOUND when there is no file. */
static god_status read_key(const char *path, uint8_t ret_key[crypto_secretbox_KEYBYTES], god_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return god_fail_errno(err, errno == ENOENT ? GOD_E_NOT_FOUND : GOD_E_IO, "cannot open \"%s\"", path);
    }
    struct stat info;
    uint8_t bytes[crypto_secretbox_KEYBYTES + 1];
    ssize_t count = read(fd, bytes, sizeof bytes);
    int known = fstat(fd, &info);
    (void)close(fd);
    god_status status = GOD_OK;
    if (known != 0 || count < 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", path);
    } else if (!S_ISREG(info.st_mode) || (info.st_mode & 077) != 0) {
        status =
            god_fail(err, GOD_E_DATA, "\"%s\" may be read by others: chmod 600 it, or remove it for a new key", path);
    } else if (count != crypto_secretbox_KEYBYTES) {
        status = god_fail(err, GOD_E_DATA, "\"%s\" is not a key of %d bytes: put the right one back, or remove it",
                          path, crypto_secretbox_KEYBYTES);
    } else {
        (void)memcpy(ret_key, bytes, crypto_secretbox_KEYBYTES);
    }
    sodium_memzero(bytes, sizeof bytes);
    return status;
}

static god_status write_all(int fd, const uint8_t *bytes, size_t count, const char *path, god_error *err)
{
    return write(fd, bytes, count) == (ssize_t)count && fsync(fd) == 0
               ? GOD_OK
               : god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", path);
}

static void sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

/* Written whole under a name of its own, then linked: of several processes the first gives its key to all, and a key is
 * never seen half written. */
static god_status make_key(const char *dir, const char *path, god_error *err)
{
    char draft[GOD_PATH_MAX];
    uint8_t key[crypto_secretbox_KEYBYTES];
    GOD_TRY(god_path_join(dir, ".secret.key.XXXXXX", draft, err));
    int fd = mkostemp(draft, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot make a file in \"%s\"", dir);
    }
    randombytes_buf(key, sizeof key);
    god_status status = write_all(fd, key, sizeof key, draft, err);
    sodium_memzero(key, sizeof key);
    (void)close(fd);
    if (status == GOD_OK && link(draft, path) != 0 && errno != EEXIST) {
        status = god_fail_errno(err, GOD_E_IO, "cannot make \"%s\"", path);
    }
    (void)unlink(draft);
    sync_folder(dir);
    return status;
}

static god_status find_key(const char *state_dir, uint8_t ret_key[crypto_secretbox_KEYBYTES], god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_dir_make(state_dir, err));
    GOD_TRY(god_path_join(state_dir, "secret.key", path, err));
    god_status status = read_key(path, ret_key, err);
    if (status != GOD_E_NOT_FOUND) {
        return status;
    }
    GOD_TRY(make_key(state_dir, path, err));
    return read_key(path, ret_key, err);
}

god_status gdi_secrets_open(const char *state_dir, gdi_secrets **ret_secrets, god_error *err)
{
    if (sodium_init() < 0) {
        return god_fail(err, GOD_E_INTERNAL, "the kernel gives no random numbers");
    }
    gdi_secrets *secrets = sodium_malloc(sizeof *secrets); /* never swapped out, wiped by sodium_free */
    if (secrets == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a key");
    }
    god_status status = find_key(state_dir, secrets->key, err);
    if (status != GOD_OK) {
        sodium_free(secrets);
        return status;
    }
    *ret_secrets = secrets;
    return GOD_OK;
}

void gdi_secrets_close(gdi_secrets *secrets)
{
    sodium_free(secrets);
}

/* ---- texts ---- */

bool gdi_secret_is_sealed(const char *text)
{
    return strncmp(text, prefix, prefix_bytes) == 0;
}

void gdi_secret_free(char *secret)
{
    if (secret != NULL) {
        sodium_memzero(secret, strlen(secret));
        free(secret);
    }
}

god_status gdi_secret_seal(const gdi_secrets *secrets, const char *secret, char **ret_sealed, god_error *err)
{
    size_t bytes = strlen(secret);
    if (bytes > GDI_SECRET_BYTES_MAX) {
        return god_fail(err, GOD_E_INVALID, "a secret has %zu bytes, %d are allowed", bytes, GDI_SECRET_BYTES_MAX);
    }
    size_t box_bytes = around_bytes + bytes;
    size_t text_bytes = sodium_base64_encoded_len(box_bytes, base64_variant);
    uint8_t *box = malloc(box_bytes);
    char *sealed = malloc(prefix_bytes + text_bytes);
    if (box == NULL || sealed == NULL) {
        free(box);
        free(sealed);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a secret");
    }
    randombytes_buf(box, crypto_secretbox_NONCEBYTES);
    (void)crypto_secretbox_easy(box + crypto_secretbox_NONCEBYTES, (const uint8_t *)secret, bytes, box, secrets->key);
    (void)memcpy(sealed, prefix, prefix_bytes);
    (void)sodium_bin2base64(sealed + prefix_bytes, text_bytes, box, box_bytes, base64_variant);
    free(box);
    *ret_sealed = sealed;
    return GOD_OK;
}

static god_status fail_sealed(god_error *err)
{
    return god_fail(err, GOD_E_DATA, "a sealed text was changed, or sealed with another secret.key");
}

/* The box of a sealed text, of which box_bytes_max bytes are there. */
static god_status decode(const char *text, uint8_t *box, size_t box_bytes_max, size_t *ret_bytes, god_error *err)
{
    size_t bytes = 0;
    const char *end = NULL;
    if (sodium_base642bin(box, box_bytes_max, text, strlen(text), NULL, &bytes, &end, base64_variant) != 0 ||
        *end != '\0' || bytes < around_bytes) {
        return fail_sealed(err);
    }
    *ret_bytes = bytes;
    return GOD_OK;
}

god_status gdi_secret_open(const gdi_secrets *secrets, const char *sealed, char **ret_secret, god_error *err)
{
    if (!gdi_secret_is_sealed(sealed)) {
        return god_fail(err, GOD_E_DATA, "a text that should be sealed is not");
    }
    const char *text = sealed + prefix_bytes;
    size_t box_bytes_max = strlen(text) / 4 * 3 + 3, box_bytes = 0;
    uint8_t *box = malloc(box_bytes_max);
    char *secret = malloc(box_bytes_max);
    god_status status = box == NULL || secret == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a secret")
                                                      : decode(text, box, box_bytes_max, &box_bytes, err);
    if (status == GOD_OK &&
        crypto_secretbox_open_easy((uint8_t *)secret, box + crypto_secretbox_NONCEBYTES,
                                   box_bytes - crypto_secretbox_NONCEBYTES, box, secrets->key) != 0) {
        status = fail_sealed(err);
    }
    free(box);
    if (status != GOD_OK) {
        free(secret);
        return status;
    }
    secret[box_bytes - around_bytes] = '\0';
    *ret_secret = secret;
    return GOD_OK;
}
