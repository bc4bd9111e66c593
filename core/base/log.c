#include "core/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { line_bytes_max = 4096 }; /* a longer line is cut; below this size a write to a pipe is not split */

typedef struct line {
    char text[line_bytes_max];
    size_t bytes;
} line;

static void put(line *out, const char *bytes, size_t count)
{
    size_t room = sizeof out->text - 3 - out->bytes; /* what end() adds always fits */
    size_t taken = count < room ? count : room;
    memcpy(out->text + out->bytes, bytes, taken);
    out->bytes += taken;
}

static void put_str(line *out, const char *str)
{
    put(out, str, strlen(str));
}

/* A JSON string. Half of an escape must not be left at a cut, so nothing is started that may not fit. */
static void put_quoted(line *out, const char *str)
{
    enum { escape_bytes_max = 6, reserve = 16 };
    put_str(out, "\"");
    for (; *str != '\0' && out->bytes + reserve < sizeof out->text; str++) {
        unsigned char c = (unsigned char)*str;
        char escape[escape_bytes_max + 1];
        if (c == '"' || c == '\\') {
            (void)snprintf(escape, sizeof escape, "\\%c", c);
        } else if (c == '\n') {
            (void)snprintf(escape, sizeof escape, "\\n");
        } else if (c < 0x20 || c == 0x7f) {
            (void)snprintf(escape, sizeof escape, "\\u%04x", c);
        } else {
            (void)snprintf(escape, sizeof escape, "%c", c);
        }
        put_str(out, escape);
    }
    put_str(out, "\"");
}

static int needs_quotes(const char *str)
{
    for (const char *c = str; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f) {
            return 1;
        }
    }
    return *str == '\0';
}

/* A message is one line whatever it contains. */
static void put_message(line *out, const char *message)
{
    for (const char *c = message; *c != '\0'; c++) {
        char shown = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c;
        put(out, &shown, 1);
    }
}

static void put_field(line *out, uint32_t as_json, const char *name, const char *value)
{
    if (as_json) {
        put_str(out, ",");
        put_quoted(out, name);
        put_str(out, ":");
        put_quoted(out, value);
        return;
    }
    put_str(out, " ");
    put_str(out, name);
    put_str(out, "=");
    if (needs_quotes(value)) {
        put_quoted(out, value);
    } else {
        put_str(out, value);
    }
}

static void begin(line *out, uint32_t as_json, uint32_t level, const char *message)
{
    char now[GDI_CLOCK_UTC_BYTES];
    gdi_clock_utc(now);
    if (!as_json) {
        char head[64];
        (void)snprintf(head, sizeof head, "%s %-7s ", now, gdi_log_level_name(level));
        put_str(out, head);
        put_message(out, message);
        return;
    }
    put_str(out, "{\"time\":");
    put_quoted(out, now);
    put_str(out, ",\"level\":");
    put_quoted(out, gdi_log_level_name(level));
    put_str(out, ",\"message\":");
    put_quoted(out, message);
}

static void end(line *out, uint32_t as_json)
{
    if (as_json) {
        out->text[out->bytes++] = '}';
    }
    out->text[out->bytes++] = '\n';
}

void gdi_log_write(const gdi_log *log, uint32_t level, const char *message, ...)
{
    if (log == NULL || log->fd < 0 || level < log->lowest_level) {
        return;
    }
    line out;
    out.bytes = 0;
    begin(&out, log->as_json, level, message);
    va_list fields;
    va_start(fields, message);
    for (const char *name = va_arg(fields, const char *); name != NULL; name = va_arg(fields, const char *)) {
        const char *value = va_arg(fields, const char *);
        /* A field that would be cut is left out whole, so that a JSON line stays JSON. */
        if (value != NULL && out.bytes + strlen(name) + 2 * strlen(value) + 32 < sizeof out.text) {
            put_field(&out, log->as_json, name, value);
        }
    }
    va_end(fields);
    end(&out, log->as_json);
    ssize_t ignored = write(log->fd, out.text, out.bytes); /* a log that cannot be written has nobody to tell */
    (void)ignored;
}

const char *gdi_log_level_name(uint32_t level)
{
    switch (level) {
    case GOD_LOG_DEBUG: return "debug";
    case GOD_LOG_INFO: return "info";
    case GOD_LOG_WARNING: return "warning";
    case GOD_LOG_ERROR: return "error";
    default: return "unknown";
    }
}
