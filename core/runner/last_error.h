/* core/runner/last_error.h: the line of a log that says best why a program failed. Source: training specification,
 * section 4.4: the last line that holds a colon and "Error" or "Exception". [any] */
#ifndef GDI_RUNNER_LAST_ERROR_H
#define GDI_RUNNER_LAST_ERROR_H

#include "god/error.h"

/* The last GDI_LOG_END_BYTES of a log file. *ret_text is owned by the caller. GOD_E_IO when it cannot be read. */
enum { GDI_LOG_END_BYTES = 64 << 10 };
god_status gdi_log_end(const char *path, char **ret_text, size_t *ret_bytes, god_error *err);

/* Returns the length of the line and sets *ret_line to it, blanks around it left out; 0 when there is none. */
size_t gdi_last_error(const char *text, size_t bytes, const char **ret_line);
/* The same as a text of at most cap - 1 bytes, what is no ASCII text as "?"; "" when there is none. */
void gdi_last_error_copy(const char *text, size_t bytes, char *buf, size_t cap);
/* The same of the end of a log file; "" too when it cannot be read. */
void gdi_last_error_of(const char *path, char *buf, size_t cap);

#endif
