#include "core/config/strings.h"

#include <stdlib.h>

god_status gdi_strings_add(gdi_strings *strings, const char *item, god_error *err)
{
    char **items = reallocarray(strings->items, strings->count + 1, sizeof *items);
    if (items == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a list of %zu strings", strings->count + 1);
    }
    strings->items = items;
    items[strings->count] = strdup(item);
    if (items[strings->count] == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a string of %zu bytes", strlen(item));
    }
    strings->count++;
    return GOD_OK;
}

uint32_t gdi_strings_has(const gdi_strings *strings, const char *item)
{
    for (size_t i = 0; i < strings->count; i++) {
        if (strcmp(strings->items[i], item) == 0) {
            return 1;
        }
    }
    return 0;
}

void gdi_strings_clear(gdi_strings *strings)
{
    for (size_t i = 0; i < strings->count; i++) {
        free(strings->items[i]);
    }
    free(strings->items);
    *strings = (gdi_strings){.items = NULL};
}
