/* core/tournament/roster.h: the ascending list of hotkeys that entrants are places in. */
#ifndef GDI_TOURNAMENT_ROSTER_H
#define GDI_TOURNAMENT_ROSTER_H

#include "core/tournament/entrant.h"

typedef struct gdi_roster {
    const char *const *hotkeys; /* ascending in byte order, no two equal; borrowed */
    uint32_t count;
    gdi_entrant boss; /* place of the burn hotkey, GDI_NOBODY when it is not in the list */
} gdi_roster;

/* Sorts the caller's list in place, drops repeated hotkeys and makes a roster that borrows it. n log n. */
void gdi_roster_init(const char **hotkeys, uint32_t count, const char *burn_hotkey, gdi_roster *ret_roster);

/* The place of a hotkey, or GDI_NOBODY. log n. NULL is nobody. */
gdi_entrant gdi_roster_find(const gdi_roster *roster, const char *hotkey);

#endif
