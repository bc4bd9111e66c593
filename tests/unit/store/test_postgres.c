/* What only a server can do to us: go away. The kill tests have a server of their own. */
#include <poll.h>
#include <string.h>

#include "core/store/jobs.h"
#include "core/store/migrate.h"
#include "tests/unit/store/stores.h"

static god_error failed;
static test_server *mortal;

static void start_mortal(void)
{
    char why[256];
    mortal = test_server_start(why, sizeof why);
    ck_assert_msg(mortal != NULL, "%s", why);
}

static void stop_mortal(void)
{
    test_server_stop(mortal);
}

static gdi_db *open_mortal(char url[512])
{
    ck_assert(test_server_database(mortal, "mortal", url, 512));
    gdi_db *db = stores_open(url);
    ck_ok(gdi_schema_migrate(db, 0, NULL, NULL, err));
    return db;
}

/* Answers that mean "try again later", and nothing else. */
static bool says_later(god_status status)
{
    return status == GOD_E_IO || status == GOD_E_TIMEOUT;
}

START_TEST(test_store_postgres__works_again_after_the_server_was_killed)
{
    char url[512];
    gdi_db *db = open_mortal(url);
    god_error said = GOD_ERROR_INIT;
    (void)stores_int(db, "SELECT COUNT(*) FROM jobs");
    test_server_kill(mortal);
    ck_assert(says_later(gdi_db_run(db, "DELETE FROM jobs", NULL, 0, NULL, &said)));
    ck_assert(says_later(gdi_db_run(db, "DELETE FROM jobs", NULL, 0, NULL, &said))); /* nobody is there */
    ck_assert(test_server_restart(mortal));
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM jobs"), 0); /* prepared anew */
    test_server_kill(mortal);
    ck_assert(test_server_restart(mortal)); /* while we did not look */
    ck_assert(says_later(gdi_db_run(db, "DELETE FROM jobs", NULL, 0, NULL, &said)));
    ck_ok(gdi_db_run(db, "DELETE FROM jobs", NULL, 0, NULL, err));
    gdi_db_close(db);
}
END_TEST

static god_status add_job(gdi_db *db, god_error *err)
{
    gdi_job_add job = {.kind = "a", .key = "k", .payload_json = "{}", .now_us = 1};
    return gdi_job_add_in(db, &job, NULL, err);
}

static god_status add_and_kill(gdi_db *db, void *user, god_error *err)
{
    bool *killed = user;
    GOD_TRY(add_job(db, err));
    if (!*killed) {
        *killed = true;
        test_server_kill(mortal);
        ck_assert(test_server_restart(mortal));
    }
    return GOD_OK; /* and the COMMIT finds nobody */
}

static god_status kill_and_add(gdi_db *db, void *user, god_error *err)
{
    god_error first = GOD_ERROR_INIT;
    GOD_TRY(add_and_kill(db, user, err));
    ck_assert(gdi_db_run(db, "DELETE FROM jobs", NULL, 0, NULL, &first) != GOD_OK);
    return add_job(db, err); /* must not run on a new connection, outside of any transaction */
}

START_TEST(test_store_postgres__a_transaction_does_not_outlive_its_connection)
{
    char url[512];
    gdi_db *db = open_mortal(url);
    god_error said = GOD_ERROR_INIT;
    bool killed = false;
    ck_assert(says_later(gdi_db_transact(db, add_and_kill, &killed, &said)));
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM jobs"), 0);
    killed = false;
    ck_assert(says_later(gdi_db_transact(db, kill_and_add, &killed, &said)));
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM jobs"), 0);
    ck_ok(gdi_db_transact(db, add_and_kill, &killed, err)); /* it was killed already */
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM jobs"), 1);
    gdi_db_close(db);
}
END_TEST

static god_status notify(gdi_db *db, void *user, god_error *err)
{
    return gdi_db_notify(db, user, err);
}

START_TEST(test_store_postgres__listens_again_on_a_new_connection)
{
    char url[512], jobs[] = "jobs";
    gdi_db *db = open_mortal(url);
    god_error said = GOD_ERROR_INIT;
    uint32_t woken = 0;
    int fd = gdi_db_wake_fd(db);
    ck_ok(gdi_db_listen(db, jobs, err));
    test_server_kill(mortal);
    ck_assert(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10000) == 1);
    ck_assert(says_later(gdi_db_take_wakes(db, &woken, &said)));
    ck_assert(test_server_restart(mortal));
    ck_ok(gdi_db_take_wakes(db, &woken, err));
    ck_assert_uint_eq(woken, 1); /* who knows what was missed in between */
    ck_ok(gdi_db_take_wakes(db, &woken, err));
    ck_assert_uint_eq(woken, 0);
    gdi_db *other = stores_open(url);
    ck_ok(gdi_db_transact(other, notify, jobs, err));
    while (woken == 0) {
        ck_assert(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10000) == 1);
        ck_ok(gdi_db_take_wakes(db, &woken, err));
    }
    ck_assert_int_eq(gdi_db_wake_fd(db), fd);
    gdi_db_close(other);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_postgres__waits_for_a_lock_no_longer_than_it_was_told)
{
    char url[512];
    (void)snprintf(url, sizeof url, "%s", stores_new(1));
    gdi_db *holder = stores_open(url), *waiter = NULL;
    stores_script(holder, "CREATE TABLE things (n {int}) {table}");
    ck_ok(gdi_db_run(holder, "INSERT INTO things VALUES (1)", NULL, 0, NULL, err));
    ck_ok(gdi_db_open(&(gdi_db_options){.url = url, .busy_ms = 100}, &waiter, err));
    ck_ok(gdi_db_run(holder, "BEGIN", NULL, 0, NULL, err));
    ck_ok(gdi_db_run(holder, "UPDATE things SET n = 2", NULL, 0, NULL, err));
    ck_fails(GOD_E_TIMEOUT, gdi_db_run(waiter, "UPDATE things SET n = 3", NULL, 0, NULL, err));
    ck_ok(gdi_db_run(holder, "COMMIT", NULL, 0, NULL, err));
    ck_ok(gdi_db_run(waiter, "UPDATE things SET n = 3 WHERE n = 2", NULL, 0, NULL, err));
    gdi_db_close(waiter);
    gdi_db_close(holder);
}
END_TEST

START_TEST(test_store_postgres__gives_up_on_a_server_that_hangs)
{
    char url[512];
    gdi_db *db = open_mortal(url), *hasty = NULL;
    god_error said = GOD_ERROR_INIT;
    ck_ok(gdi_db_open(&(gdi_db_options){.url = url, .busy_ms = 100}, &hasty, err));
    (void)stores_int(hasty, "SELECT COUNT(*) FROM jobs");
    test_server_hang(mortal);
    ck_assert_int_eq(gdi_db_run(hasty, "DELETE FROM jobs", NULL, 0, NULL, &said), GOD_E_TIMEOUT);
    ck_assert_msg(strstr(said.message, "did not answer within 1300 ms") != NULL, "%s", said.message);
    test_server_go_on(mortal);
    ck_assert_int_eq(stores_int(hasty, "SELECT COUNT(*) FROM jobs"), 0);
    gdi_db_close(hasty);
    gdi_db_close(db);
}
END_TEST

Suite *suite_store_postgres(void)
{
    Suite *suite = suite_create("store_postgres");
    TCase *tcase = tcase_create("a server that dies");
    tcase_set_timeout(tcase, 120); /* each has a server of its own to make */
    if (stores_server != NULL) {
        tcase_add_checked_fixture(tcase, start_mortal, stop_mortal);
        tcase_add_test(tcase, test_store_postgres__works_again_after_the_server_was_killed);
        tcase_add_test(tcase, test_store_postgres__a_transaction_does_not_outlive_its_connection);
        tcase_add_test(tcase, test_store_postgres__listens_again_on_a_new_connection);
        tcase_add_test(tcase, test_store_postgres__gives_up_on_a_server_that_hangs);
        tcase_add_test(tcase, test_store_postgres__waits_for_a_lock_no_longer_than_it_was_told);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}
