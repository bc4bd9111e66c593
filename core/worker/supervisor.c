#include "core/worker/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/base/orphans.h"
#include "core/base/signals.h"
#include "core/worker/collect.h"
#include "god/helpers/file.h"

enum {
    tick_ms = 50,                  /* how often stop_asked is asked while the worker is quiet */
    progress_bytes_max = 16 << 20, /* of progress.jsonl; a worker that floods it is no longer written down */
    last_words_ms = 10 * 1000,     /* between closing its frames, or a broken frame, and its end */
};

typedef struct run {
    const gdi_supervise_options *options;
    const char *job_dir;
    const gdi_job *job;
    gdi_child *child;
    gdi_collector collector;
    gdi_child_end end;
    int progress_fd;
    size_t progress_bytes;
    uint64_t deadline_ms; /* on gdi_clock_ms; UINT64_MAX: none */
    uint64_t kill_at_ms;  /* UINT64_MAX: nobody has asked it to stop */
    uint32_t cancelled, timed_out, killed;
    char broken[GDI_MESSAGE_BYTES_MAX]; /* why its frames could not be read further */
} run;

static uint64_t later(uint64_t now, uint64_t ms)
{
    return ms > UINT64_MAX - now ? UINT64_MAX : now + ms;
}

static god_status open_progress(run *r, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(r->job_dir, "progress.jsonl", path, err));
    r->progress_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return r->progress_fd >= 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot open \"%s\"", path);
}

/* One line, one write. What cannot be written is not worth stopping a job for. */
static void write_progress(run *r, json_t *frame)
{
    char now[GDI_CLOCK_UTC_BYTES];
    gdi_clock_utc(now);
    (void)json_object_set_new(frame, "time", json_string(now));
    char *text = json_dumps(frame, JSON_COMPACT);
    if (text == NULL) {
        return;
    }
    size_t bytes = strlen(text);
    text[bytes++] = '\n'; /* in place of the NUL */
    if (r->progress_bytes + bytes <= progress_bytes_max) {
        r->progress_bytes += bytes;
        ssize_t ignored = write(r->progress_fd, text, bytes);
        (void)ignored;
    }
    free(text);
}

static void write_refusal(run *r, const char *message)
{
    json_t *line = json_pack("{s:s, s:s}", "frame", "refused", "message", message);
    if (line != NULL) {
        write_progress(r, line);
        json_decref(line);
    }
}

static god_status start(run *r, god_error *err)
{
    char nn_dir[GOD_PATH_MAX + 16], threads[32];
    const char *dir = r->job->nn_dir != NULL ? r->job->nn_dir : r->options->nn_dir;
    (void)snprintf(nn_dir, sizeof nn_dir, "GOD_NN_DIR=%s", dir == NULL ? "" : dir);
    (void)snprintf(threads, sizeof threads, "OMP_NUM_THREADS=%u", r->job->threads);
    const char *const argv[] = {r->options->worker_path, "--inner", r->job_dir, NULL};
    const char *const env[] = {threads, dir == NULL ? NULL : nn_dir, NULL};
    const gdi_child_options options = {.argv = argv, .extra_env = env, .frames = 1};
    return gdi_child_start(&options, &r->child, err);
}

static void take_frame(run *r, const char *text)
{
    json_t *frame = NULL;
    god_error err = GOD_ERROR_INIT;
    if (gdi_collect_frame(&r->collector, text, &frame, &err) != GOD_OK) {
        write_refusal(r, err.message);
    } else {
        if (r->options->frame != NULL) {
            r->options->frame(r->options->user, frame);
        }
        write_progress(r, frame);
    }
    json_decref(frame);
}

static void ask_to_stop(run *r, uint64_t now)
{
    if (r->kill_at_ms == UINT64_MAX) {
        gdi_child_signal(r->child, SIGTERM);
        r->kill_at_ms = later(now, r->job->grace_ms);
    }
}

/* What the clock and the caller want. Afterwards r->killed says whether the child was killed. */
static void look_around(run *r)
{
    uint64_t now = gdi_clock_ms();
    uint32_t asked = r->options->stop_asked == NULL ? 0 : r->options->stop_asked(r->options->user);
    if (asked > 0 && !r->cancelled) {
        r->cancelled = 1;
        ask_to_stop(r, now);
    }
    if (now >= r->deadline_ms && !r->timed_out && !r->cancelled) {
        r->timed_out = 1;
        ask_to_stop(r, now);
    }
    if (asked > 1 || now >= r->kill_at_ms) {
        gdi_child_signal(r->child, SIGKILL);
        r->killed = 1;
    }
}

/* Reads until the frames end. A stream that is no stream of frames ends the child: nothing more can be learnt. */
static void read_frames(run *r)
{
    for (uint32_t closed = 0; !closed && !r->killed;) {
        const char *frame = NULL;
        god_error err = GOD_ERROR_INIT;
        if (gdi_child_next_frame(r->child, tick_ms, &frame, &closed, &err) != GOD_OK) {
            (void)snprintf(r->broken, sizeof r->broken, "%s", err.message);
            return;
        }
        if (frame != NULL) {
            take_frame(r, frame);
        }
        look_around(r);
    }
}

static void wait_for_end(run *r)
{
    god_error err = GOD_ERROR_INIT;
    uint64_t give_up_ms = later(gdi_clock_ms(), last_words_ms);
    while (!r->killed && gdi_child_wait(r->child, tick_ms, &r->end, &err) != GOD_OK) {
        look_around(r);
        if (gdi_clock_ms() >= give_up_ms) {
            r->killed = 1; /* it closed its frames and lives on: there is nothing to wait for */
        }
    }
    gdi_child_stop(r->child, 0, &r->end);
}

static void keep_output(run *r)
{
    char path[GOD_PATH_MAX];
    const char *output = gdi_child_output(r->child);
    if (*output != '\0' && god_path_join(r->job_dir, "output.txt", path, NULL) == GOD_OK) {
        (void)god_file_write(path, output, strlen(output), NULL);
    }
}

static void describe_end(const gdi_child_end *end, char *ret_text, size_t bytes)
{
    if (end->how == GDI_CHILD_SIGNALLED) {
        (void)snprintf(ret_text, bytes, "the worker was killed by signal %d (%s)", end->code,
                       gdi_signals_name(end->code));
    } else {
        (void)snprintf(ret_text, bytes, "the worker ended with exit status %d", end->code);
    }
}

/* The outcome table of supervisor.h, from the strongest reason to the weakest. */
static uint32_t decide_outcome(const run *r)
{
    int good_end = r->end.how == GDI_CHILD_EXITED && r->end.code == 0;
    if (r->collector.done && r->collector.done_status == GOD_OK && good_end) {
        return GDI_OUTCOME_RESULT; /* also when it finished after it was asked to stop */
    }
    if (r->cancelled) {
        return GDI_OUTCOME_CANCELLED;
    }
    if (r->timed_out) {
        return GDI_OUTCOME_TIMEOUT;
    }
    if (r->broken[0] == '\0' && r->end.how == GDI_CHILD_SIGNALLED && !r->killed) {
        return GDI_OUTCOME_CRASH;
    }
    if (r->collector.done && !r->killed && r->collector.done_status != GOD_OK) {
        return GDI_OUTCOME_PLUGIN_ERROR;
    }
    return r->collector.done ? GDI_OUTCOME_CRASH : GDI_OUTCOME_NO_RESULT;
}

static void write_message(const run *r, gdi_result *result)
{
    char end[200];
    size_t bytes = sizeof result->message;
    describe_end(&r->end, end, sizeof end);
    switch (result->outcome) {
    case GDI_OUTCOME_RESULT: result->message[0] = '\0'; return;
    case GDI_OUTCOME_PLUGIN_ERROR: (void)snprintf(result->message, bytes, "%s", r->collector.done_message); return;
    case GDI_OUTCOME_CANCELLED: (void)snprintf(result->message, bytes, "it was asked to stop"); return;
    case GDI_OUTCOME_TIMEOUT:
        (void)snprintf(result->message, bytes, "the time limit of %.3g s passed%s", (double)r->job->time_limit_ms / 1e3,
                       r->killed ? " and the worker did not react, so it was killed" : "");
        return;
    case GDI_OUTCOME_CRASH:
        (void)snprintf(result->message, bytes, "%s%s", end, r->collector.done ? " after it said that it was done" : "");
        return;
    default: break;
    }
    if (r->broken[0] != '\0') {
        (void)snprintf(result->message, bytes, "the worker sent something that cannot be read: %s", r->broken);
    } else if (r->killed) {
        (void)snprintf(result->message, bytes, "the worker stopped reporting without a result, so it was killed");
    } else {
        (void)snprintf(result->message, bytes, "%s without a result", end);
    }
}

static god_status conclude(run *r, god_error *err)
{
    gdi_result *result = r->collector.result;
    result->outcome = decide_outcome(r);
    result->hung = result->outcome == GDI_OUTCOME_TIMEOUT && r->killed;
    result->status = result->outcome == GDI_OUTCOME_PLUGIN_ERROR ? r->collector.done_status : GOD_OK;
    write_message(r, result);
    gdi_clock_utc(result->finished_at);
    if (result->outcome == GDI_OUTCOME_RESULT) {
        return r->job->operation != GDI_OPERATION_EVALUATE ? GOD_OK : gdi_collect_finish(&r->collector, err);
    }
    char message[sizeof result->message + 64];
    (void)snprintf(message, sizeof message, "not evaluated: %s", result->message);
    return gdi_result_fail_all(result, message, err);
}

static god_status supervise(run *r, god_error *err)
{
    GOD_TRY(open_progress(r, err));
    GOD_TRY(start(r, err));
    read_frames(r);
    if (r->broken[0] != '\0') {
        gdi_child_signal(r->child, SIGKILL);
    }
    wait_for_end(r);
    keep_output(r);
    return conclude(r, err);
}

god_status gdi_supervise(const gdi_supervise_options *options, const char *job_dir, const gdi_job *job,
                         gdi_result *ret_result, god_error *err)
{
    gdi_result result;
    GOD_TRY(gdi_result_begin(job, &result, err));
    run r = {.options = options,
             .job_dir = job_dir,
             .job = job,
             .collector = {.result = &result},
             .progress_fd = -1,
             .deadline_ms = job->time_limit_ms == 0 ? UINT64_MAX : later(gdi_clock_ms(), job->time_limit_ms),
             .kill_at_ms = UINT64_MAX};
    gdi_orphans_adopt();
    god_status status = supervise(&r, err);
    gdi_child_free(r.child);
    gdi_orphans_end();
    if (r.progress_fd >= 0) {
        (void)close(r.progress_fd);
    }
    if (status != GOD_OK) {
        gdi_result_clear(&result);
        return status;
    }
    *ret_result = result;
    return GOD_OK;
}
