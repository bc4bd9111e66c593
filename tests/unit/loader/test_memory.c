#include "fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/loader/info.h"
#include "core/loader/memory.h"
#include "god/helpers/json.h"

static const char memory_path[] = "scratch/plugins.json";

static json_t *read_memory(const gdi_log *log)
{
    json_t *memory = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(gdi_memory_read(memory_path, log, &memory, &err) == GOD_OK, "%s", err.message);
    return memory;
}

static void add_refusal(json_t *memory, const char *sha256, const char *reason)
{
    json_t *description = NULL;
    god_error err = GOD_ERROR_INIT;
    ck_assert(gdi_info_from_refusal(GOD_E_INVALID, reason, &description, &err) == GOD_OK);
    ck_assert_msg(gdi_memory_add(memory, memory_path, sha256, description, &err) == GOD_OK, "%s", err.message);
    json_decref(description);
}

START_TEST(test_loader_memory__finds_what_was_added)
{
    json_t *memory = read_memory(NULL);
    ck_assert_ptr_null(gdi_memory_find(memory, "abc"));
    add_refusal(memory, "abc", "is odd");
    json_decref(memory);
    memory = read_memory(NULL);
    const json_t *found = gdi_memory_find(memory, "abc");
    ck_assert_str_eq(json_string_value(json_object_get(found, "reason")), "is odd");
    json_decref(memory);
}
END_TEST

START_TEST(test_loader_memory__forgets_the_oldest)
{
    json_t *memory = read_memory(NULL), *plugins = json_object_get(memory, "plugins");
    for (int i = 0; i < GDI_MEMORY_PLUGINS_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%d", i);
        ck_assert_int_eq(json_object_set_new(plugins, name, json_object()), 0);
    }
    add_refusal(memory, "0", "seen again");
    add_refusal(memory, "new", "is new");
    ck_assert_uint_eq(json_object_size(plugins), GDI_MEMORY_PLUGINS_MAX);
    ck_assert_ptr_nonnull(gdi_memory_find(memory, "0")); /* it became the newest when it was added again */
    ck_assert_ptr_null(gdi_memory_find(memory, "1"));
    ck_assert_ptr_nonnull(gdi_memory_find(memory, "2"));
    json_decref(memory);
}
END_TEST

/* Runs with a log that goes to a pipe, and returns what was logged. */
static void read_with_log(char *ret_text, size_t text_bytes)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const gdi_log log = {.fd = ends[1], .lowest_level = GOD_LOG_DEBUG};
    json_t *memory = read_memory(&log);
    ck_assert_uint_eq(json_object_size(json_object_get(memory, "plugins")), 0);
    json_decref(memory);
    (void)close(ends[1]);
    ssize_t count = read(ends[0], ret_text, text_bytes - 1);
    ret_text[count < 0 ? 0 : count] = '\0';
    (void)close(ends[0]);
}

START_TEST(test_loader_memory__passes_over_a_damaged_file_with_a_log_line)
{
    static const char *const damaged[] = {"", "{", "[]", "7", "{\"rules\": 7}", "{\"rules\": \"x\", \"plugins\": []}"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        char text[1024];
        scratch_write("plugins.json", damaged[i]);
        read_with_log(text, sizeof text);
        ck_assert_msg(strstr(text, "starting with an empty one") != NULL, "%s: %s", damaged[i], text);
    }
}
END_TEST

START_TEST(test_loader_memory__is_silent_when_there_is_none)
{
    char text[1024];
    read_with_log(text, sizeof text);
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(test_loader_memory__forgets_what_other_rules_decided)
{
    char text[1024];
    scratch_write("plugins.json", "{\"version\": 1, \"rules\": \"abi 0.9, rules 1\", \"plugins\": {\"abc\": {}}}");
    read_with_log(text, sizeof text);
    ck_assert_str_eq(text, "");
}
END_TEST

Suite *loader_memory_suite(void)
{
    Suite *suite = suite_create("loader_memory");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, scratch_begin, NULL);
    tcase_add_test(tests, test_loader_memory__finds_what_was_added);
    tcase_add_test(tests, test_loader_memory__forgets_the_oldest);
    tcase_add_test(tests, test_loader_memory__passes_over_a_damaged_file_with_a_log_line);
    tcase_add_test(tests, test_loader_memory__is_silent_when_there_is_none);
    tcase_add_test(tests, test_loader_memory__forgets_what_other_rules_decided);
    suite_add_tcase(suite, tests);
    return suite;
}
