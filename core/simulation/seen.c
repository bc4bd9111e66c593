#include "core/simulation/seen.h"

#include <stdlib.h>

#include "core/simulation/draw.h"

/* Open addressing, linear probing, at most half full; nothing is ever taken out. */
struct gdi_seen_entry {
    char *name, *state; /* own */
};

static struct gdi_seen_entry *find(const gdi_seen *seen, const char *name)
{
    size_t at = gdi_siphash(0, 0, name, strlen(name)) & (seen->capacity - 1);
    while (seen->entries[at].name != NULL && strcmp(seen->entries[at].name, name) != 0) {
        at = (at + 1) & (seen->capacity - 1);
    }
    return &seen->entries[at];
}

const char *gdi_seen_get(const gdi_seen *seen, const char *name)
{
    return seen->count == 0 ? NULL : find(seen, name)->state;
}

static god_status grow(gdi_seen *seen, god_error *err)
{
    gdi_seen larger = {.count = seen->count, .capacity = seen->capacity == 0 ? 256 : 2 * seen->capacity};
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    if (larger.entries == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu states", larger.capacity);
    }
    for (size_t i = 0; i < seen->capacity; i++) {
        if (seen->entries[i].name != NULL) {
            *find(&larger, seen->entries[i].name) = seen->entries[i];
        }
    }
    free(seen->entries);
    *seen = larger;
    return GOD_OK;
}

god_status gdi_seen_put(gdi_seen *seen, const char *name, const char *state, god_error *err)
{
    if (2 * (seen->count + 1) > seen->capacity) {
        GOD_TRY(grow(seen, err));
    }
    struct gdi_seen_entry *entry = find(seen, name);
    if (entry->state != NULL && strcmp(entry->state, state) == 0) {
        return GOD_OK;
    }
    char *copy = strdup(state);
    if (copy == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a state");
    }
    if (entry->name == NULL) {
        entry->name = strdup(name);
        if (entry->name == NULL) {
            free(copy);
            return god_fail(err, GOD_E_NOMEM, "out of memory for a name");
        }
        seen->count++;
    }
    free(entry->state);
    entry->state = copy;
    return GOD_OK;
}

void gdi_seen_free(gdi_seen *seen)
{
    for (size_t i = 0; i < seen->capacity; i++) {
        free(seen->entries[i].name);
        free(seen->entries[i].state);
    }
    free(seen->entries);
    *seen = (gdi_seen){0};
}
