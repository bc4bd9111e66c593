/* core/simulation/seen.h: what a name stood at when it was last looked at: a map of texts. [one] */
#ifndef GDI_SIMULATION_SEEN_H
#define GDI_SIMULATION_SEEN_H

#include "god/error.h"

typedef struct gdi_seen {           /* zero-initialised; ended with gdi_seen_free */
    struct gdi_seen_entry *entries; /* own */
    size_t count, capacity;
} gdi_seen;

/* NULL: never seen. Borrowed until the next put. */
const char *gdi_seen_get(const gdi_seen *seen, const char *name);
god_status gdi_seen_put(gdi_seen *seen, const char *name, const char *state, god_error *err);
void gdi_seen_free(gdi_seen *seen);

#endif
