/* core/runner/last_error.h: the line of a log that says best why a program failed. Source: training specification,
 * section 4.4: the last line that holds a colon and "Error" or "Exception". [any] */
#ifndef GDI_RUNNER_LAST_ERROR_H
#define GDI_RUNNER_LAST_ERROR_H

#include "god/error.h"

/* Of the last GDI_LAST_ERROR_BYTES of a log file, stripped, at most cap - 1 bytes, what is no ASCII text as "?". ""
 * when there is no such line or no such file. */
enum { GDI_LAST_ERROR_BYTES = 64 << 10 };
void gdi_last_error_of(const char *path, char *buf, size_t cap);
/* The same of a text. Returns its length and sets *ret_line, or 0. */
size_t gdi_last_error(const char *text, size_t bytes, const char **ret_line);

#endif
