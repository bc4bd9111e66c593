#include "suites.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "god/helpers/text.h"

static char folder[GOD_PATH_MAX];
static god_error err = GOD_ERROR_INIT;

static void make_folder(void)
{
    ck_assert_ptr_nonnull(getcwd(folder, sizeof folder - 32));
    strcat(folder, "/file.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    ck_assert_int_eq(god_dir_remove(folder, &err), GOD_OK);
    ck_assert_uint_eq(god_file_exists(folder), 0);
}

static const char *inside(const char *name)
{
    static char path[GOD_PATH_MAX];
    ck_assert_int_eq(god_path_join(folder, name, path, &err), GOD_OK);
    return path;
}

static void expect_content(const char *name, const char *content)
{
    char *data = NULL;
    size_t bytes = 0;
    ck_assert_int_eq(god_file_read(inside(name), 1 << 20, &data, &bytes, &err), GOD_OK);
    ck_assert_uint_eq(bytes, strlen(content));
    ck_assert_str_eq(data, content);
    free(data);
}

static god_status collect(void *user, const char *name, god_error *unused)
{
    (void)unused;
    god_text *names = user;
    return god_text_append_f(names, &err, "%s ", name);
}

START_TEST(test_helpers_file__write_replaces_whole_files_and_leaves_nothing_beside)
{
    ck_assert_int_eq(god_file_write(inside("a"), "first", 5, &err), GOD_OK);
    ck_assert_int_eq(god_file_write(inside("a"), "2nd", 3, &err), GOD_OK);
    expect_content("a", "2nd");
    ck_assert_int_eq(god_file_copy(inside("a"), folder, &err), GOD_E_IO); /* a folder is in the way */
    god_text names = GOD_TEXT_INIT;
    ck_assert_int_eq(god_dir_each(folder, &names, collect, &err), GOD_OK);
    ck_assert_str_eq(names.data, "a ");
    god_text_free(&names);
}
END_TEST

START_TEST(test_helpers_file__copy_is_exact)
{
    char from[GOD_PATH_MAX];
    ck_assert_int_eq(god_file_write(inside("from"), "some\0bytes", 10, &err), GOD_OK);
    strcpy(from, inside("from"));
    ck_assert_int_eq(god_file_copy(from, inside("to"), &err), GOD_OK);
    char *data = NULL;
    size_t bytes = 0;
    ck_assert_int_eq(god_file_read(inside("to"), 10, &data, &bytes, &err), GOD_OK);
    ck_assert_uint_eq(bytes, 10);
    ck_assert_mem_eq(data, "some\0bytes", 11);
    free(data);
}
END_TEST

START_TEST(test_helpers_file__read_names_what_is_wrong)
{
    char *data = NULL;
    size_t bytes = 0;
    ck_assert_int_eq(god_file_read(inside("none"), 10, &data, &bytes, &err), GOD_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "/none\" does not exist"));
    ck_assert_int_eq(god_file_write(inside("big"), "0123456789", 10, &err), GOD_OK);
    ck_assert_int_eq(god_file_read(inside("big"), 9, &data, &bytes, &err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "has 10 bytes, 9 are allowed"));
    ck_assert_int_eq(god_file_read(folder, 10, &data, &bytes, &err), GOD_E_DATA);
    ck_assert_int_eq(mkfifo(inside("pipe"), 0600), 0);
    ck_assert_int_eq(god_file_read(inside("pipe"), 10, &data, &bytes, &err), GOD_E_DATA);
    ck_assert_ptr_nonnull(strstr(err.message, "is not a regular file"));
    ck_assert_ptr_null(data);
}
END_TEST

START_TEST(test_helpers_file__dir_make_makes_parents_and_remove_does_not_follow_links)
{
    ck_assert_int_eq(god_dir_make(inside("x/y/z"), &err), GOD_OK);
    ck_assert_int_eq(god_dir_make(inside("x/y/z"), &err), GOD_OK);
    ck_assert_int_eq(god_file_write(inside("kept"), "k", 1, &err), GOD_OK);
    ck_assert_int_eq(symlink("../../kept", inside("x/y/link")), 0);
    ck_assert_int_eq(god_dir_remove(inside("x"), &err), GOD_OK);
    expect_content("kept", "k");
    ck_assert_int_eq(god_dir_make(inside("kept/below"), &err), GOD_E_IO);
    ck_assert_int_eq(god_dir_remove(inside("never-there"), &err), GOD_OK);
}
END_TEST

START_TEST(test_helpers_file__path_join_refuses_what_does_not_fit)
{
    char path[GOD_PATH_MAX];
    char *longest = malloc(GOD_PATH_MAX);
    ck_assert_ptr_nonnull(longest);
    memset(longest, 'a', GOD_PATH_MAX - 1);
    longest[GOD_PATH_MAX - 1] = '\0';
    ck_assert_int_eq(god_path_join("d", longest, path, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "GOD_PATH_MAX"));
    ck_assert_int_eq(god_path_join("d/", "n", path, &err), GOD_OK);
    ck_assert_str_eq(path, "d/n");
    free(longest);
}
END_TEST

Suite *helpers_file_suite(void)
{
    Suite *suite = suite_create("helpers_file");
    TCase *cases = tcase_create("all");
    tcase_add_checked_fixture(cases, make_folder, remove_folder);
    tcase_add_test(cases, test_helpers_file__write_replaces_whole_files_and_leaves_nothing_beside);
    tcase_add_test(cases, test_helpers_file__copy_is_exact);
    tcase_add_test(cases, test_helpers_file__read_names_what_is_wrong);
    tcase_add_test(cases, test_helpers_file__dir_make_makes_parents_and_remove_does_not_follow_links);
    tcase_add_test(cases, test_helpers_file__path_join_refuses_what_does_not_fit);
    suite_add_tcase(suite, cases);
    return suite;
}
