#include "core/tournament/schedule.h"

#include "core/tournament/calendar.h"

gdi_schedule gdi_schedule_next(const gdi_type_rules *type_rules, int64_t last_us, int64_t now_us)
{
    int64_t ref_us = last_us > now_us ? last_us : now_us;
    uint32_t days_ahead = (type_rules->start_weekday + 7 - gdi_time_weekday(ref_us)) % 7;
    int64_t hour_us = (int64_t)type_rules->start_hour * GDI_HOUR_US;
    int64_t next_us = (gdi_time_day(ref_us) + days_ahead) * GDI_DAY_US + hour_us;
    bool open_at_ref = days_ahead == 0 && gdi_time_hour(ref_us) == type_rules->start_hour;
    if (next_us <= ref_us && !open_at_ref) {
        next_us += 7 * GDI_DAY_US; /* today's window has passed */
    }
    bool open_now =
        gdi_time_weekday(now_us) == type_rules->start_weekday && gdi_time_hour(now_us) == type_rules->start_hour;
    return (gdi_schedule){.start_now = open_now && now_us >= next_us, .next_start_us = next_us};
}

gdi_schedule gdi_schedule_decide(const gdi_type_rules *type_rules, const gdi_schedule_input *input, int64_t now_us)
{
    if (input->unfinished) {
        return (gdi_schedule){.start_now = false, .next_start_us = now_us};
    }
    if (!input->held_before) {
        return (gdi_schedule){.start_now = true, .next_start_us = now_us};
    }
    return gdi_schedule_next(type_rules, input->last_us, now_us);
}
