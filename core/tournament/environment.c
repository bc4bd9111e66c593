#include "core/tournament/environment.h"

#include <assert.h>

static bool is_open(const gdi_rules *rules, bool complete, uint32_t attempts)
{
    return !complete && attempts < rules->pvp_attempts_max;
}

static bool any_open(const gdi_rules *rules, const gdi_environment_task *task)
{
    for (uint32_t e = 0; e < task->environment_count; e++) {
        if (task->environments[e].individual) {
            for (uint32_t i = 0; i < task->entrant_count; i++) {
                const gdi_individual_row *row = &task->individual[(size_t)i * task->environment_count + e];
                if (is_open(rules, row->complete, row->attempts)) {
                    return true;
                }
            }
            continue;
        }
        for (uint32_t m = 0; m < task->meeting_count; m++) {
            const gdi_game_row *row = &task->games[(size_t)m * task->environment_count + e];
            if (is_open(rules, row->complete, row->attempts)) {
                return true;
            }
        }
    }
    return false;
}

static bool any_exhausted(const gdi_environment_task *task, uint32_t meeting)
{
    for (uint32_t e = 0; e < task->environment_count; e++) {
        bool played = !task->environments[e].individual;
        if (played && !task->games[(size_t)meeting * task->environment_count + e].complete) {
            return true;
        }
    }
    return false;
}

static double individual_score(const gdi_environment_task *task, uint32_t entrant, uint32_t environment)
{
    const gdi_individual_row *row = &task->individual[(size_t)entrant * task->environment_count + environment];
    return row->complete && gdi_has_value(row->score) ? row->score : 0.0;
}

/* Who is ahead: 1 for a, -1 for b, 0 for a draw. */
static int compare_individual(const gdi_rules *rules, double a, double b)
{
    double margin = fabs(b) * rules->individual_win_margin;
    if (a > b + margin) {
        return 1;
    }
    return b > a + margin ? -1 : 0;
}

static void add_meeting(const gdi_rules *rules, const gdi_environment_task *task, uint32_t meeting, double *points)
{
    gdi_meeting pair = task->meetings[meeting];
    assert(pair.a < task->entrant_count && pair.b < task->entrant_count && pair.a != pair.b);
    bool exhausted = any_exhausted(task, meeting);
    for (uint32_t e = 0; e < task->environment_count; e++) {
        int ahead = 0;
        if (task->environments[e].individual) {
            ahead = compare_individual(rules, individual_score(task, pair.a, e), individual_score(task, pair.b, e));
        } else if (!exhausted) {
            const gdi_game_row *row = &task->games[(size_t)meeting * task->environment_count + e];
            ahead = (row->a_wins > row->b_wins) - (row->a_wins < row->b_wins);
        }
        double win = rules->pvp_win_points * task->environments[e].weight;
        double draw = rules->pvp_draw_points * task->environments[e].weight;
        points[pair.a] += ahead > 0 ? win : ahead == 0 ? draw : 0.0;
        points[pair.b] += ahead < 0 ? win : ahead == 0 ? draw : 0.0;
    }
}

bool gdi_environment_points(const gdi_rules *rules, const gdi_environment_task *task, double *ret_points)
{
    if (any_open(rules, task)) {
        return false;
    }
    for (uint32_t i = 0; i < task->entrant_count; i++) {
        ret_points[i] = 0.0;
    }
    for (uint32_t m = 0; m < task->meeting_count; m++) {
        add_meeting(rules, task, m, ret_points);
    }
    return true;
}
