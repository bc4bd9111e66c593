#include "core/tournament/advance.h"

#include <assert.h>

#include "core/tournament/sort.h"

static bool lower_wins_before(const gdi_standing *a, const gdi_standing *b)
{
    if (a->rank != b->rank) {
        return a->rank < b->rank;
    }
    return a->value < b->value || (a->value == b->value && a->entrant < b->entrant);
}

static bool higher_wins_before(const gdi_standing *a, const gdi_standing *b)
{
    if (a->rank != b->rank) {
        return a->rank < b->rank;
    }
    return a->value > b->value || (a->value == b->value && a->entrant < b->entrant);
}

static bool entrant_before(const gdi_entrant *a, const gdi_entrant *b)
{
    return *a < *b;
}

GDI_DEFINE_SORT(sort_entrants, gdi_entrant, entrant_before)
GDI_DEFINE_SORT(sort_lower_wins, gdi_standing, lower_wins_before)
GDI_DEFINE_SORT(sort_higher_wins, gdi_standing, higher_wins_before)

uint32_t gdi_advance_groups(const gdi_rules *rules, uint32_t direction, const gdi_slot *groups, uint32_t group_count,
                            const gdi_score *scores, gdi_standing *standings, gdi_entrant *ret_winners)
{
    uint32_t limit = rules->group_advance_count, kept = 0;
    for (uint32_t g = 0; g < group_count; g++) {
        /* Ranked behind those kept so far; never more than the scores seen so far, so there is room. */
        uint32_t valid = gdi_rank(direction, scores + groups[g].first, groups[g].count, standings + kept);
        kept += valid < limit ? valid : limit;
    }
    if (direction == GOD_LOWER_WINS) {
        sort_lower_wins(standings, kept);
    } else {
        sort_higher_wins(standings, kept);
    }
    uint32_t winner_count = kept < limit ? kept : limit;
    for (uint32_t i = 0; i < winner_count; i++) {
        ret_winners[i] = standings[i].entrant;
    }
    return winner_count;
}

uint32_t gdi_advance_pairs(const gdi_entrant *task_winners, uint32_t pair_count, gdi_entrant *ret_winners)
{
    uint32_t winner_count = 0;
    for (uint32_t i = 0; i < pair_count; i++) {
        if (task_winners[i] != GDI_NOBODY) {
            ret_winners[winner_count++] = task_winners[i];
        }
    }
    return winner_count;
}

uint32_t gdi_eliminated(gdi_entrant boss, bool boss_lost_final, const gdi_entrant *living, uint32_t living_count,
                        gdi_entrant *winners, uint32_t winner_count, gdi_entrant *ret_out)
{
    sort_entrants(winners, winner_count);
    uint32_t out_count = 0, at = 0;
    for (uint32_t i = 0; i < living_count; i++) {
        assert(i == 0 || living[i - 1] < living[i]);
        while (at < winner_count && winners[at] < living[i]) {
            at++;
        }
        bool won = at < winner_count && winners[at] == living[i];
        bool exempt = living[i] == boss && !boss_lost_final;
        if (!won && !exempt) {
            ret_out[out_count++] = living[i];
        }
    }
    return out_count;
}
