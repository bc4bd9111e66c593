/* One child, three descriptors: a pidfd that becomes readable when it ends, a pipe with what it prints, a pipe with
 * its frames. Every wait polls all three, so a child can never block on a pipe that nobody reads.
 *
 * The group is killed while the child is a zombie, before it is reaped: until then its number cannot be given to
 * another process, so the signal cannot hit a stranger. */
#include "core/base/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/frame.h"

enum {
    read_bytes = 64 << 10,
    drain_reads_max = 32,   /* more than a pipe holds; a writer that got away cannot keep us reading for ever */
    lowest_fd = 10,         /* ours stay clear of 0 to 3, so that they can be put there in any order */
    environment_count = 64, /* variables of a child at most */
};

struct gdi_child {
    pid_t pid;
    int pid_fd, output_fd, frames_fd; /* -1: closed */
    uint32_t ended;
    gdi_child_end end;
    char output[2 * GDI_CHILD_OUTPUT_MAX + 1]; /* the last half of it counts */
    size_t output_bytes;
    gdi_frame_reader frames;
    char chunk[read_bytes];
};

/* What a child gets from our environment: enough to find programs, temporary space, certificates and devices, and what
 * a device module is told (docs/benchmarks.md). */
static const char *const kept_variables[] = {
    "PATH",
    "HOME",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
    "LD_LIBRARY_PATH",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_DEVICE_ORDER",
    "OMP_NUM_THREADS",
    "GOD_NN_ATTENTION",
    "GOD_NN_CUDNN",
    "ASAN_OPTIONS",
    "UBSAN_OPTIONS",
    "TSAN_OPTIONS",
    "LSAN_OPTIONS",
};

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

/* A pipe whose ends are both above 3 and close on exec. */
static god_status open_pipe(int ret_ends[2], god_error *err)
{
    int low[2];
    if (pipe2(low, O_CLOEXEC) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot make a pipe");
    }
    int ends[2];
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, lowest_fd);
    }
    god_status status = GOD_OK;
    if (ends[0] < 0 || ends[1] < 0) {
        status = god_fail_errno(err, GOD_E_IO, "cannot move a pipe");
        close_fd(&ends[0]);
        close_fd(&ends[1]);
    } else {
        memcpy(ret_ends, ends, sizeof ends);
    }
    (void)close(low[0]);
    (void)close(low[1]);
    return status;
}

/* The strings of `extra` and of our environment are borrowed; parent_pid is the caller's buffer. */
static god_status build_environment(const char *const *extra, const char *parent_pid, char **ret_owned, char **ret_list,
                                    god_error *err)
{
    size_t count = 0, owned = 0;
    ret_list[count++] = (char *)(uintptr_t)parent_pid;
    ret_list[count++] = (char *)(uintptr_t) "LC_ALL=C.UTF-8";
    for (size_t i = 0; i < sizeof kept_variables / sizeof *kept_variables; i++) {
        const char *value = getenv(kept_variables[i]);
        if (value == NULL) {
            continue;
        }
        char *entry = NULL;
        if (asprintf(&entry, "%s=%s", kept_variables[i], value) < 0) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for the environment of a child");
        }
        ret_owned[owned++] = entry;
        ret_list[count++] = entry;
    }
    for (; extra != NULL && *extra != NULL; extra++) {
        if (count == environment_count - 1) {
            return god_fail(err, GOD_E_INVALID, "a child can be given %d variables", environment_count - 1);
        }
        ret_list[count++] = (char *)(uintptr_t)*extra;
    }
    return GOD_OK;
}

/* A file in memory that nobody else can open, read from its start. *ret_fd is -1 when there is no input. */
static god_status open_input(const gdi_child_options *options, int *ret_fd, god_error *err)
{
    *ret_fd = -1;
    if (options->input == NULL) {
        return GOD_OK;
    }
    if (options->input_bytes > GDI_CHILD_INPUT_MAX) {
        return god_fail(err, GOD_E_INVALID, "the input of a child has %zu bytes, %d are allowed", options->input_bytes,
                        GDI_CHILD_INPUT_MAX);
    }
    int low = memfd_create("god-input", MFD_CLOEXEC);
    int input = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, lowest_fd);
    if (low >= 0) {
        (void)close(low);
    }
    if (input < 0 || write(input, options->input, options->input_bytes) != (ssize_t)options->input_bytes ||
        lseek(input, 0, SEEK_SET) != 0) {
        god_status status = god_fail_errno(err, GOD_E_IO, "cannot hand a child its input");
        close_fd(&input);
        return status;
    }
    *ret_fd = input;
    return GOD_OK;
}

/* 0 or an error number, as posix_spawn itself. */
static int set_up_files(posix_spawn_file_actions_t *files, const gdi_child_options *options, int input, int output,
                        int frames)
{
    int failed = input >= 0 ? posix_spawn_file_actions_adddup2(files, input, 0)
                            : posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(files, output, 1);
    failed = failed != 0 ? failed : posix_spawn_file_actions_adddup2(files, output, 2);
    int first_closed = GDI_FRAME_FD;
    if (options->frames && failed == 0) {
        failed = posix_spawn_file_actions_adddup2(files, frames, GDI_FRAME_FD);
        first_closed++;
    }
    if (failed == 0 && options->cwd != NULL) {
        failed = posix_spawn_file_actions_addchdir_np(files, options->cwd);
    }
    return failed != 0 ? failed : posix_spawn_file_actions_addclosefrom_np(files, first_closed);
}

static int set_up_signals(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    int failed = posix_spawnattr_setflags(attributes, flags);
    failed = failed != 0 ? failed : posix_spawnattr_setpgroup(attributes, 0);
    failed = failed != 0 ? failed : posix_spawnattr_setsigdefault(attributes, &all);
    return failed != 0 ? failed : posix_spawnattr_setsigmask(attributes, &none);
}

static god_status spawn(const gdi_child_options *options, int input, int output, int frames, char *const *environment,
                        pid_t *ret_pid, god_error *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawnattr_init(&attributes);
    int failed = set_up_files(&files, options, input, output, frames);
    failed = failed != 0 ? failed : set_up_signals(&attributes);
    if (failed == 0) {
        failed = posix_spawn(ret_pid, options->argv[0], &files, &attributes, (char *const *)(uintptr_t)options->argv,
                             environment);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
        errno = failed;
        return god_fail_errno(err, failed == ENOENT ? GOD_E_NOT_FOUND : GOD_E_IO, "cannot start \"%s\"",
                              options->argv[0]);
    }
    return GOD_OK;
}

static god_status start_with_pipes(gdi_child *child, const gdi_child_options *options, int output, int frames,
                                   god_error *err)
{
    char *environment[environment_count] = {NULL};
    char *owned[sizeof kept_variables / sizeof *kept_variables] = {NULL};
    char parent_pid[64];
    (void)snprintf(parent_pid, sizeof parent_pid, GDI_CHILD_PARENT_ENV "=%ld", (long)getpid());
    int input = -1;
    god_status status = build_environment(options->extra_env, parent_pid, owned, environment, err);
    if (status == GOD_OK) {
        status = open_input(options, &input, err);
    }
    if (status == GOD_OK) {
        status = spawn(options, input, output, frames, environment, &child->pid, err);
    }
    close_fd(&input);
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
        free(owned[i]);
    }
    return status;
}

god_status gdi_child_start(const gdi_child_options *options, gdi_child **ret_child, god_error *err)
{
    int output[2] = {-1, -1}, frames[2] = {-1, -1};
    gdi_child *child = calloc(1, sizeof *child);
    if (child == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a child process");
    }
    child->pid_fd = child->output_fd = child->frames_fd = -1;
    god_status status = open_pipe(output, err);
    if (status == GOD_OK && options->frames) {
        status = open_pipe(frames, err);
    }
    if (status == GOD_OK) {
        status = start_with_pipes(child, options, output[1], frames[1], err);
    }
    close_fd(&output[1]);
    close_fd(&frames[1]);
    child->output_fd = output[0];
    child->frames_fd = frames[0];
    if (status == GOD_OK) {
        child->pid_fd = pidfd_open(child->pid, 0);
        if (child->pid_fd < 0) {
            status = god_fail_errno(err, GOD_E_IO, "cannot watch a child process");
        }
    }
    if (status != GOD_OK) {
        gdi_child_free(child);
        return status;
    }
    (void)fcntl(child->output_fd, F_SETFL, O_NONBLOCK);
    if (child->frames_fd >= 0) {
        (void)fcntl(child->frames_fd, F_SETFL, O_NONBLOCK);
    }
    *ret_child = child;
    return GOD_OK;
}

static void keep_output(gdi_child *child, const char *bytes, size_t count)
{
    if (child->output_bytes + count > 2 * (size_t)GDI_CHILD_OUTPUT_MAX) {
        size_t kept = child->output_bytes < GDI_CHILD_OUTPUT_MAX ? child->output_bytes : GDI_CHILD_OUTPUT_MAX;
        memmove(child->output, child->output + child->output_bytes - kept, kept);
        child->output_bytes = kept;
    }
    memcpy(child->output + child->output_bytes, bytes, count); /* count <= read_bytes = GDI_CHILD_OUTPUT_MAX */
    child->output_bytes += count;
}

/* Reads once. Returns the number of bytes in child->chunk; at the end of the pipe it closes it and returns 0. */
static size_t read_once(gdi_child *child, int *fd)
{
    ssize_t count = *fd < 0 ? -1 : read(*fd, child->chunk, sizeof child->chunk);
    if (count > 0) {
        return (size_t)count;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_fd(fd);
    }
    return 0;
}

static god_status read_frames(gdi_child *child, god_error *err)
{
    size_t count = read_once(child, &child->frames_fd);
    return count == 0 ? GOD_OK : gdi_frame_reader_add(&child->frames, child->chunk, count, err);
}

/* The child has ended: takes its group with it, then everything that was still in the pipes. A grandchild that got
 * away with the pipe in its hand cannot keep us here: what is not there now is not waited for. */
static void reap(gdi_child *child)
{
    siginfo_t info = {.si_pid = 0};
    if (child->ended || waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
        return;
    }
    (void)kill(-child->pid, SIGKILL);
    int raw = 0;
    (void)waitpid(child->pid, &raw, 0);
    child->ended = 1;
    child->end.how = WIFSIGNALED(raw) ? GDI_CHILD_SIGNALLED : GDI_CHILD_EXITED;
    child->end.code = WIFSIGNALED(raw) ? WTERMSIG(raw) : WEXITSTATUS(raw);
    for (int i = 0; i < drain_reads_max; i++) {
        keep_output(child, child->chunk, read_once(child, &child->output_fd));
    }
}

static uint64_t deadline_after(uint64_t timeout_ms)
{
    uint64_t now = gdi_clock_ms();
    return timeout_ms > UINT64_MAX - now ? UINT64_MAX : now + timeout_ms;
}

/* Sleeps until something can be read or the child ends, at most timeout_ms, and takes in what there is. */
static god_status pump(gdi_child *child, uint64_t timeout_ms, god_error *err)
{
    /* Frames that nobody asks for must not grow without bound; two of the largest are plenty. */
    size_t held = child->frames.end - child->frames.start;
    int frames_fd = held < 2 * (size_t)GDI_FRAME_BYTES_MAX ? child->frames_fd : -1;
    struct pollfd ready[] = {
        {.fd = child->ended ? -1 : child->pid_fd, .events = POLLIN},
        {.fd = child->output_fd, .events = POLLIN},
        {.fd = frames_fd, .events = POLLIN},
    };
    uint64_t longest = child->pid_fd < 0 ? 10 : 1000 * 1000; /* without a pidfd the end must be asked for */
    int timeout = (int)(timeout_ms < longest ? timeout_ms : longest);
    if (poll(ready, sizeof ready / sizeof *ready, timeout) <= 0) {
        return GOD_OK; /* time passed, or a signal: the caller looks at the clock */
    }
    if (ready[1].revents != 0) {
        keep_output(child, child->chunk, read_once(child, &child->output_fd));
    }
    if (ready[2].revents != 0) {
        GOD_TRY(read_frames(child, err));
    }
    if (ready[0].revents != 0) {
        reap(child);
    }
    return GOD_OK;
}

/* After the end: what is still in the pipe, without waiting for more. */
static god_status drain_frames(gdi_child *child, god_error *err)
{
    for (int i = 0; i < drain_reads_max; i++) {
        GOD_TRY(read_frames(child, err));
    }
    close_fd(&child->frames_fd);
    return GOD_OK;
}

god_status gdi_child_next_frame(gdi_child *child, uint64_t timeout_ms, const char **ret_frame, uint32_t *ret_closed,
                                god_error *err)
{
    uint64_t deadline = deadline_after(timeout_ms);
    const char *frame = NULL;
    for (;;) {
        if (child->ended && child->frames_fd >= 0) {
            GOD_TRY(drain_frames(child, err));
        }
        GOD_TRY(gdi_frame_reader_next(&child->frames, &frame, err));
        uint64_t now = gdi_clock_ms();
        if (frame != NULL || child->frames_fd < 0 || now > deadline) {
            *ret_frame = frame;
            *ret_closed = frame == NULL && child->frames_fd < 0;
            return GOD_OK;
        }
        GOD_TRY(pump(child, deadline - now, err));
        if (timeout_ms == 0) {
            deadline = 0; /* one look was asked for */
        }
    }
}

god_status gdi_child_wait(gdi_child *child, uint64_t timeout_ms, gdi_child_end *ret_end, god_error *err)
{
    uint64_t deadline = deadline_after(timeout_ms);
    for (;;) {
        reap(child);
        if (child->ended) {
            *ret_end = child->end;
            return GOD_OK;
        }
        uint64_t now = gdi_clock_ms();
        if (now >= deadline) {
            return god_fail(err, GOD_E_TIMEOUT, "process %ld still runs after %llu ms", (long)child->pid,
                            (unsigned long long)timeout_ms);
        }
        GOD_TRY(pump(child, deadline - now, err));
    }
}

void gdi_child_signal(gdi_child *child, int signal_number)
{
    if (!child->ended && child->pid > 0) {
        (void)kill(-child->pid, signal_number);
    }
}

void gdi_child_stop(gdi_child *child, uint64_t grace_ms, gdi_child_end *ret_end)
{
    god_error err = GOD_ERROR_INIT;
    gdi_child_signal(child, SIGTERM);
    if (gdi_child_wait(child, grace_ms, ret_end, &err) == GOD_OK) {
        return;
    }
    gdi_child_signal(child, SIGKILL);
    while (gdi_child_wait(child, UINT32_MAX, ret_end, &err) != GOD_OK) {
        /* SIGKILL cannot be refused; only the kernel can make us wait here */
    }
}

const char *gdi_child_output(gdi_child *child)
{
    size_t skipped = child->output_bytes > GDI_CHILD_OUTPUT_MAX ? child->output_bytes - GDI_CHILD_OUTPUT_MAX : 0;
    child->output[child->output_bytes] = '\0';
    return child->output + skipped;
}

pid_t gdi_child_pid(const gdi_child *child)
{
    return child->pid;
}

void gdi_child_free(gdi_child *child)
{
    if (child == NULL) {
        return;
    }
    if (child->pid > 0 && !child->ended) {
        gdi_child_end end;
        gdi_child_signal(child, SIGKILL);
        gdi_child_stop(child, 0, &end);
    }
    close_fd(&child->pid_fd);
    close_fd(&child->output_fd);
    close_fd(&child->frames_fd);
    gdi_frame_reader_free(&child->frames);
    free(child);
}
