#include "core/base/frame.h"

#include <stdlib.h>
#include <unistd.h>

#include "test_base.h"

START_TEST(test_base_frame__cuts_the_same_frames_however_the_bytes_arrive)
{
    static const char stream[] = "\2\0\0\0{}\7\0\0\0{\"a\":1}\1\0\0\0"
                                 "0";
    for (size_t step = 1; step < sizeof stream; step++) {
        gdi_frame_reader reader = {.data = NULL};
        god_error err = GOD_ERROR_INIT;
        const char *const expected[] = {"{}", "{\"a\":1}", "0"};
        size_t seen = 0;
        for (size_t at = 0; at < sizeof stream - 1; at += step) {
            size_t count = at + step < sizeof stream - 1 ? step : sizeof stream - 1 - at;
            ck_assert_int_eq(gdi_frame_reader_add(&reader, stream + at, count, &err), GOD_OK);
            for (;;) {
                const char *frame = NULL;
                ck_assert_int_eq(gdi_frame_reader_next(&reader, &frame, &err), GOD_OK);
                if (frame == NULL) {
                    break;
                }
                ck_assert_uint_lt(seen, 3);
                ck_assert_str_eq(frame, expected[seen++]);
            }
        }
        ck_assert_uint_eq(seen, 3);
        ck_assert_uint_eq(reader.start, reader.end);
        gdi_frame_reader_free(&reader);
    }
}
END_TEST

static god_status read_one(const char *bytes, size_t count, god_error *err)
{
    gdi_frame_reader reader = {.data = NULL};
    const char *frame = NULL;
    ck_assert_int_eq(gdi_frame_reader_add(&reader, bytes, count, err), GOD_OK);
    god_status status = gdi_frame_reader_next(&reader, &frame, err);
    gdi_frame_reader_free(&reader);
    return status;
}

START_TEST(test_base_frame__rejects_empty_oversized_and_nul)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(read_one("\0\0\0\0", 4, &err), GOD_E_DATA);
    ck_assert_int_eq(read_one("\1\0\x10\0", 4, &err), GOD_E_DATA); /* one more than GDI_FRAME_BYTES_MAX */
    ck_assert_int_eq(read_one("\0\0\x10\0", 4, &err), GOD_OK);
    ck_assert_int_eq(read_one("\2\0\0\0\0a", 6, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "a frame of 2 bytes has a NUL inside");
}
END_TEST

START_TEST(test_base_frame__writes_what_it_reads)
{
    int ends[2];
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(pipe(ends), 0);
    json_t *value = json_pack("{s:f}", "value", 0.1);
    ck_assert_int_eq(gdi_frame_write_json(ends[1], value, &err), GOD_OK);
    json_decref(value);
    char bytes[64];
    ssize_t count = read(ends[0], bytes, sizeof bytes);
    gdi_frame_reader reader = {.data = NULL};
    const char *frame = NULL;
    ck_assert_int_eq(gdi_frame_reader_add(&reader, bytes, (size_t)count, &err), GOD_OK);
    ck_assert_int_eq(gdi_frame_reader_next(&reader, &frame, &err), GOD_OK);
    ck_assert_str_eq(frame, "{\"value\":0.10000000000000001}");
    gdi_frame_reader_free(&reader);
    ck_assert_int_eq(gdi_frame_write(ends[1], "", 0, &err), GOD_E_INVALID);
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

Suite *suite_base_frame(void)
{
    Suite *suite = suite_create("base_frame");
    TCase *tests = tcase_create("frame");
    tcase_add_test(tests, test_base_frame__cuts_the_same_frames_however_the_bytes_arrive);
    tcase_add_test(tests, test_base_frame__rejects_empty_oversized_and_nul);
    tcase_add_test(tests, test_base_frame__writes_what_it_reads);
    suite_add_tcase(suite, tests);
    return suite;
}
