#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/store/backup_file.h"
#include "core/store/engine.h"
#include "core/store/moment.h"
#include "core/store/rows.h"
#include "core/store/sqlite_wake.h"
#include "core/store/statements.h"
#include "god/helpers/file.h"

typedef struct prepared {
    sqlite3_stmt *statement;
    uint32_t parameter_count, value_count; /* value_count: the highest $n */
    uint16_t value_of[];                   /* SQLite numbers $n by first appearance: parameter - 1 to n - 1 */
} prepared;

typedef struct connection {
    sqlite3 *handle;
    gdi_statements *statements;
    gdi_sqlite_wake *wake;
    prepared *begin, *begin_reading, *commit, *rollback; /* own */
    gdi_wrote *wrote;                                    /* may be NULL */
    void *wrote_user;
    char moments[GDI_VALUES_MAX][GDI_MOMENT_TEXT]; /* texts of the statement that runs */
} connection;

/* ---- errors ---- */

/* SQLite's own messages name tables, columns and constraints, never values. */
static god_status fail_sqlite(sqlite3 *handle, int code, god_error *err)
{
    const char *text = handle != NULL ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT: return god_fail(err, GOD_E_TIMEOUT, "the store is busy: %s", text);
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH: return god_fail(err, GOD_E_INVALID, "the store refuses: %s", text);
    case SQLITE_NOMEM: return god_fail(err, GOD_E_NOMEM, "out of memory in the store");
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE: return god_fail(err, GOD_E_INTERNAL, "a statement of the store is wrong: %s", text);
    default: return god_fail(err, GOD_E_IO, "the file of the store: %s", text);
    }
}

static god_status execute(connection *c, const char *sql, god_error *err)
{
    int code = sqlite3_exec(c->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? GOD_OK : fail_sqlite(c->handle, code, err);
}

/* ---- statements ---- */

static void drop_prepared(void *user, void *statement)
{
    prepared *p = statement;
    (void)user;
    if (p != NULL) {
        (void)sqlite3_finalize(p->statement);
        free(p);
    }
}

/* The n of "$n"; 0: another kind of parameter, or too large. */
static uint32_t number_of(const char *name)
{
    uint32_t number = 0;
    if (name == NULL || name[0] != '$' || name[1] == '\0') {
        return 0;
    }
    for (const char *at = name + 1; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || number > GDI_VALUES_MAX) {
            return 0;
        }
        number = number * 10 + (uint32_t)(*at - '0');
    }
    return number <= GDI_VALUES_MAX ? number : 0;
}

static god_status map_parameters(prepared *p, god_error *err)
{
    for (uint32_t i = 0; i < p->parameter_count; i++) {
        uint32_t number = number_of(sqlite3_bind_parameter_name(p->statement, (int)i + 1));
        if (number == 0) {
            return god_fail(err, GOD_E_INTERNAL, "a statement of the store has a parameter that is not $1 to $%d",
                            GDI_VALUES_MAX);
        }
        p->value_of[i] = (uint16_t)(number - 1);
        p->value_count = number > p->value_count ? number : p->value_count;
    }
    return GOD_OK;
}

static god_status prepare(connection *c, const char *sql, prepared **ret_prepared, god_error *err)
{
    sqlite3_stmt *statement = NULL;
    const char *rest = NULL;
    int code = sqlite3_prepare_v3(c->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, &rest);
    if (code != SQLITE_OK) {
        return fail_sqlite(c->handle, code, err);
    }
    uint32_t count = (uint32_t)sqlite3_bind_parameter_count(statement);
    prepared *p = calloc(1, sizeof *p + count * sizeof p->value_of[0]);
    if (p == NULL) {
        (void)sqlite3_finalize(statement);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a statement of the store");
    }
    p->statement = statement;
    p->parameter_count = count;
    god_status status = map_parameters(p, err);
    if (status == GOD_OK && (statement == NULL || rest[strspn(rest, " \n")] != '\0')) {
        status = god_fail(err, GOD_E_INTERNAL, "a text for the store is not exactly one statement");
    }
    if (status != GOD_OK) {
        drop_prepared(c, p);
        return status;
    }
    *ret_prepared = p;
    return GOD_OK;
}

static god_status find_prepared(connection *c, const char *sql, prepared **ret_prepared, god_error *err)
{
    prepared *p = gdi_statements_find(c->statements, sql);
    if (p == NULL) {
        GOD_TRY(prepare(c, sql, &p, err));
        GOD_TRY(gdi_statements_add_take(c->statements, sql, p, err));
    }
    *ret_prepared = p;
    return GOD_OK;
}

static int bind_value(connection *c, prepared *p, uint32_t parameter, const gdi_value *value)
{
    sqlite3_stmt *statement = p->statement;
    int at = (int)parameter + 1;
    switch (value->kind) {
    case GDI_VALUE_INT: return sqlite3_bind_int64(statement, at, value->integer);
    case GDI_VALUE_REAL: return sqlite3_bind_double(statement, at, value->real);
    case GDI_VALUE_TEXT: return sqlite3_bind_text(statement, at, value->text, -1, SQLITE_STATIC);
    case GDI_VALUE_TIME:
        (void)gdi_moment_format(value->integer, c->moments[parameter]);
        return sqlite3_bind_text(statement, at, c->moments[parameter], GDI_MOMENT_TEXT - 1, SQLITE_STATIC);
    default: return sqlite3_bind_null(statement, at);
    }
}

static god_status bind_values(connection *c, prepared *p, const gdi_engine_call *call, god_error *err)
{
    if (p->value_count != call->value_count) {
        return god_fail(err, GOD_E_INTERNAL, "a statement of the store needs %u values and was given %zu",
                        p->value_count, call->value_count);
    }
    for (uint32_t i = 0; i < p->parameter_count; i++) {
        int code = bind_value(c, p, i, &call->values[p->value_of[i]]);
        if (code != SQLITE_OK) {
            return fail_sqlite(c->handle, code, err);
        }
    }
    return GOD_OK;
}

/* ---- answers ---- */

static god_status take_row(sqlite3_stmt *statement, gdi_rows *rows, god_error *err)
{
    GOD_TRY(gdi_rows_begin(rows, err));
    int columns = sqlite3_column_count(statement);
    for (int i = 0; i < columns; i++) {
        switch (sqlite3_column_type(statement, i)) {
        case SQLITE_NULL: gdi_rows_put_null(rows); break;
        case SQLITE_INTEGER: gdi_rows_put_int(rows, sqlite3_column_int64(statement, i)); break;
        case SQLITE_FLOAT: gdi_rows_put_real(rows, sqlite3_column_double(statement, i)); break;
        default: {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            size_t bytes = (size_t)sqlite3_column_bytes(statement, i);
            GOD_TRY(gdi_rows_put_text(rows, text == NULL ? "" : text, bytes, err));
        }
        }
    }
    return GOD_OK;
}

static god_status step_all(connection *c, sqlite3_stmt *statement, gdi_engine_call *call, god_error *err)
{
    if (call->rows != NULL) {
        gdi_rows_set_columns(call->rows, (size_t)sqlite3_column_count(statement));
    }
    for (;;) {
        int code = sqlite3_step(statement);
        if (code == SQLITE_DONE) {
            call->changed = sqlite3_stmt_readonly(statement) ? 0 : (uint64_t)sqlite3_changes64(c->handle);
            return GOD_OK;
        }
        if (code != SQLITE_ROW) {
            return fail_sqlite(c->handle, code, err);
        }
        if (call->rows != NULL) {
            GOD_TRY(take_row(statement, call->rows, err));
        }
    }
}

static god_status sqlite_call(void *user, gdi_engine_call *call, god_error *err)
{
    connection *c = user;
    prepared *p = NULL;
    GOD_TRY(find_prepared(c, call->sql, &p, err));
    god_status status = bind_values(c, p, call, err);
    if (status == GOD_OK) {
        status = step_all(c, p->statement, call, err);
    }
    (void)sqlite3_reset(p->statement); /* repeats the code of a failed step */
    (void)sqlite3_clear_bindings(p->statement);
    return status;
}

static god_status sqlite_script(void *user, const char *sql, god_error *err)
{
    return execute(user, sql, err);
}

/* ---- transactions ---- */

static god_status step_once(connection *c, prepared *p, god_error *err)
{
    int code = sqlite3_step(p->statement);
    god_status status = code == SQLITE_DONE ? GOD_OK : fail_sqlite(c->handle, code, err);
    (void)sqlite3_reset(p->statement);
    return status;
}

static god_status sqlite_begin(void *user, uint32_t isolation, god_error *err)
{
    connection *c = user;
    /* One writer at a time is serialisable. Whoever only reads has its state from its first SELECT on. */
    return step_once(c, isolation == GDI_ISOLATION_SNAPSHOT ? c->begin_reading : c->begin, err);
}

static god_status sqlite_commit(void *user, god_error *err)
{
    connection *c = user;
    GOD_TRY(step_once(c, c->commit, err));
    gdi_sqlite_wake_send(c->wake);
    return GOD_OK;
}

static void sqlite_rollback(void *user)
{
    connection *c = user;
    gdi_sqlite_wake_forget(c->wake);
    if (!sqlite3_get_autocommit(c->handle)) { /* a full disk, for one, has rolled back already */
        (void)step_once(c, c->rollback, NULL);
    }
}

static bool sqlite_collided(const void *user)
{
    (void)user;
    return false; /* a transaction holds the write lock from its start */
}

/* ---- waking ---- */

static god_status sqlite_notify(void *user, const char *channel, god_error *err)
{
    connection *c = user;
    return gdi_sqlite_wake_mark(c->wake, channel, err);
}

static god_status sqlite_listen(void *user, const char *channel, god_error *err)
{
    connection *c = user;
    return gdi_sqlite_wake_listen(c->wake, channel, err);
}

static int sqlite_wake_fd(const void *user)
{
    const connection *c = user;
    return gdi_sqlite_wake_fd(c->wake);
}

static god_status sqlite_take_wakes(void *user, uint32_t *ret_woken, god_error *err)
{
    connection *c = user;
    (void)err;
    *ret_woken = gdi_sqlite_wake_take(c->wake);
    return GOD_OK;
}

/* ---- whole ---- */

static void sqlite_name(const void *user, char *ret_name, size_t bytes)
{
    const connection *c = user;
    const char *path = sqlite3_db_filename(c->handle, "main");
    (void)snprintf(ret_name, bytes, "sqlite:%s", path == NULL || *path == '\0' ? ":memory:" : path);
}

static god_status sqlite_backup(void *user, const char *path, god_error *err)
{
    const connection *c = user;
    return gdi_backup_sqlite(c->handle, path, err);
}

static void row_was_written(void *user, int how, const char *database, const char *table, sqlite3_int64 row_id)
{
    const connection *c = user;
    (void)how;
    (void)database;
    c->wrote(c->wrote_user, table, row_id);
}

static void sqlite_tell_writes(void *user, gdi_wrote *wrote, void *wrote_user)
{
    connection *c = user;
    c->wrote = wrote;
    c->wrote_user = wrote_user;
    (void)sqlite3_update_hook(c->handle, wrote == NULL ? NULL : row_was_written, c);
}

/* ---- opening ---- */

static void sqlite_close_connection(void *user)
{
    connection *c = user;
    if (c == NULL) {
        return;
    }
    drop_prepared(c, c->begin);
    drop_prepared(c, c->begin_reading);
    drop_prepared(c, c->commit);
    drop_prepared(c, c->rollback);
    gdi_statements_free(c->statements);
    (void)sqlite3_close(c->handle); /* rolls back what is open */
    gdi_sqlite_wake_free(c->wake);
    free(c);
}

/* Made before SQLite does it, so that nobody else can read it: its -wal and -shm take over the mode. A file that is
 * there is not opened: closing any descriptor of it would drop the locks of all other connections of this process, and
 * then the next foreign process to close the store takes its log away under them (POSIX's rule for such locks). */
static god_status make_file(const char *path, god_error *err)
{
    char folder[GOD_PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash != NULL && slash != path) {
        if (snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path) >= (int)sizeof folder) {
            return god_fail(err, GOD_E_INVALID, "the path of the store is longer than %d bytes", GOD_PATH_MAX);
        }
        GOD_TRY(god_dir_make(folder, err));
    }
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) {
        return god_fail_errno(err, GOD_E_IO, "cannot make the store \"%s\"", path);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return GOD_OK;
}

static god_status find_file(const char *path, god_error *err)
{
    return access(path, F_OK) == 0
               ? GOD_OK
               : god_fail(err, GOD_E_NOT_FOUND, "there is no store at \"%s\": god db migrate makes one", path);
}

/* A file: write-ahead log, so that readers and the writer do not wait for each other, and synchronous=FULL, because a
 * fee that was charged must still be charged after a power cut (in WAL mode NORMAL may lose the last commits).
 * Memory: there is nothing to sync, a rollback journal in memory is all that ROLLBACK needs, and it holds a copy of
 * each page that changes, so small pages are less work. */
static god_status set_pragmas(connection *c, bool in_memory, god_error *err)
{
    GOD_TRY(execute(c,
                    in_memory ? "PRAGMA page_size = 1024; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
                                "PRAGMA secure_delete = OFF"
                              : "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
                    err));
    return execute(c, "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY", err);
}

static god_status prepare_own(connection *c, god_error *err)
{
    GOD_TRY(gdi_statements_new(drop_prepared, c, &c->statements, err));
    GOD_TRY(prepare(c, "BEGIN IMMEDIATE", &c->begin, err));
    GOD_TRY(prepare(c, "BEGIN", &c->begin_reading, err));
    GOD_TRY(prepare(c, "COMMIT", &c->commit, err));
    return prepare(c, "ROLLBACK", &c->rollback, err);
}

/* Counting every allocation under one lock costs a tenth of a statement, and nobody reads the count. SQLite takes this
 * before its first connection only, so once per process. */
static void configure_once(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static god_status open_handle(connection *c, const char *path, bool in_memory, uint64_t busy_ms, god_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, configure_once);
    /* A connection belongs to one thread, so SQLite needs no lock of its own around each call. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (in_memory ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &c->handle, flags, NULL);
    if (code != SQLITE_OK) {
        return fail_sqlite(c->handle, code, err);
    }
    (void)sqlite3_extended_result_codes(c->handle, 1);
    (void)sqlite3_busy_timeout(c->handle, (int)busy_ms);
    (void)sqlite3_limit(c->handle, SQLITE_LIMIT_LENGTH, 2 * GDI_VALUE_BYTES_MAX); /* a row is more than one text */
    (void)sqlite3_limit(c->handle, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_db_config(c->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    GOD_TRY(set_pragmas(c, in_memory, err));
    return prepare_own(c, err);
}

static god_status sqlite_open_connection(const gdi_db_options *options, void **ret_connection, god_error *err)
{
    const char *path = options->url + strlen("sqlite:");
    bool in_memory = strcmp(path, ":memory:") == 0;
    if (*path == '\0') {
        return god_fail(err, GOD_E_INVALID, "the address of the store \"sqlite:\" names no file");
    }
    if (!in_memory) {
        GOD_TRY(options->must_exist ? find_file(path, err) : make_file(path, err));
    }
    connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a connection to the store");
    }
    god_status status = gdi_sqlite_wake_new(in_memory ? "" : path, &c->wake, err);
    if (status == GOD_OK) {
        status = open_handle(c, path, in_memory, options->busy_ms, err);
    }
    if (status != GOD_OK) {
        sqlite_close_connection(c);
        return in_memory ? status : god_fail_in(err, "%s", path);
    }
    *ret_connection = c;
    return GOD_OK;
}

const gdi_engine gdi_engine_sqlite = {
    .id = GDI_ENGINE_SQLITE,
    .open = sqlite_open_connection,
    .close = sqlite_close_connection,
    .call = sqlite_call,
    .script = sqlite_script,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .collided = sqlite_collided,
    .notify = sqlite_notify,
    .listen = sqlite_listen,
    .wake_fd = sqlite_wake_fd,
    .take_wakes = sqlite_take_wakes,
    .name = sqlite_name,
    .backup = sqlite_backup,
    .tell_writes = sqlite_tell_writes,
};
