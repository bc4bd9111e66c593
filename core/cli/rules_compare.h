/* core/cli/rules_compare.h: the first place where an answer differs from what a vector expects. [any] */
#ifndef GDI_CLI_RULES_COMPARE_H
#define GDI_CLI_RULES_COMPARE_H

#include "god/helpers/json.h"

enum { GDI_DIFFERENCE_PATH_BYTES = 256 };

typedef struct gdi_difference {
    char path[GDI_DIFFERENCE_PATH_BYTES]; /* "out.weights.A", "out[3][0]" */
    const json_t *expected, *got;         /* borrowed from the two values; NULL: not there */
} gdi_difference;

/* Numbers agree within tolerance_relative of the larger one, or 1e-12; everything else must be equal, member by member
 * and item by item. `sparse` names a member of the top object whose missing members count as 0; NULL: none. Returns 1
 * when they agree, otherwise 0 with *ret_difference filled. */
uint32_t gdi_values_agree(const json_t *expected, const json_t *got, double tolerance_relative, const char *sparse,
                          gdi_difference *ret_difference);

#endif
