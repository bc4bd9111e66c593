/* core/store/seal.h: secrets at rest, such as the GitHub tokens that miners hand over.
 *
 *     "ghp_..."  ── gdi_secret_seal ──►  "sealed:v1:<base64>"  ── gdi_secret_open ──►  "ghp_..."
 *
 * XSalsa20-Poly1305 (libsodium's secretbox) with a random nonce in front; base64 in the URL-safe alphabet without
 * padding. The key is <state_dir>/secret.key: 32 bytes, mode 0600, made from the kernel's randomness when it is
 * missing. Whoever has the store but not that file has no token; without it sealed texts are lost, so back it up beside
 * the store.
 *
 * Nothing here writes a log, and no message names a secret or a part of one. A gdi_secrets is owned by whoever opened
 * it; sealing and opening with it are [any].
 */
#ifndef GDI_STORE_SEAL_H
#define GDI_STORE_SEAL_H

#include <stdbool.h>

#include "god/error.h"

enum { GDI_SECRET_BYTES_MAX = 64 * 1024 };

typedef struct gdi_secrets gdi_secrets;

/* Reads the key, or makes it; the folder is made when it is missing. Two processes that make it at once end with one
 * key. GOD_E_DATA for a file that is not a key, or that others may read: the message says how to mend it. */
god_status gdi_secrets_open(const char *state_dir, gdi_secrets **ret_secrets, god_error *err);
void gdi_secrets_close(gdi_secrets *secrets); /* accepts NULL; wipes the key */

/* *ret_sealed is freed with free(). GOD_E_INVALID for a secret longer than GDI_SECRET_BYTES_MAX. */
god_status gdi_secret_seal(const gdi_secrets *secrets, const char *secret, char **ret_sealed, god_error *err);
/* *ret_secret is ended with gdi_secret_free. GOD_E_DATA for a text that is not sealed, was changed, or was sealed with
 * another key. */
god_status gdi_secret_open(const gdi_secrets *secrets, const char *sealed, char **ret_secret, god_error *err);
void gdi_secret_free(char *secret); /* accepts NULL; wipes it first */

bool gdi_secret_is_sealed(const char *text); /* begins like one */

#endif
