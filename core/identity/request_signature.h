/* core/identity/request_signature.h: the four headers by which one hotkey proves to another that a request is its own
 * (identity specification, section 2), made and checked.
 *
 *     validator-hotkey: 5Grw...                 who asks
 *     miner-hotkey:     5FHn...                 who is asked
 *     nonce:            <unix time in ns>_<10 random letters or digits>
 *     signature:        0x<128 hex digits>      sr25519 over
 *
 *     GET    <nonce>:<miner-hotkey>
 *     POST   <nonce>:<miner-hotkey>:<hex SHA-256 of the body as it is sent>
 *
 * Path, query and the caller's own address are not signed; that is how callers that exist do it.
 *
 * To ask:
 *     gdi_signed_headers headers;
 *     GOD_TRY(gdi_request_sign(key, miner_address, NULL, 0, &headers, err));     NULL: a GET
 *     gdi_signed_header_lines(&headers, lines);                                  "nonce: 17..." for core/net/call.h
 *
 * To answer:
 *     gdi_request_proof proof = {0};
 *     for each header of the request: gdi_request_collect(&proof, name, value);  others are passed over
 *     proof.has_body = is_post; proof.body = body; proof.body_bytes = bytes;
 *     gdi_request_verify(gate, &proof, now_ns, &verdict);
 *     verdict.http_status is 200, or what to answer with {"detail": verdict.detail}
 */
#ifndef GDI_IDENTITY_REQUEST_SIGNATURE_H
#define GDI_IDENTITY_REQUEST_SIGNATURE_H

#include "core/identity/key.h"

enum {
    GDI_NONCE_BYTES_MAX = 64,       /* of a nonce that is accepted; ours have 30 */
    GDI_SIGNATURE_TEXT_BYTES = 131, /* "0x", 128 digits and a NUL */
    GDI_SIGNED_HEADERS = 4,
    GDI_SIGNED_HEADER_BYTES = 160,  /* of "name: value" and its NUL */
    GDI_REQUEST_NONCES_MAX = 65536, /* that a gate remembers */
    GDI_REQUEST_NONCE_AGE_S = 120,  /* older, or further ahead: refused */
    GDI_REQUEST_NONCE_KEPT_S = 240, /* after it was accepted; then a gate forgets it */
    GDI_REQUEST_DETAIL_BYTES = 128
};

/* ---- asking ---- */

typedef struct gdi_signed_headers {
    char validator_hotkey[GDI_SS58_BYTES], miner_hotkey[GDI_SS58_BYTES];
    char nonce[GDI_NONCE_BYTES_MAX + 1];
    char signature[GDI_SIGNATURE_TEXT_BYTES];
} gdi_signed_headers;

/* With a nonce of now. `body` are the very bytes that will be sent; NULL: a request without one. GOD_E_DATA when
 * miner_address is no address. [any] */
god_status gdi_request_sign(const gdi_hotkey *key, const char *miner_address, const void *body, size_t body_bytes,
                            gdi_signed_headers *ret_headers, god_error *err);
/* With a nonce and 32 witness bytes (NULL: random) of the caller's choice: for tests, and to repeat a request that is
 * known. GOD_E_INVALID for a nonce that nobody would accept. */
god_status gdi_request_sign_with(const gdi_hotkey *key, const char *miner_address, const char *nonce,
                                 const uint8_t *witness, const void *body, size_t body_bytes,
                                 gdi_signed_headers *ret_headers, god_error *err);
/* "validator-hotkey: 5Grw..." and so on, in the order above. */
void gdi_signed_header_lines(const gdi_signed_headers *headers,
                             char ret_lines[GDI_SIGNED_HEADERS][GDI_SIGNED_HEADER_BYTES]);

/* ---- answering ---- */

/* What a request says of itself. The texts are borrowed; NULL: the header was not there. */
typedef struct gdi_request_proof {
    const char *validator_hotkey, *miner_hotkey, *nonce, *signature;
    const char *twice; /* name of a header that came more than once: refused */
    uint32_t has_body; /* 1: the body is part of what was signed, as with every POST */
    const void *body;
    size_t body_bytes;
} gdi_request_proof;

/* Keeps the value when the name (any case) is one of the four; others are passed over. */
void gdi_request_collect(gdi_request_proof *proof, const char *name, const char *value);

/* 1 when somebody with this address may ask at all; *ret_stake_tao is then compared with the gate's minimum. Called
 * with no lock held, from the thread that verifies. */
typedef uint32_t gdi_caller_fn(void *user, const char *address, double *ret_stake_tao);

typedef struct gdi_request_gate_options {
    const char *own_address;     /* what "miner-hotkey" must be; copied */
    gdi_caller_fn *caller;       /* whom we listen to; NULL: anybody who can sign */
    void *user;                  /* borrowed, as long as the gate */
    double stake_min_tao;        /* 0: none needed */
    uint32_t wrapped_signatures; /* 1: also signatures over "<Bytes>" text "</Bytes>" */
} gdi_request_gate_options;

/* Remembers the nonces that were accepted. Owned by whoever opened it. */
typedef struct gdi_request_gate gdi_request_gate;

god_status gdi_request_gate_open(const gdi_request_gate_options *options, gdi_request_gate **ret_gate, god_error *err);
void gdi_request_gate_close(gdi_request_gate *gate); /* accepts NULL */

typedef struct gdi_request_verdict {
    uint32_t http_status;                  /* 200, 401, 403, 422, 503 */
    char detail[GDI_REQUEST_DETAIL_BYTES]; /* "" with 200 */
    char caller[GDI_SS58_BYTES];           /* who asks, with 200; otherwise "" */
} gdi_request_verdict;

/* The checks of section 2.3 in their order; the nonce is stored last, and only when everything else is right, so a
 * stranger cannot fill the table. The same headers are accepted once, also when many threads show them at once. A table
 * full of nonces that still count answers 503. `now_ns` is unix time. [any] */
void gdi_request_verify(gdi_request_gate *gate, const gdi_request_proof *proof, uint64_t now_ns,
                        gdi_request_verdict *ret_verdict);

uint64_t gdi_request_now_ns(void); /* unix time */

#endif
