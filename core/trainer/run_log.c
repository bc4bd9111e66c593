#include "core/trainer/run_log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/runner/last_error.h"
#include "god/helpers/file.h"

enum { said_built = 1, said_started, said_end };
enum { said_bytes_max = 16, last_error_bytes = 600, pull_bytes_max = 4 << 20 };

void gdi_run_log_container(const gdi_job *job, char ret_name[96])
{
    (void)snprintf(ret_name, 96, "god-run-%s", job->id);
}

void gdi_run_log_open(gdi_job *job)
{
    char path[GOD_PATH_MAX];
    char *text = NULL;
    size_t bytes = 0;
    if (gdi_job_path(job, "said", path, NULL) == GOD_OK && god_file_exists(path) &&
        god_file_read(path, said_bytes_max, &text, &bytes, NULL) == GOD_OK) {
        job->said = (uint32_t)strtoul(text, NULL, 10);
    }
    free(text);
}

/* A milestone that cannot be noted is said again after a restart, no more. */
static void note(gdi_job *job, uint32_t said)
{
    char path[GOD_PATH_MAX], text[said_bytes_max];
    job->said = said;
    int bytes = snprintf(text, sizeof text, "%u\n", said);
    if (gdi_job_path(job, "said", path, NULL) == GOD_OK) {
        (void)god_file_write(path, text, (size_t)bytes, NULL);
    }
}

/* A task that is trained by playing: its data file is made, not fetched. */
static uint32_t plays(const gdi_job *job)
{
    return job->plan.row_count > 0;
}

static void say_servers(const gdi_job *job, const gdi_run_state *state)
{
    if (job->plan.sidecar_count > 0 && state->started_us != 0) {
        gdi_job_say(job, "Starting Environment Servers...");
        gdi_job_say(job, "Environment servers ready.");
    } else if (plays(job)) {
        gdi_job_say(job, "Skipping Environment Servers.");
    }
}

static void say_started(const gdi_job *job, const gdi_run_state *state)
{
    const gdi_work_calls *calls = job->work->calls;
    char name[96];
    gdi_run_log_container(job, name);
    gdi_job_say(job, "Container started: %s", name);
    gdi_job_say(job, "Waiting for container to finish (timeout=%llu)...",
                (unsigned long long)(job->work->run.time_limit_s != 0 ? job->work->run.time_limit_s
                                                                      : job->plan.timeout_seconds));
    if (calls->container_started != NULL) {
        calls->container_started(calls->user, name, state->started_us);
    }
}

/* Images of environment servers come before the build, when the machine does not have them; the lines are whole. */
static void follow_pull(gdi_job *job)
{
    char path[GOD_PATH_MAX], *text = NULL;
    struct stat info;
    size_t bytes = 0;
    if (gdi_job_path(job, "pull.log", path, NULL) != GOD_OK || stat(path, &info) != 0 ||
        (uint64_t)info.st_size == job->pull_said ||
        god_file_read(path, pull_bytes_max, &text, &bytes, NULL) != GOD_OK) {
        return;
    }
    job->pull_said = job->pull_said <= bytes ? job->pull_said : 0; /* begun anew */
    for (char *at = text + job->pull_said, *end = NULL; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        *end = '\0';
        gdi_job_say(job, "%s", at);
        job->pull_said = (uint64_t)(end + 1 - text);
    }
    free(text);
}

void gdi_run_log_follow(gdi_job *job, const gdi_run_state *state)
{
    const uint32_t built = state->phase >= GDI_RUN_STARTING && state->outcome != GDI_RUN_BUILD_FAILED &&
                           (state->handle[0] != '\0' || state->started_us != 0);
    if (job->said < said_built && job->plan.sidecar_count > 0) {
        follow_pull(job);
    }
    if (job->said < said_built && built) {
        gdi_job_say(job, "Docker image built with tag: god-run-%s:latest", job->id);
        note(job, said_built);
    }
    if (job->said < said_started && state->started_us != 0) {
        say_servers(job, state);
        say_started(job, state);
        note(job, said_started);
    }
}

static void say_crash(const gdi_job *job, const gdi_run_state *state)
{
    char path[GOD_PATH_MAX], last[last_error_bytes] = "";
    if (gdi_job_path(job, "training.log", path, NULL) == GOD_OK) {
        gdi_last_error_of(path, last, sizeof last);
    }
    /* A crash of the miner's code is told by its last line; everything else by the runner. */
    gdi_job_say(job, "Training container failed with status code %d%s%s", state->exit_code,
                state->outcome == GDI_RUN_FAILED ? "" : ": ", state->outcome == GDI_RUN_FAILED ? "" : state->message);
    if (last[0] != '\0') {
        gdi_job_say(job, "[ERROR] Training container failed | ExitCode: %d | LastError: %s", state->exit_code, last);
    }
}

static void say_failure(const gdi_job *job, const gdi_run_state *state)
{
    switch (state->outcome) {
    case GDI_RUN_FAILED:
    case GDI_RUN_OUT_OF_MEMORY:
    case GDI_RUN_DISK_FULL: say_crash(job, state); break;
    case GDI_RUN_BUILD_FAILED:
        gdi_job_say(job, "[ERROR] Image Build failed | ExitCode: Unknown | LastError: %s", state->message);
        break;
    case GDI_RUN_BAD_OUTPUT:
        gdi_job_say(job, "[ERROR] Upload container failed | ExitCode: 1 | LastError: %s", state->message);
        break;
    case GDI_RUN_CANCELLED: gdi_job_say(job, "[INFO] Training cancelled."); break;
    default: gdi_job_say(job, "[ERROR] Job failed: %s", state->message); break;
    }
}

static void say_ended(const gdi_job *job, const gdi_run_state *state)
{
    const long long seconds = (state->ended_us - state->started_us) / 1000000;
    if (state->outcome == GDI_RUN_TIME_LIMIT) {
        gdi_job_say(job, "Time limit reached after %lld s, container killed; what it saved by then is taken.", seconds);
    } else {
        gdi_job_say(job, "Container ended after %lld s.", seconds);
        gdi_job_say(job, "Training completed successfully.");
    }
}

void gdi_run_log_end(gdi_job *job, const gdi_run_state *state)
{
    char name[96];
    const uint32_t is_good = state->outcome == GDI_RUN_SUCCESS || state->outcome == GDI_RUN_TIME_LIMIT;
    gdi_run_log_follow(job, state);
    gdi_run_log_container(job, name);
    if (job->said < said_end) {
        is_good ? say_ended(job, state) : say_failure(job, state);
        if (state->started_us != 0) {
            gdi_job_say(job, "Container %s cleaned up.", name);
        }
        note(job, said_end);
    }
    if (!is_good) {
        gdi_job_give_up(job, "%s", state->message);
    }
}
