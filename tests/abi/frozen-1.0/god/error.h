/* god/error.h: filling a god_error, and passing one on. Header only, so that both sides of the boundary share the
 * wording rules without sharing a library. Thread: [any]; each call touches only its arguments. */
#ifndef GOD_ERROR_H
#define GOD_ERROR_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "god/plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_ERROR_INIT                           \
    {                                            \
        GOD_SIZE_TO(god_error, message), GOD_OK, \
        {                                        \
            0                                    \
        }                                        \
    }

/* Pass a failure up unchanged. */
#define GOD_TRY(call)                        \
    do {                                     \
        god_status god_try_status_ = (call); \
        if (god_try_status_ != GOD_OK) {     \
            return god_try_status_;          \
        }                                    \
    } while (0)

#if defined(__GNUC__)
#define GOD_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define GOD_UNUSED __attribute__((unused))
#else
#define GOD_PRINTF(format_at, first_at)
#define GOD_UNUSED
#endif

/* Writes "code + message" into err (NULL is allowed) and returns code, so that a caller can `return god_fail(...)`.
 * A message that is too long is cut. */
GOD_PRINTF(3, 0)
GOD_UNUSED static inline god_status god_fail_v(god_error *err, god_status code, const char *format, va_list args)
{
    if (err != NULL) {
        err->code = code;
        (void)vsnprintf(err->message, sizeof err->message, format, args);
    }
    return code;
}

GOD_PRINTF(3, 4) GOD_UNUSED static inline god_status god_fail(god_error *err, god_status code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)god_fail_v(err, code, format, args);
    va_end(args);
    return code;
}

/* The same, followed by ": " and the text of the current errno. */
GOD_PRINTF(3, 4)
GOD_UNUSED static inline god_status god_fail_errno(god_error *err, god_status code, const char *format, ...)
{
    int saved_errno = errno;
    va_list args;
    va_start(args, format);
    (void)god_fail_v(err, code, format, args);
    va_end(args);
    if (err != NULL) {
        size_t used = strlen(err->message);
        (void)snprintf(err->message + used, sizeof err->message - used, ": %s", strerror(saved_errno));
    }
    errno = saved_errno;
    return code;
}

/* Puts "step: " in front of a message that a callee wrote, and returns the callee's code. */
GOD_PRINTF(2, 3) GOD_UNUSED static inline god_status god_fail_in(god_error *err, const char *format, ...)
{
    char callee[sizeof err->message];
    va_list args;
    if (err == NULL) {
        return GOD_E_INTERNAL;
    }
    (void)memcpy(callee, err->message, sizeof callee);
    va_start(args, format);
    (void)vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    size_t used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof err->message - used, ": %s", callee);
    return err->code;
}

/* The name of a status, for logs: "GOD_E_DATA". Static text. */
GOD_UNUSED static inline const char *god_status_name(god_status status)
{
    switch (status) {
    case GOD_OK: return "GOD_OK";
    case GOD_E_INVALID: return "GOD_E_INVALID";
    case GOD_E_DATA: return "GOD_E_DATA";
    case GOD_E_UNSUPPORTED: return "GOD_E_UNSUPPORTED";
    case GOD_E_NOT_FOUND: return "GOD_E_NOT_FOUND";
    case GOD_E_NOMEM: return "GOD_E_NOMEM";
    case GOD_E_IO: return "GOD_E_IO";
    case GOD_E_CANCELLED: return "GOD_E_CANCELLED";
    case GOD_E_TIMEOUT: return "GOD_E_TIMEOUT";
    case GOD_E_INTERNAL: return "GOD_E_INTERNAL";
    case GOD_E_DEVICE: return "GOD_E_DEVICE";
    default: return "unknown status";
    }
}

#ifdef __cplusplus
}
#endif
#endif
