#include "core/base/log.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test_base.h"

enum { line_bytes_max = 8192 };

typedef struct capture {
    int ends[2];
    gdi_log log;
} capture;

static capture begin(uint32_t as_json)
{
    capture c;
    ck_assert_int_eq(pipe(c.ends), 0);
    c.log = (gdi_log){.fd = c.ends[1], .lowest_level = GOD_LOG_INFO, .as_json = as_json};
    return c;
}

static void end(capture *c, char text[line_bytes_max])
{
    (void)close(c->ends[1]);
    ssize_t count = read(c->ends[0], text, line_bytes_max - 1);
    ck_assert_int_ge(count, 0);
    text[count] = '\0';
    (void)close(c->ends[0]);
}

START_TEST(test_base_log__writes_fields_and_quotes_only_where_needed)
{
    char text[line_bytes_max];
    capture c = begin(0);
    gdi_log_write(&c.log, GOD_LOG_WARNING, "job\nended", "job", "a1", "why", "it \"fell\"\n", "none", NULL, "at", "",
                  NULL);
    end(&c, text);
    ck_assert_str_eq(text + strlen("2026-07-01T12:00:00.123Z"),
                     " warning job ended job=a1 why=\"it \\\"fell\\\"\\n\" at=\"\"\n");
}
END_TEST

START_TEST(test_base_log__drops_what_is_below_its_level)
{
    char text[line_bytes_max];
    capture c = begin(0);
    gdi_log_write(&c.log, GOD_LOG_DEBUG, "detail", NULL);
    gdi_log_write(NULL, GOD_LOG_ERROR, "nobody listens", NULL);
    end(&c, text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(test_base_log__stays_json_when_a_value_is_too_long)
{
    char text[line_bytes_max], longest[6000];
    memset(longest, '"', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    capture c = begin(1);
    gdi_log_write(&c.log, GOD_LOG_ERROR, longest, "job", longest, "id", "a1", NULL);
    gdi_log_write(&c.log, GOD_LOG_ERROR, "short", "job", longest, "id", "a\x01", NULL);
    end(&c, text);
    char *second = strchr(text, '\n');
    ck_assert_ptr_nonnull(second);
    *second++ = '\0';
    json_t *first = json_loads(text, 0, NULL);
    json_t *other = json_loads(second, 0, NULL);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(other);
    ck_assert_str_eq(json_string_value(json_object_get(first, "level")), "error");
    ck_assert_str_eq(json_string_value(json_object_get(other, "id")), "a\x01");
    ck_assert_ptr_null(json_object_get(other, "job"));
    json_decref(first);
    json_decref(other);
}
END_TEST

Suite *suite_base_log(void)
{
    Suite *suite = suite_create("base_log");
    TCase *tests = tcase_create("log");
    tcase_add_test(tests, test_base_log__writes_fields_and_quotes_only_where_needed);
    tcase_add_test(tests, test_base_log__drops_what_is_below_its_level);
    tcase_add_test(tests, test_base_log__stays_json_when_a_value_is_too_long);
    suite_add_tcase(suite, tests);
    return suite;
}
