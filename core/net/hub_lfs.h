/* core/net/hub_lfs.h: one large file to the hub, by the batch interface of Git LFS. Internal to uploads. */
#ifndef GDI_NET_HUB_LFS_H
#define GDI_NET_HUB_LFS_H

#include "core/net/hub.h"

typedef struct gdi_lfs_object {
    const char *repository, *path, *sha256;
    uint64_t bytes;
    uint32_t (*stop_asked)(void *user);
    void (*progress)(void *user, int64_t bytes); /* so many more, or fewer */
    void *user;
} gdi_lfs_object;

/* Sends it, unless the hub has it. The addresses that the hub gives carry their own permission: the token is sent to
 * none of them but those of the hub itself. */
god_status gdi_lfs_send(gdi_hub *hub, const gdi_lfs_object *object, god_error *err);

/* The text of the bytes in base 64, owned by the caller. */
god_status gdi_base64(const unsigned char *data, size_t bytes, char **ret_text, god_error *err);

#endif
