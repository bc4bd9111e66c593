#include "core/git/tree.h"

#include <check.h>

Suite *git_tree_suite(void);

START_TEST(test_git_tree__keeps_links_that_cannot_leave)
{
    ck_assert(gdi_tree_link_stays_inside("link", "file"));
    ck_assert(gdi_tree_link_stays_inside("a/b/link", "../../file"));
    ck_assert(gdi_tree_link_stays_inside("a/link", "./../c//d/"));
    ck_assert(gdi_tree_link_stays_inside("a/link", ".."));
    ck_assert(gdi_tree_link_stays_inside("link", "..data/x"));
}
END_TEST

START_TEST(test_git_tree__refuses_links_that_could_leave)
{
    ck_assert(!gdi_tree_link_stays_inside("link", "/etc/passwd"));
    ck_assert(!gdi_tree_link_stays_inside("link", ".."));
    ck_assert(!gdi_tree_link_stays_inside("a/link", "../../x"));
    ck_assert(!gdi_tree_link_stays_inside("a/link", "b/../../x"));
    ck_assert(!gdi_tree_link_stays_inside("a/link", "b/.."));
    ck_assert(!gdi_tree_link_stays_inside("a/link", "../.GIT/config"));
    ck_assert(!gdi_tree_link_stays_inside("link", ""));
}
END_TEST

START_TEST(test_git_tree__refuses_names_that_mean_something_else)
{
    const char *const refused[] = {"", ".", "..", ".git", ".GiT", "a/b"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert(!gdi_tree_name_is_fine(refused[i]));
    }
    ck_assert(gdi_tree_name_is_fine(".gitignore"));
    ck_assert(gdi_tree_name_is_fine("..."));
}
END_TEST

Suite *git_tree_suite(void)
{
    Suite *suite = suite_create("git_tree");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, test_git_tree__keeps_links_that_cannot_leave);
    tcase_add_test(tests, test_git_tree__refuses_links_that_could_leave);
    tcase_add_test(tests, test_git_tree__refuses_names_that_mean_something_else);
    suite_add_tcase(suite, tests);
    return suite;
}
