/* core/loader/loader.h: from a file to a plug-in that can be called.
 *
 *   file ──describe──► gdi_plugin_info ──load──► gdi_plugin
 *         child process,     remembered by       in this process,
 *         with a deadline    file digest         never unloaded
 *
 * Describing runs `god-worker --describe FILE` (foreign code runs in that child only) and remembers success and
 * failure in <state_dir>/plugins.json, keyed by the file's SHA-256, so that a plug-in that hangs costs its deadline
 * once. Loading happens only after a good description. The tables that gdi_plugin hands out are the loader's own
 * copies: calls that the plug-in left out are filled with ones that return GOD_E_UNSUPPORTED, so callers never test
 * for NULL.
 *
 * Threads: [any] for reading an info or a loaded plug-in; [one] for describe and load.
 */
#ifndef GDI_LOADER_H
#define GDI_LOADER_H

#include "core/base/log.h"
#include "god/dataset.h"
#include "god/error.h"
#include "god/eval.h"
#include "god/explain.h"
#include "god/intake.h"
#include "god/task.h"
#include "god/training.h"

enum { GDI_TASK_TYPES_MAX = 32 };

typedef struct gdi_plugin_info {
    char *path;       /* absolute */
    char sha256[65];  /* of the file */
    god_status state; /* GOD_OK: may be loaded */
    char *message;    /* why not, one sentence with the remedy; "" when it may be loaded */
    char *id, *version, *build, *config_schema_json;
    uint32_t abi_major, abi_minor, caps;
    char *task_types[GDI_TASK_TYPES_MAX];
    uint32_t task_type_count;
    uint32_t has_task, has_dataset, has_eval, has_explain, has_training, has_intake;
} gdi_plugin_info;

typedef struct gdi_describe_options {
    const char *worker_path; /* god-worker */
    const char *memory_path; /* plugins.json; NULL: remember nothing */
    uint64_t time_limit_ms;
    const gdi_log *log; /* for a memory that cannot be read or written; may be NULL */
} gdi_describe_options;

/* Fills *ret_info also when the plug-in is refused: then state and message say why. Fails itself only when the file
 * cannot be read or the child cannot be started. */
god_status gdi_plugin_describe(const char *path, const gdi_describe_options *options, gdi_plugin_info *ret_info,
                               god_error *err);
void gdi_plugin_info_clear(gdi_plugin_info *info); /* frees what it holds; accepts an empty one */

typedef struct gdi_plugin {
    god_plugin plugin; /* id, task_types ... */
    god_task task;
    god_dataset dataset;
    god_eval eval;
    god_explain explain;
    god_training training;
    god_intake intake;
    uint32_t has_task, has_dataset, has_eval, has_explain, has_training, has_intake; /* 0: the table holds only stubs */
} gdi_plugin;

/* Loads a described plug-in into this process. sha256 (may be NULL) must match the file. The result lives until the
 * process ends. */
god_status gdi_plugin_load(const char *path, const char *sha256, const gdi_plugin **ret_plugin, god_error *err);

#endif
