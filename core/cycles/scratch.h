/* core/cycles/scratch.h: memory that lives as long as one step, and what else is given back with it.
 *
 * One chunk is kept from step to step, so that a turn in a running season allocates nothing. Internal to core/cycles.
 * [one] */
#ifndef GDI_CYCLES_SCRATCH_H
#define GDI_CYCLES_SCRATCH_H

#include <jansson.h>

#include "core/store/db.h"

struct gdi_scratch_chunk;
struct gdi_scratch_kept;

typedef struct gdi_scratch {
    struct gdi_scratch_chunk *chunks; /* the present one first */
    struct gdi_scratch_kept *kept;    /* rows and JSON to release; the list itself lies in the chunks */
} gdi_scratch;

/* Zeroed, aligned for everything. NULL: no memory, or count * size overflows. */
void *gdi_scratch_alloc(gdi_scratch *scratch, size_t count, size_t size);
/* Released by gdi_scratch_clear, and at once when there is no memory to remember them: then false. */
bool gdi_scratch_keep_rows_take(gdi_scratch *scratch, gdi_rows *rows);
bool gdi_scratch_keep_json_take(gdi_scratch *scratch, json_t *value);

void gdi_scratch_clear(gdi_scratch *scratch); /* everything of this step */
void gdi_scratch_fini(gdi_scratch *scratch);  /* and the chunks */

#endif
