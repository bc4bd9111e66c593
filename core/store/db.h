/* core/store/db.h: one connection to the store, SQLite or PostgreSQL behind the same calls.
 *
 *     sqlite:/var/lib/god/god.db          one file; "sqlite::memory:" lives as long as its connection
 *     postgres://user@host/name           libpq's own URL; one with a password is refused: ~/.pgpass, PGPASSWORD
 *
 * Statements are written once, in the part of SQL that both speak, with $1, $2 ... for values; values never become part
 * of the text. Where the two differ, both texts stand side by side (core/store/dialect.h). A moment is an int64_t of
 * microseconds since 1970-01-01 UTC on this side, and a column of type timestamptz (PostgreSQL) or text
 * "2026-06-18T14:07:00.000000Z" (SQLite, sorts by time) on the other; JSON is json text; booleans are 0 and 1 here.
 *
 * A connection belongs to one thread. [one] Texts of a row are borrowed until gdi_rows_free.
 *
 * Errors: GOD_E_TIMEOUT when the store is busy or out of reach (try again later), GOD_E_INTERNAL for a statement that
 * is wrong, GOD_E_INVALID when a constraint refuses (a row that is there already, a missing parent), GOD_E_IO for a
 * file or connection that broke. A message names the table or constraint, never a value.
 */
#ifndef GDI_STORE_DB_H
#define GDI_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>

#include "god/error.h"

typedef struct gdi_db gdi_db; /* owned by whoever opened it */

enum { GDI_ENGINE_SQLITE = 1, GDI_ENGINE_POSTGRES = 2 };

typedef struct gdi_db_options {
    const char *url;
    uint64_t busy_ms;    /* how long a statement waits for others; 0: five seconds; an hour at most */
    uint32_t must_exist; /* 1: a SQLite file that is not there is GOD_E_NOT_FOUND; 0: it is made */
    /* Asked before every statement, BEGIN and COMMIT included: anything but GOD_OK is what the call answers, and the
     * statement is not run. For tests of faults; NULL otherwise. */
    god_status (*before)(void *user, const char *sql, god_error *err);
    void *user;
} gdi_db_options;

god_status gdi_db_open(const gdi_db_options *options, gdi_db **ret_db, god_error *err);
void gdi_db_close(gdi_db *db); /* accepts NULL; an open transaction is rolled back */
uint32_t gdi_db_engine(const gdi_db *db);
/* For people: "sqlite:/var/lib/god/god.db", "postgres://user@host/name"; never a password. */
void gdi_db_name(const gdi_db *db, char *ret_name, size_t bytes);

/* ---- values ---- */

enum { GDI_VALUE_NULL = 1, GDI_VALUE_INT, GDI_VALUE_REAL, GDI_VALUE_TEXT, GDI_VALUE_TIME };

typedef struct gdi_value {
    uint32_t kind;
    int64_t integer; /* INT, TIME */
    double real;
    const char *text; /* borrowed until the call returns */
} gdi_value;

static inline gdi_value gdi_null(void)
{
    return (gdi_value){.kind = GDI_VALUE_NULL};
}
static inline gdi_value gdi_int(int64_t integer)
{
    return (gdi_value){.kind = GDI_VALUE_INT, .integer = integer};
}
static inline gdi_value gdi_bool(bool truth)
{
    return (gdi_value){.kind = GDI_VALUE_INT, .integer = truth ? 1 : 0};
}
/* NaN and infinity are no value: NULL. */
gdi_value gdi_real(double real);
static inline gdi_value gdi_text(const char *text_or_null)
{
    return (gdi_value){.kind = text_or_null == NULL ? GDI_VALUE_NULL : GDI_VALUE_TEXT, .text = text_or_null};
}
static inline gdi_value gdi_time(int64_t moment_us)
{
    return (gdi_value){.kind = GDI_VALUE_TIME, .integer = moment_us};
}

/* ---- statements ---- */

typedef struct gdi_rows gdi_rows; /* owned by the caller: all rows of one answer, in memory */

enum { GDI_ROWS_MAX = 1000000 }; /* more rows than this in one answer: GOD_E_INTERNAL */

/* A statement without an answer. ret_changed (may be NULL): how many rows it touched. */
god_status gdi_db_run(gdi_db *db, const char *sql, const gdi_value *values, size_t value_count, uint64_t *ret_changed,
                      god_error *err);
/* A statement with one. The cursor stands before the first row. */
god_status gdi_db_query(gdi_db *db, const char *sql, const gdi_value *values, size_t value_count, gdi_rows **ret_rows,
                        god_error *err);

/* Values written in place: GDI_RUN(db, &changed, err, "UPDATE t SET a = $1 WHERE b = $2", gdi_int(1), gdi_text(b)). */
#define GDI_VALUES(...) ((const gdi_value[]){__VA_ARGS__})
#define GDI_RUN(db, ret_changed, err, sql, ...) \
    gdi_db_run(db, sql, GDI_VALUES(__VA_ARGS__), sizeof GDI_VALUES(__VA_ARGS__) / sizeof(gdi_value), ret_changed, err)
#define GDI_QUERY(db, ret_rows, err, sql, ...) \
    gdi_db_query(db, sql, GDI_VALUES(__VA_ARGS__), sizeof GDI_VALUES(__VA_ARGS__) / sizeof(gdi_value), ret_rows, err)

bool gdi_rows_next(gdi_rows *rows); /* to the next row; false after the last */
size_t gdi_rows_count(const gdi_rows *rows);
void gdi_rows_rewind(gdi_rows *rows); /* before the first row again */
void gdi_rows_free(gdi_rows *rows);   /* accepts NULL */

/* Columns of the present row, from 0, in the order of the SELECT. A NULL reads as 0, NaN, NULL, 0. */
bool gdi_rows_is_null(const gdi_rows *rows, size_t column);
int64_t gdi_rows_int(const gdi_rows *rows, size_t column);
bool gdi_rows_bool(const gdi_rows *rows, size_t column);
double gdi_rows_real(const gdi_rows *rows, size_t column);
const char *gdi_rows_text(const gdi_rows *rows, size_t column);
int64_t gdi_rows_time(const gdi_rows *rows, size_t column); /* microseconds */

/* ---- transactions ---- */

/* Runs `work` in one transaction: committed when it answers GOD_OK, rolled back otherwise. After a statement that
 * failed nothing more can be done in it, even when `work` looks away: ask ON CONFLICT instead. Serialisable: on SQLite
 * it holds the one write lock from its start; on PostgreSQL it is repeated (a few times, with a pause) when the server
 * says that it collided with another, so `work` must do nothing but statements and changes to its own memory that a
 * repeat overwrites. Transactions do not nest: inside one, the call asserts. */
god_status gdi_db_transact(gdi_db *db, god_status (*work)(gdi_db *db, void *user, god_error *err), void *user,
                           god_error *err);

/* Runs `work`, which only reads, so that all its statements see one state of the store, whatever others write
 * meanwhile. It waits for no writer and no writer waits for it. Everything else as above. */
god_status gdi_db_snapshot(gdi_db *db, god_status (*work)(gdi_db *db, void *user, god_error *err), void *user,
                           god_error *err);

/* ---- seeing what is written ---- */

/* Told of every row that a statement of this connection inserts, changes or deletes, also when its transaction is
 * rolled back later; it must not use the connection. For whoever checks what changed (core/simulation). */
typedef void gdi_wrote(void *user, const char *table, int64_t row_id);
/* row_id is the table's `rowid`. NULL ends it. False on PostgreSQL, which tells nobody. */
bool gdi_db_tell_writes(gdi_db *db, gdi_wrote *wrote, void *user);

/* ---- waking others ---- */

/* Inside a transaction: after the commit, everybody who listens to this channel ("jobs", "cycles") is woken, in
 * this process and in others: by a file beside the SQLite file (core/store/sqlite_wake.h), by NOTIFY on PostgreSQL. A
 * wake may get lost (a full inotify queue, a connection that broke), so callers look at the clock beside it. */
god_status gdi_db_notify(gdi_db *db, const char *channel, god_error *err);
god_status gdi_db_listen(gdi_db *db, const char *channel, god_error *err);
/* A descriptor that becomes readable when a channel that this connection listens to was notified. */
int gdi_db_wake_fd(const gdi_db *db);
/* Takes what arrived; *ret_woken is 1 when anything did. */
god_status gdi_db_take_wakes(gdi_db *db, uint32_t *ret_woken, god_error *err);

#endif
