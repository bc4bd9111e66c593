#include "core/trainer/run_step.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/trainer/process.h"
#include "core/trainer/run_log.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

enum { look_period_ms = 50, end_wait_ms = 10 * 1000, remove_wait_ms = 60 * 1000, stop_period_ms = 1000 };
enum { exit_fine = 0, exit_folder_at_fault = 2, said_bytes_max = 1 << 20, said_shown = 300 };

/* ---- run.json ---- */

static god_status make_run(const gdi_job *job, const json_t *sidecars, json_t **ret_root, god_error *err)
{
    char source_dir[GOD_PATH_MAX];
    gdi_run_settings settings = job->work->run;
    GOD_TRY(gdi_job_path(job, "source", source_dir, err));
    settings.run_id = job->id;
    settings.runner = settings.runner != NULL ? settings.runner : "container";
    settings.source_dir = source_dir;
    settings.cache_dir = job->view_dir;
    settings.sidecars = sidecars;
    GOD_TRY(gdi_run_json(&job->plan, &settings, ret_root, err));
    if (access("/dev/nvidiactl", F_OK) != 0) { /* a machine without GPUs trains on its processors */
        (void)json_object_set_new(*ret_root, "gpu_ids", json_array());
    }
    return GOD_OK;
}

static god_status write_run(const gdi_job *job, const json_t *sidecars, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *root = NULL;
    if (gdi_job_has(job, "run.json")) {
        return GOD_OK;
    }
    GOD_TRY(gdi_job_path(job, "run.json", path, err));
    GOD_TRY(make_run(job, sidecars, &root, err));
    god_status status = god_json_write(path, root, err);
    json_decref(root);
    return status;
}

/* ---- waiting ---- */

typedef struct waiting {
    gdi_job *job;
    gdi_runner_process process;
    uint32_t tries;
    uint64_t not_before_ms, stopped_ms; /* monotonic */
} waiting;

/* The last line that god-runner wrote. */
static void last_words(const gdi_job *job, char ret_line[said_shown])
{
    char path[GOD_PATH_MAX];
    char *text = NULL;
    size_t bytes = 0;
    (void)snprintf(ret_line, said_shown, "god-runner said nothing");
    if (gdi_job_path(job, "runner.log", path, NULL) != GOD_OK ||
        god_file_read(path, said_bytes_max, &text, &bytes, NULL) != GOD_OK) {
        return;
    }
    while (bytes > 0 && text[bytes - 1] == '\n') {
        text[--bytes] = '\0';
    }
    const char *feed = strrchr(text, '\n');
    if (bytes > 0) {
        (void)snprintf(ret_line, said_shown, "%s", feed == NULL ? text : feed + 1);
    }
    free(text);
}

static void fail_run(gdi_job *job)
{
    char line[said_shown];
    last_words(job, line);
    gdi_job_say(job, "[ERROR] Job failed: the training cannot be run: %s", line);
    gdi_job_give_up(job, "the training cannot be run: %s", line);
}

/* 1: state.json says that the run has ended, and with it result.json is there. */
static uint32_t is_over(const gdi_job *job, gdi_run_state *state)
{
    return gdi_run_state_read(job->work->job_dir, state, NULL) == GOD_OK && state->phase == GDI_RUN_ENDED;
}

/* Nobody works on the folder: starts a god-runner, after a pause from the second time on. */
static god_status start_one(waiting *w, god_error *err)
{
    const gdi_work *work = w->job->work;
    if (gdi_clock_ms() < w->not_before_ms) {
        return GOD_OK;
    }
    if (w->tries == GDI_RUN_TRIES) {
        fail_run(w->job);
        return GOD_OK;
    }
    w->tries++;
    w->not_before_ms = gdi_clock_ms() + GDI_RUN_PAUSE_MS;
    return gdi_runner_process_start(work->layout, work->job_dir, 0, &w->process, err);
}

/* 1: somebody wants the job to pause. */
static uint32_t answer_stop(waiting *w)
{
    const uint32_t asked = gdi_job_stop_asked(w->job);
    const uint64_t now_ms = gdi_clock_ms();
    if (asked == GDI_WORK_CANCEL && now_ms - w->stopped_ms >= stop_period_ms) {
        gdi_runner_process_stop(w->job->work->job_dir);
        w->stopped_ms = now_ms;
    }
    return asked == GDI_WORK_PAUSE;
}

static god_status wait_for_result(waiting *w, god_error *err)
{
    gdi_job *job = w->job;
    gdi_run_state state = {.phase = GDI_RUN_NEW};
    while (!is_over(job, &state) && !job->has_ended) {
        const uint32_t works = w->process.pid != 0 || gdi_runner_process_works(job->work->job_dir);
        int exit_code = 0;
        if (answer_stop(w)) {
            return god_fail(err, GOD_E_CANCELLED, "the job \"%s\" pauses, its training goes on", job->id);
        }
        if (!works && gdi_job_stop_asked(job) == GDI_WORK_CANCEL) {
            return gdi_job_cancelled(job, err);
        }
        if (!works) {
            GOD_TRY(start_one(w, err));
        }
        gdi_run_log_follow(job, &state);
        if (w->process.pid == 0) {
            (void)poll(NULL, 0, look_period_ms);
        } else if (gdi_runner_process_wait(&w->process, look_period_ms, &exit_code) &&
                   exit_code == exit_folder_at_fault) {
            fail_run(job);
        }
    }
    return GOD_OK;
}

/* A god-runner that has written its result ends at once. */
static void wait_for_end(waiting *w)
{
    const uint64_t deadline_ms = gdi_clock_ms() + end_wait_ms;
    int exit_code = 0;
    if (w->process.pid != 0) {
        (void)gdi_runner_process_wait(&w->process, end_wait_ms, &exit_code);
    }
    while (gdi_runner_process_works(w->job->work->job_dir) && gdi_clock_ms() < deadline_ms) {
        (void)poll(NULL, 0, look_period_ms);
    }
}

god_status gdi_run_step(gdi_job *job, const json_t *sidecars, god_error *err)
{
    waiting w = {.job = job};
    gdi_run_state state;
    gdi_run_log_open(job);
    GOD_TRY(write_run(job, sidecars, err));
    GOD_TRY(wait_for_result(&w, err));
    wait_for_end(&w);
    if (job->has_ended) {
        return GOD_OK;
    }
    GOD_TRY(gdi_run_state_read(job->work->job_dir, &state, err));
    job->has_output = state.outcome == GDI_RUN_SUCCESS || state.outcome == GDI_RUN_TIME_LIMIT;
    if (job->is_prep && state.outcome == GDI_RUN_BAD_OUTPUT && state.exit_code == exit_fine) {
        state.outcome = GDI_RUN_SUCCESS; /* a preparation answers in its log and need not leave anything */
    }
    gdi_run_log_end(job, &state);
    return GOD_OK;
}

god_status gdi_run_remove(const gdi_work *work, god_error *err)
{
    gdi_runner_process process = {.pid = 0};
    const uint64_t deadline_ms = gdi_clock_ms() + remove_wait_ms;
    int exit_code = exit_fine;
    while (gdi_runner_process_works(work->job_dir)) {
        if (gdi_clock_ms() >= deadline_ms) {
            return god_fail(err, GOD_E_TIMEOUT, "a god-runner still works on \"%s\"", work->job_dir);
        }
        gdi_runner_process_stop(work->job_dir);
        (void)poll(NULL, 0, look_period_ms);
    }
    GOD_TRY(gdi_runner_process_start(work->layout, work->job_dir, 1, &process, err));
    if (!gdi_runner_process_wait(&process, remove_wait_ms, &exit_code) || exit_code != exit_fine) {
        return god_fail(err, GOD_E_IO, "what the run of \"%s\" left cannot be removed, see runner.log", work->job_dir);
    }
    return GOD_OK;
}
