/* Which source a choice leads to, and what each library template writes. The expected texts are written out from the
 * rules (evaluation.md 4.2), not by the templates. */
#include "chat/templates.h"

#include "support.h"

#define USER(text) "{\"from\": \"user\", \"value\": \"" text "\"}"
#define ASSISTANT(text) "{\"from\": \"assistant\", \"value\": \"" text "\"}"
#define SYSTEM(text) "{\"from\": \"system\", \"value\": \"" text "\"}"
#define OTHER(text) "{\"from\": \"critic\", \"value\": \"" text "\"}"
#define ROW(messages) "{\"conversations\": [" messages "]}\n"

/* Blanks and line feeds around contents show who trims; two exchanges show what stands between. */
#define TALK USER(" Hi ") "," ASSISTANT("Yo\\n") "," USER("Bye") "," ASSISTANT("Ok")

static const char specials[] = "{\"bos_token\": \"<s>\", \"eos_token\": \"</s>\"}";

typedef struct expectation {
    const char *rows;
    const char *texts[4]; /* per row */
} expectation;

static void expect_texts(const char *name, const char *specials_json, const expectation *expected)
{
    gtx_prepared_writer writer;
    toy_tokenizer tokenizer = {{{NULL, 0}}, -1};
    ck_assert_msg(prepare_toy(name, NULL, specials_json, expected->rows, &tokenizer, &writer) == GOD_OK, "%s: %s", name,
                  err.message);
    for (size_t row = 0; row < 4 && expected->texts[row] != NULL; row++) {
        ck_assert_str_eq(text_of(&writer, row), expected->texts[row]);
    }
    gtx_prepared_writer_free(&writer);
}

static void expect_refused(const char *name, const char *rows, const char *sentence)
{
    gtx_prepared_writer writer;
    toy_tokenizer tokenizer = {{{NULL, 0}}, -1};
    ck_assert_int_eq(prepare_toy(name, NULL, specials, rows, &tokenizer, &writer), GOD_E_DATA);
    ck_assert_str_eq(err.message, sentence);
    gtx_prepared_writer_free(&writer);
}

START_TEST(test_chat_templates__chatml)
{
    const expectation expected = {
        ROW(TALK) ROW(SYSTEM("S") "," OTHER("x") "," USER("")),
        {"<|im_start|>user\n Hi <|im_end|>\n<|im_start|>assistant\nYo\n<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n"
         "<|im_start|>assistant\nOk<|im_end|>\n",
         "<|im_start|>system\nS<|im_end|>\n<|im_start|>critic\nx<|im_end|>\n<|im_start|>user\n<|im_end|>\n"}};
    expect_texts("chatml", specials, &expected);
}
END_TEST

START_TEST(test_chat_templates__llama3)
{
    const expectation expected = {
        ROW(TALK) ROW(SYSTEM(" S")),
        {"<s><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
         "Yo<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|><|start_header_id|>assistant"
         "<|end_header_id|>\n\nOk<|eot_id|>",
         "<s><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|>"}};
    expect_texts("llama3", specials, &expected);
    const expectation without_bos = {ROW(USER("a")), {"<|start_header_id|>user<|end_header_id|>\n\na<|eot_id|>"}};
    expect_texts("llama3", NULL, &without_bos);
}
END_TEST

START_TEST(test_chat_templates__gemma)
{
    const expectation expected = {ROW(TALK),
                                  {"<s><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nYo<end_of_turn>\n"
                                   "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\nOk<end_of_turn>\n"}};
    expect_texts("gemma", specials, &expected);
    expect_refused("gemma", ROW(TALK) ROW(SYSTEM("S") "," USER("a")),
                   "row 2: the chat template: the template gemma has no system role");
    expect_refused("gemma", ROW(ASSISTANT("a")),
                   "row 1: the chat template: the template gemma needs user and assistant in turn, the user first");
    expect_refused("gemma", ROW(USER("a") "," USER("b")),
                   "row 1: the chat template: the template gemma needs user and assistant in turn, the user first");
}
END_TEST

START_TEST(test_chat_templates__alpaca)
{
    const expectation expected = {
        ROW(TALK) ROW(SYSTEM("S") "," USER("a") "," SYSTEM("T")),
        {"<s>### Instruction:\n Hi \n\n### Response:\nYo\n</s>\n\n### Instruction:\nBye\n\n### Response:\nOk</s>",
         "<s>S\n\n### Instruction:\na\n\n"}};
    expect_texts("alpaca", specials, &expected);
}
END_TEST

START_TEST(test_chat_templates__phi_3)
{
    const expectation expected = {ROW(TALK) ROW(SYSTEM("") "," USER("a")),
                                  {"<s><|user|>\n Hi <|end|>\n<|assistant|>\nYo\n<|end|>\n<|user|>\nBye<|end|>\n"
                                   "<|assistant|>\nOk<|end|>\n",
                                   "<s><|system|>\n<|end|>\n<|user|>\na<|end|>\n<|assistant|>\n"}};
    expect_texts("phi_3", specials, &expected);
}
END_TEST

START_TEST(test_chat_templates__phi_35)
{
    const expectation expected = {
        ROW(TALK) ROW(SYSTEM("") "," USER("a")) ROW(SYSTEM("S") "," USER("a")),
        {"<|user|>\n Hi <|end|>\n<|assistant|>\nYo\n<|end|>\n<|user|>\nBye<|end|>\n<|assistant|>\nOk<|end|>\n",
         "<|user|>\na<|end|>\n", "<|system|>\nS<|end|>\n<|user|>\na<|end|>\n"}};
    expect_texts("phi_35", specials, &expected);
}
END_TEST

START_TEST(test_chat_templates__mistral)
{
    const expectation v1 = {ROW(TALK), {"<s> [INST]  Hi  [/INST] Yo\n</s> [INST] Bye [/INST] Ok</s>"}};
    const expectation v2v3 = {ROW(TALK), {"<s>[INST]  Hi [/INST] Yo\n</s>[INST] Bye[/INST] Ok</s>"}};
    expect_texts("mistral_v1", specials, &v1);
    expect_texts("mistral_v2v3", specials, &v2v3);
    expect_refused(
        "mistral_v1", ROW(SYSTEM("S") "," USER("a")),
        "row 1: the chat template: the template mistral_v1 needs user and assistant in turn, the user first");
    expect_refused(
        "mistral_v2v3", ROW(USER("a") "," OTHER("b")),
        "row 1: the chat template: the template mistral_v2v3 needs user and assistant in turn, the user first");
}
END_TEST

START_TEST(test_chat_templates__qwen_25)
{
    const expectation expected = {
        ROW(USER(" a ") "," ASSISTANT("b")) ROW(SYSTEM("") "," USER("a")),
        {"<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
         "<|im_start|>user\n a <|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n",
         "<|im_start|>system\n<|im_end|>\n<|im_start|>user\na<|im_end|>\n"}};
    expect_texts("qwen_25", specials, &expected);
    expect_refused("qwen_25", "{\"tools\": [{}], \"conversations\": [" USER("a") "]}",
                   "row 1: the chat template: the template qwen_25 is offered without tools, use tokenizer_default");
}
END_TEST

START_TEST(test_chat_templates__a_message_without_content_is_an_error_where_it_is_not_trimmed)
{
    expect_refused("chatml", ROW(USER("a")) ROW("{\"from\": \"user\"}"),
                   "row 2: the chat template: 'dict object' has no attribute 'content'");
}
END_TEST

START_TEST(test_chat_templates__choices_lead_to_sources)
{
    const char *source = NULL;
    const char *own = "{{ messages }}";
    ck_assert_int_eq(chat_template_choose("tokenizer_default", own, &source, &err), GOD_OK);
    ck_assert_ptr_eq(source, own);
    ck_assert_int_eq(chat_template_choose("tokenizer_default_fallback_chatml", own, &source, &err), GOD_OK);
    ck_assert_ptr_eq(source, own);
    ck_assert_int_eq(chat_template_choose("tokenizer_default_fallback_chatml", NULL, &source, &err), GOD_OK);
    ck_assert_ptr_eq(source, chat_template_library_source("chatml"));
    ck_assert_int_eq(chat_template_choose("phi_3", own, &source, &err), GOD_OK);
    ck_assert_ptr_eq(source, chat_template_library_source("phi_3"));
    ck_assert_int_eq(chat_template_choose("tokenizer_default", NULL, &source, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "dataset_type: \"chat_template\" is \"tokenizer_default\" and the base model's "
                                  "tokenizer has no template");
    ck_assert_str_eq(chat_template_library_source("tokenizer_default"), "");
}
END_TEST

START_TEST(test_chat_templates__unknown_choices_name_the_known_ones)
{
    static const char *const unknown[] = {
        "", "ChatML", "chatml.jinja", "tokenizer_default_fallback_", "tokenizer_default_fallback_x", "jinja"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        char sentence[400];
        (void)snprintf(sentence, sizeof sentence,
                       "dataset_type: \"chat_template\" is \"%s\", known are alpaca, chatml, gemma, llama3, "
                       "mistral_v1, mistral_v2v3, phi_3, phi_35, qwen_25, tokenizer_default and "
                       "tokenizer_default_fallback_NAME",
                       unknown[i]);
        ck_assert_int_eq(chat_template_check(unknown[i], &err), GOD_E_INVALID);
        ck_assert_str_eq(err.message, sentence);
    }
    ck_assert_int_eq(chat_template_check("tokenizer_default", &err), GOD_OK);
    ck_assert_int_eq(chat_template_check("tokenizer_default_fallback_gemma", &err), GOD_OK);
}
END_TEST

Suite *chat_templates_suite(void)
{
    Suite *suite = suite_create("chat_templates");
    TCase *cases = tcase_create("all");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_chat_templates__chatml);
    tcase_add_test(cases, test_chat_templates__llama3);
    tcase_add_test(cases, test_chat_templates__gemma);
    tcase_add_test(cases, test_chat_templates__alpaca);
    tcase_add_test(cases, test_chat_templates__phi_3);
    tcase_add_test(cases, test_chat_templates__phi_35);
    tcase_add_test(cases, test_chat_templates__mistral);
    tcase_add_test(cases, test_chat_templates__qwen_25);
    tcase_add_test(cases, test_chat_templates__a_message_without_content_is_an_error_where_it_is_not_trimmed);
    tcase_add_test(cases, test_chat_templates__choices_lead_to_sources);
    tcase_add_test(cases, test_chat_templates__unknown_choices_name_the_known_ones);
    suite_add_tcase(suite, cases);
    return suite;
}
