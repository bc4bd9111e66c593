#include "core/store/migrate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/dialect.h"
#include "core/store/engine.h"

typedef struct migration {
    uint32_t number;
    const char *name, *checksum, *sql;
} migration;

#include "core/store/migrations_table.h"

enum { migrations_count = sizeof migrations / sizeof *migrations };

/* Made first, outside of the numbered ones. */
static const gdi_dialects create_ledger = {
    .sqlite = "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
              " checksum TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT",
    .postgres = "CREATE TABLE IF NOT EXISTS schema_migrations (number bigint PRIMARY KEY, name text NOT NULL,"
                " checksum text NOT NULL, applied_at timestamptz NOT NULL)",
};
static const gdi_dialects has_ledger = {
    .sqlite = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'",
    .postgres = "SELECT COUNT(*) FROM information_schema.tables"
                " WHERE table_schema = current_schema() AND table_name = 'schema_migrations'",
};
/* SQLite's transaction holds the write lock; PostgreSQL's waits here until nobody else migrates this database. */
static const gdi_dialects wait_for_others = {
    .sqlite = "",
    .postgres = "SELECT pg_advisory_xact_lock(hashtext('god schema_migrations'))",
};

uint32_t gdi_schema_newest(void)
{
    return migrations[migrations_count - 1].number;
}

static god_status query_number(gdi_db *db, const char *sql, int64_t *ret_number, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_db_query(db, sql, NULL, 0, &rows, err));
    *ret_number = gdi_rows_next(rows) ? gdi_rows_int(rows, 0) : 0;
    gdi_rows_free(rows);
    return GOD_OK;
}

god_status gdi_schema_version(gdi_db *db, uint32_t *ret_version, god_error *err)
{
    int64_t number = 0;
    GOD_TRY(query_number(db, gdi_sql_for(db, has_ledger), &number, err));
    if (number != 0) {
        GOD_TRY(query_number(db, "SELECT MAX(number) FROM schema_migrations", &number, err));
    }
    *ret_version = (uint32_t)number;
    return GOD_OK;
}

static god_status check_row(const gdi_rows *rows, size_t index, god_error *err)
{
    int64_t number = gdi_rows_int(rows, 0);
    if (index >= migrations_count) {
        return god_fail(err, GOD_E_DATA,
                        "the store has schema %lld and this build knows schemas up to %u: use a newer build",
                        (long long)number, gdi_schema_newest());
    }
    const migration *m = &migrations[index];
    if (number != m->number || strcmp(gdi_rows_text(rows, 2), m->checksum) != 0) {
        return god_fail(err, GOD_E_DATA,
                        "migration %lld (%s) of the store is not migration %u (%s) of this build: it was made by a "
                        "build with another history",
                        (long long)number, gdi_rows_text(rows, 1), m->number, m->name);
    }
    return GOD_OK;
}

/* What ran must be the beginning of what this build has. *ret_count: so many of them ran. */
static god_status check_ledger(gdi_db *db, size_t *ret_count, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(
        gdi_db_query(db, "SELECT number, name, checksum FROM schema_migrations ORDER BY number", NULL, 0, &rows, err));
    god_status status = GOD_OK;
    size_t count = 0;
    while (status == GOD_OK && gdi_rows_next(rows)) {
        status = check_row(rows, count++, err);
    }
    gdi_rows_free(rows);
    GOD_TRY(status);
    *ret_count = count;
    return GOD_OK;
}

god_status gdi_schema_check(gdi_db *db, god_error *err)
{
    uint32_t version = 0;
    size_t count = 0;
    GOD_TRY(gdi_schema_version(db, &version, err));
    if (version != 0) {
        GOD_TRY(check_ledger(db, &count, err));
    }
    if (count < migrations_count) {
        return god_fail(err, GOD_E_DATA, "the store has schema %u and this build needs %u: run god db migrate", version,
                        gdi_schema_newest());
    }
    return GOD_OK;
}

typedef struct migrate_run {
    int64_t now_us;
    uint32_t from, to; /* out */
} migrate_run;

static god_status apply(gdi_db *db, const migration *m, int64_t now_us, god_error *err)
{
    god_text sql = GOD_TEXT_INIT;
    god_status status = gdi_dialect_expand(gdi_db_engine(db), m->sql, &sql, err);
    if (status == GOD_OK) {
        status = gdi_db_script(db, sql.data, err);
    }
    god_text_free(&sql);
    if (status != GOD_OK) {
        return god_fail_in(err, "migration %u (%s)", m->number, m->name);
    }
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
                   gdi_int(m->number), gdi_text(m->name), gdi_text(m->checksum), gdi_time(now_us));
}

static god_status migrate_all(gdi_db *db, void *user, god_error *err)
{
    migrate_run *run = user;
    size_t count = 0;
    GOD_TRY(gdi_db_script(db, gdi_sql_for(db, wait_for_others), err));
    GOD_TRY(gdi_db_script(db, gdi_sql_for(db, create_ledger), err));
    GOD_TRY(check_ledger(db, &count, err));
    run->from = run->to = count == 0 ? 0 : migrations[count - 1].number;
    for (size_t i = count; i < migrations_count; i++) {
        GOD_TRY(apply(db, &migrations[i], run->now_us, err));
        run->to = migrations[i].number;
    }
    return GOD_OK;
}

god_status gdi_schema_migrate(gdi_db *db, int64_t now_us, uint32_t *ret_from, uint32_t *ret_to, god_error *err)
{
    migrate_run run = {.now_us = now_us};
    /* Read committed, so that whoever waited for another sees what that one did. */
    GOD_TRY(gdi_db_transact_as(db, GDI_ISOLATION_READ_COMMITTED, migrate_all, &run, err));
    if (ret_from != NULL) {
        *ret_from = run.from;
    }
    if (ret_to != NULL) {
        *ret_to = run.to;
    }
    return GOD_OK;
}

/* ---- stores in memory ---- */

god_status gdi_store_open_memory(const gdi_db_options *options, gdi_db **ret_db, god_error *err)
{
    gdi_db *db = NULL;
    gdi_db_options memory = options == NULL ? (gdi_db_options){.url = NULL} : *options;
    memory.url = "sqlite::memory:";
    memory.before = NULL; /* faults begin when there is something to lose */
    GOD_TRY(gdi_db_open(&memory, &db, err));
    god_status status = gdi_schema_migrate(db, 0, NULL, NULL, err);
    if (status != GOD_OK) {
        gdi_db_close(db);
        return status;
    }
    if (options != NULL) {
        gdi_db_set_before(db, options->before, options->user);
    }
    *ret_db = db;
    return GOD_OK;
}

/* The table made last first: a table refers only to tables that were there before it. */
static const char *const tables_backwards =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_migrations' ORDER BY rowid DESC";

static god_status empty_all(gdi_db *db, void *user, god_error *err)
{
    char sql[128];
    gdi_rows *rows = NULL;
    (void)user;
    GOD_TRY(gdi_db_query(db, tables_backwards, NULL, 0, &rows, err));
    god_status status = GOD_OK;
    while (status == GOD_OK && gdi_rows_next(rows)) {
        (void)snprintf(sql, sizeof sql, "DELETE FROM %.63s", gdi_rows_text(rows, 0));
        status = gdi_db_run(db, sql, NULL, 0, NULL, err);
    }
    gdi_rows_free(rows);
    return status;
}

god_status gdi_store_empty_memory(gdi_db *db, god_error *err)
{
    if (strcmp(gdi_db_url(db), "sqlite::memory:") != 0) {
        return god_fail(err, GOD_E_UNSUPPORTED, "only a store in memory can be emptied");
    }
    return gdi_db_transact(db, empty_all, NULL, err);
}
