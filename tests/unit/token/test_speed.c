/* What makes encoding fast must not change what comes out: scans beside regular expressions, the word cache, the ways
 * of merging, the pool. */
#include <stdlib.h>
#include <string.h>

#include "bpe.h"
#include "folder.h"
#include "regex.h"
#include "scan.h"
#include "suites.h"
#include "tokenizer.h"

static const char gpt2[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
static const char llama3[] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
                             "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
static const char qwen2[] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
                            "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/* The same numbers in every run. */
static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % below;
}

static gdt_regex *compile(const char *pattern)
{
    god_error err = GOD_ERROR_INIT;
    gdt_regex *regex = NULL;
    ck_assert_msg(gdt_regex_compile("test", pattern, strlen(pattern), &regex, &err) == GOD_OK, "%s", err.message);
    return regex;
}

static void expect_same_matches(const gdt_regex *fast, const gdt_regex *plain, gdt_work *work, const char *text,
                                size_t bytes)
{
    god_error err = GOD_ERROR_INIT;
    gdt_matches kept;
    ck_assert_int_eq(gdt_work_begin(work, text, bytes, &err), GOD_OK);
    ck_assert_int_eq(gdt_regex_matches(fast, work, 0, (uint32_t)bytes, &err), GOD_OK);
    kept = work->matches;
    memset(&work->matches, 0, sizeof work->matches);
    ck_assert_int_eq(gdt_regex_matches(plain, work, 0, (uint32_t)bytes, &err), GOD_OK);
    ck_assert_msg(kept.count == work->matches.count &&
                      memcmp(kept.items, work->matches.items, kept.count * sizeof *kept.items) == 0,
                  "a scan cuts \"%.*s\" in another way", (int)bytes, text);
    free(kept.items);
}

/* Texts of parts that the patterns have a say in. */
static size_t draw_text(uint64_t *state, char *text, size_t parts)
{
    static const char *const made_of[] = {"'",
                                          "'s",
                                          "'S",
                                          "'t",
                                          "'ll",
                                          "'lL",
                                          "'re",
                                          "'vE",
                                          "'\xC5\xBF",
                                          " ",
                                          "  ",
                                          "\t",
                                          "\r",
                                          "\n",
                                          "\r\n",
                                          "a",
                                          "Z",
                                          "word",
                                          "\xC3\xA9",
                                          "\xE4\xB8\xAD",
                                          "7",
                                          "12345",
                                          "\xD9\xA3",
                                          "\xC2\xBD",
                                          "-",
                                          "...",
                                          "(",
                                          "\xE2\x80\x94",
                                          "\xC2\xA0",
                                          "\xE2\x80\xA8",
                                          "\xE3\x80\x80",
                                          "\xC2\x85",
                                          "e\xCC\x81",
                                          "\xF0\x9F\x99\x82",
                                          "\xF0\x9D\x90\x80",
                                          "\xF0\x9D\x9F\x98",
                                          "\xEF\xBF\xBD",
                                          "\x7F",
                                          "_"};
    size_t bytes = 0;
    for (size_t i = 0; i < parts; i++) {
        const char *part = made_of[draw(state, sizeof made_of / sizeof *made_of)];
        memcpy(text + bytes, part, strlen(part));
        bytes += strlen(part);
    }
    return bytes;
}

START_TEST(test_token_scan__cuts_as_the_regular_expression_does)
{
    static const char *const patterns[] = {gpt2, llama3, qwen2};
    char same[512], text[512];
    uint64_t state = 1;
    gdt_work work = {.input = NULL};
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        (void)snprintf(same, sizeof same, "(?:%s)", patterns[p]);
        gdt_regex *fast = compile(patterns[p]), *plain = compile(same); /* the group makes it a pattern nobody knows */
        for (size_t i = 0; i < 20000; i++) {
            size_t bytes = draw_text(&state, text, 1 + draw(&state, 12));
            expect_same_matches(fast, plain, &work, text, bytes);
        }
        gdt_regex_free(plain);
        gdt_regex_free(fast);
    }
    gdt_work_fini(&work);
}
END_TEST

START_TEST(test_token_scan__is_for_known_patterns_alone)
{
    god_error err = GOD_ERROR_INIT;
    gdt_scan *scan = NULL;
    ck_assert_int_eq(gdt_scan_new("test", gpt2, strlen(gpt2), &scan, &err), GOD_OK);
    ck_assert_ptr_nonnull(scan);
    ck_assert_uint_eq(gdt_scan_next(scan, "don't", 0, 5), 3);
    ck_assert_uint_eq(gdt_scan_next(scan, "don't", 3, 5), 5);
    ck_assert_uint_eq(gdt_scan_next(scan, "\xF0\x9F\x99\x82", 0, 4), GDT_SCAN_UNDECIDED);
    gdt_scan_free(scan);
    ck_assert_int_eq(gdt_scan_new("test", gpt2, strlen(gpt2) - 1, &scan, &err), GOD_OK);
    ck_assert_ptr_null(scan);
}
END_TEST

static void encode(const god_tokenizer *tokenizer, const char *text, size_t bytes, god_tokens *tokens)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(god_tokenizer_encode(tokenizer, text, bytes, 0, 0, tokens, &err) == GOD_OK, "%s", err.message);
}

static void expect_same_tokens(const god_tokens *first, const god_tokens *second)
{
    ck_assert_uint_eq(first->count, second->count);
    ck_assert_mem_eq(first->items, second->items, first->count * sizeof *first->items);
}

/* More words than the cache has entries, of every length around the longest that it keeps, with NULs and bytes
 * that are not ASCII; what a word gives must not depend on the words before it. */
START_TEST(test_token_cache__does_not_change_a_token)
{
    enum { words = 20000, words_of_others = 2000 };
    static const char *const names[] = {"gpt2", "t5", "bert", "subword_prefix"};
    static const char *const letters[] = {"a", "b", "e", "n", "o", "t", "\xC3\xA9", "\xE4\xB8\xAD"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        god_tokenizer *warm = open_golden(names[n]), *other = open_golden(names[n]);
        god_tokens first = GOD_TOKENS_INIT, second = GOD_TOKENS_INIT;
        uint64_t state = 7;
        for (size_t i = 0; i < (n == 0 ? words : words_of_others); i++) {
            char word[128];
            size_t bytes = 0, parts = 1 + draw(&state, i % 8 == 0 ? 40 : 6);
            for (size_t k = 0; k < parts; k++) {
                const char *part = letters[draw(&state, sizeof letters / sizeof *letters)];
                memcpy(word + bytes, part, strlen(part));
                bytes += strlen(part);
            }
            if (draw(&state, 16) == 0) {
                word[bytes++] = '\0';
            }
            encode(warm, word, bytes, &first);
            encode(warm, word, bytes, &first); /* from the cache, if it fits */
            if (i % 100 == 0) {                /* a tokenizer that has seen nothing */
                god_tokenizer_free(other);
                other = open_golden(names[n]);
            }
            encode(other, word, bytes, &second);
            if (first.count > 0 || second.count > 0) {
                expect_same_tokens(&first, &second);
            }
        }
        god_tokens_free(&first);
        god_tokens_free(&second);
        god_tokenizer_free(other);
        god_tokenizer_free(warm);
    }
}
END_TEST

/* Long words of few letters, with runs of one letter: merged rank by rank, and then as a table that is not monotone is.
 */
START_TEST(test_token_bpe__merges_long_words_the_same_in_both_ways)
{
    static const char *const names[] = {"gpt2", "llama3", "falcon"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        god_tokenizer *tokenizer = open_golden(names[n]);
        gdt_bpe *bpe = tokenizer->model.self;
        god_tokens first = GOD_TOKENS_INIT, second = GOD_TOKENS_INIT;
        uint64_t state = 3;
        char word[3000];
        ck_assert_uint_eq(bpe->is_monotone, 1);
        for (size_t i = 0; i < 1000; i++) {
            size_t bytes = 0, letters = 2 + draw(&state, 12), wanted = 33 + draw(&state, 2000);
            while (bytes < wanted) {
                char letter = "etaoinshrdluxx"[draw(&state, (uint32_t)letters)];
                size_t run = draw(&state, 4) == 0 ? 1 + draw(&state, 40) : 1;
                memset(word + bytes, letter, run);
                bytes += run;
            }
            bpe->is_monotone = 1;
            encode(tokenizer, word, bytes, &first);
            bpe->is_monotone = 0;
            encode(tokenizer, word, bytes, &second);
            expect_same_tokens(&first, &second);
        }
        god_tokens_free(&first);
        god_tokens_free(&second);
        god_tokenizer_free(tokenizer);
    }
}
END_TEST

/* "ab c" ranks before the merge that makes "ab": a walk over the ranks would pass it by. */
START_TEST(test_token_bpe__sees_that_a_table_is_not_monotone)
{
    static const char model[] = "{\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1, \"c\": 2, \"ab\": 3, \"abc\": 4},"
                                " \"merges\": [\"ab c\", \"a b\"]}";
    god_error err = GOD_ERROR_INIT;
    god_tokenizer *tokenizer = NULL;
    god_tokens tokens = GOD_TOKENS_INIT;
    char text[300];
    make_folder("not_monotone", tokenizer_json(NULL, NULL, model, NULL, NULL, NULL), NULL, NULL);
    ck_assert_msg(god_tokenizer_open("not_monotone", &tokenizer, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(((gdt_bpe *)tokenizer->model.self)->is_monotone, 0);
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = "abc"[i % 3];
    }
    encode(tokenizer, text, sizeof text, &tokens);
    ck_assert_uint_eq(tokens.count, 100);
    for (size_t i = 0; i < tokens.count; i++) {
        ck_assert_int_eq(tokens.items[i].id, 4);
    }
    god_tokens_free(&tokens);
    god_tokenizer_free(tokenizer);
}
END_TEST

START_TEST(test_token_pool__keeps_small_works_only)
{
    god_error err = GOD_ERROR_INIT;
    gdt_pool *pool = NULL;
    gdt_work *first = NULL, *second = NULL, *again = NULL;
    ck_assert_int_eq(gdt_pool_new(&pool, &err), GOD_OK);
    ck_assert_int_eq(gdt_pool_take(pool, &first, &err), GOD_OK);
    ck_assert_int_eq(gdt_pool_take(pool, &second, &err), GOD_OK);
    ck_assert_ptr_ne(first, second);
    ck_assert_int_eq(gdt_scratch_reserve(&second->lattice, GDT_POOLED_BYTES_MAX + 1, 1, &err), GOD_OK);
    gdt_pool_give(pool, first);
    gdt_pool_give(pool, second); /* too large: freed */
    ck_assert_int_eq(gdt_pool_take(pool, &again, &err), GOD_OK);
    ck_assert_ptr_eq(again, first);
    gdt_pool_give(pool, again);
    gdt_pool_free(pool);
    gdt_pool_free(NULL);
}
END_TEST

Suite *suite_token_speed(void)
{
    Suite *suite = suite_create("token_speed");
    TCase *tests = tcase_create("speed");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, test_token_scan__cuts_as_the_regular_expression_does);
    tcase_add_test(tests, test_token_scan__is_for_known_patterns_alone);
    tcase_add_test(tests, test_token_cache__does_not_change_a_token);
    tcase_add_test(tests, test_token_bpe__merges_long_words_the_same_in_both_ways);
    tcase_add_test(tests, test_token_bpe__sees_that_a_table_is_not_monotone);
    tcase_add_test(tests, test_token_pool__keeps_small_works_only);
    suite_add_tcase(suite, tests);
    return suite;
}
