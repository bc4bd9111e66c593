/* core/base/child.h: child processes that cannot be forgotten.
 *
 * A child starts with posix_spawn in its own process group, with stdin from /dev/null (or the bytes it is handed) and
 * only the descriptors that are named here. Its stdout and stderr are collected (the last GDI_CHILD_OUTPUT_MAX bytes)
 * and its frames, if asked for, arrive on a pipe of their own, so that nothing it prints can be taken for a frame.
 * Ending a child ends its whole group.
 *
 * Frames: 4 bytes little-endian length, then that many bytes of JSON, at most GDI_FRAME_BYTES_MAX. See
 * core/base/frame.h.
 *
 * Threads: one thread per gdi_child, from start to free: the kernel kills a god-worker when the thread that started it
 * ends. [one]
 */
#ifndef GDI_BASE_CHILD_H
#define GDI_BASE_CHILD_H

#include <sys/types.h>

#include "god/error.h"

/* Tells a child of ours who its parent is, see core/base/signals.h. */
#define GDI_CHILD_PARENT_ENV "GOD_PARENT_PID"

enum {
    GDI_CHILD_OUTPUT_MAX = 64 << 10,
    GDI_CHILD_INPUT_MAX = 1 << 20,
    GDI_FRAME_BYTES_MAX = 1 << 20,
    GDI_FRAME_FD = 3
};

typedef struct gdi_child gdi_child; /* owned by the caller, ended with gdi_child_free */

typedef struct gdi_child_options {
    const char *const *argv;      /* NULL-ended; argv[0] is a path */
    const char *const *extra_env; /* NULL-ended "NAME=value", added to a small fixed environment; may be NULL */
    const char *cwd;              /* NULL: that of the caller */
    uint32_t frames;              /* 1: the child gets descriptor GDI_FRAME_FD to write frames to */
    /* What it reads on stdin, whole, before it starts; NULL: nothing. The way for secrets: no file, argument or
     * variable holds them. At most GDI_CHILD_INPUT_MAX bytes. */
    const char *input;
    size_t input_bytes;
} gdi_child_options;

enum { GDI_CHILD_EXITED = 1, GDI_CHILD_SIGNALLED = 2 };
typedef struct gdi_child_end {
    uint32_t how;
    int code; /* exit status or signal number */
} gdi_child_end;

god_status gdi_child_start(const gdi_child_options *options, gdi_child **ret_child, god_error *err);
/* Waits at most timeout_ms for the next frame. *ret_frame is NUL-ended, valid until the next call, and NULL when the
 * time passed or the child closed its end (then *ret_closed is 1: wait for it). GOD_E_DATA for a malformed frame. */
god_status gdi_child_next_frame(gdi_child *child, uint64_t timeout_ms, const char **ret_frame, uint32_t *ret_closed,
                                god_error *err);
/* Waits at most timeout_ms for the end. GOD_E_TIMEOUT when it still runs. */
god_status gdi_child_wait(gdi_child *child, uint64_t timeout_ms, gdi_child_end *ret_end, god_error *err);
void gdi_child_signal(gdi_child *child, int signal_number); /* to the whole group */
/* SIGTERM to the group, at most grace_ms of waiting, SIGKILL to the group, reaps. Fine when it has ended already. */
void gdi_child_stop(gdi_child *child, uint64_t grace_ms, gdi_child_end *ret_end);
/* What it printed, stdout and stderr mixed, NUL-ended, valid until gdi_child_free. */
const char *gdi_child_output(gdi_child *child);
pid_t gdi_child_pid(const gdi_child *child);
void gdi_child_free(gdi_child *child); /* accepts NULL; kills what still runs */

#endif
