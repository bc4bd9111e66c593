#include "core/base/clock.h"

#include <stdio.h>
#include <time.h>

uint64_t gdi_clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

void gdi_clock_utc(char ret_text[GDI_CLOCK_UTC_BYTES])
{
    struct timespec now;
    struct tm parts;
    char seconds[24];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    (void)strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(ret_text, GDI_CLOCK_UTC_BYTES, "%s.%03dZ", seconds, (int)(now.tv_nsec / 1000000));
}
