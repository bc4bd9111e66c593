#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "suites.h"

static void encode(const god_tokenizer *tokenizer, const char *text, size_t bytes, uint32_t flags, size_t ids_max,
                   god_tokens *tokens)
{
    god_error err = GOD_ERROR_INIT;
    god_status status = god_tokenizer_encode(tokenizer, text, bytes, flags, ids_max, tokens, &err);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
}

static void expect_ids(const god_tokens *tokens, size_t count, const int32_t *ids)
{
    ck_assert_uint_eq(tokens->count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(tokens->items[i].id, ids[i]);
    }
}

/* Opens a folder made of these files. */
static god_tokenizer *open_made(const char *name, const char *json, const char *config, const char *special_map)
{
    god_error err = GOD_ERROR_INIT;
    god_tokenizer *tokenizer = NULL;
    make_folder(name, json, config, special_map);
    god_status status = god_tokenizer_open(name, &tokenizer, &err);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
    return tokenizer;
}

START_TEST(test_token_encode__offsets_are_bytes_of_the_input)
{
    god_tokens tokens = GOD_TOKENS_INIT;
    god_tokenizer *tokenizer = open_golden("gpt2");
    static const char text[] = "a\xFF\xC3\xA9!";
    encode(tokenizer, text, sizeof text - 1, 0, 0, &tokens);
    uint32_t end = 0;
    for (size_t i = 0; i < tokens.count; i++) {
        ck_assert_uint_le(tokens.items[i].begin, end);
        ck_assert_uint_ge(tokens.items[i].end, end);
        end = tokens.items[i].end;
    }
    ck_assert_uint_eq(end, sizeof text - 1);
    /* The stray byte reads as U+FFFD, all of whose tokens stand for it. */
    god_tokens replaced = GOD_TOKENS_INIT;
    encode(tokenizer, "a\xEF\xBF\xBD\xC3\xA9!", 7, 0, 0, &replaced);
    ck_assert_uint_eq(tokens.count, replaced.count);
    for (size_t i = 0; i < tokens.count; i++) {
        ck_assert_int_eq(tokens.items[i].id, replaced.items[i].id);
    }
    ck_assert_uint_eq(tokens.items[1].begin, 1);
    ck_assert_uint_eq(tokens.items[1].end, 2);
    god_tokens_free(&tokens);
    god_tokens_free(&replaced);
    god_tokenizer_free(tokenizer);
}
END_TEST

static const char wrapped_post[] =
    "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"<s>\", \"type_id\": 0}}, "
    "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, {\"SpecialToken\": {\"id\": \"</s>\", \"type_id\": 0}}], "
    "\"pair\": [], \"special_tokens\": {\"<s>\": {\"id\": \"<s>\", \"ids\": [3], \"tokens\": [\"<s>\"]}, "
    "\"</s>\": {\"id\": \"</s>\", \"ids\": [4], \"tokens\": [\"</s>\"]}}}";

START_TEST(test_token_encode__cut_counts_and_keeps_special_tokens)
{
    god_error err = GOD_ERROR_INIT;
    god_tokens tokens = GOD_TOKENS_INIT;
    const char *json = tokenizer_json(NULL, NULL, NULL, wrapped_post, NULL, NULL);
    god_tokenizer *right = open_made("right", json, NULL, NULL);
    god_tokenizer *left = open_made("left", json, "{\"truncation_side\": \"left\"}", NULL);
    ck_assert_uint_eq(god_tokenizer_truncation_side(right), GOD_TRUNCATE_RIGHT);
    ck_assert_uint_eq(god_tokenizer_truncation_side(left), GOD_TRUNCATE_LEFT);
    encode(right, "aabbab", 6, GOD_ENCODE_SPECIAL, 0, &tokens);
    expect_ids(&tokens, 6, (int32_t[]){3, 0, 2, 1, 2, 4});
    encode(right, "aabbab", 6, GOD_ENCODE_SPECIAL, 4, &tokens);
    expect_ids(&tokens, 4, (int32_t[]){3, 0, 2, 4});
    encode(left, "aabbab", 6, GOD_ENCODE_SPECIAL, 4, &tokens);
    expect_ids(&tokens, 4, (int32_t[]){3, 1, 2, 4});
    encode(left, "aabbab", 6, 0, 3, &tokens);
    expect_ids(&tokens, 3, (int32_t[]){2, 1, 2});
    encode(right, "aabbab", 6, GOD_ENCODE_SPECIAL, 2, &tokens);
    expect_ids(&tokens, 2, (int32_t[]){3, 4});
    encode(right, "", 0, GOD_ENCODE_SPECIAL, 0, &tokens);
    expect_ids(&tokens, 2, (int32_t[]){3, 4});
    encode(right, "", 0, 0, 0, &tokens);
    ck_assert_uint_eq(tokens.count, 0);
    ck_assert_int_eq(god_tokenizer_encode(right, "a", 1, GOD_ENCODE_SPECIAL, 1, &tokens, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, "encode: ids_max is 1, but the tokenizer adds 2 special tokens");
    god_tokens_free(&tokens);
    god_tokenizer_free(right);
    god_tokenizer_free(left);
}
END_TEST

START_TEST(test_token_config__special_tokens_come_from_the_configuration)
{
    const char *json = tokenizer_json(NULL, NULL, NULL, NULL, NULL, NULL);
    god_tokenizer *t =
        open_made("specials", json,
                  "{\"bos_token\": \"<s>\", \"eos_token\": {\"content\": \"</s>\"}, \"pad_token\": \"<pad>\","
                  " \"model_max_length\": 1000000000000000019884624838656, \"chat_template\": \"{{ x }}\"}",
                  "{\"unk_token\": \"a\"}");
    god_tokens tokens = GOD_TOKENS_INIT;
    ck_assert_int_eq(god_tokenizer_bos(t), 3);
    ck_assert_int_eq(god_tokenizer_eos(t), 4);
    ck_assert_int_eq(god_tokenizer_pad(t), 5); /* not in the vocabulary: added behind it */
    ck_assert_int_eq(god_tokenizer_unk(t), 0);
    ck_assert_int_eq(god_tokenizer_size(t), 6);
    ck_assert_int_eq(god_tokenizer_model_max_length(t), 1000000000000000);
    ck_assert_str_eq(god_tokenizer_chat_template(t), "{{ x }}");
    ck_assert_uint_eq(god_tokenizer_is_special(t, 5), 1);
    ck_assert_uint_eq(god_tokenizer_is_special(t, 2), 0);
    ck_assert_str_eq(god_tokenizer_piece(t, 5), "<pad>");
    ck_assert_str_eq(god_tokenizer_piece(t, 2), "ab");
    ck_assert_ptr_null(god_tokenizer_piece(t, 6));
    ck_assert_ptr_null(god_tokenizer_piece(t, -1));
    encode(t, "ab<pad></s>b", 12, 0, 0, &tokens);
    expect_ids(&tokens, 5, (int32_t[]){0, 1, 5, 4, 1}); /* "a" is the unknown token, and so cut out */
    god_tokens_free(&tokens);
    god_tokenizer_free(t);
}
END_TEST

START_TEST(test_token_config__without_a_configuration_nothing_is_special)
{
    god_tokenizer *t = open_made("bare", tokenizer_json(NULL, NULL, NULL, NULL, NULL, NULL), NULL, NULL);
    ck_assert_int_eq(god_tokenizer_bos(t), -1);
    ck_assert_int_eq(god_tokenizer_eos(t), -1);
    ck_assert_int_eq(god_tokenizer_pad(t), -1);
    ck_assert_int_eq(god_tokenizer_unk(t), -1);
    ck_assert_int_eq(god_tokenizer_model_max_length(t), 0);
    ck_assert_ptr_null(god_tokenizer_chat_template(t));
    god_tokenizer_free(t);
}
END_TEST

START_TEST(test_token_config__the_template_named_default_is_taken)
{
    god_tokenizer *t = open_made("templates", tokenizer_json(NULL, NULL, NULL, NULL, NULL, NULL),
                                 "{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"t\"}, "
                                 "{\"name\": \"default\", \"template\": \"d\"}]}",
                                 NULL);
    ck_assert_str_eq(god_tokenizer_chat_template(t), "d");
    god_tokenizer_free(t);
}
END_TEST

START_TEST(test_token_decode__survives_unknown_ids)
{
    god_error err = GOD_ERROR_INIT;
    god_tokenizer *tokenizer = open_golden("gpt2");
    char *text = NULL;
    size_t bytes = 0;
    int32_t ids[] = {-1, 0, 1 << 30, 40};
    ck_assert_int_eq(god_tokenizer_decode(tokenizer, ids, 4, 1, &text, &bytes, &err), GOD_OK);
    ck_assert_uint_eq(bytes, strlen(god_tokenizer_piece(tokenizer, 40)));
    free(text);
    ck_assert_int_eq(god_tokenizer_decode(tokenizer, NULL, 0, 0, &text, &bytes, &err), GOD_OK);
    ck_assert_str_eq(text, "");
    free(text);
    god_tokenizer_free(tokenizer);
}
END_TEST

enum { thread_count = 8 };

typedef struct job {
    const god_tokenizer *tokenizer;
    const char *text;
    god_tokens tokens;
} job;

static void *encode_again(void *user)
{
    job *j = user;
    god_error err = GOD_ERROR_INIT;
    for (int i = 0; i < 20; i++) {
        if (god_tokenizer_encode(j->tokenizer, j->text, strlen(j->text), GOD_ENCODE_SPECIAL, 0, &j->tokens, &err) !=
            GOD_OK) {
            j->tokens.count = 0;
        }
    }
    return NULL;
}

START_TEST(test_token_encode__threads_share_a_tokenizer)
{
    static const char text[] = "Caf\xC3\xA9 <|im_start|> don't  12345\n\n<think> x </think> e\xCC\x81\xE2\x80\x83 end";
    god_tokenizer *tokenizer = open_golden("qwen2");
    pthread_t threads[thread_count];
    job jobs[thread_count];
    god_tokens alone = GOD_TOKENS_INIT;
    encode(tokenizer, text, strlen(text), GOD_ENCODE_SPECIAL, 0, &alone);
    for (int i = 0; i < thread_count; i++) {
        jobs[i] = (job){tokenizer, text, GOD_TOKENS_INIT};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, encode_again, &jobs[i]), 0);
    }
    for (int i = 0; i < thread_count; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(jobs[i].tokens.count, alone.count);
        ck_assert_mem_eq(jobs[i].tokens.items, alone.items, alone.count * sizeof *alone.items);
        god_tokens_free(&jobs[i].tokens);
    }
    god_tokens_free(&alone);
    god_tokenizer_free(tokenizer);
}
END_TEST

/* A text of `unit` over and over; each call must end soon, so the work per byte may not grow with the length. */
static void expect_linear(const char *name, const char *unit, size_t total)
{
    god_tokens tokens = GOD_TOKENS_INIT;
    god_tokenizer *tokenizer = open_golden(name);
    char *text = malloc(total + 8);
    size_t bytes = 0, length = strlen(unit);
    ck_assert_ptr_nonnull(text);
    while (bytes + length <= total) {
        memcpy(text + bytes, unit, length);
        bytes += length;
    }
    encode(tokenizer, text, bytes, GOD_ENCODE_SPECIAL, 0, &tokens);
    ck_assert_uint_gt(tokens.count, 0);
    god_tokens_free(&tokens);
    god_tokenizer_free(tokenizer);
    free(text);
}

START_TEST(test_token_encode__hostile_texts_take_linear_time)
{
    static const char *const units[] = {"a",
                                        " ",
                                        "\n",
                                        "7",
                                        " \t",
                                        "'",
                                        "e\xCC\x81\xCC\xA3",
                                        "\xFF",
                                        "\xE1\x84\x80\xE1\x85\xA1",
                                        "<|endoftext|>",
                                        "\xF0\x9F\x91\xA9\xE2\x80\x8D"};
    static const char *const names[] = {"gpt2", "qwen2", "llama2", "t5", "bert"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
            expect_linear(names[n], units[u], 200000);
        }
    }
    expect_linear("gpt2", "a", 1 << 20);
    expect_linear("llama2", "a", 1 << 20);
    /* One starter with very many marks in the wrong order. */
    expect_linear("qwen2", "\xCC\x81\xCC\xA3", 1 << 20);
}
END_TEST

/* Each replacement doubles the text. */
static god_tokenizer *open_growing(size_t steps)
{
    char normalizer[4096] = "{\"type\": \"Sequence\", \"normalizers\": [";
    for (size_t i = 0; i < steps; i++) {
        strcat(normalizer, i > 0 ? ", " : "");
        strcat(normalizer, "{\"type\": \"Replace\", \"pattern\": {\"String\": \"a\"}, \"content\": \"aa\"}");
    }
    strcat(normalizer, "]}");
    return open_made("growing", tokenizer_json(normalizer, NULL, NULL, NULL, NULL, NULL), NULL, NULL);
}

START_TEST(test_token_encode__a_text_grows_32_times_at_most)
{
    god_tokenizer *fine = open_growing(5), *hostile = open_growing(6);
    god_tokens tokens = GOD_TOKENS_INIT;
    god_error err = GOD_ERROR_INIT;
    char *text = malloc(4096);
    ck_assert_ptr_nonnull(text);
    memset(text, 'a', 4096);
    encode(fine, text, 4096, 0, 0, &tokens);
    ck_assert_uint_eq(tokens.items[tokens.count - 1].end, 4096);
    encode(hostile, "a", 1, 0, 0, &tokens); /* 64 bytes: short texts may grow by GDT_GROWTH_BYTES */
    ck_assert_int_eq(god_tokenizer_encode(hostile, text, 4096, 0, 0, &tokens, &err), GOD_E_DATA);
    ck_assert_str_eq(err.message, "encode: the tokenizer makes more than 135168 bytes of a text of 4096 "
                                  "(GDT_GROWTH_TIMES_MAX is 32)");
    free(text);
    god_tokens_free(&tokens);
    god_tokenizer_free(hostile);
    god_tokenizer_free(fine);
}
END_TEST

Suite *suite_token_encode(void)
{
    Suite *suite = suite_create("token_encode");
    TCase *tests = tcase_create("encode");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, test_token_encode__offsets_are_bytes_of_the_input);
    tcase_add_test(tests, test_token_encode__cut_counts_and_keeps_special_tokens);
    tcase_add_test(tests, test_token_config__special_tokens_come_from_the_configuration);
    tcase_add_test(tests, test_token_config__without_a_configuration_nothing_is_special);
    tcase_add_test(tests, test_token_config__the_template_named_default_is_taken);
    tcase_add_test(tests, test_token_decode__survives_unknown_ids);
    tcase_add_test(tests, test_token_encode__threads_share_a_tokenizer);
    tcase_add_test(tests, test_token_encode__hostile_texts_take_linear_time);
    tcase_add_test(tests, test_token_encode__a_text_grows_32_times_at_most);
    suite_add_tcase(suite, tests);
    return suite;
}
