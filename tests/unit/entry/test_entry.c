/* Who may enter: where a miner is asked, what it answers (TV-15 of the training specification), and its notices. */
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/entry/miner_address.h"
#include "core/entry/notices.h"
#include "core/entry/repository_answer.h"
#include "core/git/address.h"
#include "core/tournament/registration.h"
#include "god/helpers/file.h"

/* ---- addresses ---- */

static void expect_url(const char *ip, uint32_t allow_private, const char *url)
{
    char made[GDI_MINER_URL_BYTES] = "";
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_miner_url(ip, 7999, allow_private, made, &err) == GOD_OK, "%s", err.message);
    ck_assert_str_eq(made, url);
}

static void expect_no_url(const char *ip, uint32_t allow_private)
{
    char made[GDI_MINER_URL_BYTES] = "untouched";
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_miner_url(ip, 7999, allow_private, made, &err) == GOD_E_DATA, "%s became %s", ip, made);
    ck_assert_str_eq(made, "untouched");
    ck_assert_str_ne(err.message, "");
}

START_TEST(test_entry_miner_address__reads_each_form)
{
    expect_url("203.0.113.7", 0, "http://203.0.113.7:7999");
    expect_url("3405803783", 0, "http://203.0.113.7:7999");
    expect_url("2001:db8::7", 0, "http://[2001:db8::7]:7999");
    expect_url("172.15.255.255", 0, "http://172.15.255.255:7999");
    expect_url("172.32.0.0", 0, "http://172.32.0.0:7999");
    expect_url("100.63.255.255", 0, "http://100.63.255.255:7999");
    expect_url("0.0.0.1", 1, "http://127.0.0.1:7999");
    expect_url("1", 1, "http://127.0.0.1:7999");
    expect_url("10.0.0.1", 1, "http://10.0.0.1:7999");
    expect_url("::1", 1, "http://[::1]:7999");
}
END_TEST

START_TEST(test_entry_miner_address__refuses_what_is_not_public)
{
    static const char *const closed[] = {
        "0.0.0.0",     "0.0.0.1",          "10.1.2.3",        "100.64.0.1",    "127.0.0.1",   "127.255.255.254",
        "169.254.1.1", "169.254.169.254",  "172.16.0.1",      "172.31.0.1",    "192.168.1.1", "198.19.0.1",
        "224.0.0.1",   "239.255.255.255",  "255.255.255.255", "2130706433",    "167772161",   "::",
        "::1",         "::ffff:127.0.0.1", "::ffff:8.8.8.8",  "fe80::1",       "fc00::1",     "fd12::1",
        "ff02::1",     "2002:7f00:1::",    "2001::7f00:1",    "64:ff9b::a00:1"};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        expect_no_url(closed[i], 0);
    }
}
END_TEST

START_TEST(test_entry_miner_address__refuses_what_is_no_address)
{
    static const char *const wrong[] = {
        "",       "localhost",     "miner.example.org", "203.0.113.7:80", "203.0.113",
        "0x7f.1", "203.0.113.007", "203.0.113.7 ",      "@203.0.113.7",   "4294967296",
        "-1",     "[2001:db8::7]", "fe80::1%eth0",      "203.0.113.7/x",  "99999999999999999999999999999999999999999"};
    char made[GDI_MINER_URL_BYTES];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_no_url(wrong[i], 1);
    }
    ck_assert_int_eq(gdi_miner_url("203.0.113.7", 0, 1, made, NULL), GOD_E_DATA);
    ck_assert_int_eq(gdi_miner_url("203.0.113.7", 65536, 1, made, NULL), GOD_E_DATA);
}
END_TEST

/* ---- TV-15 ---- */

#define HASH "0123456789abcdef0123456789abcdef01234567"

static gdi_repository_answer expect_answer(const char *text)
{
    gdi_repository_answer answer = {.root = NULL};
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_repository_answer_parse("answer", text, strlen(text), &answer, &err) == GOD_OK, "%s",
                  err.message);
    return answer;
}

static void expect_ignored(const char *text, const char *sentence)
{
    gdi_repository_answer answer = {.root = NULL};
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_repository_answer_parse("answer", text, strlen(text), &answer, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, sentence);
    ck_assert_ptr_null(answer.root);
}

START_TEST(test_entry_repository_answer__tv15_the_smallest_has_neither_token_nor_data_sets)
{
    gdi_repository_answer answer =
        expect_answer("{\"github_repo\":\"https://github.com/a/b\",\"commit_hash\":\"" HASH "\"}");
    ck_assert_str_eq(answer.github_repo, "https://github.com/a/b");
    ck_assert_str_eq(answer.commit_hash, HASH);
    ck_assert_ptr_null(answer.github_token);
    ck_assert_ptr_null(answer.requested_datasets);
    gdi_repository_answer_clear(&answer);
    answer = expect_answer("{\"github_repo\":\"r\",\"commit_hash\":\"c\",\"github_token\":\"t\","
                           "\"requested_datasets\":[\"x/y\",\"x/z\"],\"more\":1}");
    ck_assert_str_eq(answer.github_token, "t");
    ck_assert_uint_eq(json_array_size(answer.requested_datasets), 2);
    gdi_repository_answer_clear(&answer);
}
END_TEST

START_TEST(test_entry_repository_answer__tv15_a_commit_is_40_hex_digits)
{
    static const char *const refused[] = {"main", "0123456", "g123456789abcdef0123456789abcdef01234567", HASH "0", ""};
    char commit[GDI_COMMIT_HEX + 1];
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert_int_eq(gdi_commit_read(refused[i], commit, NULL), GOD_E_INVALID);
    }
    ck_assert_int_eq(gdi_commit_read("0123456789ABCDEF0123456789abcdef01234567", commit, NULL), GOD_OK);
    ck_assert_str_eq(commit, HASH);
}
END_TEST

START_TEST(test_entry_repository_answer__tv15_what_is_ignored)
{
    expect_ignored("{\"github_repo\":\"https://github.com/a/b\"}", "answer: \"commit_hash\" is missing");
    expect_ignored("{\"github_repo\":\"\",\"commit_hash\":\"" HASH "\"}", "answer: \"github_repo\" is empty");
    expect_ignored("{\"github_repo\":\"r\",\"commit_hash\":\"\"}", "answer: \"commit_hash\" is empty");
    expect_ignored("{\"github_repo\":1,\"commit_hash\":\"c\"}",
                   "answer: \"github_repo\" is a number, a string is needed");
    expect_ignored("{\"github_repo\":\"r\",\"commit_hash\":\"c\",\"requested_datasets\":\"x/y\"}",
                   "answer: \"requested_datasets\" is a string, an array is needed");
    expect_ignored("{\"github_repo\":\"r\",\"commit_hash\":\"c\",\"requested_datasets\":[1]}",
                   "answer: entry 1 of \"requested_datasets\" is no string");
    expect_ignored("{\"github_repo\":\"r\",\"commit_hash\":\"c\",\"github_token\":\"a\\r\\nX: y\"}",
                   "answer: \"github_token\" holds a control character");
    expect_ignored("[]", "answer: not a JSON object");
    expect_ignored("<html>", "answer: no JSON, line 1, column 1");
    expect_ignored("", "answer: no JSON, line 1, column 0");
}
END_TEST

START_TEST(test_entry_repository_answer__no_message_holds_a_token)
{
    static const char text[] = "{\"github_token\": \"ghp_secret\", \"github_repo\": \"r\" \"ghp_secret\"}";
    gdi_repository_answer answer;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_repository_answer_parse("answer", text, sizeof text - 1, &answer, &err), GOD_E_DATA);
    ck_assert_ptr_null(strstr(err.message, "ghp_secret"));
}
END_TEST

START_TEST(test_entry_repository_answer__tv15_one_per_address_and_account)
{
    const gdi_candidate candidates[] = {{.ip = "1.2.3.4", .github_repo = "https://github.com/Acme/a"},
                                        {.ip = "1.2.3.4", .github_repo = "https://github.com/other/b", .has_token = 1},
                                        {.ip = "1.2.3.5", .github_repo = "https://github.com/acme/c"},
                                        {.ip = "1.2.3.6", .github_repo = "https://github.com/Acme/d"}};
    uint32_t order[] = {0, 1, 2, 3}, pair[] = {3, 2};
    gdi_registration_key keys[4];
    ck_assert_uint_eq(gdi_one_per_ip(candidates, order, 4, keys), 3);
    ck_assert_uint_eq(order[0], 1); /* the second has a token */
    ck_assert_uint_eq(gdi_one_per_account(candidates, pair, 2, keys), 1);
    ck_assert_uint_eq(pair[0], 3); /* the first, as neither has one */
}
END_TEST

/* ---- notices ---- */

static uint32_t equal(const char *a, const char *b)
{
    return gdi_notice_equals(a, strlen(a), b, strlen(b));
}

START_TEST(test_entry_notices__lines_are_compared_without_what_stands_behind_them)
{
    ck_assert(equal("a\nb\n", "a\nb"));
    ck_assert(equal("a  \t\r\nb\r\n", "a\nb\n"));
    ck_assert(equal("a\rb", "a\nb"));
    ck_assert(equal("", ""));
    ck_assert(!equal("a\nb\n", "a\nb\n\n"));
    ck_assert(!equal("a\nb", " a\nb"));
    ck_assert(!equal("a\nb", "a"));
    ck_assert(!equal("a\nb", "b\na"));
    ck_assert(!equal("\xff", "\xff")); /* not UTF-8 */
}
END_TEST

static void put(const char *path, const char *text)
{
    ck_assert_int_eq(god_file_write(path, text, strlen(text), NULL), GOD_OK);
}

static void expect_reason(const char *reason)
{
    char found[GDI_NOTICES_REASON_BYTES];
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_notices_check("tree", "our-license", "our-notice", found, &err) == GOD_OK, "%s", err.message);
    ck_assert_str_eq(found, reason);
}

START_TEST(test_entry_notices__tv15_licence_and_notice_of_a_repository)
{
    char reason[GDI_NOTICES_REASON_BYTES];
    ck_assert_int_eq(god_dir_remove("tree", NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make("tree", NULL), GOD_OK);
    put("our-license", "Licence\none\ntwo\n");
    put("our-notice", "Notice\n");
    expect_reason("LICENSE: the repository has none at its top");
    put("tree/license", "Licence\ntwo\n");
    expect_reason("LICENSE: \"license\" is not the text that is asked for"); /* one line deleted */
    put("tree/LICENSE", "Licence\none\ntwo");
    expect_reason("NOTICE: the repository has none at its top"); /* the first name counts */
    put("tree/Notice.txt", "Notice   \n");
    expect_reason("");
    ck_assert_int_eq(unlink("tree/Notice.txt"), 0);
    ck_assert_int_eq(symlink("../our-notice", "tree/NOTICE"), 0); /* a link is no notice of its own */
    expect_reason("NOTICE: the repository has none at its top");
    ck_assert_int_eq(gdi_notices_check("tree", "", "", reason, NULL), GOD_OK);
    ck_assert_str_eq(reason, "");
    ck_assert_int_eq(gdi_notices_check("tree", "missing", "", reason, NULL), GOD_E_NOT_FOUND);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("entry");
    TCase *cases = tcase_create("entry");
    tcase_add_test(cases, test_entry_miner_address__reads_each_form);
    tcase_add_test(cases, test_entry_miner_address__refuses_what_is_not_public);
    tcase_add_test(cases, test_entry_miner_address__refuses_what_is_no_address);
    tcase_add_test(cases, test_entry_repository_answer__tv15_the_smallest_has_neither_token_nor_data_sets);
    tcase_add_test(cases, test_entry_repository_answer__tv15_a_commit_is_40_hex_digits);
    tcase_add_test(cases, test_entry_repository_answer__tv15_what_is_ignored);
    tcase_add_test(cases, test_entry_repository_answer__no_message_holds_a_token);
    tcase_add_test(cases, test_entry_repository_answer__tv15_one_per_address_and_account);
    tcase_add_test(cases, test_entry_notices__lines_are_compared_without_what_stands_behind_them);
    tcase_add_test(cases, test_entry_notices__tv15_licence_and_notice_of_a_repository);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
