/* core/net/s3.h: objects of an S3-compatible store: reading, writing, signed addresses (training specification 21).
 *
 * Requests are signed with Signature Version 4, by libcurl; signed addresses are made here. Buckets are part of the
 * path, which every such store understands. Without a key nothing is signed. One gdi_s3 may be used by several threads.
 * [any]
 */
#ifndef GDI_NET_S3_H
#define GDI_NET_S3_H

#include <time.h>

#include "god/error.h"
#include "god/helpers/text.h"

enum { GDI_S3_EXPIRES_S = 604800, GDI_S3_KEY_BYTES_MAX = 1024 };

typedef struct gdi_s3 gdi_s3; /* owned by whoever opened it */

typedef struct gdi_s3_options {
    const char *endpoint;     /* "https://host:port", or "host:port", which means https; NULL or "": Amazon's */
    const char *region;       /* NULL: "us-east-1" */
    const char *key, *secret; /* NULL: not signed; copied, wiped at the end */
    uint64_t time_limit_ms;   /* of one object; 0: an hour */
    uint64_t first_pause_ms;
    uint32_t (*stop_asked)(void *user);
    void (*progress)(void *user, int64_t bytes); /* so many more, or fewer */
    void *user;
} gdi_s3_options;

god_status gdi_s3_open(const gdi_s3_options *options, gdi_s3 **ret_s3, god_error *err);
void gdi_s3_close(gdi_s3 *s3); /* accepts NULL */

/* "s3://bucket/key" in two; both are owned by the caller. GOD_E_INVALID. */
god_status gdi_s3_split(const char *uri, char **ret_bucket, char **ret_key, god_error *err);

/* Bucket and key of an address that a store gave out: the first label of the host, and the path. It is right for
 * addresses with the bucket in the host; for others the bucket is wrong, as it was with the original. */
god_status gdi_s3_from_url(const char *url, char **ret_bucket, char **ret_key, god_error *err);

typedef struct gdi_s3_info {
    uint64_t bytes;
    char etag[128]; /* "" when there is none */
} gdi_s3_info;

/* GOD_E_NOT_FOUND, GOD_E_INVALID when the store refuses, GOD_E_IO. */
god_status gdi_s3_head(gdi_s3 *s3, const char *bucket, const char *key, gdi_s3_info *ret_info, god_error *err);
/* To an absolute path; see gdi_download for what is checked and resumed. sha256 and info may be NULL. */
god_status gdi_s3_get(gdi_s3 *s3, const char *bucket, const char *key, const gdi_s3_info *info, const char *sha256,
                      const char *destination, god_error *err);
god_status gdi_s3_put(gdi_s3 *s3, const char *bucket, const char *key, const char *path, god_error *err);

/* Sets *url to an address that anybody may read the object at for `seconds` (at most GDI_S3_EXPIRES_S) from `now` on.
 * It is a secret for so long. GOD_E_INVALID without a key. */
god_status gdi_s3_presign(gdi_s3 *s3, const char *bucket, const char *key, uint32_t seconds, time_t now, god_text *url,
                          god_error *err);

#endif
