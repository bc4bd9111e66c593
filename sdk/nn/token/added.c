#include "added.h"

#include <stdlib.h>

#include "unicode.h"
#include "utf8.h"

#define GDT_ADDED_BYTES_MAX 4096 /* of one token's text */

static void free_token(gdt_added_token *token)
{
    free(token->content);
}

void gdt_added_fini(gdt_added *added)
{
    for (size_t i = 0; i < added->count; i++) {
        free_token(&added->by_id[i].token);
    }
    for (size_t i = 0; i < added->listed_count; i++) {
        free_token(&added->listed[i]);
    }
    free(added->by_id);
    free(added->listed);
    free(added->place_of);
    gdt_index_fini(&added->special_texts);
    gdt_index_fini(&added->texts);
    gdt_trie_fini(&added->raw);
    gdt_trie_fini(&added->normalized);
    memset(added, 0, sizeof *added);
}

static god_status copy_token(const gdt_added_token *from, gdt_added_token *ret_copy, god_error *err)
{
    char *content = strdup(from->content);
    if (content == NULL) {
        return god_fail(err, GOD_E_NOMEM, "added tokens: out of memory");
    }
    *ret_copy = *from;
    ret_copy->content = content;
    return GOD_OK;
}

/* Puts a copy at `place` of the list, moving the others up. */
static god_status list_token(gdt_added *added, const gdt_added_token *token, size_t place, god_error *err)
{
    gdt_added_token copy;
    GOD_TRY(gdt_reserve((void **)&added->listed, &added->listed_capacity, added->listed_count + 1, sizeof copy,
                        "added tokens", err));
    GOD_TRY(copy_token(token, &copy, err));
    memmove(&added->listed[place + 1], &added->listed[place], (added->listed_count - place) * sizeof copy);
    added->listed[place] = copy;
    added->listed_count++;
    return GOD_OK;
}

static god_status put_text(gdt_index *index, const char *text, int32_t id, god_error *err)
{
    if (index->slots == NULL) {
        GOD_TRY(gdt_index_init(index, 64, err));
    }
    return gdt_index_put(index, text, strlen(text), id, err);
}

uint32_t gdt_added_is_special_text(const gdt_added *added, const char *text)
{
    return gdt_index_get(&added->special_texts, text, strlen(text)) >= 0;
}

static god_status list_special(gdt_added *added, const gdt_added_token *tokens, size_t count, god_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const gdt_added_token *token = &tokens[i];
        if (token->special && token->content[0] != '\0' && !gdt_added_is_special_text(added, token->content)) {
            GOD_TRY(list_token(added, token, added->special_count, err));
            added->special_count++;
            GOD_TRY(put_text(&added->special_texts, token->content, 0, err));
        }
    }
    return GOD_OK;
}

const gdt_added_token *gdt_added_find(const gdt_added *added, int32_t id)
{
    if (id < 0 || id >= added->id_end || added->place_of[id] < 0) {
        return NULL;
    }
    return &added->by_id[added->place_of[id]].token;
}

int32_t gdt_added_id(const gdt_added *added, const gdt_vocab *vocab, const char *text)
{
    int32_t id = gdt_index_get(&added->texts, text, strlen(text));
    return id >= 0 ? id : gdt_vocab_id(vocab, text, strlen(text));
}

static int32_t next_free_id(const gdt_added *added, const gdt_vocab *vocab)
{
    int32_t vocab_size = vocab->size;
    return added->id_end > vocab_size ? added->id_end : vocab_size;
}

/* Makes `token` the current token of `id`. */
static god_status put_by_id(gdt_added *added, int32_t id, const gdt_added_token *token, god_error *err)
{
    gdt_added_token copy;
    GOD_TRY(gdt_reserve((void **)&added->by_id, &added->capacity, added->count + 1, sizeof *added->by_id,
                        "added tokens", err));
    GOD_TRY(gdt_reserve((void **)&added->place_of, &added->place_capacity, (size_t)id + 1, sizeof *added->place_of,
                        "added tokens", err));
    GOD_TRY(copy_token(token, &copy, err));
    for (; added->id_end <= id; added->id_end++) {
        added->place_of[added->id_end] = -1;
    }
    if (added->place_of[id] >= 0) {
        gdt_added_entry *entry = &added->by_id[added->place_of[id]];
        free_token(&entry->token);
        entry->token = copy;
        return GOD_OK;
    }
    added->place_of[id] = (int32_t)added->count;
    added->by_id[added->count++] = (gdt_added_entry){id, copy};
    return GOD_OK;
}

static int same_token(const gdt_added_token *a, const gdt_added_token *b)
{
    return strcmp(a->content, b->content) == 0 && a->single_word == b->single_word && a->lstrip == b->lstrip &&
           a->rstrip == b->rstrip && a->normalized == b->normalized && a->special == b->special;
}

static god_status add_one(gdt_added *added, const gdt_vocab *vocab, const gdt_added_token *token, god_error *err)
{
    size_t bytes = strlen(token->content);
    if (bytes == 0) {
        return GOD_OK;
    }
    if (bytes > GDT_ADDED_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "added tokens: \"%.40s...\" has %zu bytes, GDT_ADDED_BYTES_MAX is %d",
                        token->content, bytes, GDT_ADDED_BYTES_MAX);
    }
    int32_t id = gdt_added_id(added, vocab, token->content);
    const gdt_added_token *known = gdt_added_find(added, id);
    if (known != NULL && same_token(known, token)) {
        return GOD_OK;
    }
    if (id < 0) {
        id = next_free_id(added, vocab);
    }
    if (id >= GDT_VOCAB_IDS_MAX || added->listed_count == GDT_ADDED_TOKENS_MAX) {
        return god_fail(err, GOD_E_DATA, "added tokens: there are more than GDT_ADDED_TOKENS_MAX (%d)",
                        GDT_ADDED_TOKENS_MAX);
    }
    GOD_TRY(put_text(&added->texts, token->content, id, err));
    if (!gdt_added_is_special_text(added, token->content)) {
        GOD_TRY(list_token(added, token, added->listed_count, err));
    }
    return put_by_id(added, id, token, err); /* last: `token` may be what stood there */
}

god_status gdt_added_add(gdt_added *added, const gdt_vocab *vocab, const gdt_added_token *tokens, size_t count,
                         god_error *err)
{
    GOD_TRY(list_special(added, tokens, count, err));
    for (size_t i = 0; i < count; i++) {
        GOD_TRY(add_one(added, vocab, &tokens[i], err));
    }
    return GOD_OK;
}

/* Texts of the listed tokens of one kind, one behind the other, with where each ends. */
typedef struct texts {
    god_text bytes;
    size_t *ends;
} texts;

static god_status collect_text(texts *list, size_t at, const gdt_added_token *token, const gdt_steps *normalizer,
                               god_error *err)
{
    gdt_work work = {.input = NULL};
    god_status status = gdt_work_begin(&work, token->content, strlen(token->content), err);
    if (status == GOD_OK && normalizer != NULL) {
        status = gdt_steps_run(normalizer, &work, err);
    }
    if (status == GOD_OK && work.count > 0) {
        status = god_text_append(&list->bytes, work.text, work.count, err);
    }
    list->ends[at] = list->bytes.bytes;
    gdt_work_fini(&work);
    return status;
}

static god_status build_trie(gdt_added *added, const gdt_vocab *vocab, uint32_t normalized, const gdt_steps *normalizer,
                             gdt_trie *trie, god_error *err)
{
    texts list = {.bytes = GOD_TEXT_INIT};
    gdt_trie_fini(trie);
    list.ends = calloc(added->listed_count + 1, sizeof *list.ends);
    god_status status = list.ends != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "added tokens: out of memory");
    for (size_t i = 0; i < added->listed_count && status == GOD_OK; i++) {
        list.ends[i] = list.bytes.bytes;
        if (added->listed[i].normalized == normalized) {
            status = collect_text(&list, i, &added->listed[i], normalizer, err);
        }
    }
    if (status == GOD_OK) {
        status = gdt_trie_init(trie, list.bytes.bytes, err);
    }
    for (size_t i = 0, begin = 0; i < added->listed_count && status == GOD_OK; begin = list.ends[i++]) {
        if (list.ends[i] > begin) {
            int32_t id = gdt_added_id(added, vocab, added->listed[i].content);
            status = gdt_trie_put(trie, list.bytes.data + begin, list.ends[i] - begin, id, 0, err);
        }
    }
    god_text_free(&list.bytes);
    free(list.ends);
    return status;
}

god_status gdt_added_refresh(gdt_added *added, const gdt_vocab *vocab, const gdt_steps *normalizer, god_error *err)
{
    GOD_TRY(build_trie(added, vocab, 0, NULL, &added->raw, err));
    return build_trie(added, vocab, 1, normalizer, &added->normalized, err);
}

/* The longest token at `at`; *ret_end where it ends. -1: none. */
static int32_t longest_at(const gdt_trie *trie, const gdt_work *work, uint32_t at, uint32_t end, uint32_t *ret_end)
{
    int32_t node = 0, id = -1;
    for (uint32_t i = at; i < end; i++) {
        node = gdt_trie_next(trie, node, work->text[i]);
        if (node < 0) {
            break;
        }
        if (trie->ids[node] >= 0) {
            id = trie->ids[node];
            *ret_end = i + 1;
        }
    }
    return id;
}

static int is_word_before(const gdt_work *work, uint32_t begin, uint32_t at)
{
    uint32_t code;
    if (at == begin) {
        return 0;
    }
    (void)gdt_utf8_decode(work->text + gdt_utf8_before(work->text, begin, at), &code);
    return gdt_is_word(code);
}

static int is_word_at(const gdt_work *work, uint32_t at, uint32_t end)
{
    uint32_t code;
    if (at == end) {
        return 0;
    }
    (void)gdt_utf8_decode(work->text + at, &code);
    return gdt_is_word(code);
}

static uint32_t spaces_before(const gdt_work *work, uint32_t begin, uint32_t at)
{
    while (at > begin) {
        uint32_t code, before = (uint32_t)gdt_utf8_before(work->text, begin, at);
        (void)gdt_utf8_decode(work->text + before, &code);
        if (!gdt_is_white_space(code)) {
            break;
        }
        at = before;
    }
    return at;
}

static uint32_t spaces_after(const gdt_work *work, uint32_t at, uint32_t end)
{
    while (at < end) {
        uint32_t code, used = (uint32_t)gdt_utf8_decode(work->text + at, &code);
        if (!gdt_is_white_space(code)) {
            break;
        }
        at += used;
    }
    return at;
}

static god_status split_piece(const gdt_added *added, const gdt_trie *trie, gdt_work *work, gdt_piece piece,
                              god_error *err)
{
    uint32_t done = piece.begin; /* everything before is cut */
    for (uint32_t at = piece.begin; at < piece.end;) {
        uint32_t after = at;
        int32_t id = trie->opens[(unsigned char)work->text[at]] ? longest_at(trie, work, at, piece.end, &after) : -1;
        if (id < 0) {
            at++;
            continue;
        }
        const gdt_added_token *token = gdt_added_find(added, id);
        uint32_t begin = at, end = after;
        at = after;
        if (added->ignores_special && gdt_added_is_special_text(added, token->content)) {
            continue;
        }
        if (token->single_word && (is_word_before(work, piece.begin, begin) || is_word_at(work, end, piece.end))) {
            continue;
        }
        if (token->lstrip) {
            uint32_t stripped = spaces_before(work, piece.begin, begin);
            begin = stripped > done ? stripped : done;
        }
        if (token->rstrip) {
            end = spaces_after(work, end, piece.end);
        }
        if (done < begin) {
            GOD_TRY(gdt_cut_push(work, done, begin, GDT_NO_ID, err));
        }
        GOD_TRY(gdt_cut_push(work, begin, end, id, err));
        done = end;
    }
    return done < piece.end ? gdt_cut_push(work, done, piece.end, GDT_NO_ID, err) : GOD_OK;
}

god_status gdt_added_split(const gdt_added *added, const gdt_trie *trie, gdt_work *work, god_error *err)
{
    if (trie->count <= 1) {
        return GOD_OK;
    }
    gdt_cut_begin(work);
    for (size_t i = 0; i < work->pieces.count; i++) {
        const gdt_piece piece = work->pieces.items[i];
        if (piece.id == GDT_NO_ID) {
            GOD_TRY(split_piece(added, trie, work, piece, err));
        } else {
            GOD_TRY(gdt_cut_push(work, piece.begin, piece.end, piece.id, err));
        }
    }
    gdt_cut_end(work);
    return GOD_OK;
}
