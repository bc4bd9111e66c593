/* core/base/log.h: one line per event, for people (key=value) or for machines (JSON).
 *
 *     2026-07-01T12:00:00.123Z info  described a plug-in plugin=god.text.instruct version=0.1.0
 *     {"time":"2026-07-01T12:00:00.123Z","level":"info","message":"described a plug-in","plugin":"god.text.instruct"}
 *
 * A line is one write, so that lines of several threads and processes never mix. Messages are lower case and constant;
 * what changes from line to line is a field. Never log tokens, signed URLs or rows of a data set.
 *
 * The struct is owned by the program's main function and only read here. [any]
 */
#ifndef GDI_BASE_LOG_H
#define GDI_BASE_LOG_H

#include "god/plugin.h"

typedef struct gdi_log {
    int fd;                /* where lines go; -1: nowhere */
    uint32_t lowest_level; /* GOD_LOG_...; lines below it are dropped */
    uint32_t as_json;
} gdi_log;

/* Fields are pairs of strings, ended by one NULL: gdi_log_write(log, GOD_LOG_INFO, "job ended", "job", id, NULL).
 * `log` may be NULL. */
void gdi_log_write(const gdi_log *log, uint32_t level, const char *message, ...) __attribute__((sentinel));

const char *gdi_log_level_name(uint32_t level); /* "info"; static text */

#endif
