#include "core/runner/watch.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/runner/output.h"

enum { first_disk_ms = 1000, disk_period_ms = 2000, disk_rest_factor = 2 };

int64_t gdi_run_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

uint64_t gdi_run_time_left_ms(const gdi_run *run)
{
    int64_t used_us = gdi_run_now_us() - run->state.started_us, limit_us = run->spec->time_limit_s * 1000000;
    used_us = used_us < 0 ? 0 : used_us; /* a clock that was set back */
    return used_us >= limit_us ? 0 : (uint64_t)(limit_us - used_us) / 1000;
}

god_status gdi_run_enter(gdi_run *run, uint32_t phase, god_error *err)
{
    run->state.phase = phase;
    run->state.phase_us = gdi_run_now_us();
    GOD_TRY(gdi_run_state_write(run->run_dir, &run->state, err));
    if (run->calls->changed != NULL) {
        run->calls->changed(run->calls->user, &run->state);
    }
    return GOD_OK;
}

void gdi_run_end_with(gdi_run *run, uint32_t outcome, const char *format, ...)
{
    if (run->state.outcome != 0) {
        return;
    }
    run->state.outcome = outcome;
    run->state.message[0] = '\0';
    if (format != NULL) {
        va_list values;
        va_start(values, format);
        (void)vsnprintf(run->state.message, sizeof run->state.message, format, values);
        va_end(values);
    }
}

god_status gdi_run_watch_open(gdi_run *run, const char *log_name, gdi_run_watch *ret_watch, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(run->run_dir, log_name, path, err));
    int log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (log < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", path);
    }
    /* What is over within a moment is not worth a look. */
    *ret_watch = (gdi_run_watch){.run = run, .log = log, .next_disk_ms = gdi_clock_ms() + first_disk_ms};
    return GOD_OK;
}

void gdi_run_watch_close(gdi_run_watch *watch)
{
    if (watch->log >= 0) {
        (void)close(watch->log);
    }
    watch->log = -1;
}

static god_status store(int log, const char *bytes, size_t count, god_error *err)
{
    while (count > 0) {
        ssize_t written = write(log, bytes, count);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return god_fail_errno(err, GOD_E_IO, "cannot write the log of a run");
        }
        bytes += written;
        count -= (size_t)written;
    }
    return GOD_OK;
}

god_status gdi_run_watch_printed(void *user, const char *bytes, size_t count, god_error *err)
{
    static const char cut[] = "\n[the log is cut here: it reached its limit]\n";
    gdi_run_watch *watch = user;
    const gdi_run_calls *calls = watch->run->calls;
    uint64_t limit = (uint64_t)watch->run->spec->log_bytes_max;
    uint64_t room = watch->logged_bytes < limit ? limit - watch->logged_bytes : 0;
    size_t kept = count < room ? count : (size_t)room;
    if (calls->printed != NULL && kept > 0) {
        calls->printed(calls->user, bytes, kept);
    }
    GOD_TRY(store(watch->log, bytes, kept, err));
    if (kept < count && watch->logged_bytes <= limit) {
        GOD_TRY(store(watch->log, cut, sizeof cut - 1, err));
    }
    watch->logged_bytes += count;
    return GOD_OK;
}

static uint64_t measure(gdi_run_watch *watch)
{
    char path[GOD_PATH_MAX];
    god_error ignored = GOD_ERROR_INIT;
    if (watch->run->state.phase == GDI_RUN_TRAINING &&
        god_path_join(watch->run->run_dir, "checkpoints", path, &ignored) == GOD_OK) {
        (void)gdi_output_size(path, &watch->output_bytes, &ignored);
    }
    if (watch->measure_layer != NULL) {
        (void)watch->measure_layer(watch->layer_user, &watch->layer_bytes, &ignored);
    }
    return watch->output_bytes + watch->layer_bytes;
}

/* A folder of many files takes long to measure: then it is measured less often, not all the time. */
static void check_disk(gdi_run_watch *watch)
{
    const gdi_run_spec *spec = watch->run->spec;
    const uint64_t began_ms = gdi_clock_ms();
    const int64_t limit =
        watch->run->state.phase == GDI_RUN_TRAINING ? spec->disk_bytes_max : spec->build_disk_bytes_max;
    if (began_ms < watch->next_disk_ms) {
        return;
    }
    const uint64_t written = measure(watch), took_ms = gdi_clock_ms() - began_ms;
    watch->next_disk_ms = began_ms + disk_period_ms + took_ms * disk_rest_factor;
    if (written > (uint64_t)limit) {
        watch->reason = GDI_RUN_DISK_FULL;
    }
}

uint32_t gdi_run_watch_stop_asked(void *user)
{
    gdi_run_watch *watch = user;
    const gdi_run_calls *calls = watch->run->calls;
    if (watch->reason == 0 && calls->stop_asked != NULL && calls->stop_asked(calls->user) != 0) {
        watch->reason = GDI_RUN_CANCELLED;
    }
    if (watch->reason == 0 && watch->run->state.phase == GDI_RUN_TRAINING && gdi_run_time_left_ms(watch->run) == 0) {
        watch->reason = GDI_RUN_TIME_LIMIT;
    }
    if (watch->reason == 0 &&
        (watch->run->state.phase == GDI_RUN_TRAINING || watch->run->state.phase == GDI_RUN_BUILDING)) {
        check_disk(watch);
    }
    return watch->reason != 0;
}
