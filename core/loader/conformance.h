/* core/loader/conformance.h: does a plug-in keep the contract? The suite behind `god plugin check`.
 *
 * Each check has an id and says in one sentence what must be so. Checks that need a task, its data or submissions are
 * skipped without them, and say so. All foreign code runs in a child (`god-worker --conformance`); when a check ends
 * the child by a crash, an exit or by hanging, that check has failed, and a new child goes on with the next one.
 *
 * Threads: [one]
 */
#ifndef GDI_LOADER_CONFORMANCE_H
#define GDI_LOADER_CONFORMANCE_H

#include "core/loader/loader.h"

enum { GDI_PASS = 1, GDI_FAIL = 2, GDI_SKIP = 3 };

typedef struct gdi_conformance_submission {
    const char *id, *model_dir;
} gdi_conformance_submission;

typedef struct gdi_conformance_options {
    const char *worker_path; /* god-worker */
    const char *plugin_path;
    const char *nn_dir; /* given to the child as GOD_NN_DIR; may be NULL */
    /* What to check it with; each may be NULL. Paths. */
    const char *task_path, *data_path, *base_dir;
    const gdi_conformance_submission *submissions;
    uint32_t submission_count;
    uint64_t time_limit_ms; /* for one check */
    /* Asked now and then; anything but 0 ends the suite with GOD_E_CANCELLED. May be NULL. */
    uint32_t (*stop_asked)(void);
} gdi_conformance_options;

typedef struct gdi_conformance_result {
    const char *id, *sentence; /* static */
    uint32_t verdict;          /* GDI_PASS ... */
    const char *message;       /* why not, or why skipped; "" when it passed. Valid during the call */
} gdi_conformance_result;

typedef struct gdi_conformance_count {
    uint32_t passed, failed, skipped;
} gdi_conformance_count;

/* Runs every check in its order and calls `each` after each. Fails itself only when the file cannot be read or a child
 * cannot be started. *ret_info is what the description said; owned by the caller (gdi_plugin_info_clear). */
god_status gdi_conformance_run(const gdi_conformance_options *options, void *user,
                               void (*each)(void *user, const gdi_conformance_result *result),
                               gdi_plugin_info *ret_info, gdi_conformance_count *ret_count, god_error *err);

#endif
