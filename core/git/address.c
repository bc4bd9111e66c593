#include "core/git/address.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "god/helpers/text.h"

static const char hidden[] = "***";

static int is_loopback(const char *host)
{
    const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t bytes = strlen(names[i]);
        if (strncasecmp(host, names[i], bytes) == 0 && (host[bytes] == '\0' || host[bytes] == ':')) {
            return 1;
        }
    }
    return 0;
}

static god_status check_characters(const char *text, god_error *err)
{
    if (strlen(text) >= GDI_ADDRESS_BYTES_MAX) {
        return god_fail(err, GOD_E_INVALID, "the repository address is longer than %d bytes",
                        GDI_ADDRESS_BYTES_MAX - 1);
    }
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 127) {
            return god_fail(err, GOD_E_INVALID, "the repository address holds a blank or control character at byte %zu",
                            (size_t)(c - text));
        }
    }
    return GOD_OK;
}

static god_status check_scheme(const char *scheme, size_t bytes, const char *host, uint32_t flags, god_error *err)
{
    const int local = (flags & GDI_ADDRESS_LOCAL) != 0;
    if (bytes == 5 && strncasecmp(scheme, "https", 5) == 0) {
        return *host != '\0' ? GOD_OK : god_fail(err, GOD_E_INVALID, "the repository address names no host");
    }
    if (local && bytes == 4 && strncasecmp(scheme, "file", 4) == 0 && *host == '\0') {
        return GOD_OK;
    }
    if (local && bytes == 4 && strncasecmp(scheme, "http", 4) == 0 && is_loopback(host)) {
        return GOD_OK;
    }
    return god_fail(err, GOD_E_INVALID,
                    "repositories are fetched by https:// only, this address begins with \"%.*s://\"",
                    (int)(bytes > 16 ? 16 : bytes), scheme);
}

god_status gdi_address_read(const char *text, uint32_t flags, gdi_address *ret_address, god_error *err)
{
    gdi_address address = {.text = ""};
    GOD_TRY(check_characters(text, err));
    const char *colon = strstr(text, "://");
    if (colon == NULL || colon == text) {
        return god_fail(err, GOD_E_INVALID, "the repository address does not begin with https://");
    }
    const char *authority = colon + 3;
    size_t authority_bytes = strcspn(authority, "/?#");
    const char *host = authority;
    for (size_t i = 0; i < authority_bytes; i++) {
        host = authority[i] == '@' ? authority + i + 1 : host;
    }
    size_t host_bytes = (size_t)(authority + authority_bytes - host);
    if (host_bytes >= sizeof address.host) {
        return god_fail(err, GOD_E_INVALID, "the host of the repository address is longer than %zu bytes",
                        sizeof address.host - 1);
    }
    memcpy(address.host, host, host_bytes);
    GOD_TRY(check_scheme(text, (size_t)(colon - text), address.host, flags, err));
    if (authority[authority_bytes] != '/' || authority[authority_bytes + 1] == '\0') {
        return god_fail(err, GOD_E_INVALID, "the repository address names no repository after the host");
    }
    int scheme_bytes = (int)(authority - text);
    (void)snprintf(address.text, sizeof address.text, "%.*s%s", scheme_bytes, text, host);
    *ret_address = address;
    return GOD_OK;
}

god_status gdi_commit_read(const char *text, char ret_commit[GDI_COMMIT_HEX + 1], god_error *err)
{
    if (strlen(text) != GDI_COMMIT_HEX || strspn(text, "0123456789abcdefABCDEF") != GDI_COMMIT_HEX) {
        return god_fail(err, GOD_E_INVALID,
                        "\"%.60s\" is not a full commit id; 40 hexadecimal digits are needed, no branch or tag", text);
    }
    for (size_t i = 0; i <= GDI_COMMIT_HEX; i++) {
        ret_commit[i] = (char)tolower((unsigned char)text[i]);
    }
    return GOD_OK;
}

/* Puts "***" (or as much of it as fits) in place of `bytes` bytes at `at`. Returns the place after it. */
static char *hide(char *at, size_t bytes)
{
    size_t kept = bytes < sizeof hidden - 1 ? bytes : sizeof hidden - 1;
    memcpy(at, hidden, kept);
    memmove(at + kept, at + bytes, strlen(at + bytes) + 1);
    return at + kept;
}

static void hide_all(char *text, const char *secret)
{
    size_t bytes = strlen(secret);
    for (char *at = text; bytes > 0 && (at = strstr(at, secret)) != NULL;) {
        at = hide(at, bytes);
    }
}

void gdi_address_scrub(char *text, const char *token)
{
    char encoded[3 * 1024 + 1];
    if (token != NULL && strlen(token) <= 1024) {
        (void)god_percent_encode(token, encoded, sizeof encoded);
        hide_all(text, token);
        hide_all(text, encoded);
    }
    for (char *word = text; (word = strstr(word, "://")) != NULL;) {
        word += 3;
        for (size_t bytes = 0; word[bytes = strcspn(word, "/ \t\r\n@")] == '@';) {
            memmove(word, word + bytes + 1, strlen(word + bytes + 1) + 1);
        }
    }
}
