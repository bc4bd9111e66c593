#include "core/simulation/fate.h"

#include "core/cycles/work.h"
#include "core/simulation/draw.h"
#include "core/tournament/calendar.h"

/* How long work takes and how long a claim of it holds, in seconds. Three leases are enough: executors of one lease
 * claim together. */
typedef struct habit {
    const char *kind;
    int64_t shortest_s, longest_s, grid_s, lease_s;
} habit;

enum {
    MINUTE = 60,
    HOUR = 3600,
    QUICK = 15 * MINUTE,
    SLOW = 2 * HOUR,
    TRAINING = 9 * HOUR,
    OVERDUE = HOUR + 10 * MINUTE
};

static const habit habits[] = {
    {GDI_WORK_ASK_MINERS, 10, 60, 5 * MINUTE, QUICK},
    {GDI_WORK_CHECK_REPOSITORY, 30, 180, 5 * MINUTE, QUICK},
    {GDI_WORK_PUBLISH_REPOSITORY, 30, 300, 5 * MINUTE, QUICK},
    {GDI_WORK_REVIEW_DUPLICATES, 5 * MINUTE, HOUR, 10 * MINUTE, SLOW},
    {GDI_WORK_PREPARE_TASK, 5 * MINUTE, 30 * MINUTE, 10 * MINUTE, SLOW},
    {GDI_WORK_PREPARE_MODEL, 5 * MINUTE, 20 * MINUTE, 10 * MINUTE, SLOW},
    {GDI_WORK_EVALUATE, 5 * MINUTE, 40 * MINUTE, 10 * MINUTE, SLOW},
    {GDI_WORK_PLAY_PAIR, 5 * MINUTE, 30 * MINUTE, 10 * MINUTE, SLOW},
    {GDI_WORK_PLAY_ALONE, 5 * MINUTE, 30 * MINUTE, 10 * MINUTE, SLOW},
    {GDI_WORK_WATCH_TRAINING, 5 * MINUTE, 2 * HOUR, 10 * MINUTE, TRAINING},
};
static const habit any_other = {"", 5, 60, 5 * MINUTE, QUICK};

static const habit *habit_of(const char *kind)
{
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++) {
        if (strcmp(habits[i].kind, kind) == 0) {
            return &habits[i];
        }
    }
    return &any_other;
}

/* The last one ends with 1: the rest answers. Shares of the world's faults. */
static uint32_t draw_how(const gdi_people *people, const char *key, uint32_t attempt)
{
    static const struct {
        double up_to;
        uint32_t how;
    } shares[] = {
        {0.30, GDI_FATE_FAILS}, {0.35, GDI_FATE_GIVES_UP}, {0.45, GDI_FATE_VANISHES}, {0.50, GDI_FATE_TOO_LATE}};
    double u = gdi_draw_unit(people->seed, "fate", key, attempt);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        if (u < shares[i].up_to * people->faults) {
            return shares[i].how;
        }
    }
    return GDI_FATE_ANSWERS;
}

static int64_t up_to_grid(int64_t moment_us, int64_t grid_s)
{
    int64_t grid_us = grid_s * GDI_SECOND_US;
    return (moment_us / grid_us + 1) * grid_us;
}

int64_t gdi_fate_lease_us(const char *kind)
{
    return habit_of(kind)->lease_s * GDI_SECOND_US;
}

gdi_fate gdi_fate_of(const gdi_people *people, const char *kind, const char *key, uint32_t attempt, int64_t claimed_us,
                     int64_t until_us)
{
    const habit *usual = habit_of(kind);
    gdi_fate fate = {.how = draw_how(people, key, attempt),
                     .lease_us = usual->lease_s * GDI_SECOND_US,
                     .answers_twice = gdi_draw_unit(people->seed, "twice", key, attempt) < people->faults};
    int64_t longest_s = usual->longest_s;
    if (until_us > claimed_us + OVERDUE * GDI_SECOND_US) { /* trainings end in their time; not all of them use it up */
        longest_s = (until_us - claimed_us) / GDI_SECOND_US - OVERDUE;
    }
    int64_t shortest_s = usual->shortest_s < longest_s ? usual->shortest_s : longest_s;
    int64_t takes_s = gdi_draw_range(people->seed, "takes", key, attempt, shortest_s, longest_s);
    fate.ends_us = up_to_grid(claimed_us + takes_s * GDI_SECOND_US, usual->grid_s);
    if (fate.how == GDI_FATE_TOO_LATE || fate.how == GDI_FATE_VANISHES) {
        fate.ends_us = up_to_grid(claimed_us + fate.lease_us, usual->grid_s) + 7 * MINUTE * GDI_SECOND_US;
    }
    return fate;
}
