#include "core/store/migrate.h"

#include <pthread.h>
#include <string.h>

#include "core/store/configured.h"
#include "core/store/dialect.h"
#include "core/store/jobs.h"
#include "tests/unit/store/stores.h"

static god_error failed;

START_TEST(test_store_migrate__brings_an_empty_store_to_the_newest_schema)
{
    gdi_db *db = stores_open(stores_new(_i));
    uint32_t version = 9, from = 9, to = 0;
    ck_ok(gdi_schema_version(db, &version, err));
    ck_assert_uint_eq(version, 0);
    ck_fails(GOD_E_DATA, gdi_schema_check(db, err));
    ck_assert_msg(strstr(failed.message, "god db migrate") != NULL, "%s", failed.message);
    ck_ok(gdi_schema_migrate(db, 5000000, &from, &to, err));
    ck_assert_uint_eq(from, 0);
    ck_assert_uint_eq(to, gdi_schema_newest());
    ck_ok(gdi_schema_migrate(db, 6000000, &from, &to, err));
    ck_assert_uint_eq(from, gdi_schema_newest());
    ck_assert_uint_eq(to, gdi_schema_newest());
    ck_ok(gdi_schema_check(db, err));
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM schema_migrations"), gdi_schema_newest());
    gdi_rows *rows = NULL;
    ck_ok(gdi_db_query(db, "SELECT applied_at FROM schema_migrations ORDER BY number", NULL, 0, &rows, err));
    ck_assert(gdi_rows_next(rows));
    ck_assert_int_eq(gdi_rows_time(rows, 0), 5000000);
    gdi_rows_free(rows);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_migrate__refuses_a_store_that_is_newer)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    ck_ok(GDI_RUN(db, NULL, err,
                  "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (9999, 'later', 'x', $1)",
                  gdi_time(0)));
    ck_fails(GOD_E_DATA, gdi_schema_migrate(db, 0, NULL, NULL, err));
    ck_assert_msg(strstr(failed.message, "use a newer build") != NULL, "%s", failed.message);
    ck_fails(GOD_E_DATA, gdi_schema_check(db, err));
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_migrate__notices_another_history)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    ck_ok(gdi_db_run(db, "UPDATE schema_migrations SET checksum = 'changed' WHERE number = 2", NULL, 0, NULL, err));
    ck_fails(GOD_E_DATA, gdi_schema_check(db, err));
    ck_assert_msg(strstr(failed.message, "migration 2 (tournaments)") != NULL, "%s", failed.message);
    ck_fails(GOD_E_DATA, gdi_schema_migrate(db, 0, NULL, NULL, err));
    gdi_db_close(db);
}
END_TEST

static void *migrate(void *user)
{
    gdi_db *db = stores_open(user);
    ck_ok(gdi_schema_migrate(db, 0, NULL, NULL, err));
    gdi_db_close(db);
    return NULL;
}

START_TEST(test_store_migrate__two_programs_at_once)
{
    char url[512];
    (void)snprintf(url, sizeof url, "%s", stores_new(_i));
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, migrate, url), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    gdi_db *db = stores_open(url);
    ck_ok(gdi_schema_check(db, err));
    gdi_db_close(db);
}
END_TEST

static const struct {
    const char *text, *sqlite, *postgres; /* NULL: refused */
} expansions[] = {
    {"x", "x", "x"},
    {"a {int}, b {text}) {table}", "a INTEGER, b TEXT) STRICT", "a bigint, b text COLLATE \"C\") "},
    {"{bool on_it} NOT NULL", "on_it INTEGER CHECK (on_it IN (0, 1)) NOT NULL", "on_it boolean NOT NULL"},
    {"{json doc}", "doc TEXT CHECK (doc IS NULL OR json_valid(doc))", "doc json"},
    {"{one_of s up\n   down}!", "s TEXT CHECK (s = 'up' OR s = 'down')!",
     "s text COLLATE \"C\" CHECK (s = 'up' OR s = 'down')!"},
    {"{nonsense}", NULL, NULL},
    {"{time never closed", NULL, NULL},
    {"{", NULL, NULL},
    {"{one_of s a b", NULL, NULL},
};

START_TEST(test_store_migrate__fills_in_the_words_of_each_engine)
{
    static const uint32_t engines[] = {GDI_ENGINE_SQLITE, GDI_ENGINE_POSTGRES};
    for (size_t i = 0; i < sizeof expansions / sizeof *expansions; i++) {
        for (size_t k = 0; k < 2; k++) {
            god_text sql = GOD_TEXT_INIT;
            const char *wanted = k == 0 ? expansions[i].sqlite : expansions[i].postgres;
            if (wanted == NULL) {
                ck_fails(GOD_E_INTERNAL, gdi_dialect_expand(engines[k], expansions[i].text, &sql, err));
            } else {
                ck_ok(gdi_dialect_expand(engines[k], expansions[i].text, &sql, err));
                ck_assert_str_eq(sql.data, wanted);
            }
            god_text_free(&sql);
        }
    }
}
END_TEST

/* ---- stores in memory ---- */

static god_status refuse_all(void *user, const char *sql, god_error *err)
{
    (void)user;
    (void)sql;
    return god_fail(err, GOD_E_IO, "refused");
}

static god_status add_rows(gdi_db *db, void *user, god_error *err)
{
    (void)user;
    gdi_job_add job = {.kind = "a", .key = "k", .payload_json = "{}", .now_us = 1};
    GOD_TRY(gdi_job_add_in(db, &job, NULL, err));
    GOD_TRY(GDI_RUN(db, NULL, err,
                    "INSERT INTO tournaments (tournament_id, tournament_type, created_at, updated_at)"
                    " VALUES ('t', 'text', $1, $1)",
                    gdi_time(0)));
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round,"
                   " status, created_at) VALUES ('r', 't', 1, 'group', FALSE, 'pending', $1)",
                   gdi_time(0));
}

START_TEST(test_store_migrate__opens_and_empties_stores_in_memory)
{
    gdi_db *db = NULL;
    ck_ok(gdi_store_open_memory(NULL, &db, err));
    for (int i = 0; i < 3; i++) {
        ck_ok(gdi_db_transact(db, add_rows, NULL, err));
        ck_assert_int_eq(stores_int(db, "SELECT job_id FROM jobs"), 1); /* a season after another counts from 1 */
        ck_ok(gdi_store_empty_memory(db, err));
        ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM jobs"), 0);
        ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM tournaments"), 0);
        ck_ok(gdi_schema_check(db, err));
    }
    gdi_db_close(db);
    ck_ok(gdi_store_open_memory(&(gdi_db_options){.before = refuse_all}, &db, err));
    ck_fails(GOD_E_IO, gdi_db_run(db, "DELETE FROM jobs", NULL, 0, NULL, err));
    gdi_db_close(db);
    db = stores_open_migrated(0, NULL);
    ck_fails(GOD_E_UNSUPPORTED, gdi_store_empty_memory(db, err));
    gdi_db_close(db);
}
END_TEST

/* ---- the store of god.yaml ---- */

static gdi_config configured(const char *text)
{
    gdi_config config;
    ck_ok(gdi_config_read("god.yaml", "/etc/god", text, strlen(text), &config, err));
    return config;
}

START_TEST(test_store_migrate__opens_the_store_of_the_configuration)
{
    char text[600], url[GDI_STORE_URL_MAX];
    gdi_config config = configured("paths: {state_dir: /state}\n");
    ck_ok(gdi_store_url(&config, url, err));
    ck_assert_str_eq(url, "sqlite:/state/god.db");
    gdi_config_clear(&config);
    (void)snprintf(text, sizeof text, "store: {url: \"%s\"}\n", stores_new(_i));
    config = configured(text);
    gdi_db *db = NULL;
    ck_ok(gdi_store_open(&config, 1, &db, err)); /* empty: given the schema */
    ck_ok(gdi_db_run(db, "DELETE FROM schema_migrations WHERE number > 3", NULL, 0, NULL, err));
    gdi_db_close(db);
    db = NULL;
    ck_fails(GOD_E_DATA, gdi_store_open(&config, 2, &db, err)); /* old: left alone */
    ck_assert_msg(strstr(failed.message, "the store has schema 3") != NULL, "%s", failed.message);
    ck_assert_ptr_null(db);
    gdi_config_clear(&config);
}
END_TEST

Suite *suite_store_migrate(void)
{
    Suite *suite = suite_create("store_migrate");
    TCase *tcase = tcase_create("both engines");
    int engines = stores_engine_count();
    tcase_add_loop_test(tcase, test_store_migrate__brings_an_empty_store_to_the_newest_schema, 0, engines);
    tcase_add_loop_test(tcase, test_store_migrate__refuses_a_store_that_is_newer, 0, engines);
    tcase_add_loop_test(tcase, test_store_migrate__notices_another_history, 0, engines);
    tcase_add_loop_test(tcase, test_store_migrate__two_programs_at_once, 0, engines);
    tcase_add_loop_test(tcase, test_store_migrate__opens_the_store_of_the_configuration, 0, engines);
    tcase_add_test(tcase, test_store_migrate__fills_in_the_words_of_each_engine);
    tcase_add_test(tcase, test_store_migrate__opens_and_empties_stores_in_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
