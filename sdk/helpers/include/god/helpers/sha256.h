/* god/helpers/sha256.h: digests of bytes, files and folders as 64 lower-case hex digits. [any] */
#ifndef GOD_HELPERS_SHA256_H
#define GOD_HELPERS_SHA256_H

#include "god/error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_SHA256_HEX 65 /* 64 digits and a NUL */

void god_sha256_bytes(const void *data, size_t bytes, char ret_hex[GOD_SHA256_HEX]);
god_status god_sha256_file(const char *path, char ret_hex[GOD_SHA256_HEX], god_error *err);
/* Digest over the sorted lines "<digest>  <relative path>\n" of every regular file below the folder; links are
 * followed when they lead to a regular file.
 * Folders are walked depth first, names in byte order. */
god_status god_sha256_dir(const char *path, char ret_hex[GOD_SHA256_HEX], god_error *err);

#ifdef __cplusplus
}
#endif
#endif
