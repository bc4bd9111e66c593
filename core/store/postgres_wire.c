#include "core/store/postgres_wire.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/store/postgres_answer.h"

enum { keepalive_s = 15, connect_s_min = 2 };

static void ignore_notice(void *user, const char *message)
{
    (void)user;
    (void)message;
}

/* ---- connecting ---- */

/* An address stands in god.yaml, in arguments, in what `god config show` prints: it holds no password. */
static god_status check_url(const char *url, god_error *err)
{
    char *why = NULL;
    bool has_password = false;
    PQconninfoOption *parts = PQconninfoParse(url, &why);
    PQfreemem(why); /* it may repeat a part of the address */
    if (parts == NULL) {
        return god_fail(err, GOD_E_INVALID,
                        "the address of the store is not a postgres:// address that libpq can read");
    }
    for (const PQconninfoOption *part = parts; part->keyword != NULL; part++) {
        has_password |= part->dispchar[0] == '*' && part->val != NULL; /* libpq's mark of what must not be shown */
    }
    PQconninfoFree(parts);
    return has_password ? god_fail(err, GOD_E_INVALID,
                                   "the address of the store holds a password: put it into ~/.pgpass or PGPASSWORD")
                        : GOD_OK;
}

god_status gdi_wire_open(const char *url, uint64_t busy_ms, gdi_wire *ret_wire, god_error *err)
{
    GOD_TRY(check_url(url, err));
    gdi_wire wire = {.busy_ms = busy_ms, .epoll_fd = -1, .event_fd = -1, .url = strdup(url)};
    if (wire.url == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a connection to the store");
    }
    wire.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    wire.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    god_status status = GOD_OK;
    if (wire.event_fd < 0 || wire.epoll_fd < 0 || epoll_ctl(wire.epoll_fd, EPOLL_CTL_ADD, wire.event_fd, &event) != 0) {
        status = god_fail_errno(err, GOD_E_IO, "no descriptor is left for the wakes of the store");
    } else {
        status = gdi_wire_need(&wire, err);
    }
    if (status != GOD_OK) {
        gdi_wire_close(&wire);
        return status;
    }
    *ret_wire = wire;
    return GOD_OK;
}

void gdi_wire_drop(gdi_wire *wire)
{
    if (wire->pg != NULL) {
        PQfinish(wire->pg); /* closes the socket, which leaves the epoll set by that */
        wire->pg = NULL;
    }
}

void gdi_wire_close(gdi_wire *wire)
{
    if (wire->url == NULL) {
        return;
    }
    gdi_wire_drop(wire);
    if (wire->event_fd >= 0) {
        (void)close(wire->event_fd);
    }
    if (wire->epoll_fd >= 0) {
        (void)close(wire->epoll_fd);
    }
    free(wire->url);
    *wire = (gdi_wire){.url = NULL};
}

static god_status set_session(gdi_wire *wire, god_error *err)
{
    char sql[512];
    unsigned long long limit_ms = wire->busy_ms * GDI_WIRE_STATEMENT_FACTOR;
    (void)snprintf(sql, sizeof sql,
                   "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET client_min_messages = warning;"
                   " SET extra_float_digits = 1; SET lock_timeout = %llu; SET statement_timeout = %llu;"
                   " SET idle_in_transaction_session_timeout = %llu",
                   (unsigned long long)wire->busy_ms, limit_ms, limit_ms);
    return gdi_wire_run(wire, sql, NULL, err);
}

static god_status listen_again(gdi_wire *wire, god_error *err)
{
    char sql[GDI_CHANNEL_BYTES_MAX + 16];
    for (size_t i = 0; i < wire->channel_count; i++) {
        (void)snprintf(sql, sizeof sql, "LISTEN %s", wire->channels[i]);
        GOD_TRY(gdi_wire_run(wire, sql, NULL, err));
    }
    if (wire->channel_count > 0 && wire->connections > 1) {
        (void)eventfd_write(wire->event_fd, 1);
    }
    return GOD_OK;
}

/* An earlier keyword is overruled by the address. */
static PGconn *connect_to(const gdi_wire *wire)
{
    char connect_s[24], keepalive[24];
    uint64_t seconds = wire->busy_ms / 1000;
    (void)snprintf(connect_s, sizeof connect_s, "%llu",
                   (unsigned long long)(seconds < connect_s_min ? connect_s_min : seconds));
    (void)snprintf(keepalive, sizeof keepalive, "%d", keepalive_s);
    const char *const names[] = {"application_name", "connect_timeout", "keepalives_idle",
                                 "client_encoding",  "dbname",          NULL};
    const char *const values[] = {"god", connect_s, keepalive, "UTF8", wire->url, NULL};
    return PQconnectdbParams(names, values, 1);
}

static god_status connect_once(gdi_wire *wire, god_error *err)
{
    wire->pg = connect_to(wire);
    if (wire->pg == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a connection to the store");
    }
    if (PQstatus(wire->pg) != CONNECTION_OK) {
        return gdi_postgres_fail_connection(wire->pg, GOD_E_TIMEOUT, "the store is out of reach", err);
    }
    wire->connections++;
    (void)PQsetNoticeProcessor(wire->pg, ignore_notice, NULL);
    struct epoll_event event = {.events = EPOLLIN};
    if (PQsetnonblocking(wire->pg, 1) != 0 ||
        epoll_ctl(wire->epoll_fd, EPOLL_CTL_ADD, PQsocket(wire->pg), &event) != 0) {
        return god_fail_errno(err, GOD_E_IO, "the connection to the store cannot be watched");
    }
    GOD_TRY(set_session(wire, err));
    return listen_again(wire, err);
}

god_status gdi_wire_need(gdi_wire *wire, god_error *err)
{
    wire->collided = false;
    if (wire->pg != NULL && PQstatus(wire->pg) == CONNECTION_OK) {
        return GOD_OK;
    }
    gdi_wire_drop(wire);
    god_status status = connect_once(wire, err);
    if (status != GOD_OK) {
        gdi_wire_drop(wire);
    }
    return status;
}

/* ---- answers ---- */

static god_status fail_broken(gdi_wire *wire, god_error *err)
{
    god_status status = gdi_postgres_fail_connection(wire->pg, GOD_E_IO, "the connection to the store", err);
    gdi_wire_drop(wire);
    return status;
}

/* Waits until the socket is ready for one of these events. */
static god_status wait_for(gdi_wire *wire, short events, uint64_t deadline_ms, god_error *err)
{
    for (;;) {
        uint64_t now_ms = gdi_clock_ms();
        struct pollfd fd = {.fd = PQsocket(wire->pg), .events = events};
        int ready = now_ms >= deadline_ms ? 0 : poll(&fd, 1, (int)(deadline_ms - now_ms));
        if (ready > 0) {
            return GOD_OK;
        }
        if (ready == 0) {
            gdi_wire_drop(wire);
            return god_fail(err, GOD_E_TIMEOUT, "the server of the store did not answer within %llu ms",
                            (unsigned long long)wire->busy_ms * GDI_WIRE_ANSWER_FACTOR);
        }
        if (errno != EINTR) {
            return fail_broken(wire, err);
        }
    }
}

static god_status flush(gdi_wire *wire, uint64_t deadline_ms, god_error *err)
{
    for (;;) {
        int left = PQflush(wire->pg);
        if (left == 0) {
            return GOD_OK;
        }
        if (left < 0) {
            return fail_broken(wire, err);
        }
        GOD_TRY(wait_for(wire, POLLIN | POLLOUT, deadline_ms, err));
        if (!PQconsumeInput(wire->pg)) {
            return fail_broken(wire, err);
        }
    }
}

static god_status next_result(gdi_wire *wire, uint64_t deadline_ms, PGresult **ret_result, god_error *err)
{
    while (PQisBusy(wire->pg)) {
        GOD_TRY(wait_for(wire, POLLIN, deadline_ms, err));
        if (!PQconsumeInput(wire->pg)) {
            return fail_broken(wire, err);
        }
    }
    *ret_result = PQgetResult(wire->pg);
    return GOD_OK;
}

/* The first failure among the answers of one message, or else the last answer. */
static god_status collect(gdi_wire *wire, uint64_t deadline_ms, PGresult **ret_result, god_error *err)
{
    PGresult *kept = NULL;
    for (;;) {
        PGresult *result = NULL;
        god_status status = next_result(wire, deadline_ms, &result, err);
        if (status != GOD_OK) {
            PQclear(kept);
            return status;
        }
        if (result == NULL) {
            break;
        }
        if (kept != NULL && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
            PQclear(result);
        } else {
            PQclear(kept);
            kept = result;
        }
    }
    *ret_result = kept;
    return GOD_OK;
}

/* Notifications that came along with an answer. */
static bool take_notifications(gdi_wire *wire)
{
    bool any = false;
    for (PGnotify *notify = PQnotifies(wire->pg); notify != NULL; notify = PQnotifies(wire->pg)) {
        PQfreemem(notify);
        any = true;
    }
    return any;
}

god_status gdi_wire_answer(gdi_wire *wire, int sent, PGresult **ret_result, god_error *err)
{
    uint64_t deadline_ms = gdi_clock_ms() + wire->busy_ms * GDI_WIRE_ANSWER_FACTOR;
    PGresult *result = NULL;
    wire->collided = false;
    if (!sent) {
        return fail_broken(wire, err);
    }
    GOD_TRY(flush(wire, deadline_ms, err));
    GOD_TRY(collect(wire, deadline_ms, &result, err));
    if (take_notifications(wire)) {
        (void)eventfd_write(wire->event_fd, 1);
    }
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
        *ret_result = result;
        return GOD_OK;
    }
    if (PQstatus(wire->pg) != CONNECTION_OK) {
        PQclear(result);
        return fail_broken(wire, err);
    }
    god_status failed = gdi_postgres_fail(result, &wire->collided, err);
    PQclear(result);
    return failed;
}

god_status gdi_wire_run(gdi_wire *wire, const char *sql, PGresult **ret_result, god_error *err)
{
    PGresult *result = NULL;
    GOD_TRY(gdi_wire_answer(wire, PQsendQuery(wire->pg, sql), &result, err));
    if (ret_result != NULL) {
        *ret_result = result;
    } else {
        PQclear(result);
    }
    return GOD_OK;
}

void gdi_wire_name(const gdi_wire *wire, char *ret_name, size_t bytes)
{
    const char *user = wire->pg == NULL ? NULL : PQuser(wire->pg);
    const char *host = wire->pg == NULL ? NULL : PQhost(wire->pg);
    const char *database = wire->pg == NULL ? NULL : PQdb(wire->pg);
    (void)snprintf(ret_name, bytes, "postgres://%s@%s/%s", user == NULL ? "" : user, host == NULL ? "" : host,
                   database == NULL ? "" : database);
}

/* ---- waking ---- */

god_status gdi_wire_listen(gdi_wire *wire, const char *channel, god_error *err)
{
    for (size_t i = 0; i < wire->channel_count; i++) {
        if (strcmp(wire->channels[i], channel) == 0) {
            return GOD_OK;
        }
    }
    if (wire->channel_count == GDI_WIRE_CHANNELS_MAX) {
        return god_fail(err, GOD_E_INTERNAL, "the store has more than %d channels", GDI_WIRE_CHANNELS_MAX);
    }
    char sql[GDI_CHANNEL_BYTES_MAX + 16];
    (void)snprintf(sql, sizeof sql, "LISTEN %s", channel);
    GOD_TRY(gdi_wire_need(wire, err));
    GOD_TRY(gdi_wire_run(wire, sql, NULL, err));
    (void)snprintf(wire->channels[wire->channel_count++], GDI_CHANNEL_BYTES_MAX + 1, "%s", channel);
    return GOD_OK;
}

god_status gdi_wire_take(gdi_wire *wire, uint32_t *ret_woken, god_error *err)
{
    eventfd_t count = 0;
    GOD_TRY(gdi_wire_need(wire, err)); /* a new connection writes to the eventfd */
    if (!PQconsumeInput(wire->pg)) {
        return fail_broken(wire, err);
    }
    bool arrived = take_notifications(wire);
    bool noted = eventfd_read(wire->event_fd, &count) == 0;
    *ret_woken = arrived || noted;
    return GOD_OK;
}
