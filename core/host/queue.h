/* core/host/queue.h: the daemon's jobs, as folders that move.
 *
 *   <state_dir>/jobs/queued/NAME/   put there by a rename, whole; names that begin with a dot are passed over
 *   <state_dir>/jobs/running/NAME/  a god-worker is at work, or was when the daemon ended
 *   <state_dir>/jobs/done/NAME/     with its result.json
 *
 * Each step is one rename, so a job is always in exactly one place; at start whatever is in running/ is run again,
 * because a job may be run any number of times. A queued job may leave out plugin.path (found by plugin.id or by the
 * task type) and the limits and folders that god.yaml states; they are written into its job.json when it starts.
 *
 * A file named "cancel" in the folder of a running job stops its worker, as SIGTERM does.
 *
 * A job for an accelerator waits in queued/ while another job uses that device, whoever's job it is.
 *
 * Each job has a god-worker of its own, which supervises itself: what a plug-in does can hurt that one only. [one]
 */
#ifndef GDI_HOST_QUEUE_H
#define GDI_HOST_QUEUE_H

#include "core/base/child.h"
#include "core/host/catalogue.h"

enum { GDI_QUEUE_RUNNING_MAX = 64, GDI_QUEUE_NAME_BYTES_MAX = 255, GDI_QUEUE_ATTEMPTS_MAX = 3 };

typedef struct gdi_running {
    char name[GDI_QUEUE_NAME_BYTES_MAX + 1]; /* "": this place is free */
    gdi_child *child;
    int device_fd;       /* lease of its device (devices.h); -1: none */
    uint32_t stop_asked; /* its folder holds a file named "cancel" */
    uint32_t attempts;   /* of this daemon: a worker that is killed without a result is started again */
} gdi_running;

typedef struct gdi_queue {
    const gdi_config *config; /* borrowed, as the next three */
    const gdi_layout *layout;
    const gdi_log *log;
    const gdi_catalogue *catalogue;
    char queued_dir[GOD_PATH_MAX], running_dir[GOD_PATH_MAX], done_dir[GOD_PATH_MAX];
    gdi_running running[GDI_QUEUE_RUNNING_MAX];
    uint32_t running_max;
    uint32_t waits_for_device; /* how many jobs the last turn left lying because their device is in use */
} gdi_queue;

/* Makes the folders and starts again what was running. */
god_status gdi_queue_open(gdi_queue *queue, const gdi_config *config, const gdi_layout *layout, const gdi_log *log,
                          const gdi_catalogue *catalogue, god_error *err);
/* Starts what fits, and moves what has ended. Does not wait. A job that cannot run ends with a result that says why;
 * a failure here is one of the file system. */
god_status gdi_queue_turn(gdi_queue *queue, god_error *err);
/* Asks every worker to stop, waits for each as long as god.yaml allows, kills the rest. The jobs stay in running/. */
void gdi_queue_stop(gdi_queue *queue);

#endif
