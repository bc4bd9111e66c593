#include "tests/unit/store/stores.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/store/dialect.h"
#include "core/store/migrate.h"
#include "god/helpers/file.h"

test_server *stores_server;

static char sqlite_folder[64];

int stores_engine_count(void)
{
    return stores_server == NULL ? 1 : 2;
}

const char *stores_new(int engine)
{
    static char url[512];
    static int count;
    char name[64];
    (void)snprintf(name, sizeof name, "test_%d_%d", (int)getpid(), count++);
    if (engine == 0) {
        (void)snprintf(url, sizeof url, "sqlite:%s/%s.db", sqlite_folder, name);
    } else {
        ck_assert(test_server_database(stores_server, name, url, sizeof url));
    }
    return url;
}

gdi_db *stores_open_watched(const char *url, god_status (*before)(void *user, const char *sql, god_error *err),
                            void *user)
{
    gdi_db *db = NULL;
    ck_ok(gdi_db_open(&(gdi_db_options){.url = url, .before = before, .user = user}, &db, err));
    return db;
}

gdi_db *stores_open(const char *url)
{
    return stores_open_watched(url, NULL, NULL);
}

gdi_db *stores_open_migrated(int engine, const char **ret_url)
{
    const char *url = stores_new(engine);
    gdi_db *db = stores_open(url);
    ck_ok(gdi_schema_migrate(db, 0, NULL, NULL, err));
    if (ret_url != NULL) {
        *ret_url = url;
    }
    return db;
}

void stores_script(gdi_db *db, const char *sql)
{
    god_text text = GOD_TEXT_INIT;
    ck_ok(gdi_dialect_expand(gdi_db_engine(db), sql, &text, err));
    ck_ok(gdi_db_run(db, text.data, NULL, 0, NULL, err));
    god_text_free(&text);
}

int64_t stores_int(gdi_db *db, const char *sql)
{
    gdi_rows *rows = NULL;
    ck_ok(gdi_db_query(db, sql, NULL, 0, &rows, err));
    ck_assert(gdi_rows_next(rows));
    int64_t number = gdi_rows_int(rows, 0);
    gdi_rows_free(rows);
    return number;
}

int main(void)
{
    char why[256];
    /* In memory where there is such a folder: what fsync promises cannot be tested without cutting the power. */
    (void)snprintf(sqlite_folder, sizeof sqlite_folder, "%s/god-store-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(sqlite_folder) == NULL) {
        perror(sqlite_folder);
        return 1;
    }
    stores_server = test_server_start(why, sizeof why);
    if (stores_server == NULL) {
        (void)printf("skipped on PostgreSQL: %s\n", why);
    }
    SRunner *runner = srunner_create(suite_store_db());
    srunner_add_suite(runner, suite_store_faults());
    srunner_add_suite(runner, suite_store_jobs());
    srunner_add_suite(runner, suite_store_leases());
    srunner_add_suite(runner, suite_store_migrate());
    srunner_add_suite(runner, suite_store_moment());
    srunner_add_suite(runner, suite_store_postgres());
    srunner_add_suite(runner, suite_store_seal());
    srunner_add_suite(runner, suite_store_wakes());
    srunner_run_all(runner, CK_ENV);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    test_server_stop(stores_server);
    god_error err = GOD_ERROR_INIT;
    (void)god_dir_remove(sqlite_folder, &err);
    return failures == 0 ? 0 : 1;
}
