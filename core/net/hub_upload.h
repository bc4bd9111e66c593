/* core/net/hub_upload.h: a folder becomes the content of a model repository on the hub (training specification 15.2).
 *
 *   create the repository (fine when it is there) ──► ask which files are large ──► send those, in parts where the hub
 *   wants it ──► one commit with everything: small files inside it, large ones by digest, what was there before deleted
 *
 * Until the commit nothing of the repository changes, so an upload that fails can be made again. Links are not followed
 * and not sent. [one] per call
 */
#ifndef GDI_NET_HUB_UPLOAD_H
#define GDI_NET_HUB_UPLOAD_H

#include "core/net/hub.h"

enum {
    GDI_UPLOAD_FILES_MAX = 10000,
    GDI_UPLOAD_INLINE_BYTES_MAX = 64 << 20, /* of one file inside a commit */
    GDI_UPLOAD_TRIES = 3,
    GDI_UPLOAD_PAUSE_MS = 10 * 1000
};

typedef struct gdi_hub_upload {
    const char *repository; /* "owner/name" */
    const char *dir;        /* absolute */
    const char *subfolder;  /* where it goes in the repository; NULL: its root */
    const char *message;    /* of the commit */
    uint32_t replaces;      /* 1: what was there before and is not sent again is deleted */
    uint32_t is_private;    /* of a repository that has to be made */
    uint64_t pause_ms;      /* between tries; 0: GDI_UPLOAD_PAUSE_MS */
    /* Files that stay here, by their last component: 1 for yes. NULL: all go. */
    uint32_t (*skips)(const char *name);
} gdi_hub_upload;

/* *ret_commit (GDI_HUB_COMMIT_HEX + 1 bytes, may be NULL) is the new commit, "" when the hub does not say. Needs a
 * token. GOD_E_INVALID: no token, or the hub refuses; GOD_E_DATA: there is nothing to send, or too much; GOD_E_IO;
 * GOD_E_CANCELLED. */
god_status gdi_hub_upload_folder(gdi_hub *hub, const gdi_hub_upload *upload, char *ret_commit, god_error *err);

#endif
