/* core/store/engine.h: what an engine does for db.c. Internal to core/store.
 *
 *     db.c       asks `before`, checks values, keeps track of transactions, repeats those that collided
 *     sqlite.c   one file or memory; wakes by inotify and eventfd
 *     postgres.c one connection of libpq; wakes by NOTIFY
 *
 * An engine keeps its own prepared statements. Each function is called by the thread that owns the connection. [one]
 */
#ifndef GDI_STORE_ENGINE_H
#define GDI_STORE_ENGINE_H

#include "core/store/db.h"

enum {
    GDI_VALUES_MAX = 256,           /* parameters of one statement */
    GDI_VALUE_BYTES_MAX = 16 << 20, /* one text */
    GDI_SQL_BYTES_MAX = 64 << 10,   /* one statement */
    GDI_STATEMENTS_MAX = 512,       /* prepared ones of a connection; when there are more, all are dropped */
    GDI_BUSY_MS_DEFAULT = 5000,
    GDI_BUSY_MS_MAX = 60 * 60 * 1000,
    GDI_CHANNEL_BYTES_MAX = 31, /* a channel is a word of a-z and _ */
};

/* How a transaction sees others. */
enum {
    GDI_ISOLATION_SERIALIZABLE = 1,
    GDI_ISOLATION_READ_COMMITTED = 2, /* for single rows with a condition on them, which need no more */
    GDI_ISOLATION_SNAPSHOT = 3,       /* reads only, all of them one state */
};

typedef struct gdi_engine_call {
    const char *sql;
    const gdi_value *values;
    size_t value_count;
    gdi_rows *rows;   /* NULL: the answer is not wanted */
    uint64_t changed; /* out */
} gdi_engine_call;

typedef struct gdi_engine {
    uint32_t id;
    god_status (*open)(const gdi_db_options *options, void **ret_connection, god_error *err);
    void (*close)(void *connection);
    god_status (*call)(void *connection, gdi_engine_call *call, god_error *err);
    god_status (*script)(void *connection, const char *sql, god_error *err); /* several statements, no values */
    god_status (*begin)(void *connection, uint32_t isolation, god_error *err);
    god_status (*commit)(void *connection, god_error *err);
    void (*rollback)(void *connection);
    /* The last failure was one that a repeat of the whole transaction may get over. */
    bool (*collided)(const void *connection);
    god_status (*notify)(void *connection, const char *channel, god_error *err); /* inside a transaction */
    god_status (*listen)(void *connection, const char *channel, god_error *err);
    int (*wake_fd)(const void *connection);
    god_status (*take_wakes)(void *connection, uint32_t *ret_woken, god_error *err);
    void (*name)(const void *connection, char *ret_name, size_t bytes); /* for people: never a password */
    god_status (*backup)(void *connection, const char *path, god_error *err);
    /* `wrote` (NULL: nobody any more) is told of each row; NULL: this engine cannot. */
    void (*tell_writes)(void *connection, gdi_wrote *wrote, void *user);
} gdi_engine;

extern const gdi_engine gdi_engine_sqlite, gdi_engine_postgres;

/* For the other files of core/store. */
const char *gdi_db_url(const gdi_db *db);
void gdi_db_set_before(gdi_db *db, god_status (*before)(void *user, const char *sql, god_error *err), void *user);
god_status gdi_db_script(gdi_db *db, const char *sql, god_error *err);
god_status gdi_db_transact_as(gdi_db *db, uint32_t isolation,
                              god_status (*work)(gdi_db *db, void *user, god_error *err), void *user, god_error *err);

#endif
