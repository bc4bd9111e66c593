#include "core/runner/judge.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/runner/last_error.h"
#include "core/runner/output.h"

/* What programs say when they meet a limit or a promise of the contract. */
static const struct {
    const char *trace, *advice;
} advices[] = {
    {"Resource temporarily unavailable", "it may have reached its limit of processes and threads"},
    {"annot fork", "it may have reached its limit of processes and threads"},
    {"can't fork", "it may have reached its limit of processes and threads"},
    {"can't start new thread", "it may have reached its limit of processes and threads"},
    {"Too many open files", "it reached its limit of open files"},
    {"No space left on device", "it filled its share of the disk, or /dev/shm"},
    {"File too large", "it filled its share of the disk"},
    {"Cannot allocate memory", "it reached its limit of memory"},
    {"MemoryError", "it reached its limit of memory"},
    {"CUDA out of memory", "the model and its batch do not fit into the memory of the GPU"},
    {"Read-only file system", "only /app/checkpoints and the image's own folders can be written, /cache cannot"},
    {"Temporary failure in name resolution", "a training has no network; models and data are below /cache"},
    {"Network is unreachable", "a training has no network; models and data are below /cache"},
    {"bad address", "a training has no network; models and data are below /cache"},
    {"Failed to resolve", "a training has no network; models and data are below /cache"},
    {"exec format error", "a program of the image is for another kind of processor"},
};

const char *gdi_run_advice(const char *log_text, size_t bytes)
{
    const char *advice = NULL;
    size_t latest = 0;
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
        const size_t trace_bytes = strlen(advices[i].trace);
        const char *at = log_text;
        while ((at = memmem(at, (size_t)(log_text + bytes - at), advices[i].trace, trace_bytes)) != NULL) {
            const size_t place = (size_t)(at - log_text) + 1;
            if (place > latest) { /* what came last ended it */
                latest = place;
                advice = advices[i].advice;
            }
            at += trace_bytes;
        }
    }
    return advice;
}

static void say_failed(gdi_run *run)
{
    char path[GOD_PATH_MAX], last[300] = "", *text = NULL;
    size_t bytes = 0;
    god_error ignored = GOD_ERROR_INIT;
    const char *advice = NULL;
    if (god_path_join(run->run_dir, "training.log", path, &ignored) == GOD_OK &&
        gdi_log_end(path, &text, &bytes, &ignored) == GOD_OK) {
        gdi_last_error_copy(text, bytes, last, sizeof last);
        advice = gdi_run_advice(text, bytes);
        free(text);
    }
    gdi_run_end_with(run, GDI_RUN_FAILED, "the training ended with exit status %d%s%s%s%s", run->state.exit_code,
                     last[0] != '\0' ? ": " : "; see training.log", last, advice != NULL ? "; " : "",
                     advice != NULL ? advice : "");
}

/* Whoever asks us to stop may have told the training itself, which was then faster: Slurm signals a whole job. */
static uint32_t reason_of(const gdi_run *run, const gdi_run_watch *watch, int32_t exit_code)
{
    const gdi_run_calls *calls = run->calls;
    if (watch->reason == 0 && exit_code != 0 && calls->stop_asked != NULL && calls->stop_asked(calls->user) != 0) {
        return GDI_RUN_CANCELLED;
    }
    return watch->reason;
}

void gdi_run_judge(gdi_run *run, const gdi_run_watch *watch, int32_t exit_code, uint32_t out_of_memory)
{
    const gdi_run_spec *spec = run->spec;
    const uint32_t reason = reason_of(run, watch, exit_code);
    run->state.ended_us = gdi_run_now_us();
    run->state.exit_code = exit_code;
    if (reason == GDI_RUN_TIME_LIMIT) {
        gdi_run_end_with(run, GDI_RUN_TIME_LIMIT, "killed at the time limit of %lld s; what was saved by then counts",
                         (long long)spec->time_limit_s);
    } else if (reason == GDI_RUN_DISK_FULL) {
        gdi_run_end_with(run, GDI_RUN_DISK_FULL,
                         "killed: it wrote %llu bytes to /app/checkpoints and %llu elsewhere, "
                         "%lld are allowed",
                         (unsigned long long)watch->output_bytes, (unsigned long long)watch->layer_bytes,
                         (long long)spec->disk_bytes_max);
    } else if (reason == GDI_RUN_CANCELLED) {
        gdi_run_end_with(run, GDI_RUN_CANCELLED, "cancelled");
    } else if (out_of_memory || exit_code == 128 + SIGKILL) { /* we did not kill it, so the kernel did */
        gdi_run_end_with(run, GDI_RUN_OUT_OF_MEMORY, "killed: it used more than %lld bytes of memory",
                         (long long)spec->memory_bytes);
    } else if (exit_code != 0) {
        say_failed(run);
    } else {
        gdi_run_end_with(run, GDI_RUN_SUCCESS, NULL);
    }
}

void gdi_run_judge_output(gdi_run *run, const char *checkpoints_dir)
{
    god_error why = GOD_ERROR_INIT;
    const uint32_t outcome = run->state.outcome;
    if ((outcome != GDI_RUN_SUCCESS && outcome != GDI_RUN_TIME_LIMIT) ||
        gdi_output_check(checkpoints_dir, run->spec->output, &why) == GOD_OK) {
        return;
    }
    run->state.outcome = 0;
    if (outcome == GDI_RUN_TIME_LIMIT) {
        gdi_run_end_with(run, GDI_RUN_BAD_OUTPUT, "killed at the time limit of %lld s, and %s",
                         (long long)run->spec->time_limit_s, why.message);
    } else {
        gdi_run_end_with(run, GDI_RUN_BAD_OUTPUT, "%s", why.message);
    }
}
