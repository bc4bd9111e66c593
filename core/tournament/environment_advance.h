/* core/tournament/environment_advance.h: who goes on from an environment round, and who wins the final.
 * Sources: sections 10.3, 17.2 and 17.5. */
#ifndef GDI_TOURNAMENT_ENVIRONMENT_ADVANCE_H
#define GDI_TOURNAMENT_ENVIRONMENT_ADVANCE_H

#include "core/tournament/entrant.h"
#include "core/tournament/rules.h"

typedef struct gdi_environment_round {
    const gdi_slot *groups; /* into scores */
    uint32_t group_count;
    const gdi_score *scores; /* points of every member, the boss included; no value: cannot advance */
    gdi_entrant boss;
    uint32_t unchanged_rounds; /* rounds just before this one that left the field as it was, because all tied */
} gdi_environment_round;

/* Per group, the challenger with the most points advances, and everybody equal to it; winners come group by group,
 * equal ones ascending. A group without a scored challenger sends nobody. In a round of exactly one group, nobody
 * advances when the boss scored at least as much as the best challenger. The boss is never among the winners.
 *
 * When this is the third round in a row that would leave the field unchanged, each tie is broken by entrant ascending.
 * *ret_unchanged is the number to pass as unchanged_rounds to the next round: 0 when this one changed the field.
 * `ret_winners` has room for all members. Returns how many advance; none: the boss retains the title. */
uint32_t gdi_environment_advance(const gdi_rules *rules, const gdi_environment_round *round, gdi_entrant *ret_winners,
                                 uint32_t *ret_unchanged);

/* Values of one final task. */
typedef struct gdi_final_task {
    double contender, boss; /* the boss without a value counts as 0 */
} gdi_final_task;

/* Whether the contender becomes champion: a value in every task, no task lost, at least one won. */
bool gdi_environment_final(const gdi_final_task *tasks, uint32_t task_count);

#endif
