/* core/http/target.h: what stands behind the method of a request: "/v1/tournaments/a%20b/details?limit=10".
 *
 * Percent signs are decoded after the cut at '/', '&' and '=', so that a decoded slash never makes a new segment. "+"
 * in the query is a space. Bytes that are not UTF-8, control characters, and names that are there twice are refused:
 * what comes out can go into JSON and into a log. [any]
 */
#ifndef GDI_HTTP_TARGET_H
#define GDI_HTTP_TARGET_H

#include "god/error.h"

enum { GDI_TARGET_BYTES_MAX = 4096, GDI_TARGET_SEGMENTS_MAX = 12, GDI_TARGET_QUERY_MAX = 16 };

typedef struct gdi_target_pair {
    const char *name, *value;
} gdi_target_pair;

typedef struct gdi_target {
    char *bytes;                                   /* own: what the others point into */
    const char *segments[GDI_TARGET_SEGMENTS_MAX]; /* "v1", "tournaments", "a b", "details" */
    uint32_t segment_count;                        /* "/" has one, which is empty */
    gdi_target_pair query[GDI_TARGET_QUERY_MAX];
    uint32_t query_count;
} gdi_target;

/* GOD_E_INVALID for a target that is malformed or larger than the limits above. */
god_status gdi_target_parse(const char *text, gdi_target *ret_target, god_error *err);
void gdi_target_clear(gdi_target *target); /* accepts an empty one */

/* The value of a query parameter, NULL when it is not there. */
const char *gdi_target_query(const gdi_target *target, const char *name);

#endif
