#include "core/trainer/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "god/helpers/file.h"

enum { variables_max = 32, tick_ms = 20 };

/* What engines, clusters and sanitizers need to find themselves; nothing that holds a token or key. */
static const char *const kept_variables[] = {
    "PATH",          "HOME",         "USER",          "LOGNAME",         "LANG",
    "TMPDIR",        "TZ",           "SLURM_CONF",    "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME", "DOCKER_HOST",  "LC_ALL",        "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF",
    "ASAN_OPTIONS",  "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS",    "LD_LIBRARY_PATH"};

static void clear_variables(char **list)
{
    for (; *list != NULL; list++) {
        free(*list);
    }
}

static god_status make_variables(char **list, god_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof kept_variables / sizeof *kept_variables; i++) {
        const char *value = getenv(kept_variables[i]);
        if (value != NULL && asprintf(&list[count], "%s=%s", kept_variables[i], value) < 0) {
            list[count] = NULL;
            return god_fail(err, GOD_E_NOMEM, "out of memory for the variables of god-runner");
        }
        count += value != NULL;
    }
    return GOD_OK;
}

/* A session of its own: signals for ours do not reach it. All signals as at the start of a program. */
static int set_up(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes, const char *log_path)
{
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int failed = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    failed = failed != 0 ? failed : posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    failed = failed != 0 ? failed
                         : posix_spawn_file_actions_addopen(files, STDERR_FILENO, log_path,
                                                            O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
    failed = failed != 0 ? failed : posix_spawnattr_setsigmask(attributes, &none);
    failed = failed != 0 ? failed : posix_spawnattr_setsigdefault(attributes, &all);
    return failed != 0 ? failed
                       : posix_spawnattr_setflags(
                             attributes, (short)(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
}

static god_status spawn(const char *path, const char *job_dir, uint32_t removes, const char *log_path, char **variables,
                        pid_t *ret_pid, god_error *err)
{
    const char *const argv[] = {path, removes ? "--remove" : job_dir, removes ? job_dir : NULL, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&attributes);
    int failed = set_up(&files, &attributes, log_path);
    failed = failed != 0 ? failed
                         : posix_spawn(ret_pid, path, &files, &attributes, (char *const *)(uintptr_t)argv, variables);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    errno = failed;
    return failed == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot start \"%s\"", path);
}

god_status gdi_runner_process_start(const gdi_layout *layout, const char *job_dir, uint32_t removes,
                                    gdi_runner_process *ret_process, god_error *err)
{
    char path[GOD_PATH_MAX], log_path[GOD_PATH_MAX];
    char *variables[variables_max + 1] = {NULL};
    GOD_TRY(god_path_join(layout->root, "libexec/god/god-runner", path, err));
    GOD_TRY(god_path_join(job_dir, "runner.log", log_path, err));
    god_status status = make_variables(variables, err);
    if (status == GOD_OK) {
        status = spawn(path, job_dir, removes, log_path, variables, &ret_process->pid, err);
    }
    clear_variables(variables);
    return status;
}

uint32_t gdi_runner_process_wait(gdi_runner_process *process, uint32_t timeout_ms, int *ret_exit_code)
{
    const uint64_t deadline_ms = gdi_clock_ms() + timeout_ms;
    for (;;) {
        int status = 0;
        pid_t pid = waitpid(process->pid, &status, WNOHANG);
        if (pid == process->pid || (pid < 0 && errno != EINTR)) {
            process->pid = 0;
            *ret_exit_code = pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
            return 1;
        }
        if (gdi_clock_ms() >= deadline_ms) {
            return 0;
        }
        (void)poll(NULL, 0, tick_ms);
    }
}

/* The lock's descriptor when somebody else holds it; -1 otherwise. */
static int open_held_lock(const char *job_dir)
{
    char path[GOD_PATH_MAX];
    if (god_path_join(job_dir, "lock", path, NULL) != GOD_OK) {
        return -1;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

uint32_t gdi_runner_process_works(const char *job_dir)
{
    int fd = open_held_lock(job_dir);
    if (fd >= 0) {
        (void)close(fd);
    }
    return fd >= 0;
}

void gdi_runner_process_stop(const char *job_dir)
{
    char text[32] = "";
    int fd = open_held_lock(job_dir);
    if (fd < 0) {
        return;
    }
    ssize_t bytes = pread(fd, text, sizeof text - 1, 0);
    long pid = bytes > 0 ? strtol(text, NULL, 10) : 0;
    if (pid > 1) {
        (void)kill((pid_t)pid, SIGTERM);
    }
    (void)close(fd);
}
