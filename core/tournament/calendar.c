#include "core/tournament/calendar.h"

#include <assert.h>
#include <stdio.h>

enum { days_per_era = 146097, days_before_1970 = 719468 }; /* era: 400 years; counted from 0000-03-01 */

typedef struct civil {
    int64_t year;
    uint32_t month, day; /* from 1 */
} civil;

static int64_t floor_div(int64_t value, int64_t by)
{
    int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

/* Years start in March, so that the leap day is the last of its year and every month's first day is linear in it. */
static civil civil_from_day(int64_t day)
{
    int64_t shifted = day + days_before_1970;
    int64_t era = floor_div(shifted, days_per_era);
    int64_t of_era = shifted - era * days_per_era;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    civil date = {.year = year + era * 400,
                  .month = (uint32_t)(month < 10 ? month + 3 : month - 9),
                  .day = (uint32_t)(of_year - (153 * month + 2) / 5 + 1)};
    date.year += date.month <= 2;
    return date;
}

static int64_t day_from_civil(civil date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t of_era_year = year - era * 400;
    int64_t month = date.month > 2 ? (int64_t)date.month - 3 : (int64_t)date.month + 9;
    int64_t of_year = (153 * month + 2) / 5 + (int64_t)date.day - 1;
    return era * days_per_era + of_era_year * 365 + of_era_year / 4 - of_era_year / 100 + of_year - days_before_1970;
}

int64_t gdi_time_day(int64_t time_us)
{
    return floor_div(time_us, GDI_DAY_US);
}

uint32_t gdi_time_weekday(int64_t time_us)
{
    int64_t since_monday = gdi_time_day(time_us) + 3; /* 1970-01-01 was a Thursday */
    return (uint32_t)(since_monday - 7 * floor_div(since_monday, 7));
}

uint32_t gdi_time_hour(int64_t time_us)
{
    return (uint32_t)((time_us - gdi_time_day(time_us) * GDI_DAY_US) / GDI_HOUR_US);
}

double gdi_days_between(int64_t from_us, int64_t to_us)
{
    return (double)(to_us - from_us) / 1e6 / 86400.0;
}

/* `count` digits at *text, which moves past them. */
static bool read_digits(const char **text, uint32_t count, uint32_t *ret_value)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < count; i++, (*text)++) {
        if (**text < '0' || **text > '9') {
            return false;
        }
        value = value * 10 + (uint32_t)(**text - '0');
    }
    *ret_value = value;
    return true;
}

static bool read_char(const char **text, char wanted)
{
    if (**text != wanted) {
        return false;
    }
    (*text)++;
    return true;
}

/* ".5" is 500000; no point at all is 0. */
static bool read_fraction(const char **text, uint32_t *ret_us)
{
    *ret_us = 0;
    if (!read_char(text, '.')) {
        return true;
    }
    uint32_t unit = 100000, digit = 0, us = 0;
    for (; unit > 0 && read_digits(text, 1, &digit); unit /= 10) {
        us += digit * unit;
    }
    *ret_us = us;
    return unit < 100000;
}

bool gdi_time_parse(const char *text, int64_t *ret_time_us)
{
    uint32_t year = 0, hour = 0, minute = 0, second = 0, us = 0;
    civil date = {0};
    if (!read_digits(&text, 4, &year) || !read_char(&text, '-') || !read_digits(&text, 2, &date.month) ||
        !read_char(&text, '-') || !read_digits(&text, 2, &date.day) || !read_char(&text, 'T') ||
        !read_digits(&text, 2, &hour) || !read_char(&text, ':') || !read_digits(&text, 2, &minute) ||
        !read_char(&text, ':') || !read_digits(&text, 2, &second) || !read_fraction(&text, &us) ||
        !read_char(&text, 'Z') || *text != '\0') {
        return false;
    }
    date.year = year;
    if (year == 0 || date.month == 0 || date.month > 12 || date.day == 0 || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    int64_t day = day_from_civil(date);
    civil again = civil_from_day(day);
    if (again.month != date.month || again.day != date.day) {
        return false; /* 30 February */
    }
    int64_t seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    *ret_time_us = day * GDI_DAY_US + seconds * GDI_SECOND_US + us;
    return true;
}

void gdi_time_format(int64_t time_us, char ret_text[GDI_TIME_TEXT])
{
    civil date = civil_from_day(gdi_time_day(time_us));
    assert(date.year >= 1 && date.year <= 9999);
    int64_t of_day = time_us - gdi_time_day(time_us) * GDI_DAY_US;
    uint32_t seconds = (uint32_t)(of_day / GDI_SECOND_US), us = (uint32_t)(of_day % GDI_SECOND_US);
    int used = snprintf(ret_text, GDI_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)date.year, date.month,
                        date.day, seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (us > 0) {
        used += snprintf(ret_text + used, (size_t)(GDI_TIME_TEXT - used), ".%06u", us);
        while (ret_text[used - 1] == '0') {
            used--;
        }
    }
    (void)snprintf(ret_text + used, (size_t)(GDI_TIME_TEXT - used), "Z");
}

uint32_t gdi_time_yyyymmdd(int64_t time_us)
{
    civil date = civil_from_day(gdi_time_day(time_us));
    assert(date.year >= 1 && date.year <= 9999);
    return (uint32_t)date.year * 10000 + date.month * 100 + date.day;
}
