/* core/git/address.h: the address of a repository, checked before anything is fetched from it.
 *
 * Allowed is https://HOST[:PORT]/PATH. User names and passwords inside are cut off: a token travels beside the address.
 * With GDI_ADDRESS_LOCAL, file:///PATH and http:// to this machine's loopback are allowed too, for repositories of
 * one's own and for tests. Nothing else: no ssh, no plain http, no remote helpers. [any]
 */
#ifndef GDI_GIT_ADDRESS_H
#define GDI_GIT_ADDRESS_H

#include "god/error.h"

enum { GDI_ADDRESS_BYTES_MAX = 2048, GDI_ADDRESS_LOCAL = 1, GDI_COMMIT_HEX = 40 };

typedef struct gdi_address {
    char text[GDI_ADDRESS_BYTES_MAX]; /* without user information */
    char host[256];                   /* with port; "" for file: */
} gdi_address;

/* GOD_E_INVALID with the scheme, never with what stood before an @. */
god_status gdi_address_read(const char *text, uint32_t flags, gdi_address *ret_address, god_error *err);

/* Exactly 40 hexadecimal digits, any case; ret_commit receives them in lower case. Branch names are refused. */
god_status gdi_commit_read(const char *text, char ret_commit[GDI_COMMIT_HEX + 1], god_error *err);

/* Overwrites every occurrence of the token, plain and percent-encoded, with "***", and takes out what stands between
 * "://" and the "@" before a host. In place; the text only gets shorter or stays as long as it was. `token` may be
 * NULL. Source: training specification, section 7. */
void gdi_address_scrub(char *text, const char *token);

#endif
