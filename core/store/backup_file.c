#include "core/store/backup_file.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/child.h"
#include "god/helpers/file.h"

enum { dump_ms = 6 * 60 * 60 * 1000, environment_max = 64 };

/* ---- the file ---- */

/* An empty file beside `path` that nobody else can read. */
static god_status make_draft(const char *path, char ret_draft[GOD_PATH_MAX], god_error *err)
{
    if (god_file_exists(path)) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is there already: name another file", path);
    }
    if (snprintf(ret_draft, GOD_PATH_MAX, "%s.XXXXXX", path) >= GOD_PATH_MAX) {
        return god_fail(err, GOD_E_INVALID, "the path of the backup is longer than %d bytes", GOD_PATH_MAX);
    }
    int fd = mkostemp(ret_draft, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot make a file beside \"%s\"", path);
    }
    (void)close(fd);
    return GOD_OK;
}

static god_status sync_path(const char *path, god_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    god_status status =
        fd >= 0 && fsync(fd) == 0 ? GOD_OK : god_fail_errno(err, GOD_E_IO, "cannot sync \"%s\" to the disk", path);
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

static god_status publish(const char *draft, const char *path, god_error *err)
{
    char folder[GOD_PATH_MAX];
    const char *slash = strrchr(path, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
                   slash == NULL ? "." : path);
    GOD_TRY(sync_path(draft, err));
    /* A link, not a rename: somebody else's file of this name is never replaced. */
    if (link(draft, path) != 0) {
        return god_fail_errno(err, errno == EEXIST ? GOD_E_INVALID : GOD_E_IO, "cannot make \"%s\"", path);
    }
    return sync_path(folder, err);
}

/* ---- SQLite ---- */

static god_status copy_pages(sqlite3 *from, sqlite3 *to, god_error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (backup == NULL) {
        return god_fail(err, GOD_E_IO, "the backup cannot begin: %s", sqlite3_errmsg(to));
    }
    int stepped = sqlite3_backup_step(backup, -1); /* in one go, so that it is of one moment */
    int finished = sqlite3_backup_finish(backup);
    if (stepped == SQLITE_BUSY || stepped == SQLITE_LOCKED) {
        return god_fail(err, GOD_E_TIMEOUT, "the store is busy: the backup did not get a moment of rest");
    }
    if (stepped != SQLITE_DONE || finished != SQLITE_OK) {
        return god_fail(err, GOD_E_IO, "the backup: %s", sqlite3_errmsg(to));
    }
    return GOD_OK;
}

/* One file, no -wal beside it; and is it what it should be? */
static god_status check_copy(sqlite3 *to, god_error *err)
{
    sqlite3_stmt *check = NULL;
    bool good = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(to, "PRAGMA quick_check(1)", -1, &check, NULL) == SQLITE_OK &&
                sqlite3_step(check) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(check, 0), "ok") == 0;
    (void)sqlite3_finalize(check);
    return good ? GOD_OK
                : god_fail(err, GOD_E_IO, "the backup is damaged, and so may be the store: god db check says more");
}

static god_status copy_sqlite(sqlite3 *from, const char *draft, god_error *err)
{
    sqlite3 *to = NULL;
    god_status status = sqlite3_open_v2(draft, &to, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
                            ? copy_pages(from, to, err)
                            : god_fail(err, GOD_E_IO, "cannot open \"%s\"", draft);
    if (status == GOD_OK) {
        status = check_copy(to, err);
    }
    (void)sqlite3_close(to);
    return status;
}

god_status gdi_backup_sqlite(sqlite3 *from, const char *path, god_error *err)
{
    char draft[GOD_PATH_MAX];
    GOD_TRY(make_draft(path, draft, err));
    god_status status = copy_sqlite(from, draft, err);
    if (status == GOD_OK) {
        status = publish(draft, path, err);
    }
    (void)unlink(draft);
    return status;
}

/* ---- PostgreSQL ---- */

typedef struct environment {
    char *items[environment_max + 1]; /* own, "NAME=value", NULL-ended */
    size_t count;
} environment;

static void clear_environment(environment *env)
{
    for (size_t i = 0; i < env->count; i++) {
        explicit_bzero(env->items[i], strlen(env->items[i])); /* one may be a password */
        free(env->items[i]);
    }
    *env = (environment){.count = 0};
}

static god_status add_variable(environment *env, const char *name, const char *value, god_error *err)
{
    char *item = NULL;
    if (env->count == environment_max || asprintf(&item, "%s=%s", name, value) < 0) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the address of the store");
    }
    env->items[env->count++] = item;
    return GOD_OK;
}

/* What the address says, as libpq's own variables; and what is in our environment already (PGPASSWORD, HOME for
 * ~/.pgpass), because a child of ours starts with few of them. */
static god_status fill_environment(const char *url, environment *env, god_error *err)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    god_status status =
        options == NULL ? god_fail(err, GOD_E_INVALID, "the address of the store cannot be read") : GOD_OK;
    for (const PQconninfoOption *o = options; status == GOD_OK && o->keyword != NULL; o++) {
        const char *inherited = o->envvar == NULL ? NULL : getenv(o->envvar);
        const char *value = o->val != NULL ? o->val : inherited;
        if (o->envvar != NULL && value != NULL) {
            status = add_variable(env, o->envvar, value, err);
        }
    }
    PQconninfoFree(options);
    if (status == GOD_OK && getenv("HOME") != NULL) {
        status = add_variable(env, "HOME", getenv("HOME"), err);
    }
    return status;
}

static god_status dump(const environment *env, const char *draft, god_error *err)
{
    /* A program found on the PATH: child.h wants a path, and env looks for us. */
    const char *const argv[] = {"/usr/bin/env", "pg_dump", "--format=custom", "--no-password", "--file", draft, NULL};
    gdi_child *child = NULL;
    gdi_child_end end = {.how = 0};
    gdi_child_options options = {.argv = argv, .extra_env = (const char *const *)env->items};
    GOD_TRY(gdi_child_start(&options, &child, err));
    god_status status = gdi_child_wait(child, dump_ms, &end, err);
    if (status == GOD_OK && (end.how != GDI_CHILD_EXITED || end.code != 0)) {
        const char *said = gdi_child_output(child);
        status =
            end.how == GDI_CHILD_EXITED && end.code == 127
                ? god_fail(err, GOD_E_UNSUPPORTED, "pg_dump is not installed: it is in the package postgresql-client")
                : god_fail(err, GOD_E_IO, "pg_dump failed: %.*s", (int)strcspn(said, "\n"), said);
    }
    gdi_child_free(child);
    return status;
}

god_status gdi_backup_postgres(const char *url, const char *path, god_error *err)
{
    char draft[GOD_PATH_MAX];
    environment env = {.count = 0};
    GOD_TRY(make_draft(path, draft, err));
    god_status status = fill_environment(url, &env, err);
    if (status == GOD_OK) {
        status = dump(&env, draft, err);
    }
    if (status == GOD_OK) {
        status = publish(draft, path, err);
    }
    clear_environment(&env);
    (void)unlink(draft);
    return status;
}
