/* core/simulation/agenda.h: what will happen in the virtual world, by virtual time.
 *
 * A heap of (moment, order, item). Items of one moment come out by `order`, a text (a job's key), so that the same
 * agenda filled in another order is the same agenda. Owned by one season. [one]
 */
#ifndef GDI_SIMULATION_AGENDA_H
#define GDI_SIMULATION_AGENDA_H

#include "god/error.h"

typedef struct gdi_agenda_item {
    int64_t at_us;
    const char *order; /* borrowed; lives as long as the item is on the agenda */
    uint32_t what;     /* the caller's; equal orders come out by it, ascending */
    void *subject;     /* the caller's */
} gdi_agenda_item;

typedef struct gdi_agenda { /* zero-initialised; ended with gdi_agenda_free */
    gdi_agenda_item *items; /* own */
    size_t count, capacity;
} gdi_agenda;

god_status gdi_agenda_add(gdi_agenda *agenda, const gdi_agenda_item *item, god_error *err);
/* The earliest moment, INT64_MAX when nothing is on it. */
int64_t gdi_agenda_next_us(const gdi_agenda *agenda);
/* Takes the first item that is due at now_us; false when none is. */
uint32_t gdi_agenda_take(gdi_agenda *agenda, int64_t now_us, gdi_agenda_item *ret_item);
void gdi_agenda_free(gdi_agenda *agenda); /* the items' subjects are the caller's; accepts an empty one */

#endif
