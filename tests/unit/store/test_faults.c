/* Every statement fails in turn, BEGIN and COMMIT among them: what was asked for happens wholly or not at all, and
 * asking again brings it about once. */
#include "core/store/jobs.h"
#include "tests/unit/store/stores.h"

static god_error failed;

typedef struct fuse {
    uint64_t left; /* statements until it burns through */
    uint64_t seen;
} fuse;

static god_status burn(void *user, const char *sql, god_error *err)
{
    fuse *f = user;
    (void)sql;
    f->seen++;
    if (f->left == 0) {
        return god_fail(err, GOD_E_IO, "the fuse burnt through");
    }
    f->left--;
    return GOD_OK;
}

/* A fee: taken from the balance, noted as an event, and the work that it pays for is added. */
static god_status charge(gdi_db *db, void *user, god_error *err)
{
    gdi_rows *rows = NULL;
    uint64_t changed = 0;
    (void)user;
    GOD_TRY(gdi_db_query(db, "SELECT id FROM balance_events WHERE tournament_id = 't' AND hotkey = 'h'", NULL, 0, &rows,
                         err));
    bool charged = gdi_rows_next(rows);
    gdi_rows_free(rows);
    if (charged) {
        return GOD_OK;
    }
    GOD_TRY(gdi_db_run(db,
                       "UPDATE coldkey_balances SET balance_rao = balance_rao - 30 WHERE coldkey = 'c' AND"
                       " balance_rao >= 30",
                       NULL, 0, &changed, err));
    ck_assert_uint_eq(changed, 1);
    GOD_TRY(GDI_RUN(db, NULL, err,
                    "INSERT INTO balance_events (tournament_id, coldkey, hotkey, event_type, amount_rao, created_at)"
                    " VALUES ('t', 'c', 'h', 'participation_fee', -30, $1)",
                    gdi_time(1)));
    gdi_job_add job = {.kind = "check", .key = "check/t/h", .payload_json = "{}", .now_us = 1};
    return gdi_job_add_in(db, &job, NULL, err);
}

static void check_all_or_nothing(gdi_db *db, bool all)
{
    ck_assert_int_eq(stores_int(db, "SELECT balance_rao FROM coldkey_balances"), all ? 70 : 100);
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM balance_events"), all);
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM jobs"), all);
}

START_TEST(test_store_faults__a_transaction_happens_wholly_or_not_at_all)
{
    const char *url = NULL;
    gdi_db *looking = stores_open_migrated(_i, &url);
    ck_ok(
        GDI_RUN(looking, NULL, err,
                "INSERT INTO coldkey_balances (coldkey, balance_rao, created_at, updated_at) VALUES ('c', 100, $1, $1)",
                gdi_time(0)));
    fuse f = {.left = 0};
    gdi_db *db = stores_open_watched(url, burn, &f);
    bool done = false;
    uint64_t at = 0;
    for (; !done; at++) {
        god_error said = GOD_ERROR_INIT;
        f = (fuse){.left = at};
        god_status status = gdi_db_transact(db, charge, NULL, &said);
        ck_assert_msg(status == GOD_OK || status == GOD_E_IO, "%s", said.message);
        done = status == GOD_OK;
        check_all_or_nothing(looking, done);
    }
    ck_assert_uint_eq(at, 8); /* BEGIN, four statements and a NOTIFY, COMMIT: seven that can fail, then none */
    f = (fuse){.left = 100};
    ck_ok(gdi_db_transact(db, charge, NULL, err));
    check_all_or_nothing(looking, true);
    gdi_db_close(db);
    gdi_db_close(looking);
}
END_TEST

/* The whole life of a job, each call repeated until it works. */
START_TEST(test_store_faults__a_job_is_done_once)
{
    const char *url = NULL;
    gdi_db *looking = stores_open_migrated(_i, &url);
    static const char *const kinds[] = {"check", NULL};
    ck_ok(
        GDI_RUN(looking, NULL, err,
                "INSERT INTO coldkey_balances (coldkey, balance_rao, created_at, updated_at) VALUES ('c', 100, $1, $1)",
                gdi_time(0)));
    ck_ok(gdi_db_transact(looking, charge, NULL, err));
    fuse f = {.left = 0};
    gdi_db *db = stores_open_watched(url, burn, &f);
    gdi_job_lease lease = {.job_id = 0};
    god_error said = GOD_ERROR_INIT;
    god_status status = GOD_E_IO;
    for (uint64_t at = 0; status != GOD_OK; at++) {
        ck_assert_int_eq(stores_int(looking, "SELECT COUNT(*) FROM jobs WHERE state = 'queued'"), 1);
        f = (fuse){.left = at};
        status = gdi_job_claim(db, kinds, "me", 10, 100, &lease, &said);
        ck_assert_int_eq(status, f.seen > at ? GOD_E_IO : GOD_OK);
        ck_assert_uint_lt(at, 10);
    }
    status = GOD_E_IO;
    for (uint64_t at = 0; status != GOD_OK; at++) {
        ck_assert_int_eq(stores_int(looking, "SELECT COUNT(*) FROM jobs WHERE state = 'running'"), 1);
        f = (fuse){.left = at};
        status = gdi_job_finish(db, &lease, 20, "{\"n\":1}", &said);
        ck_assert_uint_lt(at, 10);
    }
    f = (fuse){.left = 100};
    ck_ok(gdi_job_finish(db, &lease, 30, "{\"n\":2}", err)); /* the answer got lost, so it is said again */
    gdi_job_view view;
    ck_ok(gdi_job_look(db, "check/t/h", &view, err));
    ck_assert_uint_eq(view.state, GDI_JOB_DONE);
    ck_assert_str_eq(view.result_json, "{\"n\":1}");
    ck_assert_int_eq(view.ended_us, 20);
    gdi_job_view_clear(&view);
    gdi_job_lease_clear(&lease);
    gdi_db_close(db);
    gdi_db_close(looking);
}
END_TEST

static god_status charge_too_much(gdi_db *db, void *user, god_error *err)
{
    (void)user;
    return gdi_db_run(db, "UPDATE coldkey_balances SET balance_rao = balance_rao - 101", NULL, 0, NULL, err);
}

static god_status charge_again(gdi_db *db, void *user, god_error *err)
{
    (void)user;
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO balance_events (tournament_id, coldkey, hotkey, event_type, amount_rao, created_at)"
                   " VALUES ('t', 'c2', 'h', 'participation_fee', -30, $1)",
                   gdi_time(2));
}

START_TEST(test_store_faults__the_schema_itself_refuses_what_must_not_be)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    ck_ok(
        GDI_RUN(db, NULL, err,
                "INSERT INTO coldkey_balances (coldkey, balance_rao, created_at, updated_at) VALUES ('c', 100, $1, $1)",
                gdi_time(0)));
    ck_ok(gdi_db_transact(db, charge, NULL, err));
    ck_fails(GOD_E_INVALID, gdi_db_transact(db, charge_too_much, NULL, err));
    ck_assert_msg(strstr(failed.message, "coldkey_balances_not_negative") != NULL, "%s", failed.message);
    ck_fails(GOD_E_INVALID, gdi_db_transact(db, charge_again, NULL, err));
    check_all_or_nothing(db, true);
    gdi_db_close(db);
}
END_TEST

Suite *suite_store_faults(void)
{
    Suite *suite = suite_create("store_faults");
    TCase *tcase = tcase_create("both engines");
    int engines = stores_engine_count();
    tcase_add_loop_test(tcase, test_store_faults__a_transaction_happens_wholly_or_not_at_all, 0, engines);
    tcase_add_loop_test(tcase, test_store_faults__a_job_is_done_once, 0, engines);
    tcase_add_loop_test(tcase, test_store_faults__the_schema_itself_refuses_what_must_not_be, 0, engines);
    suite_add_tcase(suite, tcase);
    return suite;
}
