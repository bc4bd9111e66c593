/* core/store/postgres_wire.h: one connection of libpq with deadlines. Internal to core/store.
 *
 * libpq's own PQexec waits for ever when a server is stopped or a cable is pulled; here every wait has a deadline. A
 * connection that broke is dropped at once, and the next gdi_wire_need makes a new one: it listens to the same channels
 * and wakes its owner, because notifications of the time between are lost.
 *
 *     wake_fd = epoll of { the socket, an eventfd }      the eventfd stands for notifications that libpq has read
 *                                                        already while it waited for an answer
 */
#ifndef GDI_STORE_POSTGRES_WIRE_H
#define GDI_STORE_POSTGRES_WIRE_H

#include <libpq-fe.h>

#include "core/store/engine.h"

enum {
    GDI_WIRE_CHANNELS_MAX = 16,
    /* How long a statement may take, in times of what it may wait for others (gdi_db_options.busy_ms): */
    GDI_WIRE_STATEMENT_FACTOR = 12, /* then the server gives up: a minute by default */
    GDI_WIRE_ANSWER_FACTOR = 13,    /* then we give up on the server */
};

typedef struct gdi_wire {
    char *url; /* own */
    uint64_t busy_ms;
    PGconn *pg; /* own; NULL: not connected */
    int epoll_fd, event_fd;
    char channels[GDI_WIRE_CHANNELS_MAX][GDI_CHANNEL_BYTES_MAX + 1];
    size_t channel_count;
    bool collided;        /* the last failure */
    uint64_t connections; /* made so far: prepared statements of an earlier one are gone */
} gdi_wire;

god_status gdi_wire_open(const char *url, uint64_t busy_ms, gdi_wire *ret_wire, god_error *err);
void gdi_wire_close(gdi_wire *wire); /* accepts one that was never opened */

/* Connected, or GOD_E_TIMEOUT. */
god_status gdi_wire_need(gdi_wire *wire, god_error *err);
void gdi_wire_drop(gdi_wire *wire); /* the connection; the next gdi_wire_need makes another */

/* After a PQsend... call that answered `sent`: the last answer of it, owned by the caller (PQclear). */
god_status gdi_wire_answer(gdi_wire *wire, int sent, PGresult **ret_result, god_error *err);
/* Statements without values. */
god_status gdi_wire_run(gdi_wire *wire, const char *sql, PGresult **ret_result, god_error *err);

/* "postgres://user@host/name", without the rest of the address. */
void gdi_wire_name(const gdi_wire *wire, char *ret_name, size_t bytes);

god_status gdi_wire_listen(gdi_wire *wire, const char *channel, god_error *err);
god_status gdi_wire_take(gdi_wire *wire, uint32_t *ret_woken, god_error *err);

#endif
