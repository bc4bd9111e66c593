/* The process runner: bubblewrap instead of a container engine, for one's own code on a machine without one.
 *
 *     /            an empty tmpfs with the machine's /usr and a few files of /etc (read-only), /proc, a small /dev, an
 * empty /tmp /app/...     what the Dockerfile copies, mounted from source/; what it RUNs is not run and must be there
 * already /cache       read-only        /app/checkpoints   this run's, writable
 *
 * No network but a loopback of its own, no capabilities, no new privileges, a system call filter, name spaces of its
 * own, a control group for limits where it may make one, limits per process otherwise. It shares the machine's programs
 * and kernel with everybody, so it refuses repositories that are not trusted unless the configuration
 * says {"allow_untrusted": true}.
 *
 * bubblewrap ends with god-runner, and the training with bubblewrap: after a kill there is nothing to go on with. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/jail/filter.h"
#include "core/runner/confine.h"
#include "core/runner/group.h"
#include "core/runner/judge.h"
#include "core/runner/process/dockerfile.h"
#include "god/helpers/json.h"

enum { words_max = 2048, tick_ms = 50, read_bytes = 16 << 10, filter_fd = 9, info_fd = 8, lowest_fd = 20 };
enum { exec_pause_ns = 1000000, exec_looks_max = 5000 };
static const char bubblewrap_path[] = "/usr/bin/bwrap";

/* The command line that is being put together. */
typedef struct command {
    char *words[words_max + 1]; /* own */
    size_t count;
    uint32_t overflow;
} command;

static void add(command *cmd, const char *word)
{
    if (cmd->count == words_max) {
        cmd->overflow = 1;
        return;
    }
    cmd->words[cmd->count] = strdup(word);
    cmd->overflow |= cmd->words[cmd->count] == NULL;
    cmd->count++;
}

static void add_all(command *cmd, const char *const *words)
{
    for (; *words != NULL; words++) {
        add(cmd, *words);
    }
}

static void add_three(command *cmd, const char *a, const char *b, const char *c)
{
    add(cmd, a);
    add(cmd, b);
    add(cmd, c);
}

static void add_json(command *cmd, const json_t *list)
{
    size_t i = 0;
    const json_t *item = NULL;
    json_array_foreach(list, i, item)
    {
        add(cmd, json_string_value(item));
    }
}

static void command_clear(command *cmd)
{
    for (size_t i = 0; i < cmd->count; i++) {
        free(cmd->words[i]);
    }
    cmd->count = 0;
}

/* ---- the command line ---- */

/* god-start takes the limits upon itself and becomes bubblewrap, which hands them on. */
static god_status add_limits(command *cmd, const gdi_run *run, const gdi_group *group, god_error *err)
{
    const gdi_run_spec *spec = run->spec;
    const struct {
        const char *name;
        int64_t value;
    } limits[] = {
        {"--data", spec->memory_bytes}, {"--fsize", spec->disk_bytes_max}, {"--nofile", spec->open_files_max}};
    char path[GOD_PATH_MAX], text[32];
    GOD_TRY(god_path_join(run->layout->root, "libexec/god/god-start", path, err));
    add(cmd, path);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        (void)snprintf(text, sizeof text, "%lld", (long long)limits[i].value);
        add(cmd, limits[i].name);
        add(cmd, text);
    }
    for (size_t i = 0; i < group->count; i++) {
        add(cmd, "--cgroup");
        add(cmd, group->dirs[i]);
    }
    add(cmd, "--");
    return GOD_OK;
}

static void add_tmpfs(command *cmd, const char *target, int64_t bytes)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%lld", (long long)bytes);
    add(cmd, "--size");
    add(cmd, text);
    add(cmd, "--tmpfs");
    add(cmd, target);
}

static void add_machine(command *cmd, const gdi_run_spec *spec)
{
    static const char *const start[] = {bubblewrap_path,
                                        "--unshare-all",
                                        "--die-with-parent",
                                        "--new-session",
                                        "--as-pid-1",
                                        "--cap-drop",
                                        "ALL",
                                        "--clearenv",
                                        "--hostname",
                                        "god-run",
                                        "--seccomp",
                                        "9",
                                        "--info-fd",
                                        "8",
                                        NULL};
    /* Of /etc what programs need to start; not what it says about this machine and its users' secrets. */
    static const char *const settings[] = {"/etc/alternatives", "/etc/group",          "/etc/ld.so.cache",
                                           "/etc/localtime",    "/etc/nsswitch.conf",  "/etc/passwd",
                                           "/etc/ssl/certs",    "/etc/ssl/openssl.cnf"};
    static const char *const merged[] = {"/bin", "/sbin", "/lib", "/lib64"};
    /* Host root inside a user name space owns these files without any capability; bubblewrap covers them only when
     * their folder can be written. */
    static const char *const kernel[] = {"/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/sysrq-trigger"};
    static const char *const rest[] = {"--proc", "/proc", "--dev", "/dev", NULL};
    add_all(cmd, start);
    add_tmpfs(cmd, "/", spec->disk_bytes_max);
    add_three(cmd, "--ro-bind", "/usr", "/usr");
    for (size_t i = 0; i < sizeof merged / sizeof *merged; i++) {
        struct stat info;
        if (lstat(merged[i], &info) != 0) {
            continue;
        }
        if (S_ISLNK(info.st_mode)) {
            char target[64];
            (void)snprintf(target, sizeof target, "usr%s", merged[i]);
            add_three(cmd, "--symlink", target, merged[i]);
        } else {
            add_three(cmd, "--ro-bind", merged[i], merged[i]);
        }
    }
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        add_three(cmd, "--ro-bind-try", settings[i], settings[i]);
    }
    add_all(cmd, rest);
    add_tmpfs(cmd, "/dev/shm", spec->shm_bytes);
    add_tmpfs(cmd, "/tmp", spec->disk_bytes_max);
    add_tmpfs(cmd, "/root", spec->disk_bytes_max);
    for (size_t i = 0; i < sizeof kernel / sizeof *kernel; i++) {
        add_three(cmd, "--ro-bind-try", kernel[i], kernel[i]);
    }
}

static void add_gpus(command *cmd, const json_t *gpu_ids)
{
    static const char *const shared[] = {"/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"};
    size_t i = 0;
    const json_t *id = NULL;
    json_array_foreach(gpu_ids, i, id)
    {
        char path[64];
        (void)snprintf(path, sizeof path, "/dev/nvidia%.16s", json_string_value(id));
        add_three(cmd, "--dev-bind", path, path);
    }
    for (size_t s = 0; json_array_size(gpu_ids) > 0 && s < sizeof shared / sizeof *shared; s++) {
        add_three(cmd, "--dev-bind-try", shared[s], shared[s]);
    }
}

/* One COPY: a file goes to its place, a folder's content into its place. */
static god_status add_copy(command *cmd, const gdi_run_spec *spec, const json_t *item, god_error *err)
{
    char path[GOD_PATH_MAX], target[GOD_PATH_MAX];
    struct stat info;
    const char *source = json_string_value(json_array_get(item, 0)),
               *place = json_string_value(json_array_get(item, 1));
    GOD_TRY(god_path_join(spec->source_dir, source, path, err));
    if (lstat(path, &info) != 0 || (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))) {
        return god_fail(err, GOD_E_DATA,
                        "the Dockerfile copies \"%.200s\", which is no file or folder of the repository", source);
    }
    const char *slash = strrchr(source, '/');
    int keeps_name = S_ISREG(info.st_mode) && json_is_true(json_array_get(item, 2));
    (void)snprintf(target, sizeof target, "%s%s%s", place, keeps_name ? "/" : "",
                   keeps_name ? (slash != NULL ? slash + 1 : source) : "");
    if (strcmp(target, "/") == 0) {
        return god_fail(err, GOD_E_DATA, "the Dockerfile copies \"%.200s\" over the whole file system", source);
    }
    add_three(cmd, "--ro-bind", path, target);
    return GOD_OK;
}

static god_status add_environment(command *cmd, const gdi_run_spec *spec, const gdi_dockerfile *file, god_error *err)
{
    const json_t *const lists[] = {file->env, spec->env};
    add_three(cmd, "--setenv", "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    add_three(cmd, "--setenv", "HOME", "/root");
    add_three(cmd, "--setenv", "HOSTNAME", "god-run");
    for (size_t l = 0; l < 2; l++) {
        size_t i = 0;
        const json_t *item = NULL;
        json_array_foreach(lists[l], i, item)
        {
            char name[256];
            const char *text = json_string_value(item), *equal = strchr(text, '=');
            if (equal == NULL || (size_t)(equal - text) >= sizeof name) {
                return god_fail(err, GOD_E_DATA, "run.json: \"%.60s\" is no variable", text);
            }
            memcpy(name, text, (size_t)(equal - text));
            name[equal - text] = '\0';
            add_three(cmd, "--setenv", name, equal + 1);
        }
    }
    return GOD_OK;
}

static god_status make_command(const gdi_run *run, const gdi_dockerfile *file, const char *checkpoints_dir,
                               const gdi_group *group, command *cmd, god_error *err)
{
    const gdi_run_spec *spec = run->spec;
    size_t i = 0;
    const json_t *item = NULL;
    GOD_TRY(add_limits(cmd, run, group, err));
    add_machine(cmd, spec);
    add_gpus(cmd, spec->gpu_ids);
    add(cmd, "--dir");
    add(cmd, file->workdir);
    json_array_foreach(file->copies, i, item)
    {
        GOD_TRY(add_copy(cmd, spec, item, err));
    }
    add_three(cmd, "--ro-bind", spec->cache_dir, "/cache");
    add_three(cmd, "--bind", checkpoints_dir, "/app/checkpoints");
    GOD_TRY(add_environment(cmd, spec, file, err));
    add_three(cmd, "--chdir", file->workdir, "--");
    add_json(cmd, file->command);
    if (file->takes_arguments) {
        add_json(cmd, spec->argv);
    }
    return cmd->overflow
               ? god_fail(err, GOD_E_NOMEM, "the command line of the training has more than %d words", words_max)
               : GOD_OK;
}

/* ---- the process ---- */

typedef struct process {
    pid_t pid; /* of bubblewrap */
    int pid_fd, output, info;
} process;

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

static int raised(int fd)
{
    int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, lowest_fd) : -1;
    if (fd >= 0) {
        (void)close(fd);
    }
    return high;
}

static god_status open_pipe(int ends[2], god_error *err)
{
    int low[2];
    if (pipe2(low, O_CLOEXEC) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot make a pipe");
    }
    ends[0] = raised(low[0]);
    ends[1] = raised(low[1]);
    return ends[0] >= 0 && ends[1] >= 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot move a pipe");
}

static god_status spawn(process *proc, const command *cmd, int output, int info, int filter, god_error *err)
{
    static char *const no_environment[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setpgroup(&attributes, 0);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &all);
    int failed = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&files, output, 1);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&files, output, 2);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&files, info, info_fd);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(&files, filter, filter_fd);
    failed = failed != 0 ? failed : posix_spawn_file_actions_addclosefrom_np(&files, filter_fd + 1);
    if (failed == 0) {
        failed = posix_spawn(&proc->pid, cmd->words[0], &files, &attributes, cmd->words, no_environment);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
        errno = failed;
        return god_fail_errno(err, GOD_E_IO, "cannot start \"%s\"", cmd->words[0]);
    }
    return GOD_OK;
}

static god_status start(const command *cmd, process *ret_process, god_error *err)
{
    int output[2] = {-1, -1}, info[2] = {-1, -1}, filter = -1;
    process proc = {.pid_fd = -1, .output = -1, .info = -1};
    god_status status = open_pipe(output, err);
    status = status == GOD_OK ? open_pipe(info, err) : status;
    status = status == GOD_OK ? gdi_filter_export(&filter, err) : status;
    filter = raised(filter);
    if (status == GOD_OK) {
        status = spawn(&proc, cmd, output[1], info[1], filter, err);
    }
    close_fd(&output[1]);
    close_fd(&info[1]);
    close_fd(&filter);
    if (status != GOD_OK) {
        close_fd(&output[0]);
        close_fd(&info[0]);
        return status;
    }
    proc.output = output[0];
    proc.info = info[0];
    proc.pid_fd = pidfd_open(proc.pid, 0);
    *ret_process = proc;
    return GOD_OK;
}

/* bubblewrap says {"child-pid": N} before it starts the training. 0 when it does not. */
static pid_t read_child_pid(const process *proc)
{
    char text[512];
    size_t used = 0;
    long pid = 0;
    for (ssize_t got = 0;
         used < sizeof text - 1 && (got = read(proc->info, text + used, sizeof text - 1 - used)) > 0;) {
        used += (size_t)got;
    }
    text[used] = '\0';
    const char *at = strstr(text, "\"child-pid\":");
    return at != NULL && sscanf(at, "\"child-pid\": %ld", &pid) == 1 ? (pid_t)pid : 0;
}

/* bubblewrap gives up its powers step by step and then becomes the training: only then there is something to look at.
 */
static void wait_until_it_became_another(pid_t pid)
{
    char link[64], program[64];
    const struct timespec pause = {.tv_nsec = exec_pause_ns};
    (void)snprintf(link, sizeof link, "/proc/%ld/exe", (long)pid);
    for (int i = 0; i < exec_looks_max; i++) {
        ssize_t count = readlink(link, program, sizeof program - 1);
        program[count > 0 ? count : 0] = '\0';
        if (strcmp(program, bubblewrap_path) != 0) {
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
}

/* Reads once. 0 at the end of the output. */
static int take_output(const process *proc, gdi_run_watch *watch, god_error *err)
{
    char bytes[read_bytes];
    ssize_t count = read(proc->output, bytes, sizeof bytes);
    if (count <= 0) {
        return count < 0 && (errno == EINTR || errno == EAGAIN);
    }
    return gdi_run_watch_printed(watch, bytes, (size_t)count, err) == GOD_OK;
}

/* Until the output is closed and bubblewrap has ended. */
static int follow(const process *proc, gdi_run_watch *watch, god_error *err)
{
    int open_output = 1, status = 0, killed = 0;
    struct pollfd fds[2] = {{.fd = proc->output, .events = POLLIN}, {.fd = proc->pid_fd, .events = POLLIN}};
    for (;;) {
        fds[0].fd = open_output ? proc->output : -1;
        (void)poll(fds, 2, tick_ms);
        if (fds[0].revents != 0 && open_output) {
            open_output = take_output(proc, watch, err);
        } else if (fds[1].revents != 0) {
            break; /* it ended and there is nothing left to read */
        }
        if (!killed && gdi_run_watch_stop_asked(watch)) {
            (void)kill(-proc->pid, SIGKILL);
            killed = 1;
        }
    }
    (void)waitpid(proc->pid, &status, 0);
    return status;
}

/* ---- the whole ---- */

static god_status note_skipped(const gdi_dockerfile *file, gdi_run_watch *watch, god_error *err)
{
    size_t i = 0;
    const json_t *name = NULL;
    json_array_foreach(file->skipped, i, name)
    {
        char line[200];
        int count = snprintf(line, sizeof line, "[the process runner does not follow %s]\n", json_string_value(name));
        GOD_TRY(gdi_run_watch_printed(watch, line, (size_t)count, err));
    }
    return GOD_OK;
}

static god_status train(gdi_run *run, const command *cmd, const gdi_group *group, gdi_run_watch *watch, god_error *err)
{
    process proc;
    god_error why = GOD_ERROR_INIT;
    GOD_TRY(start(cmd, &proc, err));
    run->state.started_us = gdi_run_now_us();
    god_status status = gdi_run_enter(run, GDI_RUN_TRAINING, err);
    const pid_t pid = read_child_pid(&proc);
    god_status confined = GOD_E_NOT_FOUND;
    if (pid > 0) {
        wait_until_it_became_another(pid);
        confined = gdi_confine_check(pid, run->spec->gpu_ids, &why);
    }
    if (status != GOD_OK || (confined != GOD_OK && confined != GOD_E_NOT_FOUND)) {
        (void)kill(-proc.pid, SIGKILL);
    }
    if (confined != GOD_OK && confined != GOD_E_NOT_FOUND) {
        gdi_run_end_with(run, GDI_RUN_NOT_CONFINED, "%s", why.message);
    }
    int ended = follow(&proc, watch, err);
    close_fd(&proc.pid_fd);
    close_fd(&proc.output);
    close_fd(&proc.info);
    if (status == GOD_OK && pid == 0) {
        return god_fail(err, GOD_E_IO, "bubblewrap could not start the training; training.log says why");
    }
    gdi_run_judge(run, watch, WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended),
                  gdi_group_out_of_memory(group));
    return status;
}

static god_status prepare_and_train(gdi_run *run, const char *checkpoints_dir, const gdi_group *group, god_error *err)
{
    char path[GOD_PATH_MAX];
    gdi_dockerfile file = {.command = NULL};
    command cmd = {.count = 0};
    gdi_run_watch watch;
    god_error why = GOD_ERROR_INIT;
    GOD_TRY(god_path_join(run->spec->source_dir, run->spec->dockerfile, path, err));
    GOD_TRY(gdi_run_watch_open(run, "training.log", &watch, err));
    god_status status = gdi_dockerfile_read(path, &file, &why);
    if (status == GOD_OK) {
        status = make_command(run, &file, checkpoints_dir, group, &cmd, &why);
    }
    if (status == GOD_E_DATA || status == GOD_E_NOT_FOUND) {
        gdi_run_end_with(run, GDI_RUN_BUILD_FAILED, "%s", why.message);
        status = GOD_OK;
    } else if (status == GOD_OK) {
        status = note_skipped(&file, &watch, err);
        status = status == GOD_OK ? train(run, &cmd, group, &watch, err) : status;
    } else {
        status = god_fail(err, status, "%s", why.message);
    }
    command_clear(&cmd);
    gdi_dockerfile_clear(&file);
    gdi_run_watch_close(&watch);
    return status;
}

static god_status may_run(const gdi_run *run, god_error *err)
{
    uint32_t allow_untrusted = 0;
    GOD_TRY(god_json_opt_bool("runner", run->config, "allow_untrusted", &allow_untrusted, err));
    if (!run->spec->trusted && !allow_untrusted) {
        return god_fail(err, GOD_E_INVALID,
                        "the process runner takes trusted repositories only; use a container engine, or set "
                        "allow_untrusted in the configuration of the runner");
    }
    if (json_array_size(run->spec->sidecars) > 0) {
        return god_fail(err, GOD_E_INVALID,
                        "the process runner cannot start environment servers, which are images; use "
                        "a container engine");
    }
    return access(bubblewrap_path, X_OK) == 0
               ? GOD_OK
               : god_fail(err, GOD_E_NOT_FOUND, "%s is not there; install bubblewrap", bubblewrap_path);
}

static void name_group(const char *run_id, char ret_name[GDI_GROUP_NAME_BYTES])
{
    (void)snprintf(ret_name, GDI_GROUP_NAME_BYTES, "god-process-%.64s", run_id);
}

static god_status run_process(gdi_run *run, god_error *err)
{
    char checkpoints_dir[GOD_PATH_MAX], group_name[GDI_GROUP_NAME_BYTES];
    gdi_group group = {.count = 0};
    GOD_TRY(may_run(run, err));
    name_group(run->spec->run_id, group_name);
    gdi_group_end(group_name); /* of a god-runner that was killed */
    GOD_TRY(god_path_join(run->run_dir, "checkpoints", checkpoints_dir, err));
    GOD_TRY(god_dir_make(checkpoints_dir, err));
    if (run->state.outcome == 0 && run->state.phase >= GDI_RUN_TRAINING) {
        gdi_run_end_with(run, GDI_RUN_LOST,
                         "the training ended together with the program that watched it; start it "
                         "again");
    }
    if (run->state.outcome == 0) {
        GOD_TRY(gdi_run_enter(run, GDI_RUN_STARTING, err));
        gdi_group_make(group_name, run->spec, &group);
        god_status status = prepare_and_train(run, checkpoints_dir, &group, err);
        gdi_group_end(group_name);
        GOD_TRY(status);
    }
    gdi_run_judge_output(run, checkpoints_dir);
    return gdi_run_enter(run, GDI_RUN_ENDED, err);
}

/* Name spaces and mounts end with the processes, and these with their parent; the group stays. */
static god_status remove_process(const char *run_id, const json_t *config, god_error *err)
{
    char group_name[GDI_GROUP_NAME_BYTES];
    (void)config;
    (void)err;
    name_group(run_id, group_name);
    gdi_group_end(group_name);
    return GOD_OK;
}

const gdi_runner gdi_runner_process = {.name = "process", .run = run_process, .remove = remove_process};
