#include "core/simulation/clock.h"

#include <stdbool.h>

#include "core/simulation/draw.h"
#include "core/tournament/calendar.h"

/* By how much the clock is set on this day, and when; 0: it is left alone. */
static int64_t setting_us(const gdi_virtual_clock *clock, int64_t day, int64_t *ret_moment_us)
{
    uint64_t number = (uint64_t)day;
    if (gdi_draw_unit(clock->seed, "clock is set", "", number) >= clock->faults) {
        return 0;
    }
    *ret_moment_us = clock->start_us + day * GDI_DAY_US +
                     gdi_draw_range(clock->seed, "clock when", "", number, 1, 86399) * GDI_SECOND_US;
    bool back = gdi_draw(clock->seed, "clock back", "", number) % 2 == 0;
    return GDI_SECOND_US * (back ? -gdi_draw_range(clock->seed, "clock by", "", number, 1, GDI_CLOCK_BACK_SECONDS_MAX)
                                 : gdi_draw_range(clock->seed, "clock by", "", number, 1, 7200));
}

int64_t gdi_virtual_host_us(const gdi_virtual_clock *clock, int64_t true_us)
{
    int64_t host_us = true_us, moment_us = 0;
    int64_t today = (true_us - clock->start_us) / GDI_DAY_US;
    for (int64_t day = 0; clock->faults > 0 && day <= today; day++) {
        int64_t by_us = setting_us(clock, day, &moment_us);
        host_us += by_us != 0 && moment_us <= true_us ? by_us : 0;
    }
    return host_us;
}

int64_t gdi_virtual_due_us(const gdi_virtual_clock *clock, int64_t true_us, int64_t host_us)
{
    if (host_us == INT64_MAX) {
        return INT64_MAX;
    }
    int64_t due_us = host_us - (gdi_virtual_host_us(clock, true_us) - true_us), moment_us = 0;
    due_us = due_us > true_us ? due_us : true_us;
    int64_t first = (true_us - clock->start_us) / GDI_DAY_US, last = (due_us - clock->start_us) / GDI_DAY_US;
    for (int64_t day = first; clock->faults > 0 && day <= last; day++) {
        if (setting_us(clock, day, &moment_us) != 0 && moment_us > true_us && moment_us < due_us) {
            return moment_us;
        }
    }
    return due_us;
}
