#include "core/simulation/agenda.h"

#include <stdbool.h>
#include <stdlib.h>

static bool before(const gdi_agenda_item *a, const gdi_agenda_item *b)
{
    if (a->at_us != b->at_us) {
        return a->at_us < b->at_us;
    }
    int order = strcmp(a->order, b->order);
    return order != 0 ? order < 0 : a->what < b->what;
}

god_status gdi_agenda_add(gdi_agenda *agenda, const gdi_agenda_item *item, god_error *err)
{
    if (agenda->count == agenda->capacity) {
        size_t capacity = agenda->capacity == 0 ? 64 : 2 * agenda->capacity;
        gdi_agenda_item *items = realloc(agenda->items, capacity * sizeof *items);
        if (items == NULL) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for an agenda of %zu items", capacity);
        }
        agenda->items = items;
        agenda->capacity = capacity;
    }
    size_t at = agenda->count++;
    while (at > 0 && before(item, &agenda->items[(at - 1) / 2])) {
        agenda->items[at] = agenda->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    agenda->items[at] = *item;
    return GOD_OK;
}

int64_t gdi_agenda_next_us(const gdi_agenda *agenda)
{
    return agenda->count == 0 ? INT64_MAX : agenda->items[0].at_us;
}

uint32_t gdi_agenda_take(gdi_agenda *agenda, int64_t now_us, gdi_agenda_item *ret_item)
{
    if (agenda->count == 0 || agenda->items[0].at_us > now_us) {
        return 0;
    }
    *ret_item = agenda->items[0];
    gdi_agenda_item moving = agenda->items[--agenda->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= agenda->count) {
            break;
        }
        if (child + 1 < agenda->count && before(&agenda->items[child + 1], &agenda->items[child])) {
            child++;
        }
        if (!before(&agenda->items[child], &moving)) {
            break;
        }
        agenda->items[at] = agenda->items[child];
        at = child;
    }
    agenda->items[at] = moving;
    return 1;
}

void gdi_agenda_free(gdi_agenda *agenda)
{
    free(agenda->items);
    *agenda = (gdi_agenda){0};
}
