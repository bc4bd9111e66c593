/* Three lines: an address, the place of a link and its target. What is accepted must be harmless. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/git/address.h"
#include "core/git/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Walks the target from the folder of the link: never above the top. */
static void check_link(const char *path, const char *target)
{
    long depth = 0;
    for (const char *c = path; *c != '\0'; c++) {
        depth += *c == '/';
    }
    assert(target[0] != '/');
    for (const char *at = target; *at != '\0';) {
        size_t count = strcspn(at, "/");
        if (count == 2 && memcmp(at, "..", 2) == 0) {
            depth--;
        } else if (count > 0 && !(count == 1 && *at == '.')) {
            depth++;
        }
        assert(depth >= 0);
        at += count + (at[count] == '/');
    }
}

static void check_address(char *text)
{
    gdi_address address;
    god_error err = GOD_ERROR_INIT;
    char commit[GDI_COMMIT_HEX + 1];
    if (gdi_address_read(text, GDI_ADDRESS_LOCAL, &address, &err) == GOD_OK) {
        assert(strstr(address.text, "://") != NULL && strchr(address.host, '@') == NULL);
        size_t authority = strcspn(strstr(address.text, "://") + 3, "/?#@");
        assert(strstr(address.text, "://")[3 + authority] != '@');
    }
    if (gdi_commit_read(text, commit, &err) == GOD_OK) {
        assert(strlen(commit) == GDI_COMMIT_HEX);
    }
    size_t before = strlen(text);
    gdi_address_scrub(text, "secret");
    assert(strlen(text) <= before && strstr(text, "secret") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char *text = malloc(bytes + 1);
    if (text == NULL || bytes > 1 << 16) {
        free(text);
        return 0;
    }
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    char *rest = text, *address = strsep(&rest, "\n"), *path = strsep(&rest, "\n"), *target = strsep(&rest, "\n");
    if (path != NULL && target != NULL && gdi_tree_link_stays_inside(path, target)) {
        check_link(path, target);
    }
    check_address(address);
    free(text);
    return 0;
}
