#include "core/git/address.h"

#include <check.h>
#include <string.h>

#include "core/training/places.h"

Suite *git_address_suite(void);

static gdi_address address;
static god_error err = GOD_ERROR_INIT;

START_TEST(test_git_address__keeps_https_and_cuts_user_information_off)
{
    ck_assert_int_eq(gdi_address_read("https://user:secret@example.org:8443/a/b.git", 0, &address, &err), GOD_OK);
    ck_assert_str_eq(address.text, "https://example.org:8443/a/b.git");
    ck_assert_str_eq(address.host, "example.org:8443");
}
END_TEST

START_TEST(test_git_address__refuses_what_is_not_https_without_repeating_secrets)
{
    const char *const refused[] = {"http://u:secret@example.org/a",
                                   "ssh://secret@example.org/a",
                                   "file:///a",
                                   "ext::sh -c secret",
                                   "git@example.org:a/b",
                                   "https:///a",
                                   "https://example.org",
                                   "https://secret@example.org/",
                                   "-u:secret",
                                   "https://exa mple.org/a",
                                   ""};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert_msg(gdi_address_read(refused[i], 0, &address, &err) == GOD_E_INVALID, "%s", refused[i]);
        ck_assert_ptr_null(strstr(err.message, "secret"));
    }
}
END_TEST

START_TEST(test_git_address__allows_files_and_loopback_only_when_told)
{
    ck_assert_int_eq(gdi_address_read("file:///srv/a.git", GDI_ADDRESS_LOCAL, &address, &err), GOD_OK);
    ck_assert_int_eq(gdi_address_read("http://127.0.0.1:80/a", GDI_ADDRESS_LOCAL, &address, &err), GOD_OK);
    ck_assert_int_eq(gdi_address_read("http://127.0.0.1.example.org/a", GDI_ADDRESS_LOCAL, &address, &err),
                     GOD_E_INVALID);
    ck_assert_int_eq(gdi_address_read("http://localhost@example.org/a", GDI_ADDRESS_LOCAL, &address, &err),
                     GOD_E_INVALID);
    ck_assert_int_eq(gdi_address_read("file://host/a", GDI_ADDRESS_LOCAL, &address, &err), GOD_E_INVALID);
}
END_TEST

START_TEST(test_git_address__takes_full_commit_ids_only)
{
    char commit[GDI_COMMIT_HEX + 1] = "unchanged";
    ck_assert_int_eq(gdi_commit_read("main", commit, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message,
                     "\"main\" is not a full commit id; 40 hexadecimal digits are needed, no branch or tag");
    ck_assert_int_eq(gdi_commit_read("0123456789abcdef0123456789abcdef0123456", commit, &err), GOD_E_INVALID);
    ck_assert_int_eq(gdi_commit_read("0123456789abcdef0123456789abcdef0123456g", commit, &err), GOD_E_INVALID);
    ck_assert_str_eq(commit, "unchanged");
    ck_assert_int_eq(gdi_commit_read("0123456789ABCDEF0123456789abcdef01234567", commit, &err), GOD_OK);
    ck_assert_str_eq(commit, "0123456789abcdef0123456789abcdef01234567");
}
END_TEST

START_TEST(test_git_address__scrubs_tokens_plain_encoded_and_in_addresses)
{
    char text[] = "cannot reach 'https://x:y@host/a' with ab/c+d, that is ab%2Fc%2Bd, at https://host/me@home";
    gdi_address_scrub(text, "ab/c+d");
    ck_assert_str_eq(text, "cannot reach 'https://host/a' with ***, that is ***, at https://host/me@home");
    char none[] = "nothing here";
    gdi_address_scrub(none, NULL);
    ck_assert_str_eq(none, "nothing here");
    char tiny[] = "a*a";
    gdi_address_scrub(tiny, "*");
    ck_assert_str_eq(tiny, "a*a");
}
END_TEST

/* ---- TV-16 of the training specification ---- */

static const struct {
    const char *url, *token, *clone_url;
    uint32_t refused; /* no https: such an address is not cloned here, by decision */
} clones[] = {
    {"https://github.com/acme/train.git", "github_pat_11A/b+c",
     "https://github_pat_11A%2Fb%2Bc@github.com/acme/train.git", 0},
    {"https://olduser:oldpw@github.com/acme/train", "tok", "https://tok@github.com/acme/train", 0},
    {"git@github.com:acme/train.git", "tok", "git@github.com:acme/train.git", 1},
    {"https://github.com/acme/train/", NULL, "https://github.com/acme/train/", 0},
};

/* A token travels beside the address, so what is fetched is the clone URL without its user; the user is the token. */
START_TEST(test_git_address__clone_urls_of_the_specification)
{
    char left[200];
    gdi_address wanted;
    god_status status = gdi_address_read(clones[_i].url, 0, &address, &err);
    if (clones[_i].refused) {
        ck_assert_int_eq(status, GOD_E_INVALID);
        return;
    }
    ck_assert_int_eq(status, GOD_OK);
    ck_assert_int_eq(gdi_address_read(clones[_i].clone_url, 0, &wanted, &err), GOD_OK);
    ck_assert_str_eq(address.text, wanted.text);
    ck_assert_ptr_null(strchr(address.text, '@'));
    (void)snprintf(left, sizeof left, "%s", clones[_i].clone_url);
    gdi_address_scrub(left, clones[_i].token);
    ck_assert_str_eq(left, address.text);
}
END_TEST

START_TEST(test_git_address__folders_of_the_specification)
{
    god_text dir = GOD_TEXT_INIT;
    ck_assert_int_eq(gdi_clone_dir(GDI_CLONE_ROOT, clones[_i].url, "T1",
                                   "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", &dir, &err),
                     GOD_OK);
    ck_assert_str_eq(dir.data, "/tmp/trainer/repos/train_T1_5GrwvaEF");
    god_text_free(&dir);
}
END_TEST

START_TEST(test_git_address__scrubs_as_the_specification_does)
{
    char text[] = "fatal: repository 'https://ghp_x%2F1@github.com/a/b' not found";
    gdi_address_scrub(text, "ghp_x/1");
    ck_assert_str_eq(text, "fatal: repository 'https://github.com/a/b' not found");
    char twice[] = "https://a:b@c@host/x://y@z";
    gdi_address_scrub(twice, NULL);
    ck_assert_str_eq(twice, "https://host/x://z");
}
END_TEST

Suite *git_address_suite(void)
{
    Suite *suite = suite_create("git_address");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, test_git_address__keeps_https_and_cuts_user_information_off);
    tcase_add_test(tests, test_git_address__refuses_what_is_not_https_without_repeating_secrets);
    tcase_add_test(tests, test_git_address__allows_files_and_loopback_only_when_told);
    tcase_add_test(tests, test_git_address__takes_full_commit_ids_only);
    tcase_add_test(tests, test_git_address__scrubs_tokens_plain_encoded_and_in_addresses);
    const int count = (int)(sizeof clones / sizeof *clones);
    tcase_add_loop_test(tests, test_git_address__clone_urls_of_the_specification, 0, count);
    tcase_add_loop_test(tests, test_git_address__folders_of_the_specification, 0, count);
    tcase_add_test(tests, test_git_address__scrubs_as_the_specification_does);
    suite_add_tcase(suite, tests);
    return suite;
}
