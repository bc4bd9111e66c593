/* core/identity/key.h: a hotkey that can sign, from a wallet's file (identity specification, section 6) or from a mini
 * secret.
 *
 *     <wallets>/<wallet>/hotkeys/<hotkey>    one JSON object, all members optional when read:
 *     {"accountId", "publicKey", "privateKey", "secretPhrase", "secretSeed", "ss58Address"}
 *
 * "secretSeed" is taken, else "privateKey" (scalar and nonce seed, also in ed25519's form); "publicKey", "accountId"
 * and "ss58Address", where they stand, must be the secret's own. A file with nothing but a phrase, and an encrypted
 * one, are refused with a sentence. Coldkeys are never read.
 *
 * The secret lives in memory of its own, which is locked (never swapped out), not in core dumps, guarded on both sides
 * and wiped by gdi_hotkey_free; what is read on the way is wiped as well. No message and no log line holds any of it.
 * A key is owned by whoever made it, does not change, and may be used by several threads at once. [any]
 */
#ifndef GDI_IDENTITY_KEY_H
#define GDI_IDENTITY_KEY_H

#include "core/identity/sr25519.h"
#include "core/identity/ss58.h"

enum { GDI_WALLET_BYTES_MAX = 16 * 1024 };

typedef struct gdi_hotkey gdi_hotkey;

/* Reads a wallet's file. GOD_E_NOT_FOUND when it is not there; GOD_E_INVALID for one that belongs to somebody else than
 * this user or root, or that others may read or write (the message says chmod 600); GOD_E_DATA for content that is no
 * usable key. */
god_status gdi_hotkey_read(const char *path, gdi_hotkey **ret_key, god_error *err);
/* The same from the file's text; `where` opens every message. */
god_status gdi_hotkey_parse(const char *where, const char *text, size_t bytes, gdi_hotkey **ret_key, god_error *err);
god_status gdi_hotkey_from_mini(const uint8_t mini[GDI_SR25519_MINI_BYTES], gdi_hotkey **ret_key, god_error *err);
void gdi_hotkey_free(gdi_hotkey *key); /* accepts NULL; wipes it */

const uint8_t *gdi_hotkey_account(const gdi_hotkey *key); /* GDI_ACCOUNT_BYTES; borrowed from the key */
const char *gdi_hotkey_address(const gdi_hotkey *key);    /* ss58; borrowed from the key */

void gdi_hotkey_sign(const gdi_hotkey *key, const void *message, size_t bytes,
                     uint8_t ret_signature[GDI_SR25519_SIGNATURE_BYTES]);

#endif
