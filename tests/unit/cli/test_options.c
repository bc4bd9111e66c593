#include "core/cli/options.h"

#include <stdlib.h>

#include "test_cli.h"

static const gdi_option options[] = {
    {.name = "--out", .value = "FILE", .help = "write\nthere"},
    {.name = "--json", .help = "as JSON"},
    {.name = NULL},
};
static const gdi_usage usage = {
    .command = "god test", .synopsis = "[OPTION ...]", .summary = "A test.", .options = options, .notes = "notes\n"};

/* Writes down what it is given: "--out=a;--json;b;" */
static god_status write_down(void *user, const char *name, const char *value, god_error *err)
{
    char *text = user;
    (void)err;
    (void)snprintf(text + strlen(text), 100, "%s%s%s;", name == NULL ? "" : name,
                   name != NULL && value != NULL ? "=" : "", value == NULL ? "" : value);
    return GOD_OK;
}

static god_status read_line(char **argv, char *ret_text, uint32_t *ret_help, god_error *err)
{
    int argc = 0;
    while (argv[argc] != NULL) {
        argc++;
    }
    ret_text[0] = '\0';
    return gdi_options_read(&usage, argc, argv, ret_text, write_down, ret_help, err);
}

START_TEST(test_cli_options__reads_both_spellings_arguments_and_the_double_dash)
{
    char text[400];
    uint32_t help = 7;
    god_error err = GOD_ERROR_INIT;
    char *line[] = {"test", "--out", "a", "--out=b=c", "--json", "x", "-", "--", "--json", NULL};
    ck_assert_msg(read_line(line, text, &help, &err) == GOD_OK, "%s", err.message);
    ck_assert_str_eq(text, "--out=a;--out=b=c;--json;x;-;--json;");
    ck_assert_uint_eq(help, 0);
}
END_TEST

START_TEST(test_cli_options__help_ends_the_reading)
{
    char text[400];
    uint32_t help = 0;
    god_error err = GOD_ERROR_INIT;
    char *line[] = {"test", "--help", "--nonsense", NULL};
    ck_assert_int_eq(read_line(line, text, &help, &err), GOD_OK);
    ck_assert_uint_eq(help, 1);
}
END_TEST

static const struct {
    char *line[4];
    const char *message;
} mistakes[] = {
    {{"test", "--jsno", NULL}, "there is no option \"--jsno\", did you mean \"--json\"?"},
    {{"test", "--banana=3", NULL}, "there is no option \"--banana\", see god test --help"},
    {{"test", "--out", NULL}, "\"--out\" needs a value: --out FILE"},
    {{"test", "--json=1", NULL}, "\"--json\" takes no value"},
};

START_TEST(test_cli_options__names_the_mistake)
{
    char text[400];
    uint32_t help = 0;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(read_line((char **)mistakes[_i].line, text, &help, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, mistakes[_i].message);
}
END_TEST

START_TEST(test_cli_options__reads_whole_numbers_in_range)
{
    int64_t value = 7;
    god_error err = GOD_ERROR_INIT;
    static const char *const bad[] = {"", "many", "1.5", "0", "11", "3x", "99999999999999999999"};
    ck_assert_int_eq(gdi_option_int("--n", "10", 1, 10, &value, &err), GOD_OK);
    ck_assert_int_eq(value, 10);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(gdi_option_int("--n", bad[i], 1, 10, &value, &err), GOD_E_INVALID);
        ck_assert_int_eq(value, 10);
    }
    ck_assert_str_eq(err.message, "\"--n\" is \"99999999999999999999\", a whole number from 1 to 10 is needed");
}
END_TEST

START_TEST(test_cli_options__prints_help_in_columns)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    gdi_usage_print(out, &usage);
    (void)fclose(out);
    ck_assert_str_eq(text, "usage: god test [OPTION ...]\n\nA test.\n\n"
                           "  --out FILE  write\n              there\n"
                           "  --json      as JSON\n"
                           "  --help      print this text\n\nnotes\n");
    free(text);
}
END_TEST

Suite *suite_cli_options(void)
{
    Suite *suite = suite_create("cli_options");
    TCase *tests = tcase_create("options");
    tcase_add_test(tests, test_cli_options__reads_both_spellings_arguments_and_the_double_dash);
    tcase_add_test(tests, test_cli_options__help_ends_the_reading);
    tcase_add_loop_test(tests, test_cli_options__names_the_mistake, 0, sizeof mistakes / sizeof *mistakes);
    tcase_add_test(tests, test_cli_options__reads_whole_numbers_in_range);
    tcase_add_test(tests, test_cli_options__prints_help_in_columns);
    suite_add_tcase(suite, tests);
    return suite;
}
