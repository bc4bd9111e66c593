#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/store/migrate.h"
#include "tests/unit/store/stores.h"

static god_error failed;

enum { wait_ms = 10 * 1000 };

static god_status notify(gdi_db *db, void *user, god_error *err)
{
    return gdi_db_notify(db, user, err);
}

static god_status notify_and_fail(gdi_db *db, void *user, god_error *err)
{
    GOD_TRY(gdi_db_notify(db, user, err));
    return god_fail(err, GOD_E_DATA, "not this time");
}

static bool is_readable(const gdi_db *db, int timeout_ms)
{
    struct pollfd fd = {.fd = gdi_db_wake_fd(db), .events = POLLIN};
    return poll(&fd, 1, timeout_ms) == 1;
}

/* Waits for a wake and takes it. */
static void ck_woken(gdi_db *db)
{
    uint32_t woken = 0;
    while (woken == 0) { /* a server sends other things, too */
        ck_assert_msg(is_readable(db, wait_ms), "nobody was woken");
        ck_ok(gdi_db_take_wakes(db, &woken, err));
    }
}

static void ck_asleep(gdi_db *db)
{
    uint32_t woken = 7;
    ck_ok(gdi_db_take_wakes(db, &woken, err));
    ck_assert_uint_eq(woken, 0);
}

START_TEST(test_store_wakes__reach_other_connections)
{
    char jobs[] = "jobs", cycles[] = "cycles";
    const char *url = stores_new(_i);
    gdi_db *sender = stores_open(url), *first = stores_open(url), *second = stores_open(url);
    ck_ok(gdi_db_listen(first, jobs, err));
    ck_ok(gdi_db_listen(first, jobs, err)); /* twice is once */
    ck_ok(gdi_db_listen(second, cycles, err));
    ck_asleep(first);
    ck_fails(GOD_E_DATA, gdi_db_transact(sender, notify_and_fail, cycles, err));
    ck_ok(gdi_db_transact(sender, notify, jobs, err));
    ck_woken(first);
    ck_asleep(first);
    ck_asleep(second); /* what was rolled back woke nobody, and "jobs" is not its channel */
    ck_ok(gdi_db_transact(sender, notify, cycles, err));
    ck_woken(second);
    ck_asleep(first);
    gdi_db_close(first);
    ck_ok(gdi_db_transact(sender, notify, jobs, err)); /* nobody is there to hear it */
    gdi_db_close(second);
    gdi_db_close(sender);
}
END_TEST

START_TEST(test_store_wakes__are_kept_while_a_statement_runs)
{
    char jobs[] = "jobs";
    const char *url = stores_new(_i);
    gdi_db *sender = stores_open(url), *listener = stores_open(url);
    ck_ok(gdi_db_listen(listener, jobs, err));
    ck_ok(gdi_db_transact(sender, notify, jobs, err));
    ck_assert(is_readable(listener, wait_ms));
    (void)stores_int(listener, "SELECT 1"); /* its answer comes behind the notification */
    ck_woken(listener);
    ck_ok(gdi_db_transact(listener, notify, jobs, err));
    ck_woken(listener); /* one hears oneself, too */
    gdi_db_close(listener);
    gdi_db_close(sender);
}
END_TEST

START_TEST(test_store_wakes__reach_other_processes)
{
    char jobs[] = "jobs";
    const char *url = stores_new(_i);
    gdi_db *listener = stores_open(url);
    ck_ok(gdi_db_listen(listener, jobs, err));
    pid_t pid = fork();
    if (pid == 0) {
        gdi_db *sender = stores_open(url);
        god_error said = GOD_ERROR_INIT;
        god_status status = gdi_db_transact(sender, notify, jobs, &said);
        gdi_db_close(sender);
        _exit(status == GOD_OK ? 0 : 1);
    }
    int status = -1;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_woken(listener);
    gdi_db_close(listener);
}
END_TEST

START_TEST(test_store_wakes__wake_the_one_connection_in_memory)
{
    char jobs[] = "jobs", cycles[] = "cycles";
    gdi_db *db = NULL;
    ck_ok(gdi_store_open_memory(NULL, &db, err));
    ck_ok(gdi_db_listen(db, jobs, err));
    ck_ok(gdi_db_transact(db, notify, cycles, err));
    ck_assert(!is_readable(db, 0));
    ck_ok(gdi_db_transact(db, notify, jobs, err));
    ck_woken(db);
    ck_assert(!is_readable(db, 0));
    gdi_db_close(db);
}
END_TEST

Suite *suite_store_wakes(void)
{
    Suite *suite = suite_create("store_wakes");
    TCase *tcase = tcase_create("both engines");
    int engines = stores_engine_count();
    tcase_add_loop_test(tcase, test_store_wakes__reach_other_connections, 0, engines);
    tcase_add_loop_test(tcase, test_store_wakes__are_kept_while_a_statement_runs, 0, engines);
    tcase_add_loop_test(tcase, test_store_wakes__reach_other_processes, 0, engines);
    tcase_add_test(tcase, test_store_wakes__wake_the_one_connection_in_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
