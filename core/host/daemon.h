/* core/host/daemon.h: `god host`: one small process that keeps everything going and computes nothing itself.
 *
 *     main        folders of jobs and plug-ins (queue.h, catalogue.h), turns of the tournaments (season.h), signals,
 *                 systemd's watchdog; starts and reaps every god-worker
 *     hands       host.executors threads and one watcher: the jobs of the store (executors.h)
 *     http        the public interface and the operator's socket (web.h)
 *
 * The last two, and the turns of the tournaments, are the role "validator" of host.role; the role "trainer" has threads
 * of its own (core/trainer/trainer.h).
 *
 * Each thread has its own connection to the store, and nothing passes between them but rows and a handful of figures
 * (facts.h). A row that one of them writes wakes the others at once; the clock is only a backstop. The process may be
 * killed at any instant: start-up is the same code as every other turn.
 */
#ifndef GDI_HOST_DAEMON_H
#define GDI_HOST_DAEMON_H

#include "core/host/catalogue.h"

/* Runs until SIGINT or SIGTERM (gdi_signals_catch must have been called), then stops politely and returns GOD_OK. A
 * second signal ends the waiting. GOD_E_INVALID when another daemon uses the same state folder. */
god_status gdi_daemon_run(const gdi_config *config, const gdi_layout *layout, const gdi_log *log, god_error *err);

#endif
