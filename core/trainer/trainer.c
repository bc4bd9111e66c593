#include "core/trainer/trainer.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/host/facts.h"
#include "core/trainer/api.h"
#include "core/trainer/cleanup.h"

struct gdi_trainer {
    gdi_trainer_options options;
    char records_dir[GOD_PATH_MAX], jobs_dir[GOD_PATH_MAX];
    gdi_secrets *secrets;
    gdi_training_types types;
    pthread_mutex_t types_mutex;
    gdi_gpus *gpus;
    gdi_access *access;
    gdi_records *records;
    gdi_crew *crew;
    gdi_cleanup cleanup;
    gdi_trainer_api api;
    gdi_server *server;
    int stop_fd, ended_fd; /* readable: stop; some job has ended */
    pthread_t http, keeper;
    uint32_t http_runs, keeper_runs;
};

/* ---- threads ---- */

static void job_ended(void *user)
{
    const gdi_trainer *t = user;
    (void)eventfd_write(t->ended_fd, 1);
}

static void *run_http(void *user)
{
    gdi_trainer *t = user;
    for (;;) {
        struct pollfd ready[] = {{.fd = t->stop_fd, .events = POLLIN},
                                 {.fd = t->ended_fd, .events = POLLIN},
                                 {.fd = gdi_server_fd(t->server), .events = POLLIN}};
        (void)poll(ready, sizeof ready / sizeof *ready, gdi_server_wait_ms(t->server));
        if ((ready[0].revents & POLLIN) != 0) {
            return NULL;
        }
        if ((ready[1].revents & POLLIN) != 0) {
            eventfd_t count = 0;
            (void)eventfd_read(t->ended_fd, &count);
            gdi_server_retry(t->server);
        }
        gdi_server_turn(t->server);
    }
}

/* 1: the trainer stops. */
static uint32_t wait_for_stop(const gdi_trainer *t, int timeout_ms)
{
    struct pollfd stop = {.fd = t->stop_fd, .events = POLLIN};
    return poll(&stop, 1, timeout_ms) > 0;
}

static uint32_t keeper_stop_asked(void *user)
{
    return wait_for_stop(user, 0);
}

static void *run_keeper(void *user)
{
    gdi_trainer *t = user;
    uint32_t is_first = 1;
    do {
        gdi_cleanup_turn(&t->cleanup, is_first, gdi_facts_now_us());
        is_first = 0;
    } while (!wait_for_stop(t, GDI_CLEANUP_PERIOD_S * 1000));
    return NULL;
}

/* ---- opening ---- */

static const char *from_environment(const char *configured, const char *variable)
{
    const char *value = configured[0] != '\0' ? configured : getenv(variable);
    return value == NULL ? "" : value;
}

static god_status open_places(gdi_trainer *t, god_error *err)
{
    const char *state_dir = t->options.config->paths_state_dir;
    GOD_TRY(god_path_join(state_dir, "trainer/records", t->records_dir, err));
    GOD_TRY(god_path_join(state_dir, "trainer/jobs", t->jobs_dir, err));
    GOD_TRY(god_dir_make(t->jobs_dir, err));
    t->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    t->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (t->stop_fd < 0 || t->ended_fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot make an event descriptor");
    }
    return GOD_OK;
}

static god_status open_crew(gdi_trainer *t, god_error *err)
{
    const gdi_config *c = t->options.config;
    const char *salt = from_environment("", "MODEL_HASH_SALT");
    const char *hub_user = from_environment(c->trainer_hub_user, "HUGGINGFACE_USERNAME");
    GOD_TRY(gdi_secrets_open(c->paths_state_dir, &t->secrets, err));
    GOD_TRY(gdi_training_types_open(c, t->options.layout, t->options.log, salt, &t->types, err));
    GOD_TRY(gdi_records_open(t->records_dir, t->options.log, &t->records, err));
    const gdi_crew_options crew = {.config = c,
                                   .layout = t->options.layout,
                                   .log = t->options.log,
                                   .records = t->records,
                                   .jobs_dir = t->jobs_dir,
                                   .types = &t->types,
                                   .types_mutex = &t->types_mutex,
                                   .secrets = t->secrets,
                                   .salt = salt,
                                   .hub_user = hub_user[0] == '\0' ? NULL : hub_user,
                                   .ended = job_ended,
                                   .user = t};
    GOD_TRY(gdi_crew_open(&crew, &t->crew, err));
    t->cleanup = (gdi_cleanup){.config = c,
                               .log = t->options.log,
                               .records = t->records,
                               .crew = t->crew,
                               .jobs_dir = t->jobs_dir,
                               .stop_asked = keeper_stop_asked,
                               .user = t};
    return gdi_cleanup_recover(&t->cleanup, gdi_facts_now_us(), err);
}

static god_status open_server(gdi_trainer *t, god_error *err)
{
    const gdi_config *c = t->options.config;
    t->api = (gdi_trainer_api){.config = c,
                               .log = t->options.log,
                               .access = t->access,
                               .records = t->records,
                               .crew = t->crew,
                               .gpus = t->gpus,
                               .types = &t->types,
                               .types_mutex = &t->types_mutex,
                               .secrets = t->secrets,
                               .jobs_dir = t->jobs_dir,
                               .version = t->options.version,
                               .started_us = gdi_facts_now_us()};
    const gdi_server_options options = {.address = c->trainer_listen,
                                        .tables = gdi_trainer_tables,
                                        .context = &t->api,
                                        .check_peer = gdi_trainer_check_peer,
                                        .raw = 1,
                                        .log = t->options.log,
                                        .connections_max = (uint32_t)c->http_server_connections_max,
                                        .body_bytes_max = GDI_REQUEST_BYTES_MAX,
                                        .request_ms = (uint32_t)c->http_server_request_time_limit_ms};
    GOD_TRY(gdi_server_open(&options, &t->server, err));
    t->api.server = t->server;
    return GOD_OK;
}

/* A machine without GPUs may still be asked about its jobs. */
static void say_gpus(const gdi_trainer *t)
{
    char count[12];
    gdi_gpu_list list = {.count = 0};
    god_error why = GOD_ERROR_INIT;
    if (gdi_gpus_read(t->gpus, &list, &why) != GOD_OK) {
        gdi_log_write(t->options.log, GOD_LOG_WARNING, "no GPUs to offer, going on without", "reason", why.message,
                      NULL);
        return;
    }
    (void)snprintf(count, sizeof count, "%u", list.count);
    gdi_log_write(t->options.log, GOD_LOG_INFO, "the trainer offers GPUs", "gpus", count, NULL);
}

static god_status open_all(gdi_trainer *t, god_error *err)
{
    GOD_TRY(gdi_access_open(t->options.config, &t->access, err)); /* settings first: nothing is touched before */
    GOD_TRY(gdi_gpus_open(&t->options.config->trainer_gpus, &t->gpus, err));
    GOD_TRY(open_places(t, err));
    GOD_TRY(open_crew(t, err));
    GOD_TRY(open_server(t, err));
    say_gpus(t);
    t->http_runs = pthread_create(&t->http, NULL, run_http, t) == 0;
    t->keeper_runs = t->http_runs && pthread_create(&t->keeper, NULL, run_keeper, t) == 0;
    return t->keeper_runs ? GOD_OK : god_fail(err, GOD_E_IO, "cannot start the threads of the trainer");
}

void gdi_trainer_stop(gdi_trainer *trainer)
{
    if (trainer == NULL) {
        return;
    }
    if (trainer->stop_fd >= 0) {
        (void)eventfd_write(trainer->stop_fd, 1);
    }
    if (trainer->http_runs) {
        (void)pthread_join(trainer->http, NULL);
    }
    gdi_server_close(trainer->server);
    if (trainer->keeper_runs) {
        (void)pthread_join(trainer->keeper, NULL);
    }
    gdi_crew_close(trainer->crew);
    gdi_records_close(trainer->records);
    gdi_training_types_close(&trainer->types);
    gdi_secrets_close(trainer->secrets);
    gdi_access_close(trainer->access);
    gdi_gpus_close(trainer->gpus);
    (void)pthread_mutex_destroy(&trainer->types_mutex);
    if (trainer->stop_fd >= 0) {
        (void)close(trainer->stop_fd);
    }
    if (trainer->ended_fd >= 0) {
        (void)close(trainer->ended_fd);
    }
    free(trainer);
}

god_status gdi_trainer_start(const gdi_trainer_options *options, gdi_trainer **ret_trainer, god_error *err)
{
    gdi_trainer *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the trainer");
    }
    t->options = *options;
    t->stop_fd = t->ended_fd = -1;
    (void)pthread_mutex_init(&t->types_mutex, NULL);
    god_status status = open_all(t, err);
    if (status != GOD_OK) {
        gdi_trainer_stop(t);
        return status;
    }
    *ret_trainer = t;
    return GOD_OK;
}

uint32_t gdi_trainer_port(const gdi_trainer *trainer)
{
    return gdi_server_port(trainer->server);
}
