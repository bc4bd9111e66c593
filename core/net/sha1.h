/* core/net/sha1.h: SHA-1, for one use: the id that git, and so a model hub, gives to a small file. It says that a file
 * came over whole, not that nobody meant harm; where that matters there is a SHA-256. FIPS 180-4. [any] */
#ifndef GDI_NET_SHA1_H
#define GDI_NET_SHA1_H

#include "god/error.h"

#define GDI_SHA1_HEX 41 /* 40 digits and a NUL */

/* The blob id of a file: SHA-1 over "blob <size>\0" and its bytes. */
god_status gdi_git_blob_id(const char *path, char ret_hex[GDI_SHA1_HEX], god_error *err);

#endif
