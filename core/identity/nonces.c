#include "core/identity/nonces.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/identity/request_signature.h"

enum { digest_bytes = 16, buckets = GDI_REQUEST_NONCES_MAX };

#define KEPT_NS ((uint64_t)GDI_REQUEST_NONCE_KEPT_S * 1000000000u)

typedef struct entry {
    uint8_t digest[digest_bytes];
    uint64_t taken_ns;
    uint32_t next; /* in its bucket: index + 1; 0: the last */
} entry;

struct gdi_nonces {
    uint8_t key[crypto_generichash_KEYBYTES];
    uint32_t oldest, count;
    uint32_t heads[buckets]; /* index + 1; 0: empty */
    entry ring[GDI_REQUEST_NONCES_MAX];
};

god_status gdi_nonces_open(gdi_nonces **ret_nonces, god_error *err)
{
    gdi_nonces *nonces = calloc(1, sizeof *nonces);
    if (nonces == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %d nonces", GDI_REQUEST_NONCES_MAX);
    }
    randombytes_buf(nonces->key, sizeof nonces->key);
    *ret_nonces = nonces;
    return GOD_OK;
}

void gdi_nonces_close(gdi_nonces *nonces)
{
    free(nonces);
}

static void digest_of(const gdi_nonces *nonces, const char *nonce, uint8_t ret_digest[digest_bytes])
{
    (void)crypto_generichash(ret_digest, digest_bytes, (const uint8_t *)nonce, strlen(nonce), nonces->key,
                             sizeof nonces->key);
}

static uint32_t bucket_of(const uint8_t digest[digest_bytes])
{
    return (digest[0] | (uint32_t)digest[1] << 8 | (uint32_t)digest[2] << 16) % buckets;
}

uint32_t gdi_nonces_knows(const gdi_nonces *nonces, const char *nonce)
{
    uint8_t digest[digest_bytes];
    digest_of(nonces, nonce, digest);
    for (uint32_t at = nonces->heads[bucket_of(digest)]; at != 0; at = nonces->ring[at - 1].next) {
        if (memcmp(nonces->ring[at - 1].digest, digest, digest_bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

static void forget_oldest(gdi_nonces *nonces)
{
    const entry *old = &nonces->ring[nonces->oldest];
    uint32_t *link = &nonces->heads[bucket_of(old->digest)];
    while (*link != nonces->oldest + 1) {
        link = &nonces->ring[*link - 1].next;
    }
    *link = old->next;
    nonces->oldest = (nonces->oldest + 1) % GDI_REQUEST_NONCES_MAX;
    nonces->count--;
}

uint32_t gdi_nonces_take(gdi_nonces *nonces, const char *nonce, uint64_t now_ns)
{
    while (nonces->count > 0 && now_ns > nonces->ring[nonces->oldest].taken_ns &&
           now_ns - nonces->ring[nonces->oldest].taken_ns > KEPT_NS) {
        forget_oldest(nonces);
    }
    if (nonces->count == GDI_REQUEST_NONCES_MAX) {
        return 0;
    }
    uint32_t at = (nonces->oldest + nonces->count++) % GDI_REQUEST_NONCES_MAX;
    entry *made = &nonces->ring[at];
    made->taken_ns = now_ns;
    digest_of(nonces, nonce, made->digest);
    uint32_t *head = &nonces->heads[bucket_of(made->digest)];
    made->next = *head;
    *head = at + 1;
    return 1;
}
