#include "suites.h"

#include "bytes.h"
#include "core/identity/ss58.h"

START_TEST(test_identity_ss58__agrees_with_published_addresses)
{
    json_t *vectors = identity_golden("vectors.json");
    const json_t *row = NULL;
    size_t i = 0;
    ck_assert_uint_eq(json_array_size(json_object_get(vectors, "addresses")), 7);
    json_array_foreach(json_object_get(vectors, "addresses"), i, row)
    {
        uint8_t account[GDI_ACCOUNT_BYTES], decoded[GDI_ACCOUNT_BYTES];
        char address[GDI_SS58_BYTES];
        god_error err = GOD_ERROR_INIT;
        const char *known = json_string_value(json_array_get(row, 1));
        (void)bytes_of_hex(json_string_value(json_array_get(row, 0)), account, sizeof account);
        gdi_ss58_encode(account, address);
        ck_assert_str_eq(address, known);
        ck_assert_msg(gdi_ss58_decode(known, decoded, &err) == GOD_OK, "%s", err.message);
        ck_assert_mem_eq(decoded, account, sizeof account);
    }
    json_decref(vectors);
}
END_TEST

START_TEST(test_identity_ss58__refuses_what_is_no_address)
{
    json_t *vectors = identity_golden("vectors.json");
    const json_t *text = NULL;
    size_t i = 0;
    ck_assert_uint_ge(json_array_size(json_object_get(vectors, "addresses_refused")), 10);
    json_array_foreach(json_object_get(vectors, "addresses_refused"), i, text)
    {
        uint8_t account[GDI_ACCOUNT_BYTES] = {7};
        god_error err = GOD_ERROR_INIT;
        ck_assert_int_eq(gdi_ss58_decode(json_string_value(text), account, &err), GOD_E_DATA);
        ck_assert_ptr_nonnull(strstr(err.message, "is not an address: "));
        ck_assert_uint_eq(account[0], 7);
    }
    json_decref(vectors);
}
END_TEST

START_TEST(test_identity_ss58__every_changed_character_is_seen)
{
    static const char good[] = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
    uint8_t account[GDI_ACCOUNT_BYTES];
    for (size_t i = 0; i < sizeof good - 1; i++) {
        char bad[sizeof good];
        memcpy(bad, good, sizeof good);
        bad[i] = bad[i] == '9' ? '8' : '9';
        ck_assert_int_eq(gdi_ss58_decode(bad, account, NULL), GOD_E_DATA);
    }
}
END_TEST

START_TEST(test_identity_ss58__each_account_comes_back)
{
    uint8_t account[GDI_ACCOUNT_BYTES] = {0}, decoded[GDI_ACCOUNT_BYTES];
    char address[GDI_SS58_BYTES];
    for (uint32_t i = 0; i < 256; i++) { /* also with zeros in front and behind */
        account[i % GDI_ACCOUNT_BYTES] = (uint8_t)(i * 151u + i / 8);
        gdi_ss58_encode(account, address);
        ck_assert_int_eq(address[0], '5');
        ck_assert_int_eq(gdi_ss58_decode(address, decoded, NULL), GOD_OK);
        ck_assert_mem_eq(decoded, account, sizeof account);
    }
}
END_TEST

Suite *identity_ss58_suite(void)
{
    Suite *suite = suite_create("identity_ss58");
    TCase *cases = tcase_create("ss58");
    tcase_add_test(cases, test_identity_ss58__agrees_with_published_addresses);
    tcase_add_test(cases, test_identity_ss58__refuses_what_is_no_address);
    tcase_add_test(cases, test_identity_ss58__every_changed_character_is_seen);
    tcase_add_test(cases, test_identity_ss58__each_account_comes_back);
    suite_add_tcase(suite, cases);
    return suite;
}
