/* core/tournament/calendar.h: UTC days, hours and the text form of a moment.
 *
 * A moment is microseconds since 1970-01-01 00:00 UTC, from year 1 to year 9999; a day has 86400 s. Its text is
 * "YYYY-MM-DDTHH:MM:SSZ", with a fraction of at most six digits only when it is not zero (section 0).
 * Dates follow the proleptic Gregorian calendar.
 */
#ifndef GDI_TOURNAMENT_CALENDAR_H
#define GDI_TOURNAMENT_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define GDI_SECOND_US ((int64_t)1000000)
#define GDI_HOUR_US (3600 * GDI_SECOND_US)
#define GDI_DAY_US (24 * GDI_HOUR_US)

enum { GDI_TIME_TEXT = 32 }; /* bytes for a moment as text, NUL included */

/* Days since 1970-01-01, rounded down. */
int64_t gdi_time_day(int64_t time_us);
/* 0 (Monday) to 6 (Sunday), and 0 to 23. */
uint32_t gdi_time_weekday(int64_t time_us);
uint32_t gdi_time_hour(int64_t time_us);
/* Fractional days from one moment to another; negative when `to_us` comes first. */
double gdi_days_between(int64_t from_us, int64_t to_us);

/* false, and nothing written, when the text has another form or names a day that does not exist. */
bool gdi_time_parse(const char *text, int64_t *ret_time_us);
void gdi_time_format(int64_t time_us, char ret_text[GDI_TIME_TEXT]);
/* The date as YYYYMMDD, which tournament ids end with. */
uint32_t gdi_time_yyyymmdd(int64_t time_us);

#endif
