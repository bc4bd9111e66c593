#include <stdlib.h>
#include <string.h>

#include "core/store/backup_file.h"
#include "core/store/engine.h"
#include "core/store/moment.h"
#include "core/store/postgres_answer.h"
#include "core/store/postgres_wire.h"
#include "core/store/statements.h"

enum { value_bytes = 32 }; /* a number or a moment as text */

typedef struct prepared {
    char name[24];
} prepared;

typedef struct connection {
    gdi_wire wire;
    gdi_statements *statements;
    uint64_t statements_of; /* wire.connections when they were prepared */
    uint64_t last_name;
    bool in_transaction;
    char texts[GDI_VALUES_MAX][value_bytes]; /* values of the statement that runs */
    const char *values[GDI_VALUES_MAX];
} connection;

/* ---- statements ---- */

static void drop_prepared(void *user, void *statement)
{
    (void)user;
    free(statement); /* the server's side goes with its connection, or by DEALLOCATE ALL */
}

/* Inside a transaction a lost connection is a lost transaction: nothing may run on a new one. */
static god_status need_connection(connection *c, god_error *err)
{
    if (c->in_transaction && c->wire.pg == NULL) {
        return god_fail(err, GOD_E_IO, "the connection to the store broke in the middle of a transaction");
    }
    GOD_TRY(gdi_wire_need(&c->wire, err));
    if (c->statements_of != c->wire.connections) {
        gdi_statements_drop(c->statements);
        c->statements_of = c->wire.connections;
    }
    return GOD_OK;
}

static god_status prepare(connection *c, const char *sql, prepared **ret_prepared, god_error *err)
{
    PGresult *result = NULL;
    if (gdi_statements_are_full(c->statements)) {
        GOD_TRY(gdi_wire_run(&c->wire, "DEALLOCATE ALL", NULL, err));
        gdi_statements_drop(c->statements);
    }
    prepared *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a statement of the store");
    }
    (void)snprintf(p->name, sizeof p->name, "s%llu", (unsigned long long)++c->last_name);
    god_status status = gdi_wire_answer(&c->wire, PQsendPrepare(c->wire.pg, p->name, sql, 0, NULL), &result, err);
    if (status != GOD_OK) {
        free(p);
        return status;
    }
    PQclear(result);
    GOD_TRY(gdi_statements_add_take(c->statements, sql, p, err));
    *ret_prepared = p;
    return GOD_OK;
}

static const char *text_of(const gdi_value *value, char text[value_bytes])
{
    switch (value->kind) {
    case GDI_VALUE_TEXT: return value->text;
    case GDI_VALUE_INT: (void)snprintf(text, value_bytes, "%lld", (long long)value->integer); return text;
    case GDI_VALUE_REAL: (void)snprintf(text, value_bytes, "%.17g", value->real); return text;
    case GDI_VALUE_TIME: (void)gdi_moment_format(value->integer, text); return text;
    default: return NULL;
    }
}

static god_status postgres_call(void *user, gdi_engine_call *call, god_error *err)
{
    connection *c = user;
    PGresult *result = NULL;
    GOD_TRY(need_connection(c, err));
    prepared *p = gdi_statements_find(c->statements, call->sql);
    if (p == NULL) {
        GOD_TRY(prepare(c, call->sql, &p, err));
    }
    for (size_t i = 0; i < call->value_count; i++) {
        c->values[i] = text_of(&call->values[i], c->texts[i]);
    }
    int sent = PQsendQueryPrepared(c->wire.pg, p->name, (int)call->value_count, c->values, NULL, NULL, 0);
    GOD_TRY(gdi_wire_answer(&c->wire, sent, &result, err));
    god_status status = call->rows == NULL ? GOD_OK : gdi_postgres_take_rows(result, call->rows, err);
    call->changed = gdi_postgres_changed(result);
    PQclear(result);
    return status;
}

static god_status postgres_script(void *user, const char *sql, god_error *err)
{
    connection *c = user;
    GOD_TRY(need_connection(c, err));
    return gdi_wire_run(&c->wire, sql, NULL, err);
}

/* ---- transactions ---- */

static god_status postgres_begin(void *user, uint32_t isolation, god_error *err)
{
    connection *c = user;
    static const char *const begin[] = {[GDI_ISOLATION_SERIALIZABLE] = "BEGIN ISOLATION LEVEL SERIALIZABLE",
                                        [GDI_ISOLATION_READ_COMMITTED] = "BEGIN ISOLATION LEVEL READ COMMITTED",
                                        [GDI_ISOLATION_SNAPSHOT] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
    GOD_TRY(need_connection(c, err));
    GOD_TRY(gdi_wire_run(&c->wire, begin[isolation], NULL, err));
    c->in_transaction = true;
    return GOD_OK;
}

/* When the connection breaks here, nobody knows whether the commit happened: GOD_E_IO, and the caller looks again. */
static god_status postgres_commit(void *user, god_error *err)
{
    connection *c = user;
    PGresult *result = NULL;
    GOD_TRY(need_connection(c, err));
    GOD_TRY(gdi_wire_run(&c->wire, "COMMIT", &result, err));
    bool committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
    PQclear(result);
    c->in_transaction = false;
    return committed ? GOD_OK : god_fail(err, GOD_E_INTERNAL, "the store rolled back a transaction that had failed");
}

static void postgres_rollback(void *user)
{
    connection *c = user;
    bool collided = c->wire.collided; /* asked for afterwards */
    if (c->in_transaction && c->wire.pg != NULL && PQtransactionStatus(c->wire.pg) != PQTRANS_IDLE &&
        gdi_wire_run(&c->wire, "ROLLBACK", NULL, NULL) != GOD_OK) {
        gdi_wire_drop(&c->wire);
    }
    c->in_transaction = false;
    c->wire.collided = collided;
}

static bool postgres_collided(const void *user)
{
    const connection *c = user;
    return c->wire.collided;
}

/* ---- waking ---- */

static god_status postgres_notify(void *user, const char *channel, god_error *err)
{
    gdi_value name = gdi_text(channel);
    gdi_engine_call call = {.sql = "SELECT pg_notify($1, '')", .values = &name, .value_count = 1};
    return postgres_call(user, &call, err);
}

static god_status postgres_listen(void *user, const char *channel, god_error *err)
{
    connection *c = user;
    return gdi_wire_listen(&c->wire, channel, err);
}

static int postgres_wake_fd(const void *user)
{
    const connection *c = user;
    return c->wire.epoll_fd;
}

static god_status postgres_take_wakes(void *user, uint32_t *ret_woken, god_error *err)
{
    connection *c = user;
    return gdi_wire_take(&c->wire, ret_woken, err);
}

/* ---- whole ---- */

static void postgres_name(const void *user, char *ret_name, size_t bytes)
{
    const connection *c = user;
    gdi_wire_name(&c->wire, ret_name, bytes);
}

static god_status postgres_backup(void *user, const char *path, god_error *err)
{
    const connection *c = user;
    return gdi_backup_postgres(c->wire.url, path, err);
}

/* ---- opening ---- */

static void postgres_close(void *user)
{
    connection *c = user;
    if (c != NULL) {
        gdi_statements_free(c->statements);
        gdi_wire_close(&c->wire);
        free(c);
    }
}

static god_status postgres_open(const gdi_db_options *options, void **ret_connection, god_error *err)
{
    connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a connection to the store");
    }
    god_status status = gdi_statements_new(drop_prepared, c, &c->statements, err);
    if (status == GOD_OK) {
        status = gdi_wire_open(options->url, options->busy_ms, &c->wire, err);
    }
    if (status != GOD_OK) {
        postgres_close(c);
        return status;
    }
    *ret_connection = c;
    return GOD_OK;
}

const gdi_engine gdi_engine_postgres = {
    .id = GDI_ENGINE_POSTGRES,
    .open = postgres_open,
    .close = postgres_close,
    .call = postgres_call,
    .script = postgres_script,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .collided = postgres_collided,
    .notify = postgres_notify,
    .listen = postgres_listen,
    .wake_fd = postgres_wake_fd,
    .take_wakes = postgres_take_wakes,
    .name = postgres_name,
    .backup = postgres_backup,
};
