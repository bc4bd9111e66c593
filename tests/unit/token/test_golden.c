/* Every tokenizer of tests/golden/tokenizer/data against what transformers made of the same lines. The format of the
 * files is described in make_tokenizer_goldens.py. */
#include <stdlib.h>

#include "folder.h"
#include "god/helpers/file.h"
#include "suites.h"

enum { lines_max = 4096, cut = 7 };
static const uint32_t fnv_start = 0x811C9DC5;

typedef struct lines {
    char *data;
    const char *text[lines_max];
    uint32_t bytes[lines_max];
    size_t count;
} lines;

typedef struct reader {
    const unsigned char *at, *end;
} reader;

static uint32_t read_u32(reader *r)
{
    ck_assert(r->end - r->at >= 4);
    uint32_t value = (uint32_t)r->at[0] | (uint32_t)r->at[1] << 8 | (uint32_t)r->at[2] << 16 | (uint32_t)r->at[3] << 24;
    r->at += 4;
    return value;
}

static uint32_t read_leb(reader *r)
{
    uint32_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        ck_assert(r->at < r->end && shift < 32);
        unsigned char byte = *r->at++;
        value |= (uint32_t)(byte & 0x7Fu) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
}

static uint32_t fnv_bytes(uint32_t digest, const void *data, size_t bytes)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < bytes; i++) {
        digest = (digest ^ byte[i]) * 0x01000193u;
    }
    return digest;
}

static uint32_t fnv_u32(uint32_t digest, uint32_t value)
{
    unsigned char bytes[4] = {(unsigned char)value, (unsigned char)(value >> 8), (unsigned char)(value >> 16),
                              (unsigned char)(value >> 24)};
    return fnv_bytes(digest, bytes, sizeof bytes);
}

static void read_all(const char *dir, const char *name, char **ret_data, size_t *ret_bytes)
{
    god_error err = GOD_ERROR_INIT;
    char path[GOD_PATH_MAX];
    ck_assert_int_eq(god_path_join(dir, name, path, &err), GOD_OK);
    god_status status = god_file_read(path, 16 << 20, ret_data, ret_bytes, &err);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
}

static void read_lines(lines *ret_lines)
{
    size_t bytes = 0;
    memset(ret_lines, 0, sizeof *ret_lines);
    read_all(GOD_SOURCE_DIR "/tests/golden/tokenizer/data", "lines.bin", &ret_lines->data, &bytes);
    reader r = {(const unsigned char *)ret_lines->data, (const unsigned char *)ret_lines->data + bytes};
    while (r.at < r.end) {
        ck_assert_uint_lt(ret_lines->count, lines_max);
        uint32_t length = read_u32(&r);
        ck_assert(r.end - r.at >= (ptrdiff_t)length);
        ret_lines->text[ret_lines->count] = (const char *)r.at;
        ret_lines->bytes[ret_lines->count++] = length;
        r.at += length;
    }
}

static void encode_line(const god_tokenizer *tokenizer, const lines *all, size_t i, size_t ids_max, god_tokens *tokens)
{
    god_error err = GOD_ERROR_INIT;
    god_status status =
        god_tokenizer_encode(tokenizer, all->text[i], all->bytes[i], GOD_ENCODE_SPECIAL, ids_max, tokens, &err);
    ck_assert_msg(status == GOD_OK, "line %zu: %s", i, err.message);
}

static void check_whole(const char *name, size_t line, const god_tokens *tokens, reader *r)
{
    uint32_t last = 0, count = read_leb(r);
    ck_assert_msg(tokens->count == count, "%s: line %zu has %zu tokens, not %u", name, line, tokens->count, count);
    for (uint32_t i = 0; i < count; i++) {
        const god_token *token = &tokens->items[i];
        uint32_t id = read_leb(r), gap = read_leb(r), length = read_leb(r);
        uint32_t begin = last + ((gap >> 1) ^ (0u - (gap & 1u)));
        last = begin + length;
        ck_assert_msg((uint32_t)token->id == id && token->begin == begin && token->end == last,
                      "%s: line %zu, token %u is %d %u-%u, not %u %u-%u", name, line, i, token->id, token->begin,
                      token->end, id, begin, last);
    }
}

static uint32_t digest_tokens(const god_tokens *tokens, uint32_t has_offsets)
{
    uint32_t digest = fnv_start;
    for (size_t i = 0; i < tokens->count; i++) {
        digest = fnv_u32(digest, (uint32_t)tokens->items[i].id);
        digest = fnv_u32(digest, has_offsets ? tokens->items[i].begin : 0);
        digest = fnv_u32(digest, has_offsets ? tokens->items[i].end : 0);
    }
    return digest;
}

static uint32_t digest_decoded(const god_tokenizer *tokenizer, const god_tokens *tokens, uint32_t digest)
{
    god_error err = GOD_ERROR_INIT;
    int32_t *ids = calloc(tokens->count + 1, sizeof *ids);
    char *text = NULL;
    size_t bytes = 0;
    ck_assert_ptr_nonnull(ids);
    for (size_t i = 0; i < tokens->count; i++) {
        ids[i] = tokens->items[i].id;
    }
    god_status status = god_tokenizer_decode(tokenizer, ids, tokens->count, 1, &text, &bytes, &err);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
    digest = fnv_bytes(fnv_bytes(digest, text, bytes), "\n", 1);
    free(text);
    free(ids);
    return digest;
}

static void check_folder(const char *name, const lines *all)
{
    char source[GOD_PATH_MAX], *golden = NULL;
    size_t bytes = 0;
    god_tokens tokens = GOD_TOKENS_INIT;
    god_tokenizer *tokenizer = open_golden(name);
    uint32_t has_offsets = strncmp(name, "probe_", 6) != 0, decoded = fnv_start, shortened = fnv_start;
    (void)snprintf(source, sizeof source, "%s/tests/golden/tokenizer/data/%s", GOD_SOURCE_DIR, name);
    read_all(source, "golden.bin", &golden, &bytes);
    reader r = {(const unsigned char *)golden, (const unsigned char *)golden + bytes};
    size_t whole = read_u32(&r);
    for (size_t i = 0; i < whole; i++) {
        encode_line(tokenizer, all, i, 0, &tokens);
        check_whole(name, i, &tokens, &r);
    }
    for (size_t i = 0; i < all->count; i++) {
        encode_line(tokenizer, all, i, 0, &tokens);
        ck_assert_msg(digest_tokens(&tokens, has_offsets) == read_u32(&r), "%s: line %zu differs", name, i);
        decoded = digest_decoded(tokenizer, &tokens, decoded);
        encode_line(tokenizer, all, i, cut, &tokens);
        for (size_t t = 0; t < tokens.count; t++) {
            shortened = fnv_u32(shortened, (uint32_t)tokens.items[t].id);
        }
    }
    ck_assert_msg(shortened == read_u32(&r), "%s: a line cut to %d ids differs", name, cut);
    ck_assert_msg(decoded == read_u32(&r), "%s: a decoded line differs", name);
    ck_assert(r.at == r.end);
    god_tokens_free(&tokens);
    god_tokenizer_free(tokenizer);
    free(golden);
}

typedef struct walk {
    lines all;
    size_t folders;
} walk;

static god_status check_entry(void *user, const char *name, god_error *err)
{
    walk *w = user;
    (void)err;
    if (strcmp(name, "lines.bin") != 0) {
        check_folder(name, &w->all);
        w->folders++;
    }
    return GOD_OK;
}

START_TEST(test_token_golden__every_tokenizer_equals_the_reference)
{
    static walk w;
    god_error err = GOD_ERROR_INIT;
    read_lines(&w.all);
    god_status status = god_dir_each(GOD_SOURCE_DIR "/tests/golden/tokenizer/data", &w, check_entry, &err);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
    ck_assert_uint_ge(w.folders, 60);
    ck_assert_uint_ge(w.all.count, 1000);
    free(w.all.data);
}
END_TEST

Suite *suite_token_golden(void)
{
    Suite *suite = suite_create("token_golden");
    TCase *tests = tcase_create("golden");
    tcase_set_timeout(tests, 240);
    tcase_add_test(tests, test_token_golden__every_tokenizer_equals_the_reference);
    suite_add_tcase(suite, tests);
    return suite;
}
