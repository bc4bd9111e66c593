/* core/cli/progress.h: how far a job is, for somebody who waits: one line that redraws itself on a terminal, plain
 * lines elsewhere (a new stage or another tenth, at most one per second). [one] */
#ifndef GDI_CLI_PROGRESS_H
#define GDI_CLI_PROGRESS_H

#include <stdio.h>

#include "god/error.h"

typedef struct gdi_progress {
    FILE *out; /* NULL: silent */
    uint32_t on_terminal, line_is_drawn;
    char drawn[256]; /* what the terminal shows: the same line is not drawn again */
    char stage[128], unit[24];
    uint64_t done, total;
    uint64_t start_ms, start_done; /* where the rate is measured from: a total of several stages is one stretch */
    uint64_t printed_ms;
    uint32_t printed_tenth; /* of this stage */
} gdi_progress;

void gdi_progress_begin(gdi_progress *progress, FILE *out_or_null);
/* `total` 0: not known. `now_ms` is the monotonic clock. */
void gdi_progress_show(gdi_progress *progress, uint64_t now_ms, uint64_t done, uint64_t total, const char *unit,
                       const char *stage);
/* Prints what was shown last if it is due and was not printed yet: a plain line waits for its second to pass. */
void gdi_progress_tick(gdi_progress *progress, uint64_t now_ms);
/* A line of its own, above the bar. */
void gdi_progress_say(gdi_progress *progress, const char *kind, const char *message);
void gdi_progress_end(gdi_progress *progress); /* takes the bar away */

/* "1.25M", "12.3k", "940": a number in at most five characters. */
void gdi_progress_number(double value, char ret_text[16]);
/* "0:07", "12:40", "3:05:09". */
void gdi_progress_time(double seconds, char ret_text[32]);

#endif
