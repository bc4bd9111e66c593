#include "core/training/callers.h"

#include <string.h>

bool gdi_caller_is_allowed(const char *list, const char *peer)
{
    const char *at = list == NULL ? "" : list;
    size_t peer_bytes = strlen(peer);
    bool allowed = strcmp(peer, "127.0.0.1") == 0;
    while (*at != '\0') {
        at += strspn(at, ", \t");
        size_t bytes = strcspn(at, ", \t");
        allowed |= bytes > 0 && bytes == peer_bytes && memcmp(at, peer, bytes) == 0;
        at += bytes;
    }
    return allowed;
}
