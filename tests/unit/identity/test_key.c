#include "suites.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "core/identity/key.h"
#include "god/helpers/file.h"

#define ALICE "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
#define ALICE_SEED "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a"
#define ALICE_PUBLIC "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
#define ALICE_SECRET                                                     \
    "0x33a6f3093f158a7109f679410bef1a0c54168145e0cecb4df006c1c2fffb1f09" \
    "925a225d97aa00682d6a59b95b18780c10d7032336e88f3442b42361f4a66011"
#define ALICE_ED25519                                                    \
    "0x98319d4ff8a9508c4bb0cf0b5a78d760a0b2082c02775e6e82370816fedfff48" \
    "925a225d97aa00682d6a59b95b18780c10d7032336e88f3442b42361f4a66011"

static void expect_alice(const char *text)
{
    gdi_hotkey *key = NULL;
    god_error err = GOD_ERROR_INIT;
    uint8_t signature[64];
    ck_assert_msg(gdi_hotkey_parse("hotkey", text, strlen(text), &key, &err) == GOD_OK, "%s", err.message);
    ck_assert_str_eq(gdi_hotkey_address(key), ALICE);
    gdi_hotkey_sign(key, "text", 4, signature);
    ck_assert_uint_eq(gdi_sr25519_verify(gdi_hotkey_account(key), "text", 4, signature), 1);
    gdi_hotkey_free(key);
}

static void expect_refused(const char *text, const char *sentence)
{
    gdi_hotkey *key = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_hotkey_parse("hotkey", text, strlen(text), &key, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, sentence);
    ck_assert_ptr_null(key);
    ck_assert_ptr_null(strstr(err.message, "e5be9a50")); /* nothing of the secret */
}

START_TEST(test_identity_key__reads_each_form_of_a_secret)
{
    expect_alice("{\"secretSeed\": \"" ALICE_SEED "\"}");
    expect_alice("{\"secretSeed\": \"" ALICE_SEED "\", \"secretPhrase\": \"not looked at\", \"privateKey\": null}");
    expect_alice("{\"privateKey\": \"" ALICE_SECRET "\", \"secretSeed\": null}");
    expect_alice("{\"privateKey\": \"" ALICE_ED25519 "\", \"ss58Address\": \"" ALICE "\"}");
    expect_alice("{\"accountId\": \"" ALICE_PUBLIC "\", \"publicKey\": \"" ALICE_PUBLIC "\", \"secretSeed\": "
                 "\"" ALICE_SEED "\", \"ss58Address\": \"" ALICE "\", \"cryptoType\": 1}");
}
END_TEST

START_TEST(test_identity_key__refuses_what_is_no_usable_key)
{
    expect_refused("", "hotkey: no JSON, line 1, column 0");
    expect_refused("[]", "hotkey: not a JSON object");
    expect_refused("{}", "hotkey: \"secretSeed\" is missing");
    expect_refused("{\"secretSeed\": \"0x12\"}", "hotkey: \"secretSeed\" is not 0x and 64 hex digits");
    expect_refused("{\"secretSeed\": \"" ALICE_SEED "00\"}", "hotkey: \"secretSeed\" is not 0x and 64 hex digits");
    expect_refused("{\"secretSeed\": 1}", "hotkey: \"secretSeed\" is a number, a string is needed");
    expect_refused("{\"privateKey\": \"" ALICE_SEED "\"}", "hotkey: \"privateKey\" is not 0x and 128 hex digits");
    expect_refused("{\"secretPhrase\": \"bottom drive\"}",
                   "hotkey: a hotkey needs \"secretSeed\" or \"privateKey\", there is only a phrase: write the file "
                   "again with the wallet's tool (btcli wallet regen-hotkey)");
    expect_refused("$NACLxxxx", "hotkey: the hotkey is encrypted, one that is not is needed");
    expect_refused("{\"secretSeed\": \"" ALICE_SEED "\", \"cryptoType\": 0}",
                   "hotkey: \"cryptoType\" is 0, a key of sr25519 is needed, which is 1");
    expect_refused("{\"secretSeed\": \"" ALICE_SEED "\"", "hotkey: no JSON, line 1, column 83");
}
END_TEST

START_TEST(test_identity_key__the_public_half_must_be_the_secrets_own)
{
    expect_refused("{\"secretSeed\": \"" ALICE_SEED "\", \"publicKey\": \"" ALICE_SEED "\"}",
                   "hotkey: \"publicKey\" is not that of the secret, which is " ALICE);
    expect_refused("{\"secretSeed\": \"" ALICE_SEED "\", \"ss58Address\": \"5F\"}",
                   "hotkey: \"ss58Address\" is not that of the secret, which is " ALICE);
}
END_TEST

START_TEST(test_identity_key__reads_what_an_independent_wallet_writes)
{
    json_t *golden = identity_golden("golden.json");
    const json_t *wallet = NULL;
    size_t i = 0;
    ck_assert_uint_eq(json_array_size(json_object_get(golden, "wallets")), 2);
    json_array_foreach(json_object_get(golden, "wallets"), i, wallet)
    {
        gdi_hotkey *key = NULL;
        god_error err = GOD_ERROR_INIT;
        const char *text = text_at(wallet, "file");
        ck_assert_msg(gdi_hotkey_parse("hotkey", text, strlen(text), &key, &err) == GOD_OK, "%s", err.message);
        ck_assert_str_eq(gdi_hotkey_address(key), text_at(wallet, "address"));
        gdi_hotkey_free(key);
    }
    json_decref(golden);
}
END_TEST

static void write_file(const char *text, mode_t mode)
{
    ck_assert_int_eq(god_file_write("hotkey", text, strlen(text), NULL), GOD_OK);
    ck_assert_int_eq(chmod("hotkey", mode), 0);
}

static god_status read_file(god_error *err)
{
    gdi_hotkey *key = NULL;
    god_status status = gdi_hotkey_read("hotkey", &key, err);
    gdi_hotkey_free(key);
    return status;
}

START_TEST(test_identity_key__a_file_open_to_others_is_refused)
{
    god_error err = GOD_ERROR_INIT;
    write_file("{\"secretSeed\": \"" ALICE_SEED "\"}", 0600);
    ck_assert_msg(read_file(&err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(chmod("hotkey", 0400), 0);
    ck_assert_int_eq(read_file(&err), GOD_OK);
    ck_assert_int_eq(chmod("hotkey", 0640), 0);
    ck_assert_int_eq(read_file(&err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "\"hotkey\" is open to other users (mode 640): chmod 600 it");
    ck_assert_int_eq(chmod("hotkey", 0602), 0);
    ck_assert_int_eq(read_file(&err), GOD_E_INVALID);
    ck_assert_int_eq(unlink("hotkey"), 0);
    ck_assert_int_eq(read_file(&err), GOD_E_NOT_FOUND);
}
END_TEST

START_TEST(test_identity_key__a_file_of_somebody_else_is_refused)
{
    god_error err = GOD_ERROR_INIT;
    write_file("{\"secretSeed\": \"" ALICE_SEED "\"}", 0600);
    if (geteuid() != 0 || chown("hotkey", 12345, (gid_t)-1) != 0) {
        printf("only root can give a file away: skipped\n");
        return;
    }
    ck_assert_int_eq(read_file(&err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "\"hotkey\" belongs to user 12345, not to the one who runs this: chown it");
    ck_assert_int_eq(unlink("hotkey"), 0);
}
END_TEST

START_TEST(test_identity_key__only_a_small_regular_file_is_read)
{
    god_error err = GOD_ERROR_INIT;
    char *big = malloc(GDI_WALLET_BYTES_MAX + 2);
    ck_assert_ptr_nonnull(big);
    memset(big, ' ', GDI_WALLET_BYTES_MAX + 1);
    big[GDI_WALLET_BYTES_MAX + 1] = '\0';
    write_file(big, 0600);
    ck_assert_int_eq(read_file(&err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "more than 16384 bytes"));
    ck_assert_int_eq(unlink("hotkey"), 0);
    ck_assert_int_eq(mkfifo("hotkey", 0600), 0); /* a pipe must not hold us up */
    ck_assert_int_eq(read_file(&err), GOD_E_INVALID);
    ck_assert_int_eq(unlink("hotkey"), 0);
    free(big);
}
END_TEST

Suite *identity_key_suite(void)
{
    Suite *suite = suite_create("identity_key");
    TCase *cases = tcase_create("key");
    tcase_add_test(cases, test_identity_key__reads_each_form_of_a_secret);
    tcase_add_test(cases, test_identity_key__refuses_what_is_no_usable_key);
    tcase_add_test(cases, test_identity_key__the_public_half_must_be_the_secrets_own);
    tcase_add_test(cases, test_identity_key__reads_what_an_independent_wallet_writes);
    tcase_add_test(cases, test_identity_key__a_file_open_to_others_is_refused);
    tcase_add_test(cases, test_identity_key__a_file_of_somebody_else_is_refused);
    tcase_add_test(cases, test_identity_key__only_a_small_regular_file_is_read);
    suite_add_tcase(suite, cases);
    return suite;
}
