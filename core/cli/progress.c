#include "core/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { bar_cells = 24, columns_default = 80, line_every_ms = 1000, rate_after_ms = 300, no_tenth = 99 };

void gdi_progress_begin(gdi_progress *progress, FILE *out_or_null)
{
    *progress = (gdi_progress){.out = out_or_null, .printed_tenth = no_tenth};
    progress->on_terminal = out_or_null != NULL && isatty(fileno(out_or_null));
}

void gdi_progress_number(double value, char ret_text[16])
{
    static const char *const units[] = {"", "k", "M", "G", "T"};
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1000;
        unit++;
    }
    int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    (void)snprintf(ret_text, 16, "%.*f%s", decimals, value, units[unit]);
}

void gdi_progress_time(double seconds, char ret_text[32])
{
    long whole = seconds < 0 ? 0 : seconds > 1e7 ? 10000000L : (long)(seconds + 0.5);
    if (whole >= 3600) {
        (void)snprintf(ret_text, 32, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
        (void)snprintf(ret_text, 32, "%ld:%02ld", whole / 60, whole % 60);
    }
}

static uint32_t terminal_columns(const gdi_progress *progress)
{
    struct winsize size;
    if (ioctl(fileno(progress->out), TIOCGWINSZ, &size) != 0 || size.ws_col < 20) {
        return columns_default;
    }
    return size.ws_col;
}

/* "  12.3k tokens/s  0:14 left", or "" while nothing can be said yet. */
static void describe_rate(const gdi_progress *progress, uint64_t now_ms, char *ret_text, size_t bytes)
{
    ret_text[0] = '\0';
    uint64_t spent_ms = now_ms - progress->start_ms;
    if (spent_ms < rate_after_ms || progress->done <= progress->start_done) {
        return;
    }
    double rate = (double)(progress->done - progress->start_done) * 1000.0 / (double)spent_ms;
    char rate_text[16], time_text[32];
    gdi_progress_number(rate, rate_text);
    if (progress->total > progress->done) {
        gdi_progress_time((double)(progress->total - progress->done) / rate, time_text);
        (void)snprintf(ret_text, bytes, "  %s %s/s  %s left", rate_text, progress->unit, time_text);
    } else {
        (void)snprintf(ret_text, bytes, "  %s %s/s", rate_text, progress->unit);
    }
}

static void draw(gdi_progress *progress, uint32_t percent, uint64_t total, const char *rate)
{
    char bar[bar_cells + 1], line[sizeof progress->drawn];
    uint32_t filled = percent * bar_cells / 100;
    for (uint32_t i = 0; i < bar_cells; i++) {
        bar[i] = i < filled ? '#' : '.';
    }
    bar[bar_cells] = '\0';
    if (total > 0) {
        (void)snprintf(line, sizeof line, "%.60s  [%s] %3u%%%s", progress->stage, bar, percent, rate);
    } else {
        (void)snprintf(line, sizeof line, "%.60s%s", progress->stage, rate);
    }
    if (progress->line_is_drawn && strcmp(line, progress->drawn) == 0) {
        return;
    }
    (void)snprintf(progress->drawn, sizeof progress->drawn, "%s", line);
    /* Never wider than the terminal: a line that wraps cannot be drawn over. */
    (void)fprintf(progress->out, "\r\033[K%.*s", (int)terminal_columns(progress) - 1, line);
    (void)fflush(progress->out);
    progress->line_is_drawn = 1;
}

static void print_line(gdi_progress *progress, uint64_t now_ms, uint32_t percent, const char *rate)
{
    uint32_t tenth = percent / 10;
    uint32_t too_soon = progress->printed_ms != 0 && now_ms - progress->printed_ms < line_every_ms;
    if (tenth == progress->printed_tenth || too_soon) {
        return;
    }
    progress->printed_tenth = tenth;
    progress->printed_ms = now_ms;
    if (progress->total > 0) {
        (void)fprintf(progress->out, "%s: %u%%%s\n", progress->stage, percent, rate);
    } else {
        (void)fprintf(progress->out, "%s%s\n", progress->stage, rate);
    }
}

void gdi_progress_tick(gdi_progress *progress, uint64_t now_ms)
{
    char rate[96];
    if (progress->out == NULL || progress->stage[0] == '\0') {
        return;
    }
    double part = progress->total == 0 ? 0 : (double)progress->done / (double)progress->total;
    uint32_t percent = (uint32_t)(100.0 * (part > 1 ? 1 : part));
    describe_rate(progress, now_ms, rate, sizeof rate);
    if (progress->on_terminal) {
        draw(progress, percent, progress->total, rate);
    } else {
        print_line(progress, now_ms, percent, rate);
    }
}

void gdi_progress_show(gdi_progress *progress, uint64_t now_ms, uint64_t done, uint64_t total, const char *unit,
                       const char *stage)
{
    uint32_t new_stage = strncmp(progress->stage, stage, sizeof progress->stage - 1) != 0;
    if (new_stage) {
        (void)snprintf(progress->stage, sizeof progress->stage, "%s", stage);
        progress->printed_tenth = no_tenth;
    }
    if (total != progress->total || done < progress->done || (new_stage && total == 0)) {
        progress->total = total;
        progress->start_ms = now_ms;
        progress->start_done = done;
    }
    progress->done = done;
    (void)snprintf(progress->unit, sizeof progress->unit, "%s", unit);
    gdi_progress_tick(progress, now_ms);
}

void gdi_progress_say(gdi_progress *progress, const char *kind, const char *message)
{
    if (progress->out == NULL) {
        return;
    }
    gdi_progress_end(progress);
    (void)fprintf(progress->out, "%s: %s\n", kind, message);
}

void gdi_progress_end(gdi_progress *progress)
{
    if (progress->out != NULL && progress->line_is_drawn) {
        (void)fputs("\r\033[K", progress->out);
        (void)fflush(progress->out);
        progress->line_is_drawn = 0;
    }
}
