#include "core/host/web.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/host/rules_settings.h"
#include "core/host/season.h"
#include "core/http/listen.h"
#include "core/http/server.h"
#include "core/store/configured.h"

enum { public_place, admin_place, server_places };

struct gdi_web {
    gdi_web_options options;
    pthread_t thread;
    int stop_fd;
    gdi_rules rules;
    gdi_task_kinds kinds;
    gdi_api api;
    gdi_api_kept latest;
    gdi_cycles *cycles;
    gdi_server *servers[server_places];          /* NULL where there is none */
    const gdi_server *listed[server_places + 1]; /* those that are there, NULL-ended */
    char socket_path[GOD_PATH_MAX];
};

god_status gdi_web_socket(const gdi_config *config, char ret_path[GOD_PATH_MAX], god_error *err)
{
    if (config->admin_socket[0] != '\0') {
        (void)snprintf(ret_path, GOD_PATH_MAX, "%s", config->admin_socket);
        return GOD_OK;
    }
    return god_path_join(config->paths_state_dir, "admin.sock", ret_path, err);
}

static void read_facts(void *user, gdi_host_facts *ret_facts)
{
    gdi_web *web = user;
    *ret_facts = *gdi_facts_lock(web->options.facts);
    gdi_facts_unlock(web->options.facts);
}

static const char *not_executed(void *user, const char *kind)
{
    const gdi_web *web = user;
    return gdi_executors_missing(web->options.executors, kind);
}

static void turn(gdi_web *web)
{
    struct pollfd ready[server_places + 1] = {{.fd = web->stop_fd, .events = POLLIN}};
    int wait_ms = -1;
    for (int i = 0; i < server_places; i++) {
        const gdi_server *server = web->servers[i];
        int wanted = server == NULL ? -1 : gdi_server_wait_ms(server);
        wait_ms = wanted >= 0 && (wait_ms < 0 || wanted < wait_ms) ? wanted : wait_ms;
        ready[i + 1] = (struct pollfd){.fd = server == NULL ? -1 : gdi_server_fd(server), .events = POLLIN};
    }
    (void)poll(ready, server_places + 1, wait_ms);
    for (int i = 0; i < server_places; i++) {
        if (web->servers[i] != NULL) {
            gdi_server_turn(web->servers[i]);
        }
    }
}

static void *run(void *user)
{
    gdi_web *web = user;
    eventfd_t stopped = 0;
    while (eventfd_read(web->stop_fd, &stopped) != 0) {
        turn(web);
    }
    return NULL;
}

static god_status open_api(gdi_web *web, god_error *err)
{
    const gdi_config *c = web->options.config;
    web->api = (gdi_api){.rules = &web->rules,
                         .kinds = &web->kinds,
                         .config = c,
                         .burn_hotkey = c->tournament_burn_hotkey,
                         .netuid = c->tournament_netuid,
                         .version = web->options.version,
                         .key = {.file = c->http_server_key_file, .variable = c->http_server_key_variable},
                         .training_logs_url = c->tournament_training_logs_url,
                         .scores_url = c->tournament_scores_url,
                         .log = web->options.log,
                         .facts = read_facts,
                         .not_executed = not_executed,
                         .user = web,
                         .latest = &web->latest,
                         .servers = web->listed};
    GOD_TRY(gdi_rules_from_settings(c->tournament_rules, &web->rules, err));
    GOD_TRY(gdi_store_open(c, gdi_facts_now_us(), &web->api.db, err));
    const gdi_season_parts parts = {
        .config = c, .log = web->options.log, .rules = &web->rules, .kinds = &web->kinds, .db = web->api.db};
    if (gdi_task_kinds_need(&web->kinds, err) != GOD_OK) {
        gdi_log_write(web->options.log, GOD_LOG_WARNING, "the task kinds cannot be read, differences are not shown",
                      "reason", err->message, NULL);
    }
    GOD_TRY(gdi_season_cycles(&parts, &web->cycles, err));
    web->api.cycles = web->cycles;
    return GOD_OK;
}

static god_status open_public(gdi_web *web, god_error *err)
{
    const gdi_config *c = web->options.config;
    if (c->http_server_listen[0] == '\0') {
        return GOD_OK;
    }
    const gdi_server_options options = {.address = c->http_server_listen,
                                        .tables = gdi_api_public_tables,
                                        .context = &web->api,
                                        .check_key = gdi_api_check_key,
                                        .log = web->options.log,
                                        .connections_max = (uint32_t)c->http_server_connections_max,
                                        .per_address_max = (uint32_t)c->http_server_per_address_max,
                                        .body_bytes_max = (uint32_t)c->http_server_body_bytes_max,
                                        .request_ms = (uint32_t)c->http_server_request_time_limit_ms};
    return gdi_server_open(&options, &web->servers[public_place], err);
}

static god_status open_admin(gdi_web *web, god_error *err)
{
    GOD_TRY(gdi_web_socket(web->options.config, web->socket_path, err));
    if (web->options.config->admin_socket[0] == '\0' && strlen(web->socket_path) > GDI_LISTEN_UNIX_BYTES_MAX) {
        gdi_log_write(web->options.log, GOD_LOG_WARNING,
                      "the path of the state folder is too long for a socket, going on without one; admin.socket may "
                      "name another place",
                      "path", web->socket_path, NULL);
        return GOD_OK;
    }
    const gdi_server_options options = {
        .unix_path = web->socket_path, .tables = gdi_api_admin_tables, .context = &web->api, .log = web->options.log};
    return gdi_server_open(&options, &web->servers[admin_place], err);
}

static god_status open_all(gdi_web *web, god_error *err)
{
    size_t count = 0;
    web->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (web->stop_fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot make an event descriptor");
    }
    GOD_TRY(open_api(web, err));
    GOD_TRY(open_public(web, err));
    GOD_TRY(open_admin(web, err));
    for (int i = 0; i < server_places; i++) {
        if (web->servers[i] != NULL) {
            web->listed[count++] = web->servers[i];
        }
    }
    return GOD_OK;
}

static void free_all(gdi_web *web)
{
    for (int i = 0; i < server_places; i++) {
        gdi_server_close(web->servers[i]);
    }
    gdi_api_kept_clear(&web->latest);
    gdi_cycles_close(web->cycles);
    gdi_db_close(web->api.db);
    gdi_task_kinds_fini(&web->kinds);
    if (web->stop_fd >= 0) {
        (void)close(web->stop_fd);
    }
    free(web);
}

god_status gdi_web_start(const gdi_web_options *options, gdi_web **ret_web, god_error *err)
{
    gdi_web *web = calloc(1, sizeof *web);
    if (web == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the HTTP interface");
    }
    web->options = *options;
    web->stop_fd = -1;
    god_status status = open_all(web, err);
    if (status == GOD_OK && pthread_create(&web->thread, NULL, run, web) != 0) {
        status = god_fail(err, GOD_E_IO, "cannot start the HTTP thread");
    }
    if (status != GOD_OK) {
        free_all(web);
        return status;
    }
    *ret_web = web;
    return GOD_OK;
}

void gdi_web_stop(gdi_web *web)
{
    if (web == NULL) {
        return;
    }
    (void)eventfd_write(web->stop_fd, 1);
    (void)pthread_join(web->thread, NULL);
    free_all(web);
}

uint32_t gdi_web_port(const gdi_web *web)
{
    return web->servers[public_place] == NULL ? 0 : gdi_server_port(web->servers[public_place]);
}
