/* core/net/credential.h: tokens and keys: read when they are needed, wiped afterwards, never shown. [any] */
#ifndef GDI_NET_CREDENTIAL_H
#define GDI_NET_CREDENTIAL_H

#include "god/error.h"

enum { GDI_CREDENTIAL_BYTES_MAX = 4096 };

/* From the file when one is named (it must not be readable by others), else from the environment variable. Blanks
 * around it are not part of it. *ret_secret is owned by the caller, ended with gdi_credential_free; NULL when there is
 * none. GOD_E_INVALID for a file that is open to others or cannot be read; `what` names it in the sentence: "the hub's
 * token". */
god_status gdi_credential_read(const char *what, const char *file, const char *variable, char **ret_secret,
                               god_error *err);
void gdi_credential_free(char *secret); /* wipes it; accepts NULL */

#endif
