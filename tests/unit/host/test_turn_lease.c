#include "test_host.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/host/turn_lease.h"
#include "core/store/migrate.h"
#include "god/helpers/file.h"

static const int64_t second_us = 1000000, start_us = INT64_C(1781791620000000);

typedef struct two {
    gdi_db *db_a, *db_b;
    gdi_turn_lease a, b;
} two;

static gdi_db *open_store(void)
{
    gdi_db *db = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_db_open(&(gdi_db_options){.url = "sqlite:turn-lease/god.db"}, &db, &err) == GOD_OK, "%s",
                  err.message);
    return db;
}

static two open_two(void)
{
    two t;
    god_error err = GOD_ERROR_INIT;
    gdi_config config_a = {.paths_state_dir = (char[]){"/somewhere"}},
               config_b = {.paths_state_dir = (char[]){"/elsewhere"}};
    ck_assert_int_eq(god_dir_remove("turn-lease", &err), GOD_OK);
    t.db_a = open_store();
    ck_assert_int_eq(gdi_schema_migrate(t.db_a, start_us, NULL, NULL, &err), GOD_OK);
    t.db_b = open_store();
    gdi_turn_lease_init(&t.a, &config_a, NULL, t.db_a);
    gdi_turn_lease_init(&t.b, &config_b, NULL, t.db_b);
    return t;
}

static void close_two(two *t)
{
    gdi_db_close(t->db_a);
    gdi_db_close(t->db_b);
}

/* As when its time has come. Returns whether it holds the lease now. */
static uint32_t keep(gdi_turn_lease *lease, int64_t now_us, uint32_t taken_wanted)
{
    uint32_t taken = 0;
    god_error err = GOD_ERROR_INIT;
    if (gdi_clock_ms() < lease->due_ms) {
        lease->due_ms = gdi_clock_ms();
    }
    ck_assert_msg(gdi_turn_lease_keep(lease, now_us, 0, &taken, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(taken, taken_wanted);
    return lease->held;
}

static god_status hold(gdi_db *db, void *user, god_error *err)
{
    return gdi_lease_hold_in(db, user, err);
}

START_TEST(test_host_turn_lease__one_plays_and_the_other_succeeds_it)
{
    two t = open_two();
    ck_assert(keep(&t.a, start_us, 1));
    ck_assert(!keep(&t.b, start_us, 0));
    ck_assert(keep(&t.a, start_us + 20 * second_us, 0));
    ck_assert(!keep(&t.b, start_us + 79 * second_us, 0)); /* renewed until second 80 */
    ck_assert(keep(&t.b, start_us + 80 * second_us, 1));
    ck_assert_int_eq(gdi_db_transact(t.db_a, hold, &t.a.lease, NULL), GOD_E_CANCELLED); /* what each step asks */
    ck_assert_int_eq(gdi_db_transact(t.db_b, hold, &t.b.lease, NULL), GOD_OK);
    ck_assert(!keep(&t.a, start_us + 81 * second_us, 0));
    close_two(&t);
}
END_TEST

START_TEST(test_host_turn_lease__given_back_it_is_free_at_once)
{
    two t = open_two();
    uint32_t taken = 0;
    ck_assert(keep(&t.a, start_us, 1));
    ck_assert(!keep(&t.b, start_us, 0));
    gdi_turn_lease_give_back(&t.a, start_us + second_us);
    ck_assert_int_eq(gdi_turn_lease_keep(&t.b, start_us + second_us, 0, &taken, NULL), GOD_OK);
    ck_assert_uint_eq(taken, 0); /* it is not its time, */
    ck_assert_int_eq(gdi_turn_lease_keep(&t.b, start_us + second_us, 1, &taken, NULL), GOD_OK);
    ck_assert_uint_eq(taken, 1); /* but a wake makes it look */
    close_two(&t);
}
END_TEST

START_TEST(test_host_turn_lease__a_restart_succeeds_itself_at_once)
{
    two t = open_two();
    gdi_config config = {.paths_state_dir = (char[]){"/somewhere"}};
    ck_assert(keep(&t.a, start_us, 1));
    gdi_turn_lease again;
    gdi_turn_lease_init(&again, &config, NULL, t.db_b); /* a was killed */
    ck_assert(keep(&again, start_us + second_us, 1));
    ck_assert_int_gt(again.lease.fence, t.a.lease.fence);
    close_two(&t);
}
END_TEST

Suite *suite_host_turn_lease(void)
{
    Suite *suite = suite_create("host_turn_lease");
    TCase *cases = tcase_create("turn_lease");
    tcase_add_test(cases, test_host_turn_lease__one_plays_and_the_other_succeeds_it);
    tcase_add_test(cases, test_host_turn_lease__given_back_it_is_free_at_once);
    tcase_add_test(cases, test_host_turn_lease__a_restart_succeeds_itself_at_once);
    suite_add_tcase(suite, cases);
    return suite;
}
