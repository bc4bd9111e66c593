#include "core/tournament/history.h"

#include <assert.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

const char *gdi_past_champion(const gdi_past *past, const char *burn_hotkey)
{
    return same(past->winner_hotkey, burn_hotkey) ? past->base_winner_hotkey : past->winner_hotkey;
}

uint32_t gdi_consecutive_wins(const gdi_past *newest_first, uint32_t count, const char *champion,
                              const char *burn_hotkey)
{
    uint32_t wins = 0;
    for (; wins < count; wins++) {
        const gdi_past *past = &newest_first[wins];
        bool defended = same(past->winner_hotkey, burn_hotkey) && same(past->base_winner_hotkey, champion);
        if (!same(past->winner_hotkey, champion) && !defended) {
            break;
        }
    }
    return wins;
}

/* The newest record that the present champion won itself, or NULL. */
static const gdi_past *own_win(const gdi_past *newest_first, uint32_t count, const char *burn_hotkey)
{
    const char *champion = count > 0 ? gdi_past_champion(&newest_first[0], burn_hotkey) : NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (same(newest_first[i].winner_hotkey, champion)) {
            return &newest_first[i];
        }
    }
    return NULL;
}

const gdi_past *gdi_reign_start(const gdi_past *newest_first, uint32_t count, const char *burn_hotkey)
{
    assert(count > 0);
    const gdi_past *start = own_win(newest_first, count, burn_hotkey);
    return start != NULL ? start : &newest_first[0];
}

double gdi_reign_performance(const gdi_past *newest_first, uint32_t count, const char *burn_hotkey)
{
    const gdi_past *start = own_win(newest_first, count, burn_hotkey);
    bool known = start != NULL && gdi_has_value(start->winning_performance_difference);
    return known ? start->winning_performance_difference : 0.0;
}
