/* core/net/hub.h: models and data sets of a Hugging Face Hub: what a repository holds at a revision, and all or some of
 * it in a folder. Uploads are in core/net/hub_upload.h.
 *
 * A revision (branch, tag or commit) becomes a commit first, and everything is fetched at that commit. Files come
 * several at a time; each is checked: SHA-256 where the hub keeps it as a large file, git's own id otherwise. What the
 * hub says is a stranger's: names are checked, sizes and counts are limited.
 *
 * The token is read by the caller, goes into a header for the endpoint's own host and nowhere else: not into addresses,
 * messages, redirects to other hosts, nor over plain http to another machine. One gdi_hub may be used by several
 * threads at once. [any]
 */
#ifndef GDI_NET_HUB_H
#define GDI_NET_HUB_H

#include "god/helpers/file.h"

enum { GDI_HUB_MODEL = 1, GDI_HUB_DATASET = 2 };
enum {
    GDI_HUB_COMMIT_HEX = 40,
    GDI_HUB_FILES_MAX = 100000,
    GDI_HUB_TRANSFERS_MAX = 16,
    GDI_HUB_NAME_BYTES_MAX = 200,
    GDI_HUB_PATH_BYTES_MAX = 1024
};
#define GDI_HUB_ENDPOINT "https://huggingface.co"

typedef struct gdi_hub gdi_hub; /* owned by whoever opened it */

typedef struct gdi_hub_options {
    const char *endpoint;               /* NULL: GDI_HUB_ENDPOINT; "https://hub.example.org", no slash at its end */
    const char *token;                  /* NULL: only what everybody may read; copied, wiped at the end */
    uint32_t transfers;                 /* at a time; 0: 4 */
    uint64_t bytes_max;                 /* of one snapshot; 0: no limit */
    uint64_t time_limit_ms;             /* of one file; 0: six hours */
    uint64_t first_pause_ms;            /* before a second try; 0: half a second */
    uint32_t stall_seconds;             /* see gdi_download */
    uint32_t (*stop_asked)(void *user); /* several times a second, from several threads; may be NULL */
    void (*progress)(void *user, uint64_t done_bytes, uint64_t total_bytes); /* one call at a time; may be NULL */
    void *user;
} gdi_hub_options;

/* GOD_E_INVALID for an endpoint that is no address, or a token that would leave this machine in the clear. */
god_status gdi_hub_open(const gdi_hub_options *options, gdi_hub **ret_hub, god_error *err);
void gdi_hub_close(gdi_hub *hub); /* accepts NULL */

typedef struct gdi_hub_file {
    char *path; /* own; relative, '/' between parts */
    uint64_t bytes;
    char sha256[65];   /* "" when the hub does not know it */
    char git_blob[41]; /* "" where sha256 is not */
} gdi_hub_file;

typedef struct gdi_hub_listing {
    char commit[GDI_HUB_COMMIT_HEX + 1];
    gdi_hub_file *files; /* own */
    size_t count;
    uint64_t bytes; /* of all files */
} gdi_hub_listing;
void gdi_hub_listing_clear(gdi_hub_listing *listing); /* accepts an empty one */

/* 1 for "owner/name" or "name" of letters, digits, '-', '_' and '.'. */
uint32_t gdi_hub_is_name(const char *repository);

/* revision NULL: "main". GOD_E_NOT_FOUND: no such repository or revision. GOD_E_INVALID: it may not be read, or a name
 * is none. GOD_E_DATA: the answer makes no sense. */
god_status gdi_hub_list(gdi_hub *hub, uint32_t kind, const char *repository, const char *revision,
                        gdi_hub_listing *ret_listing, god_error *err);

/* Fetches every file that `takes` (NULL: all) says yes to into `dir`, which exists. Files that are there already with
 * the right size stay, so a call that failed can be made again. */
god_status gdi_hub_snapshot(gdi_hub *hub, uint32_t kind, const char *repository, const gdi_hub_listing *listing,
                            uint32_t (*takes)(void *user, const gdi_hub_file *file), void *user, const char *dir,
                            god_error *err);

#endif
