/* core/host/wallet.h: requests that are signed with the hotkey of "identity.wallet_path", and tokens of rows, which are
 * sealed. Both are read when they are needed and wiped afterwards. [any] */
#ifndef GDI_HOST_WALLET_H
#define GDI_HOST_WALLET_H

#include "core/config/config.h"
#include "core/identity/request_signature.h"
#include "core/store/seal.h"

/* *ret_key is NULL when no wallet is configured; ended with gdi_hotkey_free. */
god_status gdi_wallet_open(const gdi_config *config, gdi_hotkey **ret_key, god_error *err);

/* Headers of one request, for gdi_call.headers: they point into this struct. */
typedef struct gdi_signed_call {
    char lines[GDI_SIGNED_HEADERS][GDI_SIGNED_HEADER_BYTES];
    const char *headers[GDI_SIGNED_HEADERS + 2];
} gdi_signed_call;

/* Fills *call in place. `to` is the hotkey of whoever is asked; body NULL: none. */
god_status gdi_wallet_sign(const gdi_hotkey *key, const char *to, const char *body, gdi_signed_call *call,
                           god_error *err);

/* The same for a trainer, addressed to "identity.trainer_hotkey" or the wallet's own. No headers when no wallet is
 * configured; trainers that know nothing of signatures pass them over. */
god_status gdi_wallet_sign_trainer(const gdi_config *config, const char *body, gdi_signed_call *call, god_error *err);

/* The sealed member "github_token" of a payload, opened; NULL when there is none. Ended with gdi_secret_free. */
god_status gdi_payload_token(const gdi_config *config, const json_t *payload, char **ret_token, god_error *err);

#endif
