/* Tokenizer folders that are broken on purpose, each with the exact sentence that it must give. */
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "god/helpers/text.h"
#include "suites.h"

static void expect_json(const char *json, god_status code, const char *sentence)
{
    make_folder("malformed", json, NULL, NULL);
    expect_refused("malformed", code, sentence);
}

START_TEST(test_token_malformed__files)
{
    make_folder("malformed", NULL, NULL, NULL);
    expect_refused("malformed", GOD_E_NOT_FOUND, "\"malformed\" has neither tokenizer.json nor tokenizer.model");
    expect_json("", GOD_E_DATA, "tokenizer.json: line 1, column 0: unexpected token near end of file");
    expect_json("{\"model\": ", GOD_E_DATA, "tokenizer.json: line 1, column 10: unexpected token near end of file");
    expect_json("[]", GOD_E_DATA, "tokenizer.json: an object is needed");
    expect_json("{}", GOD_E_DATA, "tokenizer.json: \"model\" is missing");
    expect_json("{\"model\": 3}", GOD_E_DATA, "tokenizer.json: \"model\" is a number, an object is needed");
    expect_json("{\"model\": {\"vocab\": {\"a\": 0, \"a\": 1}}}", GOD_E_DATA,
                "tokenizer.json: line 1, column 32: duplicate object key near '\"a\"'");
}
END_TEST

static const struct {
    const char *model;
    god_status code;
    const char *sentence;
} models[] = {
    {"{\"type\": \"Magic\"}", GOD_E_UNSUPPORTED, "tokenizer.json: model: the type \"Magic\" is not supported"},
    {"{\"type\": \"BPE\"}", GOD_E_DATA, "tokenizer.json: model: \"vocab\" is missing"},
    {"{\"type\": \"BPE\", \"vocab\": []}", GOD_E_DATA,
     "tokenizer.json: model: \"vocab\" is an array, an object is needed"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": \"0\"}}", GOD_E_DATA,
     "tokenizer.json: model: the id of \"a\" is not a whole number"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": -1}}", GOD_E_DATA,
     "tokenizer.json: model: the id of \"a\" is -1, allowed are 0 to 4194303"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 4194304}}", GOD_E_DATA,
     "tokenizer.json: model: the id of \"a\" is 4194304, allowed are 0 to 4194303"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}}", GOD_E_DATA, "tokenizer.json: model: \"merges\" is missing"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": {}}", GOD_E_DATA,
     "tokenizer.json: model: \"merges\" is an object, an array is needed"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a\"]}", GOD_E_DATA,
     "tokenizer.json: model: merge 0 is not two pieces"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a a a\"]}", GOD_E_DATA,
     "tokenizer.json: model: merge 0 is not two pieces"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [[\"a\", 1]]}", GOD_E_DATA,
     "tokenizer.json: model: merge 0 is not two pieces"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [[\"a\", \"b\"]]}", GOD_E_DATA,
     "tokenizer.json: model: merge 0 needs \"b\", which is not in the vocabulary"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a a\"]}", GOD_E_DATA,
     "tokenizer.json: model: merge 0 needs \"aa\", which is not in the vocabulary"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [\"a a\"], \"continuing_subword_prefix\": \"##\"}",
     GOD_E_DATA, "tokenizer.json: model: merge 0 has a right half shorter than \"continuing_subword_prefix\""},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [], \"unk_token\": \"<unk>\"}", GOD_E_DATA,
     "tokenizer.json: model: \"unk_token\" \"<unk>\" is not in the vocabulary"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [], \"dropout\": 0.1}", GOD_E_UNSUPPORTED,
     "tokenizer.json: model: \"dropout\" is 0.1, only 0 gives the same ids each time"},
    {"{\"type\": \"BPE\", \"vocab\": {\"a\": 0}, \"merges\": [], \"byte_fallback\": 1}", GOD_E_DATA,
     "tokenizer.json: model: \"byte_fallback\" is a number, true or false is needed"},
    {"{\"type\": \"Unigram\", \"vocab\": [[\"a\"]]}", GOD_E_DATA,
     "tokenizer.json: model: vocab[0] is not a text and a score"},
    {"{\"type\": \"Unigram\", \"vocab\": [[\"a\", 0.0]], \"unk_id\": 1}", GOD_E_DATA,
     "tokenizer.json: model: \"unk_id\" is 1, allowed are 0 to 0"},
    {"{\"type\": \"WordPiece\", \"vocab\": {\"a\": 0}}", GOD_E_DATA, "tokenizer.json: model: \"unk_token\" is missing"},
    {"{\"type\": \"WordPiece\", \"vocab\": {\"a\": 0}, \"unk_token\": \"a\", \"max_input_chars_per_word\": -1}",
     GOD_E_DATA, "tokenizer.json: model: \"max_input_chars_per_word\" is -1, allowed are 0 to 1000000"},
};

START_TEST(test_token_malformed__models)
{
    expect_json(tokenizer_json(NULL, NULL, models[_i].model, NULL, NULL, NULL), models[_i].code, models[_i].sentence);
}
END_TEST

enum { NORMALIZER, PRE_TOKENIZER, POST_PROCESSOR, DECODER, ADDED };
static const struct {
    int member;
    const char *text;
    god_status code;
    const char *sentence;
} members[] = {
    {NORMALIZER, "3", GOD_E_DATA, "tokenizer.json: normalizer: an object is needed"},
    {NORMALIZER, "{}", GOD_E_DATA, "tokenizer.json: normalizer: \"type\" is missing"},
    {NORMALIZER, "{\"type\": \"Mystery\"}", GOD_E_UNSUPPORTED,
     "tokenizer.json: normalizer: the type \"Mystery\" is not supported"},
    {NORMALIZER, "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, {\"type\": \"Prepend\"}]}",
     GOD_E_DATA, "tokenizer.json: normalizer[1]: \"prepend\" is missing"},
    {NORMALIZER, "{\"type\": \"Replace\", \"pattern\": {}, \"content\": \"\"}", GOD_E_DATA,
     "tokenizer.json: normalizer: \"pattern\" has neither \"Regex\" nor \"String\""},
    {NORMALIZER, "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"(\"}, \"content\": \"\"}", GOD_E_DATA,
     "tokenizer.json: normalizer: the regular expression \"(\" is refused at byte 1: missing closing parenthesis"},
    {NORMALIZER, "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"%\"}", GOD_E_DATA,
     "tokenizer.json: normalizer: \"precompiled_charsmap\" is not base64"},
    {NORMALIZER, "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AAAB\"}", GOD_E_DATA,
     "tokenizer.json: normalizer: the character map of 3 bytes says that its array has 0"},
    {NORMALIZER, "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"CAAAAAAAAAA=\"}", GOD_E_DATA,
     "tokenizer.json: normalizer: the character map of 8 bytes says that its array has 8"},
    {NORMALIZER, "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"BAAAAAAAAAD/\"}", GOD_E_DATA,
     "tokenizer.json: normalizer: the texts of the character map are not UTF-8"},
    {PRE_TOKENIZER, "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"a\"}, \"behavior\": \"Sideways\"}",
     GOD_E_UNSUPPORTED, "tokenizer.json: pre_tokenizer: \"behavior\" \"Sideways\" is not known"},
    {PRE_TOKENIZER, "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"[a&&b]\"}, \"behavior\": \"Isolated\"}",
     GOD_E_UNSUPPORTED,
     "tokenizer.json: pre_tokenizer: the regular expression \"[a&&b]\" uses && in a class, which is not supported"},
    {PRE_TOKENIZER, "{\"type\": \"Metaspace\", \"replacement\": \"__\"}", GOD_E_DATA,
     "tokenizer.json: pre_tokenizer: \"replacement\" is \"__\", one character is needed"},
    {PRE_TOKENIZER, "{\"type\": \"Metaspace\", \"replacement\": \"_\", \"prepend_scheme\": \"twice\"}",
     GOD_E_UNSUPPORTED, "tokenizer.json: pre_tokenizer: \"prepend_scheme\" \"twice\" is not known"},
    {PRE_TOKENIZER, "{\"type\": \"ByteLevel\", \"add_prefix_space\": \"yes\"}", GOD_E_DATA,
     "tokenizer.json: pre_tokenizer: \"add_prefix_space\" is a string, true or false is needed"},
    {POST_PROCESSOR, "{\"type\": \"TemplateProcessing\", \"single\": [{}], \"special_tokens\": {}}", GOD_E_DATA,
     "tokenizer.json: post_processor: single[0] is neither \"SpecialToken\" nor \"Sequence\""},
    {POST_PROCESSOR,
     "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"x\"}}], \"special_tokens\": {}}",
     GOD_E_DATA, "tokenizer.json: post_processor: \"x\" is not among \"special_tokens\""},
    {POST_PROCESSOR, "{\"type\": \"BertProcessing\", \"cls\": [\"a\"], \"sep\": [\"b\", 1]}", GOD_E_DATA,
     "tokenizer.json: post_processor: \"cls\" is not a text and an id"},
    {POST_PROCESSOR, "{\"type\": \"Sequence\", \"processors\": [{\"type\": \"Other\"}]}", GOD_E_UNSUPPORTED,
     "tokenizer.json: post_processor[0]: the type \"Other\" is not supported"},
    {DECODER, "{\"type\": \"CTC\"}", GOD_E_UNSUPPORTED, "tokenizer.json: decoder: the type \"CTC\" is not supported"},
    {DECODER, "{\"type\": \"Strip\", \"content\": \"\", \"start\": 0, \"stop\": 0}", GOD_E_DATA,
     "tokenizer.json: decoder: \"content\" is \"\", one character is needed"},
    {DECODER, "{\"type\": \"Strip\", \"content\": \"a\", \"start\": -1, \"stop\": 0}", GOD_E_DATA,
     "tokenizer.json: decoder: \"start\" is -1, allowed are 0 to 2147483647"},
    {ADDED, "[{\"id\": 0}]", GOD_E_DATA, "tokenizer.json: added_tokens[0]: \"content\" is missing"},
    {ADDED, "[{\"id\": -5, \"content\": \"x\"}]", GOD_E_DATA,
     "tokenizer.json: added_tokens[0]: \"id\" is -5, allowed are 0 to 4194303"},
    {ADDED, "[{\"id\": 0, \"content\": \"x\", \"single_word\": 0}]", GOD_E_DATA,
     "tokenizer.json: added_tokens[0]: \"single_word\" is a number, true or false is needed"},
    {ADDED, "{}", GOD_E_DATA, "tokenizer.json: \"added_tokens\" is an object, an array is needed"},
};

START_TEST(test_token_malformed__members)
{
    const char *text = members[_i].text;
#define AT(which) (members[_i].member == (which) ? text : NULL)
    expect_json(tokenizer_json(AT(NORMALIZER), AT(PRE_TOKENIZER), NULL, AT(POST_PROCESSOR), AT(DECODER), AT(ADDED)),
                members[_i].code, members[_i].sentence);
#undef AT
}
END_TEST

static const struct {
    const char *config, *map;
    const char *sentence;
} configs[] = {
    {"[]", NULL, "tokenizer_config.json: an object is needed"},
    {"{\"bos_token\": 3}", NULL, "tokenizer_config.json: \"bos_token\" is neither a text nor a token object"},
    {"{\"additional_special_tokens\": [\"a\", 1]}", NULL,
     "tokenizer_config.json: additional_special_tokens[1] is neither a text nor a token object"},
    {"{\"added_tokens_decoder\": {\"x\": {\"content\": \"a\"}}}", NULL,
     "tokenizer_config.json: added_tokens_decoder: \"x\" is not an id with a token object"},
    {"{\"truncation_side\": \"middle\"}", NULL,
     "tokenizer_config.json: \"truncation_side\" is \"middle\", allowed are left and right"},
    {"{\"model_max_length\": -1}", NULL, "tokenizer_config.json: \"model_max_length\" is -1, 0 or more is needed"},
    {"{\"tokenizer_class\": \"LlamaTokenizer\", \"bos_token\": null}", NULL,
     "tokenizer_config.json: \"add_bos_token\" is true but there is no \"bos_token\""},
    {NULL, "{\"eos_token\": []}", "special_tokens_map.json: \"eos_token\" is neither a text nor a token object"},
    {NULL, "{", "special_tokens_map.json: line 1, column 1: string or '}' expected near end of file"},
};

START_TEST(test_token_malformed__configurations)
{
    make_folder("malformed", tokenizer_json(NULL, NULL, NULL, NULL, NULL, NULL), configs[_i].config, configs[_i].map);
    expect_refused("malformed", GOD_E_DATA, configs[_i].sentence);
}
END_TEST

START_TEST(test_token_malformed__sequences_nest_to_a_limit)
{
    god_text text = GOD_TEXT_INIT;
    god_error err = GOD_ERROR_INIT;
    for (int i = 0; i < 9; i++) {
        ck_assert_int_eq(god_text_append_str(&text, "{\"type\": \"Sequence\", \"normalizers\": [", &err), GOD_OK);
    }
    ck_assert_int_eq(god_text_append_str(&text, "{\"type\": \"NFC\"}", &err), GOD_OK);
    for (int i = 0; i < 9; i++) {
        ck_assert_int_eq(god_text_append_str(&text, "]}", &err), GOD_OK);
    }
    expect_json(tokenizer_json(text.data, NULL, NULL, NULL, NULL, NULL), GOD_E_DATA,
                "tokenizer.json: normalizer[0][0][0][0][0][0][0][0]: sequences are nested deeper than "
                "GDT_COMPONENT_DEPTH_MAX (8)");
    god_text_free(&text);
}
END_TEST

/* Fields of ModelProto: 0A is piece (1), 12 trainer (2), 1A normalizer (3); in a piece 0A text, 15 score, 18 type. */
#define MODEL(bytes) bytes, sizeof(bytes) - 1
static const struct {
    const char *bytes;
    size_t count;
    const char *config;
    god_status code;
    const char *sentence;
} sentencepieces[] = {
    {MODEL(""), NULL, GOD_E_DATA, "tokenizer.model: there are no pieces"},
    {MODEL("\x0A"), NULL, GOD_E_DATA, "tokenizer.model: byte 1: the file ends inside a number"},
    {MODEL("\x0A\x05\x0A\x01"), NULL, GOD_E_DATA, "tokenizer.model: byte 2: a field is longer than the file"},
    {MODEL("\x0B"), NULL, GOD_E_DATA, "tokenizer.model: byte 1: this is not a SentencePiece model (unknown wire type)"},
    {MODEL("\x0A\x02\x0A\x09"), NULL, GOD_E_DATA, "tokenizer.model: byte 4: a field is longer than the file"},
    {MODEL("\x0A\x00"), NULL, GOD_E_DATA, "tokenizer.model: piece 0 has no text"},
    {MODEL("\x0A\x03\x0A\x01\xFF"), NULL, GOD_E_DATA, "tokenizer.model: piece 0 is not UTF-8"},
    {MODEL("\x0A\x04\x0A\x02"
           "a\0"),
     NULL, GOD_E_DATA, "tokenizer.model: piece 0 holds a NUL"},
    {MODEL("\x0A\x08\x0A\x01"
           "a\x15\x00\x00\xC0\x7F"),
     NULL, GOD_E_DATA, "tokenizer.model: piece 0 has a score that is not finite"},
    {MODEL("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), NULL, GOD_E_DATA,
     "tokenizer.model: byte 10: a number has more than ten bytes"},
    {MODEL("\x0A\x03\x0A\x01"
           "a"),
     "{\"tokenizer_class\": \"LlamaTokenizer\"}", GOD_E_DATA, "tokenizer.model: there are 1 pieces, three are needed"},
    {MODEL("\x0A\x03\x0A\x01"
           "a\x12\x02\x18\x03"),
     NULL, GOD_E_UNSUPPORTED, "tokenizer.model: the model type is 3, only Unigram (1) and BPE (2) are supported"},
    {MODEL("\x0A\x03\x0A\x01"
           "a\x12\x03\x18\x01\x10"),
     NULL, GOD_E_DATA, "tokenizer.model: byte 10: the file ends inside a number"},
    {MODEL("\x0A\x03\x0A\x01"
           "a"),
     "{\"tokenizer_class\": \"T5Tokenizer\", \"extra_ids\": -1}", GOD_E_DATA,
     "tokenizer_config.json: \"extra_ids\" is -1, allowed are 0 to 10000"},
};

START_TEST(test_token_malformed__sentencepiece_files)
{
    make_model_folder("malformed_model", sentencepieces[_i].bytes, sentencepieces[_i].count, sentencepieces[_i].config);
    expect_refused("malformed_model", sentencepieces[_i].code, sentencepieces[_i].sentence);
}
END_TEST

Suite *suite_token_malformed(void)
{
    Suite *suite = suite_create("token_malformed");
    TCase *tests = tcase_create("malformed");
    tcase_add_test(tests, test_token_malformed__files);
    tcase_add_loop_test(tests, test_token_malformed__models, 0, sizeof models / sizeof *models);
    tcase_add_loop_test(tests, test_token_malformed__members, 0, sizeof members / sizeof *members);
    tcase_add_loop_test(tests, test_token_malformed__configurations, 0, sizeof configs / sizeof *configs);
    tcase_add_loop_test(tests, test_token_malformed__sentencepiece_files, 0,
                        sizeof sentencepieces / sizeof *sentencepieces);
    tcase_add_test(tests, test_token_malformed__sequences_nest_to_a_limit);
    suite_add_tcase(suite, tests);
    return suite;
}
