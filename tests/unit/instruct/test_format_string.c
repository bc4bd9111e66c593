#include "suites.h"

#include "common/format_string.h"

static const gtx_field fields[] = {{"instruction", "Add", 3}, {"input", "{2} }}", 6}};

static god_error err = GOD_ERROR_INIT;

static void expect_text(const char *format, const char *wanted)
{
    god_text text = GOD_TEXT_INIT;
    expect_ok(gtx_format("format", format, fields, 2, &text, &err), &err);
    ck_assert_str_eq(text.data == NULL ? "" : text.data, wanted);
    god_text_free(&text);
}

static void expect_no_text(const char *format, const char *sentence)
{
    god_text text = GOD_TEXT_INIT;
    expect_refused(gtx_format("format", format, fields, 2, &text, &err), GOD_E_INVALID, &err, sentence);
    god_text_free(&text);
}

START_TEST(test_instruct_format_string__replaces_names_and_unfolds_braces)
{
    expect_text("", "");
    expect_text("plain", "plain");
    expect_text("{instruction} {input}", "Add {2} }}");
    expect_text("{{{instruction}}}", "{Add}");
    expect_text("{{instruction}}", "{instruction}");
    expect_text("{{}}{input}{input}", "{}{2} }}{2} }}");
}
END_TEST

START_TEST(test_instruct_format_string__refuses_the_rest_of_the_language)
{
    expect_no_text("{question}", "names {question}");
    expect_no_text("{}", "names {}");
    expect_no_text("{0}", "names {0}");
    expect_no_text("{instruction!r}", "uses \"!\" inside braces");
    expect_no_text("{instruction:>5}", "uses \":\" inside braces");
    expect_no_text("{instruction[0]}", "uses \"[\" inside braces");
    expect_no_text("{instruction.x}", "uses \".\" inside braces");
    expect_no_text("{ instruction}", "names { instruction}");
}
END_TEST

START_TEST(test_instruct_format_string__refuses_lone_braces)
{
    expect_no_text("a } b", "has a \"}\" without its \"{\"");
    expect_no_text("a { b", "has a \"{\" without its \"}\"");
    expect_no_text("{instruction", "has a \"{\" without its \"}\"");
    expect_no_text("{", "has a \"{\" without its \"}\"");
    expect_no_text("{in{x}}", "has a \"{\" without its \"}\"");
}
END_TEST

Suite *instruct_format_string_suite(void)
{
    const TTest *const tests[] = {test_instruct_format_string__replaces_names_and_unfolds_braces,
                                  test_instruct_format_string__refuses_the_rest_of_the_language,
                                  test_instruct_format_string__refuses_lone_braces, NULL};
    return suite_of("format_string", tests);
}
