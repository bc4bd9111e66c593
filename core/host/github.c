#include "core/host/github.h"

#include <string.h>

#include "core/tournament/registration.h"

/* Words that may stand in a path as they are. */
static uint32_t is_plain(const char *text, size_t bytes, const char *also)
{
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        uint32_t is_word = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!is_word && strchr(also, c) == NULL) {
            return 0;
        }
    }
    return bytes > 0 && text[0] != '.';
}

god_status gdi_github_url(const gdi_config *config, const char *repository, const char *rest,
                          char ret_url[GDI_GITHUB_URL_BYTES], god_error *err)
{
    enum { part_bytes_max = 200 };
    const char *owner = NULL;
    size_t owner_bytes = gdi_github_owner(repository, &owner);
    const char *name = owner_bytes == 0 ? "" : owner + owner_bytes;
    name += strspn(name, "/");
    size_t name_bytes = strcspn(name, "/");
    if (name_bytes > 4 && strncmp(name + name_bytes - 4, ".git", 4) == 0) {
        name_bytes -= 4;
    }
    if (!is_plain(owner, owner_bytes, "-_.") || !is_plain(name, name_bytes, "-_.") || owner_bytes > part_bytes_max ||
        name_bytes > part_bytes_max || (rest[0] != '\0' && !is_plain(rest, strlen(rest), "-_./")) ||
        strstr(rest, "..") != NULL || strlen(rest) > part_bytes_max ||
        strlen(config->entry_github_api) > part_bytes_max) {
        return god_fail(err, GOD_E_INVALID, "\"%.200s\" is not a GitHub repository that can be asked about",
                        repository);
    }
    (void)snprintf(ret_url, GDI_GITHUB_URL_BYTES, "%s/repos/%.*s/%.*s%s", config->entry_github_api, (int)owner_bytes,
                   owner, (int)name_bytes, name, rest);
    return GOD_OK;
}
