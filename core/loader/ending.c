#include "core/loader/ending.h"

#include "core/base/signals.h"

enum { said_bytes = 160, said_room = 32, end_wait_ms = 1000 };

/* The last line that the child printed, for the end of a sentence; "" when it printed nothing. */
static void last_words(gdi_child *child, char ret_text[static said_bytes])
{
    const char *output = gdi_child_output(child);
    size_t end = strlen(output);
    while (end > 0 && (output[end - 1] == '\n' || output[end - 1] == ' ')) {
        end--;
    }
    size_t start = end;
    while (start > 0 && output[start - 1] != '\n' && end - start < said_bytes - said_room) {
        start--;
    }
    ret_text[0] = '\0';
    if (end > start) {
        (void)snprintf(ret_text, said_bytes, " (it printed: %.*s)", (int)(end - start), output + start);
    }
    for (char *c = ret_text; *c != '\0'; c++) {
        *c = *c < ' ' || *c > '~' ? '?' : *c;
    }
}

god_status gdi_ending_explain(gdi_child *child, const char *where, uint32_t timed_out, uint64_t time_limit_ms,
                              god_error *ret_reason)
{
    gdi_child_end end = {.how = 0};
    char said[said_bytes];
    if (timed_out) {
        gdi_child_stop(child, 0, &end);
        return god_fail(ret_reason, GOD_E_TIMEOUT, "hangs: it was still in %s after %llu ms", where,
                        (unsigned long long)time_limit_ms);
    }
    if (gdi_child_wait(child, end_wait_ms, &end, ret_reason) != GOD_OK) {
        gdi_child_stop(child, 0, &end);
    }
    last_words(child, said);
    if (end.how == GDI_CHILD_SIGNALLED) {
        return god_fail(ret_reason, GOD_E_INTERNAL, "crashes in %s: %s%s", where, gdi_signals_name(end.code), said);
    }
    return god_fail(ret_reason, GOD_E_INTERNAL, "ends the process in %s with exit status %d%s", where, end.code, said);
}
