/* core/host/fetcher.h: what is at an address, as an entry of the cache.
 *
 *   hf://OWNER/NAME[@REVISION]                 a model, as a folder
 *   hf://OWNER/NAME[@REVISION]/PATH            one file of it
 *   hf://datasets/OWNER/NAME[@REVISION][/PATH] a data set, or one file of it
 *   s3://BUCKET/KEY                            an object, as a file
 *   http(s)://...                              a file; its SHA-256 must be known
 *   file:///PATH                               what is there already; nothing is copied
 *
 * The same content is fetched once for all processes; a download that broke off is gone on with. Tokens and keys come
 * from files and environment variables that god.yaml names (hub.*, s3.*). A fetcher belongs to one thread. [one]
 */
#ifndef GDI_HOST_FETCHER_H
#define GDI_HOST_FETCHER_H

#include "core/config/config.h"
#include "core/host/cache.h"
#include "core/net/hub.h"

typedef struct gdi_fetcher gdi_fetcher; /* owned by whoever opened it */

typedef struct gdi_fetcher_hooks {
    uint32_t (*stop_asked)(void *user); /* from several threads; may be NULL */
    void (*progress)(void *user, const char *what, uint64_t done,
                     uint64_t total); /* bytes; 0: not known; may be NULL */
    void *user;
} gdi_fetcher_hooks;

/* Reads the secrets that there are. `config` is borrowed until the end. */
god_status gdi_fetcher_open(const gdi_config *config, const gdi_fetcher_hooks *hooks, gdi_fetcher **ret_fetcher,
                            god_error *err);
void gdi_fetcher_close(gdi_fetcher *fetcher); /* accepts NULL */

/* Is this an address that needs us, and not a worker with its list of allowed addresses: hf:// or s3://? */
uint32_t gdi_fetcher_knows(const char *uri);

typedef struct gdi_fetched {
    gdi_cache_hold hold;     /* fd -1 for file: */
    char path[GOD_PATH_MAX]; /* the file or folder */
} gdi_fetched;

/* revision and sha256 (of a single file) may be NULL; a revision in the address counts when there is no other.
 * Afterwards the cache is brought within paths.cache_bytes_max. End it with gdi_cache_release(&fetched.hold). */
god_status gdi_fetcher_fetch(gdi_fetcher *fetcher, const char *uri, const char *revision, const char *sha256,
                             gdi_fetched *ret_fetched, god_error *err);

/* A file at http(s) whose digest nobody knows, such as a signed address: kept under `key`, which names the content. The
 * same key is not fetched again. */
god_status gdi_fetcher_fetch_as(gdi_fetcher *fetcher, const char *url, const char *key, gdi_fetched *ret_fetched,
                                god_error *err);

/* What a repository of the hub holds, see gdi_hub_list: uri is hf://..., a path in it is passed over. */
god_status gdi_fetcher_list(gdi_fetcher *fetcher, const char *uri, gdi_hub_listing *ret_listing, god_error *err);

#endif
