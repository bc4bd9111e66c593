#include "core/tournament/assignment.h"

#include <assert.h>

static bool contains(const gdi_entrant *entrants, uint32_t count, gdi_entrant wanted)
{
    for (uint32_t i = 0; i < count; i++) {
        if (entrants[i] == wanted) {
            return true;
        }
    }
    return false;
}

uint32_t gdi_assign(uint32_t tournament_type, gdi_entrant boss, const gdi_bracket *bracket, uint32_t slot,
                    gdi_entrant *ret_entrants)
{
    assert(slot < bracket->slot_count);
    gdi_slot members = bracket->slots[slot];
    for (uint32_t i = 0; i < members.count; i++) {
        ret_entrants[i] = bracket->entrants[members.first + i];
    }
    bool boss_plays_first_group = tournament_type == GDI_ENVIRONMENT && slot == 0;
    bool boss_joins = boss != GDI_NOBODY && (bracket->is_final || boss_plays_first_group) &&
                      !contains(bracket->entrants, bracket->entrant_count, boss);
    if (!boss_joins) {
        return members.count;
    }
    ret_entrants[members.count] = boss;
    return members.count + 1;
}
