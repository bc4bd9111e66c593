/* core/host/services.h: the god_host that a worker lends to its plug-in: log lines and progress become frames,
 * `cancelled` asks the signal counter, "god.http/1" is there when the job allows any address, "god.template/1" renders
 * in god-jail.
 *
 * Owned by the worker's main function; lives as long as the process, because a plug-in does. [any] once it is open */
#ifndef GDI_HOST_SERVICES_H
#define GDI_HOST_SERVICES_H

#include "core/net/http.h"
#include "core/worker/job.h"
#include "core/worker/outbox.h"

typedef struct gdi_services {
    god_host host; /* hand this to the plug-in */
    gdi_outbox *outbox;
    gdi_http *http; /* own; NULL: no network */
    pthread_mutex_t progress_lock;
    uint64_t progress_sent_ms; /* guarded by progress_lock, as is the stage */
    char progress_stage[128];
} gdi_services;

god_status gdi_services_open(gdi_services *services, gdi_outbox *outbox, const gdi_job *job, const char *work_dir,
                             god_error *err);

/* The same progress frame for the worker's own steps. */
void gdi_services_progress(gdi_services *services, const char *stage);

#endif
