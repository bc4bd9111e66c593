#include "core/base/child.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "test_base.h"

static gdi_child *start(const char *how)
{
    const char *const argv[] = {GOD_BUILD_DIR "/tests/test-child-helper", how, NULL};
    const char *const env[] = {"EXTRA=more", NULL};
    const gdi_child_options options = {.argv = argv, .extra_env = env, .frames = 1};
    gdi_child *child = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_child_start(&options, &child, &err) == GOD_OK, "%s", err.message);
    return child;
}

static gdi_child_end wait_for(gdi_child *child)
{
    gdi_child_end end = {0};
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_child_wait(child, 60000, &end, &err) == GOD_OK, "%s", err.message);
    return end;
}

static const char *next(gdi_child *child, uint32_t *ret_closed)
{
    const char *frame = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_child_next_frame(child, 60000, &frame, ret_closed, &err) == GOD_OK, "%s", err.message);
    return frame;
}

START_TEST(test_base_child__delivers_frames_in_order_and_then_says_closed)
{
    uint32_t closed = 0;
    gdi_child *child = start("frames");
    ck_assert_str_eq(next(child, &closed), "{\"n\":0}");
    ck_assert_str_eq(next(child, &closed), "{\"n\":1}");
    ck_assert_str_eq(next(child, &closed), "{\"n\":2}");
    ck_assert_uint_eq(closed, 0);
    ck_assert_ptr_null(next(child, &closed));
    ck_assert_uint_eq(closed, 1);
    gdi_child_end end = wait_for(child);
    ck_assert_uint_eq(end.how, GDI_CHILD_EXITED);
    ck_assert_int_eq(end.code, 0);
    gdi_child_free(child);
}
END_TEST

START_TEST(test_base_child__loses_no_frame_of_a_fast_writer)
{
    uint32_t closed = 0;
    gdi_child *child = start("many");
    int count = 0;
    for (const char *frame; (frame = next(child, &closed)) != NULL; count++) {
        char expected[32];
        (void)snprintf(expected, sizeof expected, "{\"n\":%d}", count);
        ck_assert_str_eq(frame, expected);
    }
    ck_assert_int_eq(count, 100000);
    gdi_child_free(child);
}
END_TEST

START_TEST(test_base_child__waiting_first_loses_no_frame_either)
{
    uint32_t closed = 0;
    gdi_child *child = start("frames");
    (void)wait_for(child);
    ck_assert_str_eq(next(child, &closed), "{\"n\":0}");
    ck_assert_str_eq(next(child, &closed), "{\"n\":1}");
    ck_assert_str_eq(next(child, &closed), "{\"n\":2}");
    ck_assert_ptr_null(next(child, &closed));
    ck_assert_uint_eq(closed, 1);
    gdi_child_free(child);
}
END_TEST

START_TEST(test_base_child__reports_exit_status_and_signal)
{
    gdi_child *child = start("exit");
    gdi_child_end end = wait_for(child);
    ck_assert_uint_eq(end.how, GDI_CHILD_EXITED);
    ck_assert_int_eq(end.code, 7);
    gdi_child_free(child);

    child = start("segv");
    end = wait_for(child);
    ck_assert_uint_eq(end.how, GDI_CHILD_SIGNALLED);
    ck_assert_int_eq(end.code, SIGSEGV);
    gdi_child_free(child);
}
END_TEST

START_TEST(test_base_child__asks_politely_then_kills)
{
    uint32_t closed = 0;
    gdi_child_end end;
    gdi_child *child = start("sleep");
    ck_assert_ptr_nonnull(next(child, &closed)); /* it has started */
    gdi_child_stop(child, 60000, &end);
    ck_assert_uint_eq(end.how, GDI_CHILD_SIGNALLED);
    ck_assert_int_eq(end.code, SIGTERM);
    gdi_child_free(child);

    child = start("stubborn");
    ck_assert_ptr_nonnull(next(child, &closed));
    gdi_child_stop(child, 20, &end);
    ck_assert_uint_eq(end.how, GDI_CHILD_SIGNALLED);
    ck_assert_int_eq(end.code, SIGKILL);
    gdi_child_stop(child, 20, &end); /* again is fine */
    ck_assert_int_eq(end.code, SIGKILL);
    gdi_child_free(child);
}
END_TEST

START_TEST(test_base_child__takes_grandchildren_along_and_does_not_wait_for_their_pipes)
{
    uint32_t closed = 0;
    long grandchild = 0;
    gdi_child *child = start("grandchild");
    ck_assert_int_eq(sscanf(next(child, &closed), "{\"pid\":%ld}", &grandchild), 1);
    ck_assert_ptr_null(next(child, &closed)); /* closed, although the grandchild held the pipe */
    ck_assert_uint_eq(closed, 1);
    gdi_child_end end = wait_for(child);
    ck_assert_int_eq(end.code, 0);
    gdi_child_free(child);
    /* Killed; whoever adopts orphans here may need a moment to reap it. */
    char path[64], state = '?';
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", grandchild);
    for (int i = 0; i < 1000 && state != 'Z'; i++) {
        FILE *stat = fopen(path, "r");
        if (stat == NULL) {
            return;
        }
        ck_assert_int_eq(fscanf(stat, "%*d %*s %c", &state), 1);
        (void)fclose(stat);
        (void)usleep(1000);
    }
    ck_assert_int_eq(state, 'Z');
}
END_TEST

START_TEST(test_base_child__keeps_the_end_of_a_long_output)
{
    gdi_child *child = start("much");
    (void)wait_for(child);
    const char *output = gdi_child_output(child);
    ck_assert_uint_le(strlen(output), GDI_CHILD_OUTPUT_MAX);
    ck_assert_uint_gt(strlen(output), GDI_CHILD_OUTPUT_MAX / 2);
    ck_assert_ptr_nonnull(strstr(output, "line 39999\nthe last line"));
    gdi_child_free(child);
}
END_TEST

START_TEST(test_base_child__gives_a_small_environment)
{
    (void)setenv("GOD_TEST_SECRET", "hidden", 1);
    gdi_child *child = start("env");
    (void)wait_for(child);
    ck_assert_str_eq(gdi_child_output(child), "parent yes, secret no, extra more\n");
    gdi_child_free(child);
}
END_TEST

START_TEST(test_base_child__hands_over_its_input)
{
    static char large[GDI_CHILD_INPUT_MAX + 1];
    const char *const argv[] = {GOD_BUILD_DIR "/tests/test-child-helper", "input", NULL};
    gdi_child_options options = {.argv = argv, .input = "a secret", .input_bytes = 8};
    gdi_child *child = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_child_start(&options, &child, &err) == GOD_OK, "%s", err.message);
    (void)wait_for(child);
    ck_assert_str_eq(gdi_child_output(child), "a secret");
    gdi_child_free(child);
    options.input = large;
    options.input_bytes = sizeof large;
    ck_assert_int_eq(gdi_child_start(&options, &child, &err), GOD_E_INVALID);
}
END_TEST

START_TEST(test_base_child__refuses_a_malformed_frame)
{
    const char *frame = NULL;
    uint32_t closed = 0;
    god_error err = GOD_ERROR_INIT;
    gdi_child *child = start("bad-frame");
    ck_assert_int_eq(gdi_child_next_frame(child, 60000, &frame, &closed, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "a frame says it has 4294967295 bytes, 1 to 1048576 are allowed");
    gdi_child_free(child);
}
END_TEST

START_TEST(test_base_child__names_a_program_that_is_not_there)
{
    const char *const argv[] = {"/nowhere/at-all", NULL};
    const gdi_child_options options = {.argv = argv};
    gdi_child *child = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_child_start(&options, &child, &err), GOD_E_NOT_FOUND);
    ck_assert_str_eq(err.message, "cannot start \"/nowhere/at-all\": No such file or directory");
    ck_assert_ptr_null(child);
}
END_TEST

START_TEST(test_base_child__waits_no_longer_than_asked)
{
    const char *frame = "";
    uint32_t closed = 0;
    gdi_child_end end;
    god_error err = GOD_ERROR_INIT;
    gdi_child *child = start("sleep");
    ck_assert_ptr_nonnull(next(child, &closed));
    ck_assert_int_eq(gdi_child_next_frame(child, 0, &frame, &closed, &err), GOD_OK);
    ck_assert_ptr_null(frame);
    ck_assert_uint_eq(closed, 0);
    ck_assert_int_eq(gdi_child_wait(child, 5, &end, &err), GOD_E_TIMEOUT);
    gdi_child_free(child);
}
END_TEST

Suite *suite_base_child(void)
{
    Suite *suite = suite_create("base_child");
    TCase *tests = tcase_create("child");
    tcase_add_test(tests, test_base_child__delivers_frames_in_order_and_then_says_closed);
    tcase_add_test(tests, test_base_child__loses_no_frame_of_a_fast_writer);
    tcase_add_test(tests, test_base_child__waiting_first_loses_no_frame_either);
    tcase_add_test(tests, test_base_child__reports_exit_status_and_signal);
    tcase_add_test(tests, test_base_child__asks_politely_then_kills);
    tcase_add_test(tests, test_base_child__takes_grandchildren_along_and_does_not_wait_for_their_pipes);
    tcase_add_test(tests, test_base_child__keeps_the_end_of_a_long_output);
    tcase_add_test(tests, test_base_child__gives_a_small_environment);
    tcase_add_test(tests, test_base_child__hands_over_its_input);
    tcase_add_test(tests, test_base_child__refuses_a_malformed_frame);
    tcase_add_test(tests, test_base_child__names_a_program_that_is_not_there);
    tcase_add_test(tests, test_base_child__waits_no_longer_than_asked);
    suite_add_tcase(suite, tests);
    return suite;
}
