/* god/plugin.h: the contract between the Gradients on Demand host and a plug-in.
 *
 * A plug-in is one shared object that exports one function, `god_plugin_entry`. It hands out a constant table; the
 * table opens instances and answers `query(id)` with further tables, one header each:
 *
 *     "god.task/1"     god/task.h      check a task, build the training command
 *     "god.dataset/1"  god/dataset.h   name the files a task needs, prepare them for the cache
 *     "god.eval/1"     god/eval.h      evaluate a whole group of submissions
 *     "god.explain/1"  god/explain.h   show what is scored of one row; optional
 *     "god.training/1" god/training.h  claim a training request, say what a trainer prepares; optional
 *     "god.intake/1"   god/intake.h    make the rows of a new task from a data set; optional
 *
 * and the host answers `god_host.extension(id)` the same way ("god.http/1", god/http.h).
 *
 * Where the calls happen. The host describes a plug-in in a child process with a deadline before it loads it; it loads
 * it once and never unloads it; evaluation runs in a worker process of its own. `[any]` means: at any time, from any
 * thread. `[one]` means: one call at a time per instance. `[worker]` means: only inside a worker process.
 *
 * How it grows. Every struct begins with its size. New fields go to the end, new abilities get a new interface id, and
 * no field ever changes its meaning. A reader asks `GOD_HAS` before it touches a field that came later. Optional calls
 * are NULL or beyond `size`; the host fills both with calls that return GOD_E_UNSUPPORTED.
 *
 * Who owns what. Strings are UTF-8, end in a NUL and are borrowed until the call returns, unless the text beside them
 * says otherwise. Tables and strings that a plug-in returns live as long as the plug-in. Nothing that one side
 * allocates is freed by the other.
 */
#ifndef GOD_PLUGIN_H
#define GOD_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_ABI_MAJOR 1u /* sides differ: the plug-in is not loaded */
#define GOD_ABI_MINOR 0u /* sides differ: fine, newer fields and interfaces are simply absent */

#define GOD_EXPORT __attribute__((visibility("default")))

/* Bytes of T from its start to the end of field `last`. Use this for `size`, not sizeof: a struct may end in padding
 * that a later field moves into. */
#define GOD_SIZE_TO(T, last) ((uint32_t)(offsetof(T, last) + sizeof(((T *)0)->last)))
/* Does the table at p reach as far as `field`? Pointers must still be compared with NULL. */
#define GOD_HAS(p, T, field) ((p)->size >= GOD_SIZE_TO(T, field))

/* What went wrong, as far as the caller's next step depends on it. */
typedef int32_t god_status;
enum {
    GOD_OK = 0,
    GOD_E_INVALID = -1,     /* the caller asked for something that cannot be; repeating does not help */
    GOD_E_DATA = -2,        /* the file, row or model is at fault; blame it by name */
    GOD_E_UNSUPPORTED = -3, /* well formed, but this build or plug-in does not do it */
    GOD_E_NOT_FOUND = -4,   /* the named thing is not there */
    GOD_E_NOMEM = -5,       /* out of memory, or a stated memory limit was reached */
    GOD_E_IO = -6,          /* the system failed; repeating may help */
    GOD_E_CANCELLED = -7,   /* stopped because `cancelled` said so */
    GOD_E_TIMEOUT = -8,     /* a deadline passed */
    GOD_E_INTERNAL = -9,    /* a mistake in the code that returns it */
    GOD_E_DEVICE = -10      /* the device context is lost: this process must end */
};

/* The caller's memory. A call that fails fills code and message; a call that succeeds leaves both alone.
 * The message is one sentence that names the value at fault, without a full stop. See god/error.h. */
typedef struct god_error {
    uint32_t size;
    god_status code;
    char message[504];
} god_error;

typedef struct god_instance god_instance; /* the plug-in's own */

enum { GOD_LOG_DEBUG = 1, GOD_LOG_INFO = 2, GOD_LOG_WARNING = 3, GOD_LOG_ERROR = 4 };

/* What the host lends to an instance. It outlives every instance that it is given to. */
typedef struct god_host {
    uint32_t size, abi_minor;
    void *ctx; /* first argument of each call below and of each extension */
    void (*log)(void *ctx, uint32_t level, const char *message); /* [any] one line, lower case, no secrets */
    uint32_t (*cancelled)(void *ctx);                            /* [any] cheap: ask once per batch */
    /* [any] `done` of `total` units; `unit` ("tokens", "rows") names what is counted and gives the rate its name;
     * `stage` says what is going on ("base model", "submission alice"). total 0: not known yet. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total, const char *unit, const char *stage);
    const char *cache_dir; /* shared by all jobs, read-mostly; write only through "god.dataset/1" */
    const char *work_dir;  /* private to this job, removed after it; NULL outside a worker */
    const void *(*extension)(void *ctx, const char *id); /* [any] e.g. "god.http/1"; NULL when absent */
} god_host;

/* What a plug-in can do. */
enum {
    GOD_CAP_CPU = 1u << 0,    /* evaluates on the CPU */
    GOD_CAP_CUDA = 1u << 1,   /* evaluates on a CUDA device */
    GOD_CAP_CANCEL = 1u << 2, /* asks `cancelled` often enough to stop within a second or two */
    GOD_CAP_BITWISE = 1u << 3 /* same task, same bytes, same device kind: the same digits */
};

/* static const in the plug-in. */
typedef struct god_plugin {
    uint32_t size, abi_major, abi_minor, caps;
    const char *id;                 /* reverse-domain or dotted name, unique: "god.text.instruct" */
    const char *version;            /* of the plug-in, semantic version */
    const char *build;              /* compiler, flags, commit: whatever identifies the binary to a human */
    const char *config_schema_json; /* JSON Schema of its section in god.yaml; "{}" accepts anything */
    const char *const *task_types;  /* NULL-ended, at least one: "InstructTextTask" */
    /* [any] config_json is the plug-in's section of god.yaml as JSON, "{}" when there is none. */
    god_status (*open)(const god_host *host, const char *config_json, god_instance **ret_instance, god_error *err);
    void (*close)(god_instance *instance); /* [any] accepts NULL; joins every thread that the instance started */
    const void *(*query)(const char *id);  /* [any] a static table of the named interface, or NULL */
} god_plugin;

/* The one exported symbol. No side effects: no threads, no files, no output. The host's ABI numbers are passed in so
 * that a plug-in built for several majors can choose; most ignore them. Never returns NULL. */
GOD_EXPORT const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor);

#ifdef __cplusplus
}
#endif
#endif
