/* core/identity/nonces.h: nonces that were accepted, so that none is accepted twice. Internal to core/identity.
 *
 *     ring, oldest first   | digest, time | digest, time | ... |      GDI_REQUEST_NONCES_MAX entries
 *     buckets              heads of lists through the ring, by the digest's first bytes
 *
 * A nonce is kept as a keyed 128-bit digest, so strangers cannot choose where they land, and an entry is small: 2.5 MiB
 * when it is full, touched only as it fills. Taking and forgetting cost the same however many there are. [one]: the
 * owner has a lock.
 */
#ifndef GDI_IDENTITY_NONCES_H
#define GDI_IDENTITY_NONCES_H

#include "god/error.h"

typedef struct gdi_nonces gdi_nonces;

god_status gdi_nonces_open(gdi_nonces **ret_nonces, god_error *err);
void gdi_nonces_close(gdi_nonces *nonces); /* accepts NULL */

uint32_t gdi_nonces_knows(const gdi_nonces *nonces, const char *nonce);
/* Forgets what is older than GDI_REQUEST_NONCE_KEPT_S, then remembers this one, which it must not know. 0: there is no
 * room. */
uint32_t gdi_nonces_take(gdi_nonces *nonces, const char *nonce, uint64_t now_ns);

#endif
