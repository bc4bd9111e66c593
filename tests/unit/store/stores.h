/* Stores for the tests of core/store: every test runs on each engine that this machine has. A test case is a process of
 * its own, so what it opens is its own too. */
#ifndef TEST_UNIT_STORE_STORES_H
#define TEST_UNIT_STORE_STORES_H

#include <check.h>

#include "core/store/db.h"
#include "tests/store/server.h"

extern test_server *stores_server; /* NULL: this machine has no PostgreSQL */

/* For tcase_add_loop_test(tcase, test, 0, stores_engine_count()): 0 is SQLite, 1 is PostgreSQL. */
int stores_engine_count(void);

/* The address of a new and empty store. */
const char *stores_new(int engine);
/* A connection. `before` and `user` as in gdi_db_options. */
gdi_db *stores_open(const char *url);
gdi_db *stores_open_watched(const char *url, god_status (*before)(void *user, const char *sql, god_error *err),
                            void *user);
/* A connection to a new store with the schema. */
gdi_db *stores_open_migrated(int engine, const char **ret_url);

/* Runs a text with the words of core/store/dialect.h in braces. */
void stores_script(gdi_db *db, const char *sql);
int64_t stores_int(gdi_db *db, const char *sql);

#define ck_ok(call)                                               \
    do {                                                          \
        god_error ck_err = GOD_ERROR_INIT;                        \
        god_error *err = &ck_err;                                 \
        god_status ck_status = (call);                            \
        ck_assert_msg(ck_status == GOD_OK, "%s", ck_err.message); \
    } while (0)

/* The call fails with this status; the message stays in `failed`. */
#define ck_fails(wanted, call)                                                                      \
    do {                                                                                            \
        failed = (god_error)GOD_ERROR_INIT;                                                         \
        god_error *err = &failed;                                                                   \
        god_status ck_status = (call);                                                              \
        ck_assert_msg(ck_status == (wanted), "%s: %s", god_status_name(ck_status), failed.message); \
        ck_assert_msg(failed.message[0] != '\0' && failed.code == (wanted), "%s", failed.message);  \
    } while (0)

Suite *suite_store_db(void);
Suite *suite_store_faults(void);
Suite *suite_store_jobs(void);
Suite *suite_store_leases(void);
Suite *suite_store_migrate(void);
Suite *suite_store_moment(void);
Suite *suite_store_postgres(void);
Suite *suite_store_seal(void);
Suite *suite_store_wakes(void);

#endif
