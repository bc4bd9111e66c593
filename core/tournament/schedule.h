/* core/tournament/schedule.h: when a tournament of a type may start. Source: section 6.
 *
 * A type has one window a week, one hour long. A window that was missed is gone: the next one is a week later. A
 * tournament that completes inside its own window may be followed in the same hour; there is no minimum rest.
 */
#ifndef GDI_TOURNAMENT_SCHEDULE_H
#define GDI_TOURNAMENT_SCHEDULE_H

#include "core/tournament/rules.h"

typedef struct gdi_schedule {
    bool start_now;
    int64_t next_start_us; /* the window that counts: now or later, except while it is open */
} gdi_schedule;

/* The window after the newest tournament of the type, which completed at last_us (its updated_at). */
gdi_schedule gdi_schedule_next(const gdi_type_rules *type_rules, int64_t last_us, int64_t now_us);

/* What the scheduler knows about one type. */
typedef struct gdi_schedule_input {
    bool unfinished;  /* a tournament of the type is pending or active */
    bool held_before; /* there is one whose status is not cancelled */
    int64_t last_us;  /* updated_at of the newest of those */
} gdi_schedule_input;

/* The whole step: never while one is unfinished, at once for the first ever, otherwise by the window. next_start_us is
 * now_us where the window plays no part. */
gdi_schedule gdi_schedule_decide(const gdi_type_rules *type_rules, const gdi_schedule_input *input, int64_t now_us);

#endif
