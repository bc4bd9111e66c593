#include "core/host/daemon.h"

#include <poll.h>
#include <unistd.h>

#include "core/base/lock.h"
#include "core/base/signals.h"
#include "core/host/cache.h"
#include "core/host/queue.h"
#include "core/host/watch.h"

enum { tick_ms = 100, lock_wait_ms = 3 * 1000 /* one that was told to stop may still be at it */ };

typedef struct daemon {
    const gdi_config *config;
    const gdi_layout *layout;
    const gdi_log *log;
    gdi_watch watch;
    uint64_t plugin_folders; /* bits of watch that mean: look at the plug-ins again */
    gdi_catalogue catalogue;
    gdi_queue queue;
} daemon_state;

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count();
}

static god_status watch_plugins_in(daemon_state *d, const char *folder, god_error *err)
{
    uint32_t index = 0;
    GOD_TRY(gdi_watch_add(&d->watch, folder, &index, err));
    d->plugin_folders |= UINT64_C(1) << index;
    return GOD_OK;
}

/* The folder that a single plug-in file lies in. */
static god_status watch_file(daemon_state *d, const char *path, god_error *err)
{
    char folder[GOD_PATH_MAX];
    const char *slash = strrchr(path, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return watch_plugins_in(d, folder, err);
}

static god_status watch_everything(daemon_state *d, god_error *err)
{
    uint32_t queued = 0;
    for (size_t i = 0; i < d->config->plugins_files.count; i++) {
        GOD_TRY(watch_file(d, d->config->plugins_files.items[i], err));
    }
    for (size_t i = 0; i < d->config->plugins_folders.count; i++) {
        GOD_TRY(watch_plugins_in(d, d->config->plugins_folders.items[i], err));
    }
    GOD_TRY(watch_plugins_in(d, d->layout->plugins_dir, err));
    return gdi_watch_add(&d->watch, d->queue.queued_dir, &queued, err);
}

static god_status open_all(daemon_state *d, god_error *err)
{
    GOD_TRY(gdi_cache_sweep(d->config->paths_cache_dir, err));
    GOD_TRY(gdi_queue_open(&d->queue, d->config, d->layout, d->log, &d->catalogue, err));
    GOD_TRY(gdi_watch_open(&d->watch, err));
    GOD_TRY(watch_everything(d, err)); /* before the first look, so that nothing falls between the two */
    return gdi_catalogue_refresh(&d->catalogue, err);
}

static god_status run(daemon_state *d, god_error *err)
{
    GOD_TRY(open_all(d, err));
    gdi_log_write(d->log, GOD_LOG_INFO, "the host is ready", "state_dir", d->config->paths_state_dir, "config",
                  d->config->source, NULL);
    while (gdi_signals_stop_count() == 0) {
        if ((gdi_watch_take(&d->watch) & d->plugin_folders) != 0) {
            god_error why = GOD_ERROR_INIT;
            if (gdi_catalogue_refresh(&d->catalogue, &why) != GOD_OK) {
                gdi_log_write(d->log, GOD_LOG_ERROR, "cannot look at the plug-ins, keeping the list", "reason",
                              why.message, NULL);
            }
        }
        GOD_TRY(gdi_queue_turn(&d->queue, err));
        struct pollfd changed = {.fd = d->watch.fd, .events = POLLIN};
        (void)poll(&changed, 1, tick_ms);
    }
    gdi_log_write(d->log, GOD_LOG_INFO, "the host was asked to stop", NULL);
    return GOD_OK;
}

god_status gdi_daemon_run(const gdi_config *config, const gdi_layout *layout, const gdi_log *log, god_error *err)
{
    char lock_path[GOD_PATH_MAX];
    int lock = -1;
    GOD_TRY(god_dir_make(config->paths_state_dir, err));
    GOD_TRY(god_path_join(config->paths_state_dir, "host.lock", lock_path, err));
    god_status status = gdi_lock_take(lock_path, lock_wait_ms, stop_asked, NULL, &lock, err);
    if (status == GOD_E_TIMEOUT) {
        return god_fail(err, GOD_E_INVALID, "another god host uses \"%s\"", config->paths_state_dir);
    }
    GOD_TRY(status);
    daemon_state d = {.config = config,
                      .layout = layout,
                      .log = log,
                      .watch = {.fd = -1},
                      .catalogue = {.config = config, .layout = layout, .log = log}};
    status = run(&d, err);
    gdi_queue_stop(&d.queue);
    gdi_catalogue_close(&d.catalogue);
    gdi_watch_close(&d.watch);
    (void)close(lock);
    return status;
}
