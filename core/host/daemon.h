/* core/host/daemon.h: `god host`. One thread, one loop: what changed in the folders, which workers ended. */
#ifndef GDI_HOST_DAEMON_H
#define GDI_HOST_DAEMON_H

#include "core/host/catalogue.h"

/* Runs until SIGINT or SIGTERM (gdi_signals_catch must have been called), then stops politely and returns GOD_OK. A
 * second signal ends the waiting. GOD_E_INVALID when another daemon uses the same state folder. */
god_status gdi_daemon_run(const gdi_config *config, const gdi_layout *layout, const gdi_log *log, god_error *err);

#endif
