/* core/identity/signed_text.h: what both sides of a signed request agree on. Internal to core/identity. [any] */
#ifndef GDI_IDENTITY_SIGNED_TEXT_H
#define GDI_IDENTITY_SIGNED_TEXT_H

#include "core/identity/request_signature.h"
#include "god/helpers/sha256.h"

enum { GDI_SIGNED_TEXT_BYTES = GDI_NONCE_BYTES_MAX + GDI_SS58_BYTES + GOD_SHA256_HEX + 3 };

/* 1: 1 to GDI_NONCE_BYTES_MAX letters, digits and underscores. */
uint32_t gdi_nonce_is_plain(const char *nonce);

/* "nonce:miner" or "nonce:miner:hash". The nonce is plain and the miner an address. Returns its length. */
size_t gdi_signed_text(const char *nonce, const char *miner_hotkey, uint32_t has_body, const void *body,
                       size_t body_bytes, char ret_text[GDI_SIGNED_TEXT_BYTES]);

#endif
