/* Reading a wallet's hotkey file. jansson keeps its strings in ordinary memory, so those that hold secrets are wiped
 * before the object is freed; the text itself lives in locked memory. */
#include "core/identity/hotkey_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/json.h"

enum { crypto_type_sr25519 = 1 }; /* what wallets write as "cryptoType"; 0 is ed25519 */

/* ---- members ---- */

/* "0x" and exactly as many hex digits as fill the bytes. `name` stands in the message, the value never does. */
static god_status read_hex(const char *where, const char *name, const char *text, uint8_t *ret_bytes, size_t bytes,
                           god_error *err)
{
    size_t digits = 2 * bytes, got = 0;
    const char *hex = strncmp(text, "0x", 2) == 0 ? text + 2 : text;
    if (strlen(hex) != digits || sodium_hex2bin(ret_bytes, bytes, hex, digits, NULL, &got, NULL) != 0 || got != bytes) {
        sodium_memzero(ret_bytes, bytes);
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is not 0x and %zu hex digits", where, name, digits);
    }
    return GOD_OK;
}

/* 8x, as Ed25519 keeps it, is never below the order of the group for a key that was made from a seed; x always is. */
static void take_ed25519_form(uint8_t secret[GDI_SR25519_SECRET_BYTES])
{
    uint8_t wide[64] = {0}, reduced[32];
    memcpy(wide, secret, 32);
    crypto_core_ristretto255_scalar_reduce(reduced, wide);
    if (sodium_memcmp(reduced, secret, 32) != 0 && (secret[0] & 7) == 0) {
        for (uint32_t i = 0; i < 32; i++) {
            secret[i] = (uint8_t)(secret[i] >> 3 | (i + 1 < 32 ? secret[i + 1] : 0) << 5);
        }
    }
    sodium_memzero(wide, sizeof wide);
    sodium_memzero(reduced, sizeof reduced);
}

static god_status fill_secret(const char *where, const json_t *file, uint8_t ret_secret[GDI_SR25519_SECRET_BYTES],
                              god_error *err)
{
    const char *seed = NULL, *secret = NULL, *phrase = NULL;
    int64_t crypto_type = crypto_type_sr25519;
    uint8_t mini[GDI_SR25519_MINI_BYTES];
    GOD_TRY(god_json_opt_int(where, file, "cryptoType", 0, UINT8_MAX, &crypto_type, err));
    if (crypto_type != crypto_type_sr25519) {
        return god_fail(err, GOD_E_DATA, "%s: \"cryptoType\" is %lld, a key of sr25519 is needed, which is %d", where,
                        (long long)crypto_type, crypto_type_sr25519);
    }
    GOD_TRY(god_json_opt_str(where, file, "secretSeed", &seed, err));
    GOD_TRY(god_json_opt_str(where, file, "privateKey", &secret, err));
    GOD_TRY(god_json_opt_str(where, file, "secretPhrase", &phrase, err));
    if (seed != NULL) {
        GOD_TRY(read_hex(where, "secretSeed", seed, mini, sizeof mini, err));
        gdi_sr25519_expand(mini, ret_secret);
        sodium_memzero(mini, sizeof mini);
        return GOD_OK;
    }
    if (secret != NULL) {
        GOD_TRY(read_hex(where, "privateKey", secret, ret_secret, GDI_SR25519_SECRET_BYTES, err));
        take_ed25519_form(ret_secret);
        return GOD_OK;
    }
    return phrase != NULL
               ? god_fail(err, GOD_E_DATA,
                          "%s: a hotkey needs \"secretSeed\" or \"privateKey\", there is only a phrase: write the "
                          "file again with the wallet's tool (btcli wallet regen-hotkey)",
                          where)
               : god_fail(err, GOD_E_DATA, "%s: \"secretSeed\" is missing", where);
}

/* What the file says of its public half must be true, so that a mixed-up file is found before anything is signed. */
static god_status check_public(const char *where, const json_t *file, const gdi_hotkey *key, god_error *err)
{
    static const char *const names[] = {"publicKey", "accountId"};
    const char *address = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = NULL;
        uint8_t account[GDI_ACCOUNT_BYTES];
        GOD_TRY(god_json_opt_str(where, file, names[i], &text, err));
        if (text == NULL) {
            continue;
        }
        GOD_TRY(read_hex(where, names[i], text, account, sizeof account, err));
        if (memcmp(account, gdi_hotkey_account(key), sizeof account) != 0) {
            return god_fail(err, GOD_E_DATA, "%s: \"%s\" is not that of the secret, which is %s", where, names[i],
                            gdi_hotkey_address(key));
        }
    }
    GOD_TRY(god_json_opt_str(where, file, "ss58Address", &address, err));
    return address == NULL || strcmp(address, gdi_hotkey_address(key)) == 0
               ? GOD_OK
               : god_fail(err, GOD_E_DATA, "%s: \"ss58Address\" is not that of the secret, which is %s", where,
                          gdi_hotkey_address(key));
}

/* ---- the text ---- */

static void wipe_member(const json_t *file, const char *name)
{
    const json_t *member = json_object_get(file, name);
    if (json_is_string(member)) {
        sodium_memzero((char *)(uintptr_t)json_string_value(member), json_string_length(member));
    }
}

static uint32_t begins(const char *text, size_t bytes, const char *with)
{
    return bytes >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* jansson's own message quotes the text near the fault, which may be the secret: only the place is kept. */
static god_status parse_object(const char *where, const char *text, size_t bytes, json_t **ret_file, god_error *err)
{
    json_error_t fault;
    if (begins(text, bytes, "$NACL") || begins(text, bytes, "$ANSIBLE_VAULT") || begins(text, bytes, "gAAAAA")) {
        return god_fail(err, GOD_E_DATA, "%s: the hotkey is encrypted, one that is not is needed", where);
    }
    json_t *file = bytes > GDI_WALLET_BYTES_MAX ? NULL : json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &fault);
    if (file == NULL) {
        return bytes > GDI_WALLET_BYTES_MAX
                   ? god_fail(err, GOD_E_DATA, "%s: more than %d bytes, that is no hotkey", where, GDI_WALLET_BYTES_MAX)
                   : god_fail(err, GOD_E_DATA, "%s: no JSON, line %d, column %d", where, fault.line, fault.column);
    }
    if (!json_is_object(file)) {
        json_decref(file);
        return god_fail(err, GOD_E_DATA, "%s: not a JSON object", where);
    }
    *ret_file = file;
    return GOD_OK;
}

god_status gdi_hotkey_parse(const char *where, const char *text, size_t bytes, gdi_hotkey **ret_key, god_error *err)
{
    json_t *file = NULL;
    gdi_hotkey *key = NULL;
    uint8_t *secret = NULL;
    GOD_TRY(parse_object(where, text, bytes, &file, err));
    god_status status = gdi_hotkey_allocate(&key, &secret, err);
    if (status == GOD_OK) {
        status = fill_secret(where, file, secret, err);
    }
    if (status == GOD_OK && gdi_hotkey_complete(key, err) != GOD_OK) {
        status = god_fail(err, GOD_E_DATA, "%s: \"privateKey\" is not a secret key of sr25519", where);
    }
    if (status == GOD_OK) {
        status = check_public(where, file, key, err);
    }
    wipe_member(file, "secretSeed");
    wipe_member(file, "privateKey");
    wipe_member(file, "secretPhrase");
    json_decref(file);
    if (status != GOD_OK) {
        gdi_hotkey_free(key);
        return status;
    }
    *ret_key = key;
    return GOD_OK;
}

/* ---- the file ---- */

static god_status check_file(const char *path, const struct stat *info, god_error *err)
{
    if (!S_ISREG(info->st_mode)) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is not a regular file", path);
    }
    if (info->st_uid != geteuid() && info->st_uid != 0) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" belongs to user %ld, not to the one who runs this: chown it", path,
                        (long)info->st_uid);
    }
    if ((info->st_mode & 077) != 0) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is open to other users (mode %03o): chmod 600 it", path,
                        (unsigned)(info->st_mode & 0777));
    }
    return GOD_OK;
}

static god_status read_text(int fd, const char *path, char *text, size_t *ret_bytes, god_error *err)
{
    size_t bytes = 0;
    ssize_t count = 1;
    while (count > 0 && bytes <= GDI_WALLET_BYTES_MAX) {
        count = read(fd, text + bytes, GDI_WALLET_BYTES_MAX + 1 - bytes);
        if (count < 0) {
            return god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", path);
        }
        bytes += (size_t)count;
    }
    *ret_bytes = bytes;
    return GOD_OK;
}

god_status gdi_hotkey_read(const char *path, gdi_hotkey **ret_key, god_error *err)
{
    struct stat info;
    size_t bytes = 0;
    GOD_TRY(gdi_sr25519_start(err));
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return god_fail_errno(err, errno == ENOENT ? GOD_E_NOT_FOUND : GOD_E_IO, "cannot open \"%s\"", path);
    }
    god_status status = fstat(fd, &info) == 0 ? check_file(path, &info, err)
                                              : god_fail_errno(err, GOD_E_IO, "cannot look at \"%s\"", path);
    char *text = status == GOD_OK ? sodium_malloc(GDI_WALLET_BYTES_MAX + 1) : NULL;
    if (status == GOD_OK && text == NULL) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for a key");
    }
    if (status == GOD_OK) {
        status = read_text(fd, path, text, &bytes, err);
    }
    if (status == GOD_OK) {
        status = gdi_hotkey_parse(path, text, bytes, ret_key, err);
    }
    sodium_free(text);
    (void)close(fd);
    return status;
}
