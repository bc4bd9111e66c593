/* core/simulation/clock.h: the clock of the host, which is not always right.
 *
 *     true time  ──────────────────────────────────────►   miners, trainers and the chain live by it
 *     host time  ───────┐ 47 minutes forward ───┐ 50 s back ──►   what the store and the cycles are told
 *
 * On some days somebody sets the host's clock: forward by up to two hours, or back by up to a minute and a half. What
 * happens follows from the seed alone. [any]
 */
#ifndef GDI_SIMULATION_CLOCK_H
#define GDI_SIMULATION_CLOCK_H

#include <stdint.h>

enum { GDI_CLOCK_WEEKS_MAX = 520, GDI_CLOCK_BACK_SECONDS_MAX = 90 };

typedef struct gdi_virtual_clock {
    uint64_t seed;
    double faults;
    int64_t start_us;
} gdi_virtual_clock;

/* Host time at a true moment. */
int64_t gdi_virtual_host_us(const gdi_virtual_clock *clock, int64_t true_us);
/* The next true moment, after true_us, at which something may happen that is due at host_us: when the clock says so, or
 * when it is set. Not later than the right one. */
int64_t gdi_virtual_due_us(const gdi_virtual_clock *clock, int64_t true_us, int64_t host_us);

#endif
