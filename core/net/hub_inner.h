/* core/net/hub_inner.h: what hub.c and hub_upload.c share. */
#ifndef GDI_NET_HUB_INNER_H
#define GDI_NET_HUB_INNER_H

#include <jansson.h>

#include "core/net/exchange.h"
#include "core/net/hub.h"
#include "god/helpers/text.h"

struct gdi_hub {
    char *endpoint;      /* own */
    char *authorization; /* own; "Authorization: Bearer ..."; NULL: no token */
    gdi_hub_options options;
};

/* Appends text with everything but letters, digits, '-', '_', '.', '~' and, when `slashes`, '/' as %XX. */
god_status gdi_url_escape(const char *text, uint32_t slashes, god_text *url, god_error *err);

/* One call of the hub's API at `path` ("/api/..."), with the token. body NULL: none. *ret_value may be NULL, and is
 * NULL for an answer that is no JSON. *ret_code is the status of HTTP. */
god_status gdi_hub_ask(gdi_hub *hub, const char *method, const char *path, const char *content_type,
                       const god_text *body, long *ret_code, json_t **ret_value, god_error *err);

/* What the hub says a repository holds. *listing is empty before and, on failure too, ended by the caller. */
god_status gdi_hub_read_listing(const json_t *value, gdi_hub_listing *listing, god_error *err);

/* "model" or "dataset"; static text. */
const char *gdi_hub_kind(uint32_t kind);

#endif
