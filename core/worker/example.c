#include "core/worker/example.h"

#include "core/worker/collect.h"
#include "god/helpers/json.h"

static const char where[] = "frame";

/* ---- the worker's side ---- */

GOD_PRINTF(2, 3) static god_status refuse(gdi_explainer *explainer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(explainer->refusal, sizeof explainer->refusal, format, args);
    va_end(args);
    return GOD_E_INVALID;
}

static god_status check_name(gdi_explainer *explainer, const char *name)
{
    return name != NULL && gdi_collect_is_name(name)
               ? GOD_OK
               : refuse(explainer, "it explained a part or state \"%.40s\", which is no name",
                        name == NULL ? "" : name);
}

static god_status send_tokens(gdi_explainer *explainer)
{
    json_t *tokens = explainer->tokens;
    explainer->tokens = NULL;
    return tokens == NULL ? GOD_OK
                          : gdi_outbox_send_take(explainer->outbox,
                                                 json_pack("{s:s, s:o}", "frame", "tokens", "tokens", tokens), NULL);
}

static god_status explain_part(void *ctx, const char *name, uint64_t sequence_len)
{
    gdi_explainer *explainer = ctx;
    GOD_TRY(check_name(explainer, name));
    if (explainer->in_part || sequence_len > INT64_MAX) {
        return refuse(explainer, "it began the part \"%s\" inside another one, or with %llu tokens at most", name,
                      (unsigned long long)sequence_len);
    }
    explainer->in_part = 1;
    explainer->parts++;
    return gdi_outbox_send_take(
        explainer->outbox,
        json_pack("{s:s, s:s, s:I}", "frame", "part", "name", name, "sequence_len", (json_int_t)sequence_len), NULL);
}

static json_t *token_to_json(const god_explain_token *token)
{
    const char *text = token->text == NULL ? "" : token->text;
    json_t *piece = token->piece == NULL ? json_null() : gdi_outbox_text(token->piece, GDI_EXAMPLE_TEXT_BYTES_MAX);
    return json_pack("{s:i, s:o, s:o, s:i, s:b, s:b}", "id", token->id, "piece", piece, "text",
                     gdi_outbox_text(text, GDI_EXAMPLE_TEXT_BYTES_MAX), "label", token->label, "scored",
                     (token->flags & GOD_EXPLAIN_SCORED) != 0, "special", (token->flags & GOD_EXPLAIN_SPECIAL) != 0);
}

static god_status explain_token(void *ctx, const god_explain_token *token)
{
    gdi_explainer *explainer = ctx;
    if (!explainer->in_part || token == NULL || !GOD_HAS(token, god_explain_token, text)) {
        return refuse(explainer, "it explained a token that is outside of any part or too short");
    }
    if (explainer->tokens == NULL) {
        explainer->tokens = json_array();
    }
    if (json_array_append_new(explainer->tokens, token_to_json(token)) != 0) {
        return GOD_E_NOMEM;
    }
    return json_array_size(explainer->tokens) < GDI_EXAMPLE_FRAME_TOKENS ? GOD_OK : send_tokens(explainer);
}

static god_status explain_state(void *ctx, const char *word, const char *message)
{
    gdi_explainer *explainer = ctx;
    GOD_TRY(check_name(explainer, word));
    if (!explainer->in_part) {
        return refuse(explainer, "it gave the state \"%s\" to no part", word);
    }
    explainer->in_part = 0;
    GOD_TRY(send_tokens(explainer));
    json_t *text = gdi_outbox_text(message == NULL ? "" : message, GDI_MESSAGE_BYTES_MAX - 1);
    return gdi_outbox_send_take(explainer->outbox,
                                json_pack("{s:s, s:s, s:o}", "frame", "state", "state", word, "message", text), NULL);
}

void gdi_explainer_init(gdi_explainer *explainer, gdi_outbox *outbox)
{
    *explainer = (gdi_explainer){.outbox = outbox};
    explainer->sink = (god_explain_sink){.size = GOD_SIZE_TO(god_explain_sink, state),
                                         .ctx = explainer,
                                         .part = explain_part,
                                         .token = explain_token,
                                         .state = explain_state};
}

god_status gdi_explainer_check(const gdi_explainer *explainer, god_error *err)
{
    if (explainer->parts == 0 || explainer->in_part) {
        return god_fail(err, GOD_E_INTERNAL, "the plug-in made a mistake: %s",
                        explainer->parts == 0 ? "it explained nothing" : "it ended inside a part");
    }
    return GOD_OK;
}

void gdi_explainer_fini(gdi_explainer *explainer)
{
    json_decref(explainer->tokens);
    explainer->tokens = NULL;
}

/* ---- the supervisor's side ---- */

static god_status fail_memory(god_error *err)
{
    return god_fail(err, GOD_E_NOMEM, "out of memory for an example");
}

/* A member of the frame that must be a name. */
static god_status get_name(const json_t *frame, const char *key, const char **ret_name, god_error *err)
{
    const char *name = NULL;
    GOD_TRY(god_json_get_str(where, frame, key, &name, err));
    if (!gdi_collect_is_name(name)) {
        return god_fail(err, GOD_E_DATA, "%s: \"%s\" is \"%.40s\", which is no name", where, key, name);
    }
    *ret_name = name;
    return GOD_OK;
}

/* The part that has no state yet. */
static god_status open_part(const json_t *example, json_t **ret_part, god_error *err)
{
    size_t count = json_array_size(example);
    json_t *part = count == 0 ? NULL : json_array_get(example, count - 1);
    if (part == NULL || json_object_get(part, "state") != NULL) {
        return god_fail(err, GOD_E_DATA, "%s: it belongs to no part of an example", where);
    }
    *ret_part = part;
    return GOD_OK;
}

god_status gdi_example_take_part(json_t **example, const json_t *frame, god_error *err)
{
    const char *name = NULL;
    int64_t sequence_len = 0;
    json_t *open = NULL;
    GOD_TRY(get_name(frame, "name", &name, err));
    GOD_TRY(god_json_get_int(where, frame, "sequence_len", 0, INT64_MAX, &sequence_len, err));
    if (open_part(*example, &open, NULL) == GOD_OK || json_array_size(*example) == GDI_EXAMPLE_PARTS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: the part \"%s\" begins inside another one, or is one too many", where,
                        name);
    }
    if (*example == NULL) {
        *example = json_array();
    }
    json_t *part = json_pack("{s:s, s:I, s:[]}", "part", name, "sequence_len", (json_int_t)sequence_len, "tokens");
    return json_array_append_new(*example, part) == 0 ? GOD_OK : fail_memory(err);
}

static god_status check_token(const json_t *token, god_error *err)
{
    int64_t number = 0;
    uint32_t flag = 0;
    const char *text = NULL;
    if (!json_is_object(token)) {
        return god_fail(err, GOD_E_DATA, "%s: a token is not an object", where);
    }
    GOD_TRY(god_json_get_int(where, token, "id", INT32_MIN, INT32_MAX, &number, err));
    GOD_TRY(god_json_get_int(where, token, "label", INT32_MIN, INT32_MAX, &number, err));
    GOD_TRY(god_json_opt_str(where, token, "piece", &text, err));
    GOD_TRY(god_json_get_str(where, token, "text", &text, err));
    GOD_TRY(god_json_get_bool(where, token, "scored", &flag, err));
    return god_json_get_bool(where, token, "special", &flag, err);
}

static size_t tokens_of(const json_t *example)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(example); i++) {
        count += json_array_size(json_object_get(json_array_get(example, i), "tokens"));
    }
    return count;
}

god_status gdi_example_take_tokens(json_t **example, const json_t *frame, god_error *err)
{
    json_t *part = NULL, *tokens = NULL;
    GOD_TRY(open_part(*example, &part, err));
    GOD_TRY(god_json_get_array(where, frame, "tokens", &tokens, err));
    if (tokens_of(*example) + json_array_size(tokens) > GDI_EXAMPLE_TOKENS_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: an example has more than %d tokens", where, GDI_EXAMPLE_TOKENS_MAX);
    }
    for (size_t i = 0; i < json_array_size(tokens); i++) {
        GOD_TRY(check_token(json_array_get(tokens, i), err));
    }
    return json_array_extend(json_object_get(part, "tokens"), tokens) == 0 ? GOD_OK : fail_memory(err);
}

god_status gdi_example_take_state(json_t **example, const json_t *frame, god_error *err)
{
    json_t *part = NULL;
    const char *word = NULL, *message = NULL;
    GOD_TRY(open_part(*example, &part, err));
    GOD_TRY(get_name(frame, "state", &word, err));
    GOD_TRY(god_json_get_str(where, frame, "message", &message, err));
    if (strlen(message) >= GDI_MESSAGE_BYTES_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: \"message\" has %zu bytes, %d are allowed", where, strlen(message),
                        GDI_MESSAGE_BYTES_MAX - 1);
    }
    if (json_object_set_new(part, "message", json_string(message)) != 0 ||
        json_object_set_new(part, "state", json_string(word)) != 0) {
        return fail_memory(err);
    }
    return GOD_OK;
}

uint32_t gdi_example_is_whole(const json_t *example)
{
    json_t *part = NULL;
    return json_array_size(example) > 0 && open_part(example, &part, NULL) != GOD_OK;
}
