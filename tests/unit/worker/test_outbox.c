#include "core/worker/outbox.h"

#include <stdlib.h>

#include "test_worker.h"

static const struct text {
    const char *bytes, *clean;
    size_t bytes_max;
} texts[] = {
    {"plain", "plain", 100},
    {"caf\xc3\xa9", "caf\xc3\xa9", 100},
    {"caf\xc3\xa9", "caf?", 4}, /* cut inside a character */
    {"bad \xff\xfe", "bad ??", 100},
    {"half \xe2\x82", "half ??", 100},
    {"overlong \xc0\xaf", "overlong ??", 100},
    {"surrogate \xed\xa0\x80", "surrogate ???", 100},
    {"too high \xf4\x90\x80\x80", "too high ????", 100},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 100},
    {"\xe2\x82\xac", "\xe2\x82\xac", 3},
    {"", "", 100},
};

START_TEST(test_worker_outbox__makes_any_bytes_into_text)
{
    json_t *value = gdi_outbox_text(texts[_i].bytes, texts[_i].bytes_max);
    ck_assert_ptr_nonnull(value);
    ck_assert_str_eq(json_string_value(value), texts[_i].clean);
    json_decref(value);
}
END_TEST

Suite *suite_worker_outbox(void)
{
    Suite *suite = suite_create("worker_outbox");
    TCase *tests = tcase_create("outbox");
    tcase_add_loop_test(tests, test_worker_outbox__makes_any_bytes_into_text, 0, sizeof texts / sizeof *texts);
    suite_add_tcase(suite, tests);
    return suite;
}
