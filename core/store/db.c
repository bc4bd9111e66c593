#include "core/store/db.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/store/backup.h"
#include "core/store/engine.h"
#include "core/store/moment.h"
#include "core/store/rows.h"
#include "core/store/text.h"

enum { collisions_max = 10, pause_ms_max = 200 };

struct gdi_db {
    const gdi_engine *engine;
    void *connection; /* own */
    char *url;        /* own */
    gdi_db_options options;
    bool in_transaction;
    god_status failed; /* of a statement in the present transaction; it can only be rolled back */
    bool collided;     /* that failure, or that of its COMMIT, may be got over by a repeat */
    uint64_t pauses;   /* state of the jitter between repeats */
};

static const gdi_engine *engine_of(const char *url)
{
    if (strncmp(url, "sqlite:", strlen("sqlite:")) == 0) {
        return &gdi_engine_sqlite;
    }
    if (strncmp(url, "postgres://", strlen("postgres://")) == 0 ||
        strncmp(url, "postgresql://", strlen("postgresql://")) == 0) {
        return &gdi_engine_postgres;
    }
    return NULL;
}

god_status gdi_db_open(const gdi_db_options *options, gdi_db **ret_db, god_error *err)
{
    const gdi_engine *engine = engine_of(options->url);
    if (engine == NULL) { /* the address itself stays out of the message: it may hold a password */
        return god_fail(err, GOD_E_INVALID,
                        "the address of the store begins neither with \"sqlite:\" nor with \"postgres://\"");
    }
    gdi_db *db = calloc(1, sizeof *db);
    char *url = strdup(options->url);
    if (db == NULL || url == NULL) {
        free(url);
        free(db);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a connection to the store");
    }
    *db = (gdi_db){.engine = engine, .url = url, .options = *options, .pauses = (uintptr_t)db};
    db->options.url = url;
    if (db->options.busy_ms == 0) {
        db->options.busy_ms = GDI_BUSY_MS_DEFAULT;
    } else if (db->options.busy_ms > GDI_BUSY_MS_MAX) {
        db->options.busy_ms = GDI_BUSY_MS_MAX;
    }
    god_status status = engine->open(&db->options, &db->connection, err);
    if (status != GOD_OK) {
        free(db->url);
        free(db);
        return status;
    }
    *ret_db = db;
    return GOD_OK;
}

void gdi_db_close(gdi_db *db)
{
    if (db != NULL) {
        db->engine->close(db->connection);
        free(db->url);
        free(db);
    }
}

uint32_t gdi_db_engine(const gdi_db *db)
{
    return db->engine->id;
}

const char *gdi_db_url(const gdi_db *db)
{
    return db->url;
}

void gdi_db_name(const gdi_db *db, char *ret_name, size_t bytes)
{
    db->engine->name(db->connection, ret_name, bytes);
}

god_status gdi_store_backup(gdi_db *db, const char *path, god_error *err)
{
    assert(!db->in_transaction);
    return db->engine->backup(db->connection, path, err);
}

void gdi_db_set_before(gdi_db *db, god_status (*before)(void *user, const char *sql, god_error *err), void *user)
{
    db->options.before = before;
    db->options.user = user;
}

gdi_value gdi_real(double real)
{
    return isfinite(real) ? (gdi_value){.kind = GDI_VALUE_REAL, .real = real} : gdi_null();
}

/* What both engines take, so that a value is not refused by one of them only. */
static god_status check_values(const gdi_value *values, size_t count, god_error *err)
{
    if (count > GDI_VALUES_MAX) {
        return god_fail(err, GOD_E_INTERNAL, "a statement has %zu values, %d are allowed", count, GDI_VALUES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (values[i].kind == GDI_VALUE_TEXT) {
            size_t bytes = strlen(values[i].text);
            if (bytes > GDI_VALUE_BYTES_MAX) {
                return god_fail(err, GOD_E_INVALID, "value %zu of a statement has %zu bytes, %d are allowed", i + 1,
                                bytes, GDI_VALUE_BYTES_MAX);
            }
            if (!gdi_utf8_is_good(values[i].text, bytes)) {
                return god_fail(err, GOD_E_INVALID, "value %zu of a statement is not UTF-8", i + 1);
            }
        } else if (values[i].kind == GDI_VALUE_TIME &&
                   (values[i].integer < GDI_MOMENT_MIN || values[i].integer > GDI_MOMENT_MAX)) {
            return god_fail(err, GOD_E_INVALID, "value %zu of a statement is a moment outside the years 1 to 9999",
                            i + 1);
        }
        assert(values[i].kind >= GDI_VALUE_NULL && values[i].kind <= GDI_VALUE_TIME);
    }
    return GOD_OK;
}

static god_status ask_before(gdi_db *db, const char *sql, god_error *err)
{
    return db->options.before == NULL ? GOD_OK : db->options.before(db->options.user, sql, err);
}

/* After a failure a transaction can only be rolled back, on both engines: PostgreSQL would refuse what follows, and
 * SQLite might have rolled back by itself already. */
static god_status enter(gdi_db *db, const char *sql, god_error *err)
{
    if (db->in_transaction && db->failed != GOD_OK) {
        return god_fail(err, db->failed, "an earlier statement of this transaction failed");
    }
    god_status status = ask_before(db, sql, err);
    if (status != GOD_OK && db->in_transaction) {
        db->failed = status;
    }
    return status;
}

static void pause_before_repeat(gdi_db *db, uint32_t attempt)
{
    uint64_t limit_ms = attempt >= 7 ? pause_ms_max : UINT64_C(2) << attempt;
    db->pauses = db->pauses * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t us = (db->pauses >> 33) % (limit_ms * 1000);
    (void)nanosleep(&(struct timespec){.tv_sec = 0, .tv_nsec = (long)us * 1000}, NULL);
}

static god_status note_failure(gdi_db *db, god_status status)
{
    db->collided = db->engine->collided(db->connection);
    if (db->in_transaction) {
        db->failed = status;
    }
    return status;
}

static god_status call_engine(gdi_db *db, gdi_engine_call *call, god_error *err)
{
    god_status status = check_values(call->values, call->value_count, err);
    if (status != GOD_OK) {
        db->failed = status;
        return status;
    }
    for (uint32_t attempt = 1;; attempt++) {
        status = db->engine->call(db->connection, call, err);
        if (status == GOD_OK) {
            return GOD_OK;
        }
        (void)note_failure(db, status);
        if (db->in_transaction || !db->collided || attempt == collisions_max) {
            return status;
        }
        pause_before_repeat(db, attempt);
    }
}

god_status gdi_db_run(gdi_db *db, const char *sql, const gdi_value *values, size_t value_count, uint64_t *ret_changed,
                      god_error *err)
{
    gdi_engine_call call = {.sql = sql, .values = values, .value_count = value_count};
    GOD_TRY(enter(db, sql, err));
    GOD_TRY(call_engine(db, &call, err));
    if (ret_changed != NULL) {
        *ret_changed = call.changed;
    }
    return GOD_OK;
}

god_status gdi_db_query(gdi_db *db, const char *sql, const gdi_value *values, size_t value_count, gdi_rows **ret_rows,
                        god_error *err)
{
    gdi_engine_call call = {.sql = sql, .values = values, .value_count = value_count};
    GOD_TRY(enter(db, sql, err));
    GOD_TRY(gdi_rows_new(&call.rows, err));
    god_status status = call_engine(db, &call, err);
    if (status != GOD_OK) {
        gdi_rows_free(call.rows);
        return status;
    }
    *ret_rows = call.rows;
    return GOD_OK;
}

god_status gdi_db_script(gdi_db *db, const char *sql, god_error *err)
{
    GOD_TRY(enter(db, sql, err));
    god_status status = db->engine->script(db->connection, sql, err);
    return status == GOD_OK ? GOD_OK : note_failure(db, status);
}

static god_status commit(gdi_db *db, god_error *err)
{
    if (db->failed != GOD_OK) {
        return god_fail(err, db->failed, "a statement of this transaction failed, so it is rolled back");
    }
    GOD_TRY(ask_before(db, "COMMIT", err));
    god_status status = db->engine->commit(db->connection, err);
    return status == GOD_OK ? GOD_OK : note_failure(db, status);
}

static god_status transact_once(gdi_db *db, uint32_t isolation,
                                god_status (*work)(gdi_db *db, void *user, god_error *err), void *user, god_error *err)
{
    db->failed = GOD_OK;
    db->collided = false;
    GOD_TRY(ask_before(db, "BEGIN", err));
    GOD_TRY(db->engine->begin(db->connection, isolation, err));
    db->in_transaction = true;
    god_status status = work(db, user, err);
    if (status == GOD_OK) {
        status = commit(db, err);
    }
    if (status != GOD_OK) {
        db->engine->rollback(db->connection);
    }
    db->in_transaction = false;
    return status;
}

god_status gdi_db_transact_as(gdi_db *db, uint32_t isolation,
                              god_status (*work)(gdi_db *db, void *user, god_error *err), void *user, god_error *err)
{
    assert(!db->in_transaction);
    for (uint32_t attempt = 1;; attempt++) {
        god_status status = transact_once(db, isolation, work, user, err);
        if (status == GOD_OK || !db->collided) {
            return status;
        }
        if (attempt == collisions_max) {
            return god_fail(err, GOD_E_TIMEOUT, "a transaction collided with others %d times", collisions_max);
        }
        pause_before_repeat(db, attempt);
    }
}

god_status gdi_db_transact(gdi_db *db, god_status (*work)(gdi_db *db, void *user, god_error *err), void *user,
                           god_error *err)
{
    return gdi_db_transact_as(db, GDI_ISOLATION_SERIALIZABLE, work, user, err);
}

god_status gdi_db_snapshot(gdi_db *db, god_status (*work)(gdi_db *db, void *user, god_error *err), void *user,
                           god_error *err)
{
    return gdi_db_transact_as(db, GDI_ISOLATION_SNAPSHOT, work, user, err);
}

bool gdi_db_tell_writes(gdi_db *db, gdi_wrote *wrote, void *user)
{
    if (db->engine->tell_writes == NULL) {
        return false;
    }
    db->engine->tell_writes(db->connection, wrote, user);
    return true;
}

static void assert_channel(const char *channel)
{
    assert(channel[0] != '\0' && strlen(channel) <= GDI_CHANNEL_BYTES_MAX);
    assert(strspn(channel, "abcdefghijklmnopqrstuvwxyz_") == strlen(channel));
    (void)channel;
}

god_status gdi_db_notify(gdi_db *db, const char *channel, god_error *err)
{
    assert(db->in_transaction);
    assert_channel(channel);
    GOD_TRY(enter(db, "NOTIFY", err));
    god_status status = db->engine->notify(db->connection, channel, err);
    return status == GOD_OK ? GOD_OK : note_failure(db, status);
}

god_status gdi_db_listen(gdi_db *db, const char *channel, god_error *err)
{
    assert(!db->in_transaction);
    assert_channel(channel);
    return db->engine->listen(db->connection, channel, err);
}

int gdi_db_wake_fd(const gdi_db *db)
{
    return db->engine->wake_fd(db->connection);
}

god_status gdi_db_take_wakes(gdi_db *db, uint32_t *ret_woken, god_error *err)
{
    return db->engine->take_wakes(db->connection, ret_woken, err);
}
