/* core/net/download.h: one file from one address, whole or not at all; what downloads of every kind are made of.
 *
 *   destination.part   grows; a broken connection is resumed at its end with a Range request
 *   destination        appears by rename when the bytes are all there and have the size and digest that were asked for
 *
 * Connections that break or stall, 408, 429 and 5xx are tried again, with a pause that doubles. Redirects are followed
 * by hand: each address must be allowed, and what proves who we are (headers, signature) goes to the first host alone.
 * Messages name addresses without user, query and fragment, which may hold secrets. [any]
 */
#ifndef GDI_NET_DOWNLOAD_H
#define GDI_NET_DOWNLOAD_H

#include "god/error.h"

typedef struct gdi_download {
    const char *url;            /* http:// or https:// */
    const char *destination;    /* absolute path; its folder exists */
    const char *sha256;         /* 64 lower-case hex digits; NULL: not known */
    const char *git_blob;       /* 40 lower-case hex digits, the id that git gives the file; NULL: not known */
    uint64_t bytes;             /* size of the whole file; 0: not known */
    uint64_t bytes_max;         /* 0: no limit */
    uint64_t time_limit_ms;     /* repeats included; 0: an hour */
    uint64_t first_pause_ms;    /* before the second try; 0: half a second */
    uint32_t stall_seconds;     /* less than a byte a second for so long counts as broken; 0: 30 */
    uint32_t keep_part;         /* 1: a part that was broken off stays for the next call, and one that is there is
                                 * gone on with; needs a digest */
    const char *const *headers; /* NULL-ended "Name: value", for the first host; may be NULL */
    const char *sigv4;          /* "aws:amz:REGION:s3", for the first host; may be NULL */
    const char *user_password;  /* "KEY:SECRET" for sigv4 */
    uint32_t (*allowed)(void *user, const char *url); /* NULL: every http and https address */
    uint32_t (*stop_asked)(void *user);               /* several times a second; may be NULL */
    void (*progress)(void *user, int64_t bytes);      /* so many more; negative: thrown away again; may be NULL */
    void *user;
} gdi_download;

/* GOD_E_INVALID: the address is not allowed. GOD_E_NOT_FOUND: 404 or 410. GOD_E_DATA: another size or digest, or more
 * than bytes_max. GOD_E_CANCELLED. GOD_E_IO: everything else. */
god_status gdi_download_run(const gdi_download *download, god_error *err);

/* "https://host/path" without user, query and fragment, for messages. Returns buf. */
const char *gdi_url_shown(const char *url, char buf[256]);
/* Do two addresses have the same scheme, host and port? */
uint32_t gdi_url_same_host(const char *a, const char *b);

#endif
