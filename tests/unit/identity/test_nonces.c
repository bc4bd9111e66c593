#include "suites.h"

#include "core/identity/nonces.h"
#include "core/identity/request_signature.h"

static const uint64_t second_ns = 1000000000u;

static const char *nth(uint32_t number)
{
    static char text[32];
    (void)snprintf(text, sizeof text, "%u_x", number);
    return text;
}

START_TEST(test_identity_nonces__a_full_table_takes_none_until_the_oldest_have_aged)
{
    gdi_nonces *nonces = NULL;
    const uint64_t start_ns = 1000 * second_ns;
    ck_assert_int_eq(gdi_nonces_open(&nonces, NULL), GOD_OK);
    for (uint32_t i = 0; i < GDI_REQUEST_NONCES_MAX; i++) {
        ck_assert_uint_eq(gdi_nonces_take(nonces, nth(i), start_ns + i), 1);
    }
    ck_assert_uint_eq(gdi_nonces_take(nonces, "one more", start_ns + 240 * second_ns), 0);
    ck_assert_uint_eq(gdi_nonces_knows(nonces, nth(0)), 1);
    ck_assert_uint_eq(gdi_nonces_take(nonces, "one more", start_ns + 240 * second_ns + 1), 1);
    ck_assert_uint_eq(gdi_nonces_knows(nonces, nth(0)), 0);
    ck_assert_uint_eq(gdi_nonces_knows(nonces, nth(1)), 1);
    ck_assert_uint_eq(gdi_nonces_knows(nonces, "one more"), 1);
    gdi_nonces_close(nonces);
}
END_TEST

START_TEST(test_identity_nonces__forgetting_all_leaves_room_for_all)
{
    gdi_nonces *nonces = NULL;
    ck_assert_int_eq(gdi_nonces_open(&nonces, NULL), GOD_OK);
    for (uint32_t round = 0; round < 3; round++) { /* the ring wraps around */
        for (uint32_t i = 0; i < 40000; i++) {
            ck_assert_uint_eq(gdi_nonces_take(nonces, nth(i), round * 1000 * second_ns), 1);
        }
        ck_assert_uint_eq(gdi_nonces_knows(nonces, nth(39999)), 1);
        ck_assert_uint_eq(gdi_nonces_knows(nonces, nth(40000)), 0);
    }
    gdi_nonces_close(nonces);
}
END_TEST

/* A clock that was set back must not make us forget what still counts. */
START_TEST(test_identity_nonces__time_may_go_back)
{
    gdi_nonces *nonces = NULL;
    ck_assert_int_eq(gdi_nonces_open(&nonces, NULL), GOD_OK);
    ck_assert_uint_eq(gdi_nonces_take(nonces, "a", 1000 * second_ns), 1);
    ck_assert_uint_eq(gdi_nonces_take(nonces, "b", 500 * second_ns), 1);
    ck_assert_uint_eq(gdi_nonces_knows(nonces, "a"), 1);
    gdi_nonces_close(nonces);
}
END_TEST

Suite *identity_nonces_suite(void)
{
    Suite *suite = suite_create("identity_nonces");
    TCase *cases = tcase_create("nonces");
    tcase_add_test(cases, test_identity_nonces__a_full_table_takes_none_until_the_oldest_have_aged);
    tcase_add_test(cases, test_identity_nonces__forgetting_all_leaves_room_for_all);
    tcase_add_test(cases, test_identity_nonces__time_may_go_back);
    suite_add_tcase(suite, cases);
    return suite;
}
