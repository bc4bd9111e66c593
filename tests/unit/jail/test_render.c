#include <check.h>
#include <stdlib.h>

#include "core/jail/render.h"
#include "god/helpers/file.h"
#include "god/helpers/text.h"

#if defined(__has_feature)
#define SHADOW_MEMORY (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SHADOW_MEMORY 0
#endif

Suite *jail_render_suite(void);

static god_error err = GOD_ERROR_INIT;

/* Appends "index=text;" so that order and bytes can be compared at once. */
static god_status collect(void *user, uint64_t index, const char *text, size_t bytes)
{
    god_text *all = user;
    ck_assert_uint_eq(strlen(text), bytes);
    return god_text_append_f(all, &err, "%llu=%s;", (unsigned long long)index, text);
}

static god_status render_within(const char *source, const char *contexts_json, uint64_t time_limit_ms, god_text *all)
{
    const gdi_render_options options = {.jail_path = GOD_BUILD_DIR "/libexec/god/god-jail",
                                        .work_dir = ".",
                                        .time_limit_ms = time_limit_ms,
                                        .memory_bytes = 256 << 20};
    const god_template_request request = {.size = GOD_SIZE_TO(god_template_request, time_limit_ms),
                                          .source = source,
                                          .contexts_json = contexts_json,
                                          .now_s = 1721952000};
    return gdi_render(&options, &request, all, collect, &err);
}

static void expect_text(const char *source, const char *contexts_json, const char *expected)
{
    god_text all = GOD_TEXT_INIT;
    god_status status = render_within(source, contexts_json, 30000, &all);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
    ck_assert_str_eq(all.bytes > 0 ? all.data : "", expected);
    god_text_free(&all);
}

static void expect_refused(const char *source, god_status code, const char *sentence)
{
    god_text all = GOD_TEXT_INIT;
    ck_assert_int_eq(render_within(source, "[{\"x\": 1}]", 1000, &all), code);
    ck_assert_str_eq(err.message, sentence);
    god_text_free(&all);
}

START_TEST(test_jail_render__renders_each_context_in_order)
{
    expect_text("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}",
                "[{\"messages\": [{\"role\": \"user\", \"content\": \"h\u00e9 <b>\"}]}, {\"messages\": []}]",
                "0=<|im_start|>user\nh\u00e9 <b><|im_end|>\n;1=;");
    expect_text("{{ x }}", "[]", "");
}
END_TEST

START_TEST(test_jail_render__sets_up_what_chat_templates_expect)
{
    /* trim_blocks and lstrip_blocks: the lines with tags leave nothing behind */
    expect_text("a\n  {% if true %}\nb\n  {% endif %}\nc", "[{}]", "0=a\nb\nc;");
    expect_text("{{ strftime_now('%d %b %Y') }}", "[{}]", "0=26 Jul 2024;");
    expect_text("{{ x | tojson }}", "[{\"x\": {\"k\": \"<\u00e9>\"}}]", "0={\"k\": \"<\u00e9>\"};");
    expect_text("{% for i in [1,2,3] %}{% if i == 2 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "[{}]", "0=13;");
    expect_text("a{% generation %}{{ x }}{% endgeneration %}b", "[{\"x\": 5}]", "0=a5b;");
}
END_TEST

START_TEST(test_jail_render__long_texts_arrive_whole)
{
    god_text context = GOD_TEXT_INIT, expected = GOD_TEXT_INIT;
    ck_assert_int_eq(god_text_append_str(&context, "[{\"x\": \"", &err), GOD_OK);
    ck_assert_int_eq(god_text_append_str(&expected, "0=", &err), GOD_OK);
    for (int i = 0; i < 60000; i++) { /* 3-byte characters: pieces must not end inside one */
        ck_assert_int_eq(god_text_append_f(&context, &err, "\u20ac%d", i % 10), GOD_OK);
        ck_assert_int_eq(god_text_append_f(&expected, &err, "\u20ac%d", i % 10), GOD_OK);
    }
    ck_assert_int_eq(god_text_append_str(&context, "\"}]", &err), GOD_OK);
    ck_assert_int_eq(god_text_append_str(&expected, ";", &err), GOD_OK);
    expect_text("{{ x }}", context.data, expected.data);
    god_text_free(&context);
    god_text_free(&expected);
}
END_TEST

START_TEST(test_jail_render__failures_are_sentences)
{
    expect_refused("{{ raise_exception('roles must alternate') }}", GOD_E_DATA,
                   "rendering 0: the chat template: roles must alternate");
    expect_refused("\n{% bad", GOD_E_DATA, "the chat template: Encountered unknown tag 'bad'. (line 2)");
    expect_refused("{{ ''.__class__.__mro__ }}", GOD_E_DATA,
                   "rendering 0: the chat template: access to attribute '__class__' of 'str' object is unsafe.");
}
END_TEST

START_TEST(test_jail_render__hostile_templates_are_stopped)
{
    const char *doubling =
        "{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s "
        "%}{% endfor %}{{ ns.s | length }}";
    god_text all = GOD_TEXT_INIT;
    if (SHADOW_MEMORY) {
        puts("skipped: the memory limit, because a sanitizer's shadow memory does not fit under one");
    } else {
        ck_assert_int_eq(render_within(doubling, "[{}]", 60000, &all), GOD_E_NOMEM);
        ck_assert_str_eq(err.message, "rendering 0: the chat template: MemoryError");
    }
    god_text_free(&all);
    expect_refused("{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}", GOD_E_TIMEOUT,
                   "the chat template took more than 1000 ms of processor time");
}
END_TEST

static god_status note_name(void *user, const char *name, god_error *unused)
{
    (void)unused;
    *(uint32_t *)user |= strncmp(name, "template.", 9) == 0;
    return GOD_OK;
}

START_TEST(test_jail_render__leaves_no_request_behind)
{
    uint32_t found = 0;
    expect_text("x", "[{}]", "0=x;");
    expect_refused("{% bad", GOD_E_DATA, "the chat template: Encountered unknown tag 'bad'. (line 1)");
    ck_assert_int_eq(god_dir_each(".", &found, note_name, &err), GOD_OK);
    ck_assert_uint_eq(found, 0);
}
END_TEST

Suite *jail_render_suite(void)
{
    Suite *suite = suite_create("jail_render");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_jail_render__renders_each_context_in_order);
    tcase_add_test(cases, test_jail_render__sets_up_what_chat_templates_expect);
    tcase_add_test(cases, test_jail_render__long_texts_arrive_whole);
    tcase_add_test(cases, test_jail_render__failures_are_sentences);
    tcase_add_test(cases, test_jail_render__hostile_templates_are_stopped);
    tcase_add_test(cases, test_jail_render__leaves_no_request_behind);
    suite_add_tcase(suite, cases);
    return suite;
}
