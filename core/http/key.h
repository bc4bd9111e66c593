/* core/http/key.h: the key of people's tools and dashboards, "Authorization: Bearer KEY". Source: tournament
 * specification, section 25.
 *
 * god.yaml names a file or an environment variable, never the key. It is read again for each request that needs it, so
 * a new key counts at once. Two keys are compared by their SHA-256, in a time that does not depend on where they
 * differ. [any]
 */
#ifndef GDI_HTTP_KEY_H
#define GDI_HTTP_KEY_H

#include "god/error.h"

enum { GDI_KEY_BYTES_MIN = 8, GDI_KEY_BYTES_MAX = 1024 };

typedef struct gdi_key_source {
    const char *file;     /* NULL or "": none; it must not be readable by others */
    const char *variable; /* asked when there is no file; NULL or "": none */
} gdi_key_source;

/* `authorization` is the header's value, NULL when it is not there. GOD_E_CANCELLED: it is not the key. GOD_E_INTERNAL:
 * the server has no key, or one it cannot use; the message says why without telling anything of it. */
god_status gdi_key_check(const gdi_key_source *source, const char *authorization, god_error *err);

#endif
