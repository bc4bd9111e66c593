/* core/base/clock.h: the two clocks. Intervals and deadlines use the monotonic one, records the other. [any] */
#ifndef GDI_BASE_CLOCK_H
#define GDI_BASE_CLOCK_H

#include <stdint.h>

enum { GDI_CLOCK_UTC_BYTES = 32 };

uint64_t gdi_clock_ms(void); /* monotonic, since an unstated start; never goes back */
/* The time of day as "2026-07-01T12:00:00.123Z". */
void gdi_clock_utc(char ret_text[GDI_CLOCK_UTC_BYTES]);

#endif
