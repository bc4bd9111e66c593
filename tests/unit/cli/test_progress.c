#include "core/cli/progress.h"

#include <stdlib.h>

#include "test_cli.h"

START_TEST(test_cli_progress__shortens_numbers_and_times)
{
    static const struct {
        double value;
        const char *text;
    } numbers[] = {{0, "0"},         {7.4, "7"},       {999, "999"},      {1000, "1.00k"},
                   {12345, "12.3k"}, {123456, "123k"}, {999600, "1.00M"}, {2.5e9, "2.50G"}};
    static const struct {
        double seconds;
        const char *text;
    } times[] = {{0, "0:00"}, {-3, "0:00"}, {7, "0:07"}, {59.6, "1:00"}, {3599, "59:59"}, {11109, "3:05:09"}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char text[16];
        gdi_progress_number(numbers[i].value, text);
        ck_assert_str_eq(text, numbers[i].text);
    }
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[32];
        gdi_progress_time(times[i].seconds, text);
        ck_assert_str_eq(text, times[i].text);
    }
}
END_TEST

START_TEST(test_cli_progress__plain_lines_come_once_a_second_at_most)
{
    char *text = NULL;
    size_t bytes = 0;
    gdi_progress progress;
    FILE *out = open_memstream(&text, &bytes);
    gdi_progress_begin(&progress, out);
    for (uint64_t i = 0; i <= 1000; i++) { /* 1000 tokens in ten seconds */
        gdi_progress_show(&progress, 5000 + i * 10, i, 1000, "tokens", "alice");
    }
    gdi_progress_end(&progress);
    (void)fclose(out);
    ck_assert_str_eq(text, "alice: 0%\n"
                           "alice: 10%  100 tokens/s  0:09 left\n"
                           "alice: 20%  100 tokens/s  0:08 left\n"
                           "alice: 30%  100 tokens/s  0:07 left\n"
                           "alice: 40%  100 tokens/s  0:06 left\n"
                           "alice: 50%  100 tokens/s  0:05 left\n"
                           "alice: 60%  100 tokens/s  0:04 left\n"
                           "alice: 70%  100 tokens/s  0:03 left\n"
                           "alice: 80%  100 tokens/s  0:02 left\n"
                           "alice: 90%  100 tokens/s  0:01 left\n"
                           "alice: 100%  100 tokens/s\n");
    free(text);
}
END_TEST

START_TEST(test_cli_progress__the_rate_runs_through_stages_of_one_total)
{
    char *text = NULL;
    size_t bytes = 0;
    gdi_progress progress;
    FILE *out = open_memstream(&text, &bytes);
    gdi_progress_begin(&progress, out);
    gdi_progress_show(&progress, 1000, 0, 100, "rows", "alice");
    gdi_progress_show(&progress, 6000, 50, 100, "rows", "bob");
    gdi_progress_show(&progress, 8000, 0, 0, "", "writing");
    gdi_progress_show(&progress, 8100, 10, 20, "files", "writing");
    (void)fclose(out);
    ck_assert_str_eq(text, "alice: 0%\nbob: 50%  10 rows/s  0:05 left\nwriting\n");
    free(text);
}
END_TEST

START_TEST(test_cli_progress__a_line_that_came_too_soon_is_printed_later)
{
    char *text = NULL;
    size_t bytes = 0;
    gdi_progress progress;
    FILE *out = open_memstream(&text, &bytes);
    gdi_progress_begin(&progress, out);
    gdi_progress_tick(&progress, 900); /* nothing to say yet */
    gdi_progress_show(&progress, 1000, 0, 0, "", "reading");
    gdi_progress_show(&progress, 1100, 0, 0, "", "evaluating");
    gdi_progress_tick(&progress, 1900);
    gdi_progress_tick(&progress, 2000);
    gdi_progress_tick(&progress, 9000);
    (void)fclose(out);
    ck_assert_str_eq(text, "reading\nevaluating\n");
    free(text);
}
END_TEST

START_TEST(test_cli_progress__is_silent_when_told_to_be)
{
    gdi_progress progress;
    gdi_progress_begin(&progress, NULL);
    gdi_progress_show(&progress, 1000, 1, 2, "rows", "alice");
    gdi_progress_say(&progress, "note", "nobody hears");
    gdi_progress_end(&progress);
    ck_assert_uint_eq(progress.line_is_drawn, 0);
}
END_TEST

Suite *suite_cli_progress(void)
{
    Suite *suite = suite_create("cli_progress");
    TCase *tests = tcase_create("progress");
    tcase_add_test(tests, test_cli_progress__shortens_numbers_and_times);
    tcase_add_test(tests, test_cli_progress__plain_lines_come_once_a_second_at_most);
    tcase_add_test(tests, test_cli_progress__the_rate_runs_through_stages_of_one_total);
    tcase_add_test(tests, test_cli_progress__a_line_that_came_too_soon_is_printed_later);
    tcase_add_test(tests, test_cli_progress__is_silent_when_told_to_be);
    suite_add_tcase(suite, tests);
    return suite;
}
