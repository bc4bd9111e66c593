#include "post.h"

#include <stdlib.h>

#include "component.h"
#include "god/helpers/json.h"
#include "unicode.h"
#include "utf8.h"

void gdt_post_fini(gdt_post *post)
{
    for (size_t i = 0; i < post->count; i++) {
        free(post->steps[i].items);
    }
    free(post->steps);
    free(post->blanks);
    memset(post, 0, sizeof *post);
}

static god_status add_step(gdt_post *post, gdt_post_step **ret_step, god_error *err)
{
    if (post->count == GDT_STEPS_MAX) {
        return god_fail(err, GOD_E_DATA, "tokenizer.json: post_processor: there are more than GDT_STEPS_MAX (%d) steps",
                        GDT_STEPS_MAX);
    }
    GOD_TRY(gdt_reserve((void **)&post->steps, &post->capacity, post->count + 1, sizeof *post->steps, "post_processor",
                        err));
    *ret_step = &post->steps[post->count++];
    memset(*ret_step, 0, sizeof **ret_step);
    return GOD_OK;
}

static god_status add_item(gdt_post_step *step, const char *where, int32_t id, god_error *err)
{
    if (step->items == NULL) {
        step->items = malloc(GDT_POST_IDS_MAX * sizeof *step->items);
        if (step->items == NULL) {
            return god_fail(err, GOD_E_NOMEM, "%s: out of memory", where);
        }
    }
    if (step->count == GDT_POST_IDS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: more than GDT_POST_IDS_MAX (%d) ids are added", where, GDT_POST_IDS_MAX);
    }
    step->items[step->count++] = id;
    return GOD_OK;
}

/* `of`: the token or member whose id it is. */
static god_status add_id(gdt_post_step *step, const char *where, const char *of, const json_t *id, god_error *err)
{
    if (!json_is_integer(id)) {
        return god_fail(err, GOD_E_DATA, "%s: an id of \"%.80s\" is not a whole number", where, of);
    }
    int64_t number = json_integer_value(id);
    if (number < 0 || number >= GDT_VOCAB_IDS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: an id of \"%.80s\" is %lld, allowed are 0 to %d", where, of,
                        (long long)number, GDT_VOCAB_IDS_MAX - 1);
    }
    return add_item(step, where, (int32_t)number, err);
}

static god_status load_special_token(gdt_post_step *step, const char *where, json_t *tokens, json_t *item,
                                     god_error *err)
{
    const char *name = NULL;
    json_t *token = NULL, *ids = NULL, *id;
    size_t i;
    GOD_TRY(god_json_get_str(where, item, "id", &name, err));
    if (json_object_get(tokens, name) == NULL) {
        return god_fail(err, GOD_E_DATA, "%s: \"%.80s\" is not among \"special_tokens\"", where, name);
    }
    GOD_TRY(god_json_get_object(where, tokens, name, &token, err));
    GOD_TRY(god_json_get_array(where, token, "ids", &ids, err));
    json_array_foreach(ids, i, id)
    {
        GOD_TRY(add_id(step, where, name, id, err));
    }
    return GOD_OK;
}

static god_status load_template(gdt_post_step *step, const char *where, json_t *object, god_error *err)
{
    json_t *single = NULL, *tokens = NULL, *item;
    size_t i;
    GOD_TRY(god_json_get_array(where, object, "single", &single, err));
    GOD_TRY(god_json_get_object(where, object, "special_tokens", &tokens, err));
    json_array_foreach(single, i, item)
    {
        json_t *special = json_object_get(item, "SpecialToken"), *sequence = json_object_get(item, "Sequence");
        if (json_is_object(special)) {
            GOD_TRY(load_special_token(step, where, tokens, special, err));
        } else if (json_is_object(sequence)) {
            GOD_TRY(add_item(step, where, GDT_POST_TEXT, err));
        } else {
            return god_fail(err, GOD_E_DATA, "%s: single[%zu] is neither \"SpecialToken\" nor \"Sequence\"", where, i);
        }
    }
    return GOD_OK;
}

/* "cls" and "sep" of BertProcessing and RobertaProcessing: ["[CLS]", 101]. */
static god_status load_pair(gdt_post_step *step, const char *where, json_t *object, const char *key, god_error *err)
{
    json_t *pair = NULL;
    GOD_TRY(god_json_get_array(where, object, key, &pair, err));
    if (json_array_size(pair) != 2) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is not a text and an id", where, key);
    }
    return add_id(step, where, key, json_array_get(pair, 1), err);
}

static god_status load_cls_sep(gdt_post_step *step, const char *where, json_t *object, god_error *err)
{
    GOD_TRY(load_pair(step, where, object, "cls", err));
    GOD_TRY(add_item(step, where, GDT_POST_TEXT, err));
    return load_pair(step, where, object, "sep", err);
}

static god_status load_trim(gdt_post_step *step, const char *where, json_t *object, god_error *err)
{
    step->trims = 1;
    step->add_prefix_space = 1;
    GOD_TRY(god_json_opt_bool(where, object, "trim_offsets", &step->trims, err));
    return god_json_opt_bool(where, object, "add_prefix_space", &step->add_prefix_space, err);
}

static god_status load_step(void *user, const char *where, const char *type, json_t *object, god_error *err)
{
    gdt_post *post = user;
    gdt_post_step *step = NULL;
    GOD_TRY(add_step(post, &step, err));
    if (strcmp(type, "TemplateProcessing") == 0) {
        return load_template(step, where, object, err);
    }
    if (strcmp(type, "ByteLevel") == 0) {
        return load_trim(step, where, object, err);
    }
    if (strcmp(type, "RobertaProcessing") == 0) {
        GOD_TRY(load_trim(step, where, object, err));
        return load_cls_sep(step, where, object, err);
    }
    if (strcmp(type, "BertProcessing") == 0) {
        return load_cls_sep(step, where, object, err);
    }
    return god_fail(err, GOD_E_UNSUPPORTED, "%s: the type \"%.40s\" is not supported", where, type);
}

god_status gdt_post_load(gdt_post *post, json_t *object, god_error *err)
{
    if (object == NULL || json_is_null(object)) {
        return GOD_OK;
    }
    return gdt_component_walk("tokenizer.json: post_processor", "processors", object, load_step, post, err);
}

god_status gdt_post_set(gdt_post *post, int32_t bos, int32_t eos, god_error *err)
{
    gdt_post_step *step = NULL;
    gdt_post_fini(post);
    GOD_TRY(add_step(post, &step, err));
    if (bos >= 0) {
        GOD_TRY(add_item(step, "post_processor", bos, err));
    }
    GOD_TRY(add_item(step, "post_processor", GDT_POST_TEXT, err));
    return eos >= 0 ? add_item(step, "post_processor", eos, err) : GOD_OK;
}

size_t gdt_post_added(const gdt_post *post)
{
    size_t added = 0;
    for (size_t i = 0; i < post->count; i++) {
        for (size_t k = 0; k < post->steps[i].count; k++) {
            added += post->steps[i].items[k] != GDT_POST_TEXT;
        }
    }
    return added;
}

/* A blank for the trimming: white space, or the character that stands for a blank in a byte-level piece. */
static int is_blank(uint32_t code)
{
    return code == 0x120 || gdt_is_white_space(code);
}

static size_t leading_blanks(const char *piece, size_t bytes)
{
    size_t blanks = 0;
    for (size_t at = 0; at < bytes; blanks++) {
        uint32_t code;
        at += gdt_utf8_decode(piece + at, &code);
        if (!is_blank(code)) {
            break;
        }
    }
    return blanks;
}

static size_t trailing_blanks(const char *piece, size_t bytes)
{
    size_t blanks = 0;
    for (size_t end = bytes; end > 0; blanks++) {
        uint32_t code;
        end = gdt_utf8_before(piece, 0, end);
        (void)gdt_utf8_decode(piece + end, &code);
        if (!is_blank(code)) {
            break;
        }
    }
    return blanks;
}

/* Trimming counts characters of the piece and moves the offsets by as many characters of the input. */
static void trim_by(const gdt_work *work, size_t leading, size_t trailing, uint32_t keeps_first, god_token *token)
{
    if (leading == 1 && keeps_first) {
        leading = 0;
    }
    while (leading-- > 0 && token->begin < token->end) {
        uint32_t code;
        token->begin += (uint32_t)gdt_utf8_next(work->input + token->begin, token->end - token->begin, &code);
    }
    while (trailing-- > 0 && token->begin < token->end) {
        token->end = (uint32_t)gdt_utf8_before(work->input, token->begin, token->end);
    }
}

static uint8_t count_blanks(const gdt_vocab *vocab, const gdt_added *added, int32_t id)
{
    const char *piece = gdt_vocab_piece(vocab, id);
    if (gdt_added_find(added, id) != NULL) {
        return GDT_POST_LOOK;
    }
    size_t bytes = piece != NULL ? strlen(piece) : 0;
    size_t leading = leading_blanks(piece, bytes), trailing = trailing_blanks(piece, bytes);
    return leading < 15 && trailing < 15 ? (uint8_t)(leading << 4 | trailing) : GDT_POST_LOOK;
}

god_status gdt_post_prepare(gdt_post *post, const gdt_vocab *vocab, const gdt_added *added, god_error *err)
{
    uint32_t trims = 0;
    for (size_t i = 0; i < post->count; i++) {
        trims |= post->steps[i].trims;
    }
    int32_t end = vocab->id_end > added->id_end ? vocab->id_end : added->id_end;
    if (!trims || end == 0) {
        return GOD_OK;
    }
    uint8_t *blanks = malloc((size_t)end);
    if (blanks == NULL) {
        return god_fail(err, GOD_E_NOMEM, "post_processor: out of memory for %d ids", end);
    }
    for (int32_t id = 0; id < end; id++) {
        blanks[id] = count_blanks(vocab, added, id);
    }
    free(post->blanks);
    post->blanks = blanks;
    post->blanks_end = end;
    return GOD_OK;
}

/* The same by looking at the piece; of an added token at what stands in the input, with the blanks that it took along.
 */
static void trim_by_look(const gdt_vocab *vocab, const gdt_added *added, const gdt_work *work, uint32_t keeps_first,
                         god_token *token)
{
    const char *piece = gdt_vocab_piece(vocab, token->id);
    size_t bytes = piece != NULL ? strlen(piece) : 0;
    if (gdt_added_find(added, token->id) != NULL) {
        piece = work->input + token->begin;
        bytes = token->end - token->begin;
    }
    trim_by(work, leading_blanks(piece, bytes), trailing_blanks(piece, bytes), keeps_first, token);
}

static void trim(const gdt_post *post, const gdt_post_step *step, const gdt_vocab *vocab, const gdt_added *added,
                 const gdt_work *work, god_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++) {
        god_token *token = &tokens->items[i];
        uint32_t keeps_first = step->add_prefix_space && (i == 0 || token->begin == 0);
        uint8_t blanks = token->id < post->blanks_end ? post->blanks[token->id] : GDT_POST_LOOK;
        if (blanks == GDT_POST_LOOK) {
            trim_by_look(vocab, added, work, keeps_first, token);
        } else if (blanks != 0) {
            trim_by(work, blanks >> 4, blanks & 15, keeps_first, token);
        }
    }
}

static god_status add_around(const gdt_post_step *step, god_tokens *tokens, god_error *err)
{
    size_t texts = 0;
    for (size_t i = 0; i < step->count; i++) {
        texts += step->items[i] == GDT_POST_TEXT;
    }
    size_t text_count = tokens->count, total = step->count - texts;
    if (texts > 0 && text_count > (SIZE_MAX / sizeof *tokens->items - total) / texts) {
        return god_fail(err, GOD_E_NOMEM, "encode: %zu tokens are too many", text_count);
    }
    total += text_count * texts;
    god_token *items = malloc((total > 0 ? total : 1) * sizeof *items);
    if (items == NULL) {
        return god_fail(err, GOD_E_NOMEM, "encode: out of memory for %zu tokens", total);
    }
    size_t count = 0;
    for (size_t i = 0; i < step->count; i++) {
        if (step->items[i] != GDT_POST_TEXT) {
            items[count++] = (god_token){step->items[i], 0, 0};
        } else if (text_count > 0) {
            memcpy(items + count, tokens->items, text_count * sizeof *items);
            count += text_count;
        }
    }
    free(tokens->items);
    *tokens = (god_tokens){items, count, total > 0 ? total : 1};
    return GOD_OK;
}

god_status gdt_post_run(const gdt_post *post, const gdt_vocab *vocab, const gdt_added *added, const gdt_work *work,
                        uint32_t special, god_tokens *tokens, god_error *err)
{
    for (size_t i = 0; i < post->count; i++) {
        const gdt_post_step *step = &post->steps[i];
        if (step->trims) {
            trim(post, step, vocab, added, work, tokens);
        }
        if (special && step->items != NULL) {
            GOD_TRY(add_around(step, tokens, err));
        }
    }
    return GOD_OK;
}
