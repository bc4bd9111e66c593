/* core/git/remote.h: what fetching and pushing share: who gets the token, and why a server was left. In god-git only.
 * [one] */
#ifndef GDI_GIT_REMOTE_H
#define GDI_GIT_REMOTE_H

#include <git2.h>

#include "core/git/address.h"

typedef struct gdi_remote_talk {
    const gdi_address *address;
    const char *token; /* NULL: none */
    uint32_t asked;    /* how often the server asked for a token */
    char refused[160]; /* why we stopped it ourselves; "" otherwise */
} gdi_remote_talk;

/* git_credential_acquire_cb. `payload` begins with a gdi_remote_talk. The token is given once, to the host of the
 * address alone. */
int gdi_remote_give_token(git_credential **ret_credential, const char *url, const char *user_from_url, unsigned allowed,
                          void *payload);

/* "cannot <verb> "ADDRESS": why". GOD_E_DATA when we stopped it, otherwise GOD_E_IO. The token is not in it. */
god_status gdi_remote_fail(const gdi_remote_talk *talk, const char *verb, god_error *err);

#endif
