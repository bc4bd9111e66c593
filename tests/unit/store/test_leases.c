#include "core/store/leases.h"

#include <string.h>

#include "tests/unit/store/stores.h"

static god_error failed;

static god_status hold_in(gdi_db *db, void *user, god_error *err)
{
    return gdi_lease_hold_in(db, user, err);
}

START_TEST(test_store_leases__have_one_holder_at_a_time)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    gdi_lease first = {.fence = 0}, second = {.fence = 0}, other = {.fence = 0};
    ck_ok(gdi_lease_take(db, "cycles", "host a", 0, 100, &first, err));
    ck_fails(GOD_E_TIMEOUT, gdi_lease_take(db, "cycles", "host b", 99, 100, &second, err));
    ck_assert_str_eq(failed.message, "\"cycles\" is held by host a");
    ck_ok(gdi_lease_take(db, "gpu/0", "host b", 99, 100, &other, err)); /* another thing */
    ck_ok(gdi_lease_renew(db, &first, 90, 100, err));
    ck_fails(GOD_E_TIMEOUT, gdi_lease_take(db, "cycles", "host b", 189, 100, &second, err));
    ck_ok(gdi_db_transact(db, hold_in, &first, err));
    ck_ok(gdi_lease_take(db, "cycles", "host b", 190, 100, &second, err)); /* it ran out */
    ck_assert_int_gt(second.fence, first.fence);
    ck_fails(GOD_E_CANCELLED, gdi_lease_renew(db, &first, 191, 100, err));
    ck_fails(GOD_E_CANCELLED, gdi_db_transact(db, hold_in, &first, err));
    ck_ok(gdi_lease_give_back(db, &first, 191, err)); /* not its own any more: nothing happens */
    ck_ok(gdi_db_transact(db, hold_in, &second, err));
    ck_fails(GOD_E_TIMEOUT, gdi_lease_take(db, "cycles", "host c", 192, 100, &first, err));
    ck_ok(gdi_lease_give_back(db, &second, 193, err));
    ck_ok(gdi_lease_take(db, "cycles", "host c", 193, 100, &first, err));
    ck_assert_int_gt(first.fence, second.fence);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_leases__refuse_a_name_that_is_too_long)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    char name[200];
    gdi_lease lease = {.fence = 7};
    (void)memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_fails(GOD_E_INVALID, gdi_lease_take(db, name, "host", 0, 100, &lease, err));
    ck_assert_int_eq(lease.fence, 7);
    gdi_db_close(db);
}
END_TEST

Suite *suite_store_leases(void)
{
    Suite *suite = suite_create("store_leases");
    TCase *tcase = tcase_create("both engines");
    tcase_add_loop_test(tcase, test_store_leases__have_one_holder_at_a_time, 0, stores_engine_count());
    tcase_add_loop_test(tcase, test_store_leases__refuse_a_name_that_is_too_long, 0, stores_engine_count());
    suite_add_tcase(suite, tcase);
    return suite;
}
