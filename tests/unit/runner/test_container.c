/* What the container runner sends to an engine and reads from it, without one; cases with one: tests/runner. */
#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/runner/container/context.h"
#include "core/runner/container/pull_stream.h"
#include "god/helpers/file.h"

static const char tar_path[] = "context.tar", source_dir[] = "context-source";

static void set_up(void)
{
    ck_assert_int_eq(god_dir_remove(source_dir, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(source_dir, NULL), GOD_OK);
    ck_assert_int_eq(god_file_write("context-source/train.py", "print()\n", 8, NULL), GOD_OK);
    ck_assert_int_eq(symlink("train.py", "context-source/link.py"), 0);
    (void)unlink(tar_path);
}

/* ---- context ---- */

START_TEST(test_runner_context__mark_is_read_back_for_its_own_run_only)
{
    char long_id[65] = "";
    memset(long_id, 'a', 64);
    const char *const ids[] = {"r", "0f3c-12", long_id};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        ck_assert_int_eq(gdi_context_write(source_dir, ids[i], tar_path, NULL), GOD_OK);
        for (size_t k = 0; k < sizeof ids / sizeof *ids; k++) {
            ck_assert_uint_eq(gdi_context_is_of(tar_path, ids[k]), i == k);
        }
    }
    ck_assert_uint_eq(gdi_context_is_of("no-such.tar", "r"), 0);
}
END_TEST

START_TEST(test_runner_context__mark_is_found_at_the_head_of_a_file_that_was_cut)
{
    ck_assert_int_eq(gdi_context_write(source_dir, "cut", tar_path, NULL), GOD_OK);
    ck_assert_int_eq(truncate(tar_path, 1024), 0);
    ck_assert_uint_eq(gdi_context_is_of(tar_path, "cut"), 1);
    ck_assert_int_eq(truncate(tar_path, 1023), 0);
    ck_assert_uint_eq(gdi_context_is_of(tar_path, "cut"), 0);
}
END_TEST

START_TEST(test_runner_context__others_read_the_files_and_pass_the_mark_over)
{
    char names[256] = "";
    struct archive *tar = archive_read_new();
    struct archive_entry *entry = NULL;
    ck_assert_int_eq(gdi_context_write(source_dir, "0f3c", tar_path, NULL), GOD_OK);
    ck_assert_int_eq(archive_read_support_format_tar(tar), ARCHIVE_OK);
    ck_assert_int_eq(archive_read_open_filename(tar, tar_path, 10240), ARCHIVE_OK);
    while (archive_read_next_header(tar, &entry) == ARCHIVE_OK) {
        (void)strcat(strcat(names, archive_entry_pathname(entry)), " ");
    }
    ck_assert_str_eq(names, "link.py train.py ");
    ck_assert_int_eq(archive_errno(tar), 0);
    (void)archive_read_free(tar);
}
END_TEST

/* ---- pull ---- */

static god_status add(void *user, const char *bytes, size_t count, god_error *err)
{
    return god_text_append(user, bytes, count, err);
}

START_TEST(test_runner_pull_stream__tells_parts_and_keeps_the_first_failure)
{
    static const char answer[] =
        "{\"status\":\"Pulling from a/b\",\"id\":\"latest\"}\n"
        "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":3000000,\"total\":9000000},\"id\":\"e5\"}\n"
        "no JSON\n"
        "{\"status\":\"Already exists\",\"progressDetail\":{},\"id\":\"f6\"}\n"
        "{\"error\":\"manifest unknown\"}\n{\"error\":\"later\"}\n";
    god_text text = GOD_TEXT_INIT;
    gdi_pull_stream *stream = calloc(1, sizeof *stream);
    ck_assert_ptr_nonnull(stream);
    stream->image = "a/b";
    stream->printed = add;
    stream->user = &text;
    for (const char *at = answer; *at != '\0'; at++) {
        stream->next_ms = 0;
        ck_assert_int_eq(gdi_pull_stream_take(stream, at, 1, NULL), GOD_OK);
    }
    ck_assert_int_eq(god_text_append(&text, "", 1, NULL), GOD_OK);
    ck_assert_str_eq(text.data, "pulling a/b: 0 of 2 parts, 3 of 9 MB\npulling a/b: 1 of 3 parts, 3 of 9 MB\n");
    ck_assert_str_eq(stream->progress.failure, "manifest unknown");
    gdi_pull_stream_clear(stream);
    free(stream);
    god_text_free(&text);
}
END_TEST

START_TEST(test_runner_pull_stream__forgets_layers_beyond_its_room)
{
    god_text text = GOD_TEXT_INIT;
    gdi_pull_stream *stream = calloc(1, sizeof *stream);
    ck_assert_ptr_nonnull(stream);
    stream->image = "a";
    stream->printed = add;
    stream->user = &text;
    for (int i = 0; i < GDI_PULL_LAYERS_MAX + 10; i++) {
        char line[128];
        int bytes = snprintf(line, sizeof line, "{\"status\":\"x\",\"progressDetail\":{},\"id\":\"%d\"}\n", i);
        ck_assert_int_eq(gdi_pull_stream_take(stream, line, (size_t)bytes, NULL), GOD_OK);
    }
    ck_assert_uint_eq(stream->layer_count, GDI_PULL_LAYERS_MAX);
    gdi_pull_stream_clear(stream);
    free(stream);
    god_text_free(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runner");
    TCase *cases = tcase_create("container");
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, test_runner_context__mark_is_read_back_for_its_own_run_only);
    tcase_add_test(cases, test_runner_context__mark_is_found_at_the_head_of_a_file_that_was_cut);
    tcase_add_test(cases, test_runner_context__others_read_the_files_and_pass_the_mark_over);
    tcase_add_test(cases, test_runner_pull_stream__tells_parts_and_keeps_the_first_failure);
    tcase_add_test(cases, test_runner_pull_stream__forgets_layers_beyond_its_room);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
