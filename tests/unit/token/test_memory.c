/* From a folder to ids and back with one allocation failing: first the first, then the second, and so on. Each time the
 * call must say GOD_E_NOMEM, or not need that allocation after all; and nothing may be left behind. What jansson and
 * PCRE2 allocate is left out. */
#include <check.h>
#include <stdlib.h>

#include "../loader/failing_alloc.h"
#include "folder.h"
#include "god/helpers/file.h"

enum { allocations_max = 20000 };

static const char text[] = "ab<x> caf\xC3\xA9 e\xCC\x81\xCC\xA3  <s>12 \xFF ab";

static god_status encode_and_decode(const god_tokenizer *tokenizer, god_tokens *tokens, god_error *err)
{
    int32_t ids[64];
    char *decoded = NULL;
    size_t bytes = 0;
    GOD_TRY(god_tokenizer_encode(tokenizer, text, sizeof text - 1, GOD_ENCODE_SPECIAL, 60, tokens, err));
    for (size_t i = 0; i < tokens->count; i++) {
        ids[i] = tokens->items[i].id;
    }
    GOD_TRY(god_tokenizer_decode(tokenizer, ids, tokens->count, 0, &decoded, &bytes, err));
    free(decoded);
    return GOD_OK;
}

static god_status run_once(const char *dir, god_error *err)
{
    god_tokenizer *tokenizer = NULL;
    god_tokens tokens = GOD_TOKENS_INIT;
    god_status status = god_tokenizer_open(dir, &tokenizer, err);
    if (status == GOD_OK) {
        status = encode_and_decode(tokenizer, &tokens, err);
    }
    god_tokens_free(&tokens);
    god_tokenizer_free(tokenizer);
    return status;
}

/* Returns how often the run failed. */
static size_t fail_each_allocation(const char *dir)
{
    god_error err = GOD_ERROR_INIT;
    size_t failures = 0;
    ck_assert_msg(run_once(dir, &err) == GOD_OK, "%s", err.message);
    for (size_t at = 1; at < allocations_max; at++) {
        size_t live = failing_alloc_live();
        god_error problem = GOD_ERROR_INIT;
        failing_alloc_begin(at);
        god_status status = run_once(dir, &problem);
        size_t made = failing_alloc_end();
        ck_assert_msg(status == GOD_OK || status == GOD_E_NOMEM, "allocation %zu: %s, \"%s\"", at,
                      god_status_name(status), problem.message);
        ck_assert_msg((status == GOD_OK) == (problem.message[0] == '\0'), "allocation %zu: %s, \"%s\"", at,
                      god_status_name(status), problem.message);
        ck_assert_msg(failing_alloc_live() == live, "allocation %zu: %zu blocks are left, \"%s\"", at,
                      failing_alloc_live() - live, problem.message);
        failures += status != GOD_OK;
        if (made < at) {
            return failures;
        }
    }
    ck_abort_msg("more than %d allocations", (int)allocations_max);
    return 0;
}

static const char added[] =
    "[{\"id\": 5, \"content\": \"<x>\", \"single_word\": false, \"lstrip\": true, \"rstrip\": true, "
    "\"normalized\": true, \"special\": false}]";
static const char config[] =
    "{\"bos_token\": \"<s>\", \"eos_token\": {\"content\": \"</s>\"}, \"pad_token\": \"<pad>\", "
    "\"additional_special_tokens\": [\"<y>\"], \"chat_template\": \"x\", "
    "\"clean_up_tokenization_spaces\": true}";
static const char post[] = "{\"type\": \"BertProcessing\", \"sep\": [\"</s>\", 4], \"cls\": [\"<s>\", 3]}";

static const struct {
    const char *normalizer, *pre_tokenizer, *model, *decoder;
} kinds[] = {
    {"{\"type\": \"NFC\"}", "{\"type\": \"ByteLevel\", \"add_prefix_space\": true}", NULL, "{\"type\": \"ByteLevel\"}"},
    {"{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Prepend\", \"prepend\": \"_\"}, {\"type\": \"Replace\", "
     "\"pattern\": {\"String\": \" \"}, \"content\": \"_\"}]}",
     NULL,
     "{\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2, \"<s>\": 3, \"</s>\": 4, \"##a\": 5}, \"merges\": "
     "[[\"a\", \"b\"]], \"unk_token\": \"<s>\", \"byte_fallback\": true, \"end_of_word_suffix\": \"$\"}",
     "{\"type\": \"Sequence\", \"decoders\": [{\"type\": \"ByteFallback\"}, {\"type\": \"Replace\", \"pattern\": "
     "{\"String\": \"_\"}, \"content\": \" \"}, {\"type\": \"Fuse\"}, {\"type\": \"Strip\", \"content\": \" \", "
     "\"start\": "
     "1, \"stop\": 0}]}"},
    {"{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"BAAAAAAAAAAA\"}",
     "{\"type\": \"Metaspace\", \"replacement\": \"_\"}",
     "{\"type\": \"Unigram\", \"vocab\": [[\"<unk>\", 0.0], [\"a\", -1.0], [\"ab\", -1.0], [\"<s>\", 0.0], [\"</s>\", "
     "0.0]], \"unk_id\": 0}",
     "{\"type\": \"Metaspace\", \"replacement\": \"_\"}"},
    {"{\"type\": \"BertNormalizer\"}", "{\"type\": \"BertPreTokenizer\"}",
     "{\"type\": \"WordPiece\", \"vocab\": {\"a\": 0, \"##b\": 1, \"[UNK]\": 2, \"<s>\": 3, \"</s>\": 4}, "
     "\"unk_token\": "
     "\"[UNK]\"}",
     "{\"type\": \"WordPiece\", \"prefix\": \"##\", \"cleanup\": true}"},
};

START_TEST(test_token_memory__tokenizers_survive_each_failure)
{
    make_folder(
        "memory",
        tokenizer_json(kinds[_i].normalizer, kinds[_i].pre_tokenizer, kinds[_i].model, post, kinds[_i].decoder, added),
        config, NULL);
    ck_assert_uint_gt(fail_each_allocation("memory"), 50);
}
END_TEST

START_TEST(test_token_memory__a_sentencepiece_model_survives_each_failure)
{
    char dir[GOD_PATH_MAX];
    golden_folder("sp_llama", dir);
    ck_assert_uint_gt(fail_each_allocation(dir), 50);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token_memory");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_token_memory__tokenizers_survive_each_failure, 0, sizeof kinds / sizeof *kinds);
    tcase_add_test(tests, test_token_memory__a_sentencepiece_model_survives_each_failure);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
