#include "core/tournament/roster.h"

#include <string.h>

#include "core/tournament/sort.h"

static bool hotkey_before(const char *const *a, const char *const *b)
{
    return strcmp(*a, *b) < 0;
}

typedef const char *hotkey_text;
GDI_DEFINE_SORT(sort_hotkeys, hotkey_text, hotkey_before)

void gdi_roster_init(const char **hotkeys, uint32_t count, const char *burn_hotkey, gdi_roster *ret_roster)
{
    sort_hotkeys(hotkeys, count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(hotkeys[kept - 1], hotkeys[i]) != 0) {
            hotkeys[kept++] = hotkeys[i];
        }
    }
    *ret_roster = (gdi_roster){.hotkeys = hotkeys, .count = kept, .boss = GDI_NOBODY};
    ret_roster->boss = gdi_roster_find(ret_roster, burn_hotkey);
}

gdi_entrant gdi_roster_find(const gdi_roster *roster, const char *hotkey)
{
    if (hotkey == NULL) {
        return GDI_NOBODY;
    }
    uint32_t low = 0, high = roster->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(roster->hotkeys[middle], hotkey);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return GDI_NOBODY;
}
