/* The Slurm runner: the same run, on whichever node Slurm chooses.
 *
 *     RUNDIR/node/            a run of its own on the shared file system: run.json with the runner of the nodes
 *     RUNDIR/slurm.sh         what sbatch starts: god-runner RUNDIR/node, with the GPUs that Slurm assigned
 *     RUNDIR/slurm.log        what the script itself prints
 *
 * Slurm decides when and where, keeps accounts and kills; the node's god-runner builds, trains, limits and cleans up.
 * Here is only watched: node/result.json says how it ended; as long as it is missing, squeue says whether it still can.
 * A controller that does not answer is waited for, because the nodes go on without it. A node that was lost, or a job
 * that was preempted, is requeued by Slurm (config "requeue", on by default), or submitted again, and starts from its
 * beginning.
 *
 * A job that ended while the controller was away may be started again by it and then ends at once, or stay in its queue
 * until the run is removed. The job's name is god-RUN_ID, so a submission whose answer was lost with us is found again
 * and not repeated.
 *
 * Configuration: {"node_runner": "container", "node_config": {...}, "partition": "...", "requeue": true,
 * "bin_dir": "/usr/bin", "poll_ms": 1000, "ask_ms": 10000}. Every poll_ms the node's files are looked at, every ask_ms
 * Slurm is asked: a thousand runs in its queue must not keep its controller busy with answers. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/runner/judge.h"
#include "core/runner/last_error.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

enum {
    call_limit_ms = 60 * 1000,
    grace_ms = 1000,
    usual_poll_ms = 1000,
    usual_ask_ms = 10000,
    gone_looks_max = 5,
    submissions_max = 10,
    gone_pause_ms = 200,
    state_bytes = 128,
    print_bytes = 16 << 10
};
enum { minutes_of_slack = 30 }; /* building and collecting count in Slurm's limit, not in ours */

typedef struct slurm {
    gdi_run *run;
    const char *bin_dir, *node_runner, *partition;
    int64_t poll_ms, ask_ms;
    uint32_t requeue;
    char node_dir[GOD_PATH_MAX], name[128];
    uint32_t cancelled;   /* by us */
    uint32_t interrupted; /* by Slurm, which may requeue it */
    uint32_t submissions; /* beyond the first */
    off_t printed;        /* of node/training.log */
} slurm;

/* ---- Slurm's programs ---- */

/* What one of them printed, without the last line break. GOD_E_IO with its words when it says no. */
static god_status call(const slurm *self, const char *program, const char *const *arguments, char *buf, size_t cap,
                       god_error *err)
{
    char path[GOD_PATH_MAX], conf[GOD_PATH_MAX + 16];
    const char *argv[32] = {path}, *given = getenv("SLURM_CONF");
    const char *const env[] = {given != NULL ? conf : NULL, NULL};
    gdi_child *child = NULL;
    gdi_child_end end = {0};
    (void)snprintf(conf, sizeof conf, "SLURM_CONF=%s", given != NULL ? given : "");
    GOD_TRY(god_path_join(self->bin_dir, program, path, err));
    for (size_t i = 0; arguments[i] != NULL && i < 30; i++) {
        argv[i + 1] = arguments[i];
    }
    const gdi_child_options options = {.argv = argv, .extra_env = env};
    GOD_TRY(gdi_child_start(&options, &child, err));
    god_status status = gdi_child_wait(child, call_limit_ms, &end, err);
    if (status != GOD_OK) {
        gdi_child_stop(child, grace_ms, &end);
    }
    (void)snprintf(buf, cap, "%s", gdi_child_output(child));
    gdi_child_free(child);
    buf[strcspn(buf, "\n")] = '\0';
    GOD_TRY(status);
    return end.how == GDI_CHILD_EXITED && end.code == 0 ? GOD_OK
                                                        : god_fail(err, GOD_E_IO, "%s failed: %.300s", program, buf);
}

/* ---- submitting ---- */

static god_status write_script(const slurm *self, god_error *err)
{
    god_text text = GOD_TEXT_INIT;
    char path[GOD_PATH_MAX];
    god_status status = god_path_join(self->run->run_dir, "slurm.sh", path, err);
    if (status == GOD_OK && strpbrk(self->node_dir, "'\n") != NULL) {
        status =
            god_fail(err, GOD_E_INVALID, "the folder of a run on Slurm may not hold a quote: \"%s\"", self->node_dir);
    }
    /* Requeued after the end of the run: a controller that was away did not hear of it. Requeued before: another node
     * knows nothing of what the first one had begun. */
    if (status == GOD_OK) {
        status = god_text_append_f(&text, err,
                                   "#!/bin/sh\n"
                                   "if [ -e '%s/result.json' ]; then\n"
                                   "    exit 0\n"
                                   "fi\n"
                                   "GOD_GPU_IDS=${SLURM_JOB_GPUS:-$GPU_DEVICE_ORDINAL}\n"
                                   "export GOD_GPU_IDS\n"
                                   "if [ \"${SLURM_RESTART_COUNT:-0}\" -gt 0 ]; then\n"
                                   "    rm -rf '%s/state.json' '%s/result.json' '%s/checkpoints'\n"
                                   "fi\n"
                                   "exec '%s/libexec/god/god-runner' '%s' >/dev/null\n",
                                   self->run->run_dir, self->node_dir, self->node_dir, self->node_dir,
                                   self->run->layout->root, self->node_dir);
    }
    if (status == GOD_OK) {
        status = god_file_write(path, text.data, text.bytes, err);
    }
    god_text_free(&text);
    return status;
}

/* The node's run: this one, by another runner. */
static god_status write_node_run(const slurm *self, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_dir_make(self->node_dir, err));
    GOD_TRY(god_path_join(self->node_dir, "run.json", path, err));
    json_t *root = json_copy(self->run->spec->root);
    json_t *config = json_object_get(self->run->config, "node_config");
    if (root == NULL || json_object_set_new(root, "runner", json_string(self->node_runner)) != 0 ||
        json_object_set_new(root, "config", config != NULL ? json_incref(config) : json_object()) != 0) {
        json_decref(root);
        return god_fail(err, GOD_E_NOMEM, "out of memory for the run of a node");
    }
    god_status status = god_json_write(path, root, err);
    json_decref(root);
    return status;
}

/* The number of our job when it is in the queue already; "" otherwise. */
static god_status find_job(const slurm *self, char ret_id[32], god_error *err)
{
    char answer[256];
    const char *const arguments[] = {"--noheader", "--format=%i", "--name", self->name, NULL};
    GOD_TRY(call(self, "squeue", arguments, answer, sizeof answer, err));
    (void)snprintf(ret_id, 32, "%.31s", answer);
    return GOD_OK;
}

static god_status submit(slurm *self, god_error *err)
{
    const gdi_run_spec *spec = self->run->spec;
    char script[GOD_PATH_MAX], log[GOD_PATH_MAX], cpus[32], memory[48], gpus[48], limit[48], partition[160];
    char answer[256], dir[GOD_PATH_MAX + 16];
    const char *arguments[20];
    size_t count = 0;
    int64_t minutes = (spec->time_limit_s + spec->build_time_limit_s) / 60 + minutes_of_slack;
    int64_t processors = (spec->nano_cpus + 999999999) / 1000000000;
    GOD_TRY(god_path_join(self->run->run_dir, "slurm.sh", script, err));
    GOD_TRY(god_path_join(self->run->run_dir, "slurm.log", log, err));
    (void)snprintf(cpus, sizeof cpus, "--cpus-per-task=%lld", (long long)processors);
    (void)snprintf(memory, sizeof memory, "--mem=%lldM", (long long)(spec->memory_bytes >> 20));
    (void)snprintf(gpus, sizeof gpus, "--gres=gpu:%zu", json_array_size(spec->gpu_ids));
    (void)snprintf(limit, sizeof limit, "--time=%lld", (long long)minutes);
    (void)snprintf(dir, sizeof dir, "--chdir=%s", self->run->run_dir);
    const char *const always[] = {"--parsable", "--job-name", self->name, "--output", log,        "--open-mode=append",
                                  dir,          cpus,         memory,     limit,      "--nodes=1"};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        arguments[count++] = always[i];
    }
    arguments[count++] = self->requeue ? "--requeue" : "--no-requeue";
    if (json_array_size(spec->gpu_ids) > 0) {
        arguments[count++] = gpus;
    }
    if (self->partition != NULL) {
        (void)snprintf(partition, sizeof partition, "--partition=%.120s", self->partition);
        arguments[count++] = partition;
    }
    arguments[count++] = script;
    arguments[count] = NULL;
    GOD_TRY(call(self, "sbatch", arguments, answer, sizeof answer, err));
    answer[strcspn(answer, ";")] = '\0'; /* "12;cluster" */
    (void)snprintf(self->run->state.handle, sizeof self->run->state.handle, "%.100s", answer);
    return GOD_OK;
}

static god_status find_or_submit(slurm *self, god_error *err)
{
    char id[32];
    GOD_TRY(find_job(self, id, err));
    if (id[0] != '\0') {
        (void)snprintf(self->run->state.handle, sizeof self->run->state.handle, "%s", id);
    } else {
        GOD_TRY(write_node_run(self, err));
        GOD_TRY(write_script(self, err));
        GOD_TRY(submit(self, err));
    }
    return gdi_run_enter(self->run, GDI_RUN_STARTING, err);
}

/* ---- watching ---- */

/* Passes on what the training has printed since the last look. */
static void print_news(slurm *self)
{
    char path[GOD_PATH_MAX], bytes[print_bytes];
    god_error ignored = GOD_ERROR_INIT;
    const gdi_run_calls *calls = self->run->calls;
    if (calls->printed == NULL || god_path_join(self->node_dir, "training.log", path, &ignored) != GOD_OK) {
        return;
    }
    int log = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    for (ssize_t count = 0; log >= 0 && (count = pread(log, bytes, sizeof bytes, self->printed)) > 0;) {
        calls->printed(calls->user, bytes, (size_t)count);
        self->printed += count;
    }
    if (log >= 0) {
        (void)close(log);
    }
}

/* Takes over what the node's state says. *ret_ended is 1 when its run has ended. */
static god_status look_at_node(slurm *self, uint32_t *ret_ended, god_error *err)
{
    gdi_run_state node;
    gdi_run_state *ours = &self->run->state;
    god_error ignored = GOD_ERROR_INIT;
    *ret_ended = 0;
    if (gdi_run_state_read(self->node_dir, &node, &ignored) != GOD_OK) {
        return GOD_OK; /* being written on another machine; look again */
    }
    if (node.phase == GDI_RUN_TRAINING && ours->phase != GDI_RUN_TRAINING) {
        ours->started_us = node.started_us;
        return gdi_run_enter(self->run, GDI_RUN_TRAINING, err);
    }
    const uint32_t was_told =
        node.outcome == GDI_RUN_CANCELLED || (node.outcome == GDI_RUN_FAILED && node.exit_code == 128 + SIGTERM);
    self->interrupted = node.phase == GDI_RUN_ENDED && was_told && !self->cancelled;
    if (self->interrupted) {
        return GOD_OK; /* Slurm asked it to stop, to requeue it perhaps; Slurm says what comes of it */
    }
    if (node.phase == GDI_RUN_ENDED) {
        ours->started_us = node.started_us;
        ours->ended_us = node.ended_us;
        ours->exit_code = node.exit_code;
        gdi_run_end_with(self->run, node.outcome, "%s", node.message);
        *ret_ended = 1;
    }
    return GOD_OK;
}

/* Does Slurm still have it? *ret_state: "RUNNING None", "PENDING Resources" ...; "" when it is gone. A controller that
 * does not answer counts as "UNKNOWN". By name, too: one that was killed may give a number to another job again. */
static void ask_slurm(const slurm *self, char ret_state[state_bytes])
{
    char answer[256];
    god_error why = GOD_ERROR_INIT;
    const char *const arguments[] = {"--noheader", "--format=%T %r", "--jobs", self->run->state.handle,
                                     "--name",     self->name,       NULL};
    god_status status = call(self, "squeue", arguments, answer, sizeof answer, &why);
    if (status == GOD_OK) {
        (void)snprintf(ret_state, state_bytes, "%.120s", answer);
    } else {
        (void)snprintf(ret_state, state_bytes, "%s", strstr(why.message, "Invalid job id") != NULL ? "" : "UNKNOWN");
    }
}

/* The last line of a log that says anything. */
static void copy_last_line(const char *text, size_t bytes, char *buf, size_t cap)
{
    while (bytes > 0 && (text[bytes - 1] == '\n' || text[bytes - 1] == ' ')) {
        bytes--;
    }
    const char *before = bytes > 0 ? memrchr(text, '\n', bytes) : NULL;
    const char *line = before != NULL ? before + 1 : text;
    (void)snprintf(buf, cap, "%.*s", (int)(text + bytes - line), line);
}

/* Why it ended without a result, as far as Slurm and the script still know. */
static void say_lost(const slurm *self)
{
    char answer[2048], word[64] = "", path[GOD_PATH_MAX], last[300] = "", *log = NULL;
    size_t log_bytes = 0;
    god_error ignored = GOD_ERROR_INIT;
    const char *const arguments[] = {"show", "job", "--oneliner", self->run->state.handle, NULL};
    if (call(self, "scontrol", arguments, answer, sizeof answer, &ignored) == GOD_OK) {
        const char *at = strstr(answer, "JobState=");
        (void)snprintf(word, sizeof word, "%.*s", at != NULL ? (int)strcspn(at + 9, " ") : 0, at != NULL ? at + 9 : "");
    }
    if (god_path_join(self->run->run_dir, "slurm.log", path, &ignored) == GOD_OK &&
        gdi_log_end(path, &log, &log_bytes, &ignored) == GOD_OK) {
        copy_last_line(log, log_bytes, last, sizeof last);
        free(log);
    }
    gdi_run_end_with(self->run, GDI_RUN_LOST, "Slurm ended job %s without a result%s%s%s%s; start it again",
                     self->run->state.handle, word[0] != '\0' ? ": " : "", word, last[0] != '\0' ? ": " : "", last);
}

static god_status cancel(const slurm *self, god_error *err)
{
    char answer[256];
    const char *const arguments[] = {self->run->state.handle, NULL};
    return call(self, "scancel", arguments, answer, sizeof answer, err);
}

static uint32_t is_gone(const char *state)
{
    static const char *const ends[] = {"",          "COMPLETED", "FAILED",    "CANCELLED",     "TIMEOUT",
                                       "NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "OUT_OF_MEMORY", "DEADLINE"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const size_t bytes = strlen(ends[i]);
        if (strcspn(state, " ") == bytes && memcmp(state, ends[i], bytes) == 0) {
            return 1;
        }
    }
    return 0;
}

/* A node that could not start it is drained by Slurm, and the job held until somebody says that it may try another. */
static void release(const slurm *self)
{
    char answer[256];
    god_error ignored = GOD_ERROR_INIT;
    const char *const arguments[] = {"release", self->run->state.handle, NULL};
    (void)call(self, "scontrol", arguments, answer, sizeof answer, &ignored);
}

/* Slurm wanted to start it again and lost that: the job ended by itself a moment earlier. We do it in its place. */
static god_status submit_again(slurm *self, god_error *err)
{
    static const char *const names[] = {"state.json", "result.json"};
    char path[GOD_PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        GOD_TRY(god_path_join(self->node_dir, names[i], path, err));
        (void)unlink(path);
    }
    GOD_TRY(god_path_join(self->node_dir, "checkpoints", path, err));
    GOD_TRY(god_file_exists(path) ? god_dir_remove(path, err) : GOD_OK);
    self->interrupted = 0;
    self->submissions++;
    self->run->state.started_us = 0;
    GOD_TRY(submit(self, err));
    return gdi_run_enter(self->run, GDI_RUN_STARTING, err);
}

static god_status watch(slurm *self, god_error *err)
{
    const gdi_run_calls *calls = self->run->calls;
    uint32_t ended = 0, gone_looks = 0;
    uint64_t next_ask_ms = gdi_clock_ms() + (uint64_t)self->ask_ms;
    while (!ended) {
        print_news(self);
        GOD_TRY(look_at_node(self, &ended, err));
        if (ended) {
            break;
        }
        if (!self->cancelled && calls->stop_asked != NULL && calls->stop_asked(calls->user)) {
            GOD_TRY(cancel(self, err));
            self->cancelled = 1;
        }
        if (self->cancelled || gone_looks > 0 || gdi_clock_ms() >= next_ask_ms) {
            char state[state_bytes];
            ask_slurm(self, state);
            next_ask_ms = gdi_clock_ms() + (uint64_t)self->ask_ms;
            gone_looks = is_gone(state) ? gone_looks + 1 : 0;
            if (strstr(state, "launch failed requeued held") != NULL) {
                release(self);
            }
        }
        if (gone_looks >= gone_looks_max) { /* the shared file system may be a moment behind */
            if (self->cancelled) {
                gdi_run_end_with(self->run, GDI_RUN_CANCELLED, "cancelled");
            }
            if (!self->cancelled && self->interrupted && self->requeue && self->submissions < submissions_max) {
                GOD_TRY(submit_again(self, err));
                gone_looks = 0;
                continue;
            }
            say_lost(self);
            return GOD_OK;
        }
        (void)poll(NULL, 0, (int)(gone_looks > 0 && self->poll_ms < gone_pause_ms ? gone_pause_ms : self->poll_ms));
    }
    print_news(self);
    return GOD_OK;
}

/* ---- the whole ---- */

/* What the node left becomes this run's own. */
static god_status collect(const slurm *self, god_error *err)
{
    static const char *const names[] = {"build.log", "training.log", "checkpoints"};
    gdi_run *run = self->run;
    char checkpoints[GOD_PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
        GOD_TRY(god_path_join(self->node_dir, names[i], from, err));
        GOD_TRY(god_path_join(run->run_dir, names[i], to, err));
        (void)rmdir(to); /* an empty checkpoints/ that was there before */
        if (god_file_exists(from) && rename(from, to) != 0) {
            return god_fail_errno(err, GOD_E_IO, "cannot take over \"%s\"", from);
        }
    }
    GOD_TRY(god_path_join(run->run_dir, "checkpoints", checkpoints, err));
    gdi_run_judge_output(run, checkpoints);
    return gdi_run_enter(run, GDI_RUN_ENDED, err);
}

static god_status open_slurm(gdi_run *run, const json_t *config, slurm *self, god_error *err)
{
    *self = (slurm){.run = run,
                    .bin_dir = "/usr/bin",
                    .node_runner = "container",
                    .poll_ms = usual_poll_ms,
                    .ask_ms = usual_ask_ms,
                    .requeue = 1};
    GOD_TRY(god_json_opt_str("runner", config, "bin_dir", &self->bin_dir, err));
    GOD_TRY(god_json_opt_str("runner", config, "node_runner", &self->node_runner, err));
    GOD_TRY(god_json_opt_str("runner", config, "partition", &self->partition, err));
    GOD_TRY(god_json_opt_int("runner", config, "poll_ms", 1, 60000, &self->poll_ms, err));
    GOD_TRY(god_json_opt_int("runner", config, "ask_ms", 1, 600000, &self->ask_ms, err));
    GOD_TRY(god_json_opt_bool("runner", config, "requeue", &self->requeue, err));
    if (strcmp(self->node_runner, "slurm") == 0) {
        return god_fail(err, GOD_E_INVALID, "\"node_runner\" is \"slurm\"; container or process is needed");
    }
    return GOD_OK;
}

static god_status run_slurm(gdi_run *run, god_error *err)
{
    slurm self;
    GOD_TRY(open_slurm(run, run->config, &self, err));
    GOD_TRY(god_path_join(run->run_dir, "node", self.node_dir, err));
    (void)snprintf(self.name, sizeof self.name, "god-%s", run->spec->run_id);
    if (run->state.outcome == 0) {
        if (run->state.handle[0] == '\0') {
            GOD_TRY(find_or_submit(&self, err));
        }
        GOD_TRY(watch(&self, err));
    }
    return collect(&self, err);
}

static god_status remove_slurm(const char *run_id, const json_t *config, god_error *err)
{
    slurm self;
    char name[128], answer[256];
    GOD_TRY(open_slurm(NULL, config, &self, err));
    (void)snprintf(name, sizeof name, "god-%s", run_id);
    const char *const arguments[] = {"--name", name, NULL};
    return call(&self, "scancel", arguments, answer, sizeof answer, err);
}

const gdi_runner gdi_runner_slurm = {.name = "slurm", .run = run_slurm, .remove = remove_slurm};
