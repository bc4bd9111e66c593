#include "common/float_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 17 }; /* always enough for a double */

typedef struct decimal {
    char digits[DIGITS_MAX + 1]; /* "d" or "ddd...": the value is d.dd... * 10^exponent */
    int exponent;
} decimal;

/* value > 0, rounded to `count` digits. */
static decimal decimal_round(double value, int count)
{
    char text[GTX_FLOAT_TEXT_BYTES];
    decimal result;
    (void)snprintf(text, sizeof text, "%.*e", count - 1, value);
    char *e = strchr(text, 'e');
    result.exponent = atoi(e + 1);
    *e = '\0';
    size_t used = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c >= '0' && *c <= '9') {
            result.digits[used++] = *c;
        }
    }
    result.digits[used] = '\0';
    return result;
}

static void decimal_add_one_unit(decimal *number)
{
    size_t at = strlen(number->digits);
    while (at > 0 && number->digits[at - 1] == '9') {
        number->digits[--at] = '0';
    }
    if (at > 0) {
        number->digits[at - 1]++;
        return;
    }
    number->digits[0] = '1'; /* 99 -> 10 with one more in the exponent */
    number->exponent++;
}

static int decimal_equals(const decimal *number, double value)
{
    char text[GTX_FLOAT_TEXT_BYTES + 8];
    (void)snprintf(text, sizeof text, "%c.%se%d", number->digits[0], number->digits + 1, number->exponent);
    return strtod(text, NULL) == value;
}

/* The shortest decimal that reads back as value. Above a power of two the gap is twice that below, so the nearest
 * decimal of some length may miss while the next one above hits: both are tried. */
static decimal decimal_shortest(double value)
{
    for (int count = 1; count < DIGITS_MAX; count++) {
        decimal nearest = decimal_round(value, count);
        if (decimal_equals(&nearest, value)) {
            return nearest;
        }
        decimal_add_one_unit(&nearest);
        if (decimal_equals(&nearest, value)) {
            return nearest;
        }
    }
    return decimal_round(value, DIGITS_MAX);
}

void gtx_float_text(double value, char ret_text[GTX_FLOAT_TEXT_BYTES])
{
    const char *sign = signbit(value) ? "-" : "";
    if (isnan(value)) {
        (void)snprintf(ret_text, GTX_FLOAT_TEXT_BYTES, "nan");
        return;
    }
    if (isinf(value) || value == 0.0) {
        (void)snprintf(ret_text, GTX_FLOAT_TEXT_BYTES, "%s%s", sign, value == 0.0 ? "0.0" : "inf");
        return;
    }
    decimal number = decimal_shortest(fabs(value));
    int count = (int)strlen(number.digits);
    while (count > 1 && number.digits[count - 1] == '0') {
        number.digits[--count] = '\0';
    }
    int exponent = number.exponent;
    if (exponent < -4 || exponent >= 16) {
        (void)snprintf(ret_text, GTX_FLOAT_TEXT_BYTES, "%s%c%s%se%c%02d", sign, number.digits[0], count > 1 ? "." : "",
                       number.digits + 1, exponent < 0 ? '-' : '+', abs(exponent));
    } else if (exponent < 0) {
        (void)snprintf(ret_text, GTX_FLOAT_TEXT_BYTES, "%s0.%.*s%s", sign, -exponent - 1, "0000", number.digits);
    } else if (count <= exponent + 1) {
        (void)snprintf(ret_text, GTX_FLOAT_TEXT_BYTES, "%s%s%.*s.0", sign, number.digits, exponent + 1 - count,
                       "0000000000000000");
    } else {
        (void)snprintf(ret_text, GTX_FLOAT_TEXT_BYTES, "%s%.*s.%s", sign, exponent + 1, number.digits,
                       number.digits + exponent + 1);
    }
}
