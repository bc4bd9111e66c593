#include "core/store/moment.h"

#include <string.h>

/* Day counts follow the proleptic Gregorian calendar, in eras of 400 years that begin on 1 March: then the leap day is
 * the last of its year and the months before it have a fixed pattern of 153 days in five. */
enum { days_per_era = 146097, days_to_1970 = 719468 };

#define SECOND_US INT64_C(1000000)
#define DAY_US (86400 * SECOND_US)

static int64_t days_of(int32_t year, int32_t month, int32_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * days_per_era + day_of_era - days_to_1970;
}

static void date_of(int64_t days, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day)
{
    int64_t shifted = days + days_to_1970;
    int64_t era = (shifted >= 0 ? shifted : shifted - (days_per_era - 1)) / days_per_era;
    int64_t day_of_era = shifted - era * days_per_era;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *ret_day = (int32_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *ret_month = (int32_t)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *ret_year = (int32_t)(year_of_era + era * 400 + (*ret_month <= 2 ? 1 : 0));
}

static char *put_digits(char *at, int64_t value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + count;
}

bool gdi_moment_format(int64_t moment_us, char ret_text[GDI_MOMENT_TEXT])
{
    if (moment_us < GDI_MOMENT_MIN || moment_us > GDI_MOMENT_MAX) {
        return false;
    }
    int64_t days = moment_us / DAY_US;
    int64_t rest = moment_us % DAY_US;
    if (rest < 0) {
        rest += DAY_US;
        days--;
    }
    int32_t year = 0, month = 0, day = 0;
    date_of(days, &year, &month, &day);
    int64_t seconds = rest / SECOND_US;
    char *at = put_digits(ret_text, year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    at = put_digits(at, day, 2);
    *at++ = 'T';
    at = put_digits(at, seconds / 3600, 2);
    *at++ = ':';
    at = put_digits(at, seconds / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, seconds % 60, 2);
    *at++ = '.';
    at = put_digits(at, rest % SECOND_US, 6);
    *at++ = 'Z';
    *at = '\0';
    return true;
}

/* Exactly `count` digits at *at, which is moved behind them. */
static bool take_digits(const char **at, int count, int32_t *ret_value)
{
    int32_t value = 0;
    for (int i = 0; i < count; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += count;
    *ret_value = value;
    return true;
}

static bool take_char(const char **at, char wanted)
{
    if (**at != wanted) {
        return false;
    }
    (*at)++;
    return true;
}

/* ".25" as 250000; nothing as 0; more than six digits are refused. */
static bool take_fraction(const char **at, int32_t *ret_us)
{
    int32_t value = 0, unit = 100000;
    if (take_char(at, '.')) {
        int32_t digit = 0;
        if (!take_digits(at, 1, &digit)) {
            return false;
        }
        do {
            value += digit * unit;
            unit /= 10;
        } while (unit > 0 && take_digits(at, 1, &digit));
    }
    *ret_us = value;
    return true;
}

static int32_t days_in(int32_t year, int32_t month)
{
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool gdi_moment_parse(const char *text, int64_t *ret_moment_us)
{
    const char *at = text;
    int32_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction_us = 0;
    bool good = take_digits(&at, 4, &year) && take_char(&at, '-') && take_digits(&at, 2, &month) &&
                take_char(&at, '-') && take_digits(&at, 2, &day) && (take_char(&at, 'T') || take_char(&at, ' ')) &&
                take_digits(&at, 2, &hour) && take_char(&at, ':') && take_digits(&at, 2, &minute) &&
                take_char(&at, ':') && take_digits(&at, 2, &second) && take_fraction(&at, &fraction_us);
    if (!good || (strcmp(at, "Z") != 0 && strcmp(at, "+00") != 0)) {
        return false;
    }
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 ||
        second > 59) {
        return false;
    }
    int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    *ret_moment_us = seconds * SECOND_US + fraction_us;
    return true;
}
