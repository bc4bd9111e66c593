/* core/tournament/environment.h: the points of one environment task. Source: section 17.4.
 *
 * Every unordered pair of scored entrants (training `success`) meets in every environment. In a played environment
 * (PvP) the games are counted; in an individual one the two scores are compared. Winning an environment gives 3 points,
 * a draw 1 each, times the environment's weight.
 */
#ifndef GDI_TOURNAMENT_ENVIRONMENT_H
#define GDI_TOURNAMENT_ENVIRONMENT_H

#include "core/tournament/entrant.h"
#include "core/tournament/rules.h"

typedef struct gdi_environment {
    bool individual;
    double weight; /* 1.0 by default */
} gdi_environment;

/* One stored row: the games of a pair, or the score of one entrant. A row is open until it is complete or its
 * attempts are used up; then it is exhausted. */
typedef struct gdi_game_row {
    uint32_t a_wins, b_wins; /* draws decide nothing */
    uint32_t attempts;
    bool complete;
} gdi_game_row;

typedef struct gdi_individual_row {
    double score; /* not finite: counts as 0, like an exhausted row */
    uint32_t attempts;
    bool complete;
} gdi_individual_row;

/* Two entrants, as places in the list of scored entrants. */
typedef struct gdi_meeting {
    uint32_t a, b;
} gdi_meeting;

typedef struct gdi_environment_task {
    const gdi_environment *environments; /* in the task's order */
    uint32_t environment_count;
    uint32_t entrant_count;
    /* All pairs, ordered by (a, b) ascending in hotkeys: then each entrant's points add up opponents ascending, and
     * inside that in the order of the environments. The margin of an individual environment is taken from b. */
    const gdi_meeting *meetings;
    uint32_t meeting_count;
    const gdi_game_row *games;            /* [meeting * environment_count + environment]; individual ones are skipped */
    const gdi_individual_row *individual; /* [entrant * environment_count + environment]; played ones are skipped */
} gdi_environment_task;

/* Writes entrant_count points, or returns false and writes nothing while a row is open. If any row of a pair is
 * exhausted, all played environments of that pair are draws. */
bool gdi_environment_points(const gdi_rules *rules, const gdi_environment_task *task, double *ret_points);

#endif
