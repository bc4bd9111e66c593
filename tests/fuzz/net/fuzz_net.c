/* What a hub says a repository holds, and addresses of objects: from outside, so either within their limits or refused.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/net/download.h"
#include "core/net/hub_inner.h"
#include "core/net/s3.h"
#include "god/helpers/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check_listing(const char *text, size_t bytes)
{
    json_t *value = NULL;
    gdi_hub_listing listing = {.files = NULL};
    god_error err = GOD_ERROR_INIT;
    if (god_json_parse("the hub", text, bytes, &value, &err) != GOD_OK) {
        return;
    }
    if (gdi_hub_read_listing(value, &listing, &err) == GOD_OK) {
        require(strlen(listing.commit) == GDI_HUB_COMMIT_HEX && listing.count <= GDI_HUB_FILES_MAX);
        for (size_t i = 0; i < listing.count; i++) {
            const char *path = listing.files[i].path;
            require(path[0] != '/' && strncmp(path, "../", 3) != 0 && strstr(path, "/../") == NULL &&
                    strcmp(path, "..") != 0 && strstr(path, "//") == NULL);
            require(listing.files[i].sha256[0] == '\0' || strlen(listing.files[i].sha256) == 64);
        }
    } else {
        require(err.message[0] != '\0');
    }
    gdi_hub_listing_clear(&listing);
    json_decref(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char shown[256], *text = malloc(bytes + 1), *bucket = NULL, *key = NULL;
    require(text != NULL);
    if (bytes > 0) {
        memcpy(text, data, bytes);
    }
    text[bytes] = '\0';
    check_listing(text, bytes);
    require(strlen(gdi_url_shown(text, shown)) < sizeof shown && strpbrk(shown, "?#") == NULL);
    if (gdi_s3_split(text, &bucket, &key, NULL) == GOD_OK) {
        require(strchr(bucket, '/') == NULL && key[0] != '\0' && strlen(key) <= GDI_S3_KEY_BYTES_MAX);
        free(bucket);
        free(key);
    }
    if (gdi_s3_from_url(text, &bucket, &key, NULL) == GOD_OK) {
        require(strpbrk(bucket, "./:") == NULL && strpbrk(key, "?#") == NULL);
        free(bucket);
        free(key);
    }
    free(text);
    return 0;
}
