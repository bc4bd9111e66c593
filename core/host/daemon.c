#include "core/host/daemon.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/lock.h"
#include "core/base/signals.h"
#include "core/host/cache.h"
#include "core/host/executors.h"
#include "core/host/queue.h"
#include "core/host/season.h"
#include "core/host/supervised.h"
#include "core/host/watch.h"
#include "core/host/web.h"
#include "core/net/call.h"
#include "core/trainer/trainer.h"

enum {
    busy_tick_ms = 50,       /* while workers run: their output and their ends are looked for */
    device_tick_ms = 250,    /* while a job waits for a device that another process uses */
    idle_tick_ms = 5 * 1000, /* otherwise the backstop for a change of a folder that nobody told us */
    lock_wait_ms = 3 * 1000, /* one that was told to stop may still be at it */
};

typedef struct daemon {
    const gdi_config *config;
    const gdi_layout *layout;
    const gdi_log *log;
    gdi_watch watch;
    uint64_t plugin_folders; /* bits of watch that mean: look at the plug-ins again */
    gdi_catalogue catalogue;
    gdi_queue queue;
    gdi_shared_facts facts;
    /* what belongs to a role that this host does not have is NULL */
    gdi_season *season;
    gdi_executors *executors;
    gdi_web *web;
    gdi_trainer *trainer;
    sigset_t stops;   /* SIGINT and SIGTERM: they reach this thread only while it waits */
    uint32_t beat_ms; /* of systemd's watchdog; 0: none */
    uint64_t beat_due_ms;
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

static god_status open_tournaments(daemon_state *d, god_error *err)
{
    const gdi_executors_options executors = {
        .config = d->config, .log = d->log, .facts = &d->facts, .layout = d->layout};
    GOD_TRY(gdi_season_open(d->config, d->log, &d->facts, &d->season, err));
    GOD_TRY(gdi_executors_start(&executors, &d->executors, err));
    const gdi_web_options web = {
        .config = d->config, .log = d->log, .facts = &d->facts, .executors = d->executors, .version = GDI_VERSION};
    return gdi_web_start(&web, &d->web, err);
}

static uint32_t has_role(const daemon_state *d, const char *role)
{
    return strcmp(d->config->host_role, role) == 0 || strcmp(d->config->host_role, "both") == 0;
}

static god_status open_roles(daemon_state *d, god_error *err)
{
    const gdi_trainer_options trainer = {
        .config = d->config, .layout = d->layout, .log = d->log, .version = GDI_VERSION};
    GOD_TRY(gdi_calls_begin(err));
    if (has_role(d, "validator")) {
        GOD_TRY(open_tournaments(d, err));
    }
    return has_role(d, "trainer") ? gdi_trainer_start(&trainer, &d->trainer, err) : GOD_OK;
}

static void note_workers(daemon_state *d)
{
    uint32_t running = 0, ready = 0;
    for (uint32_t i = 0; i < d->queue.running_max; i++) {
        running += d->queue.running[i].child != NULL;
    }
    for (uint32_t i = 0; i < d->catalogue.plugins.count; i++) {
        ready += d->catalogue.plugins.uses[i] == GDI_PLUGIN_USABLE;
    }
    gdi_host_facts *facts = gdi_facts_lock(&d->facts);
    facts->workers_running = running;
    facts->workers_max = d->queue.running_max;
    facts->plugins_ready = ready;
    gdi_facts_unlock(&d->facts);
}

static int shorter(int a, int b)
{
    return a < b ? a : b;
}

/* Waits for a change of a folder, a wake of the store, the end of a worker, a signal, or the time. */
static void rest(daemon_state *d)
{
    sigset_t none;
    struct pollfd ready[] = {{.fd = d->watch.fd, .events = POLLIN},
                             {.fd = d->season == NULL ? -1 : gdi_season_fd(d->season), .events = POLLIN}};
    uint32_t busy = 0;
    for (uint32_t i = 0; i < d->queue.running_max; i++) {
        busy |= d->queue.running[i].child != NULL;
    }
    int wait_ms = busy ? busy_tick_ms : idle_tick_ms;
    wait_ms = d->season == NULL ? wait_ms : shorter(wait_ms, gdi_season_wait_ms(d->season));
    wait_ms = d->queue.waits_for_device > 0 ? shorter(wait_ms, device_tick_ms) : wait_ms;
    wait_ms = d->beat_ms == 0 ? wait_ms : shorter(wait_ms, (int)d->beat_ms);
    const struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000L};
    (void)sigemptyset(&none);
    (void)ppoll(ready, sizeof ready / sizeof *ready, &wait, &none);
    if (d->season != NULL && (gdi_season_wait_ms(d->season) == 0 || (ready[1].revents & POLLIN) != 0)) {
        gdi_season_turn(d->season);
    }
}

static void beat(daemon_state *d)
{
    if (d->beat_ms > 0 && gdi_clock_ms() >= d->beat_due_ms) {
        gdi_supervised_tell("WATCHDOG=1");
        d->beat_due_ms = gdi_clock_ms() + d->beat_ms / 2;
    }
}

static void refresh_plugins(daemon_state *d)
{
    god_error why = GOD_ERROR_INIT;
    if (gdi_catalogue_refresh(&d->catalogue, &why) != GOD_OK) {
        gdi_log_write(d->log, GOD_LOG_ERROR, "cannot look at the plug-ins, keeping the list", "reason", why.message,
                      NULL);
    }
}

static void say_ready(const daemon_state *d)
{
    char port[12], trainer_port[12];
    (void)snprintf(port, sizeof port, "%u", d->web == NULL ? 0 : gdi_web_port(d->web));
    (void)snprintf(trainer_port, sizeof trainer_port, "%u", d->trainer == NULL ? 0 : gdi_trainer_port(d->trainer));
    gdi_log_write(d->log, GOD_LOG_INFO, "the host is ready", "state_dir", d->config->paths_state_dir, "config",
                  d->config->source, "http_port", port, "trainer_port", trainer_port, NULL);
    gdi_supervised_tell("READY=1");
}

static god_status run(daemon_state *d, god_error *err)
{
    GOD_TRY(open_all(d, err));
    GOD_TRY(open_roles(d, err));
    note_workers(d);
    say_ready(d);
    while (gdi_signals_stop_count() == 0) {
        if ((gdi_watch_take(&d->watch) & d->plugin_folders) != 0) {
            refresh_plugins(d);
        }
        GOD_TRY(gdi_queue_turn(&d->queue, err));
        note_workers(d);
        beat(d);
        rest(d);
    }
    gdi_log_write(d->log, GOD_LOG_INFO, "the host was asked to stop", NULL);
    return GOD_OK;
}

static void stop(daemon_state *d)
{
    gdi_supervised_tell("STOPPING=1");
    gdi_facts_lock(&d->facts)->stopping = 1;
    gdi_facts_unlock(&d->facts);
    gdi_executors_stop(d->executors);                    /* what they held is queued again */
    (void)pthread_sigmask(SIG_UNBLOCK, &d->stops, NULL); /* a second signal ends the waiting for workers */
    gdi_queue_stop(&d->queue);
    gdi_trainer_stop(d->trainer); /* trainings go on without it */
    gdi_web_stop(d->web);         /* answers until here, also about executors */
    gdi_executors_close(d->executors);
    gdi_season_close(d->season);
    gdi_catalogue_close(&d->catalogue);
    gdi_watch_close(&d->watch);
    gdi_calls_end();
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
                      .catalogue = {.config = config, .layout = layout, .log = log},
                      .queue = {.config = config},
                      .facts = {.lock = PTHREAD_MUTEX_INITIALIZER, .facts = {.started_us = gdi_facts_now_us()}},
                      .beat_ms = gdi_supervised_beat_ms()};
    (void)sigemptyset(&d.stops);
    (void)sigaddset(&d.stops, SIGINT);
    (void)sigaddset(&d.stops, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &d.stops, NULL); /* other threads start with this mask and keep it */
    status = run(&d, err);
    stop(&d);
    (void)close(lock);
    return status;
}
