#include "core/tournament/environment_advance.h"

#include "core/tournament/sort.h"

static bool entrant_before(const gdi_entrant *a, const gdi_entrant *b)
{
    return *a < *b;
}

GDI_DEFINE_SORT(sort_entrants, gdi_entrant, entrant_before)

/* The best challenger's points in a group, GDI_NO_VALUE when none is scored; the boss's go to *ret_boss. */
static double best_challenger(const gdi_environment_round *round, gdi_slot group, double *ret_boss)
{
    double best = GDI_NO_VALUE;
    *ret_boss = GDI_NO_VALUE;
    for (uint32_t i = group.first; i < group.first + group.count; i++) {
        const gdi_score *score = &round->scores[i];
        if (!gdi_has_value(score->value)) {
            continue;
        }
        if (score->entrant == round->boss) {
            *ret_boss = score->value;
        } else if (!gdi_has_value(best) || score->value > best) {
            best = score->value;
        }
    }
    return best;
}

/* Appends the group's winners to `winners`; with break_ties only the first of them. */
static uint32_t group_winners(const gdi_environment_round *round, gdi_slot group, bool break_ties, gdi_entrant *winners)
{
    double boss = 0, best = best_challenger(round, group, &boss);
    bool held_by_boss = round->group_count == 1 && gdi_has_value(boss) && boss >= best;
    if (!gdi_has_value(best) || held_by_boss) {
        return 0;
    }
    uint32_t count = 0;
    for (uint32_t i = group.first; i < group.first + group.count; i++) {
        const gdi_score *score = &round->scores[i];
        if (score->entrant != round->boss && score->value == best) {
            winners[count++] = score->entrant;
        }
    }
    sort_entrants(winners, count);
    return break_ties && count > 1 ? 1 : count;
}

static uint32_t all_winners(const gdi_environment_round *round, bool break_ties, gdi_entrant *winners)
{
    uint32_t count = 0;
    for (uint32_t g = 0; g < round->group_count; g++) {
        count += group_winners(round, round->groups[g], break_ties, winners + count);
    }
    return count;
}

static uint32_t challenger_count(const gdi_environment_round *round)
{
    uint32_t count = 0;
    for (uint32_t g = 0; g < round->group_count; g++) {
        for (uint32_t i = 0; i < round->groups[g].count; i++) {
            count += round->scores[round->groups[g].first + i].entrant != round->boss;
        }
    }
    return count;
}

uint32_t gdi_environment_advance(const gdi_rules *rules, const gdi_environment_round *round, gdi_entrant *ret_winners,
                                 uint32_t *ret_unchanged)
{
    uint32_t count = all_winners(round, false, ret_winners);
    /* A single winner goes to the final, so its field is not played again. */
    bool unchanged = count > 1 && count == challenger_count(round);
    *ret_unchanged = unchanged ? round->unchanged_rounds + 1 : 0;
    if (*ret_unchanged >= rules->environment_replays_max) {
        *ret_unchanged = 0;
        count = all_winners(round, true, ret_winners);
    }
    return count;
}

bool gdi_environment_final(const gdi_final_task *tasks, uint32_t task_count)
{
    uint32_t wins = 0;
    for (uint32_t i = 0; i < task_count; i++) {
        double boss = gdi_has_value(tasks[i].boss) ? tasks[i].boss : 0.0;
        if (!gdi_has_value(tasks[i].contender) || tasks[i].contender < boss) {
            return false;
        }
        wins += tasks[i].contender > boss;
    }
    return wins > 0;
}
