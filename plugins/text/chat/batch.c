#include "chat/batch.h"

#include <stdlib.h>

#include "chat/labels.h"

void chat_batch_free(chat_batch *batch)
{
    god_text_free(&batch->contexts);
    god_text_free(&batch->text);
    free(batch->renderings);
    *batch = (chat_batch){0};
}

void chat_batch_clear(chat_batch *batch)
{
    god_text_clear(&batch->contexts);
    god_text_clear(&batch->text);
    batch->count = 0;
    batch->rendered = 0;
}

uint32_t chat_batch_is_full(const chat_batch *batch)
{
    return batch->contexts.bytes >= CHAT_BATCH_BYTES;
}

static god_status reserve_rendering(chat_batch *batch, god_error *err)
{
    if (batch->count < batch->capacity) {
        return GOD_OK;
    }
    size_t capacity = batch->capacity == 0 ? 256 : batch->capacity * 2;
    chat_rendering *renderings = realloc(batch->renderings, capacity * sizeof *renderings);
    if (renderings == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %zu renderings", capacity);
    }
    batch->renderings = renderings;
    batch->capacity = capacity;
    return GOD_OK;
}

static int append_json(const char *bytes, size_t count, void *text)
{
    return god_text_append(text, bytes, count, NULL) == GOD_OK ? 0 : -1;
}

/* The variables of one rendering. A new reference, NULL without memory. */
static json_t *make_context(const chat_conversation *conversation, const json_t *specials, json_t *turns)
{
    json_t *context = json_pack("{s:O, s:O?, s:n, s:b}", "messages", turns, "tools", conversation->tools, "documents",
                                "add_generation_prompt", 0);
    if (context != NULL && json_object_update(context, (json_t *)(uintptr_t)specials) != 0) {
        json_decref(context);
        return NULL;
    }
    return context;
}

static god_status add_rendering(chat_batch *batch, const chat_conversation *conversation, const json_t *specials,
                                json_t *turns, const chat_rendering *about, god_error *err)
{
    GOD_TRY(reserve_rendering(batch, err));
    GOD_TRY(god_text_append_str(&batch->contexts, batch->count == 0 ? "[" : ",", err));
    json_t *context = make_context(conversation, specials, turns);
    int failed = context == NULL || json_dump_callback(context, append_json, &batch->contexts,
                                                       JSON_COMPACT | JSON_REAL_PRECISION(17)) != 0;
    json_decref(context);
    if (failed) {
        return god_fail(err, GOD_E_NOMEM, "row %zu: out of memory for its conversation", about->row + 1);
    }
    batch->renderings[batch->count++] = *about;
    return GOD_OK;
}

/* The first `count` turns. A new reference, NULL without memory. */
static json_t *cut_turns(const json_t *turns, size_t count)
{
    json_t *cut = json_array();
    for (size_t i = 0; i < count; i++) {
        if (json_array_append(cut, json_array_get(turns, i)) != 0) {
            json_decref(cut);
            return NULL;
        }
    }
    return cut;
}

static uint32_t is_assistant(const json_t *turn)
{
    const char *role = json_string_value(json_object_get(turn, "role"));
    return role != NULL && strcmp(role, "assistant") == 0;
}

/* CHAT_CUT and CHAT_PROBED of an assistant turn. */
static god_status add_turn(chat_batch *batch, const chat_conversation *conversation, size_t row, size_t turn,
                           const json_t *specials, god_error *err)
{
    const uint32_t is_last = turn + 1 == json_array_size(conversation->turns);
    json_t *turns = cut_turns(conversation->turns, turn + 1);
    json_t *probe = json_pack("{s:s, s:s}", "role", "assistant", "content", CHAT_PROBE);
    god_status status = turns != NULL && probe != NULL
                            ? GOD_OK
                            : god_fail(err, GOD_E_NOMEM, "row %zu: out of memory for its conversation", row + 1);
    chat_rendering about = {.row = row, .kind = CHAT_CUT, .turn = (int32_t)turn};
    if (status == GOD_OK && !is_last) {
        status = add_rendering(batch, conversation, specials, turns, &about, err);
    }
    if (status == GOD_OK && json_array_set(turns, turn, probe) != 0) {
        status = god_fail(err, GOD_E_NOMEM, "row %zu: out of memory for its conversation", row + 1);
    }
    about.kind = CHAT_PROBED;
    if (status == GOD_OK) {
        status = add_rendering(batch, conversation, specials, turns, &about, err);
    }
    json_decref(probe);
    json_decref(turns);
    return status;
}

god_status chat_batch_add(chat_batch *batch, const chat_conversation *conversation, size_t row, const json_t *specials,
                          god_error *err)
{
    const size_t before = batch->contexts.bytes;
    const size_t turn_count = json_array_size(conversation->turns);
    const chat_rendering whole = {.row = row, .kind = CHAT_WHOLE, .turn = (int32_t)turn_count - 1};
    GOD_TRY(add_rendering(batch, conversation, specials, conversation->turns, &whole, err));
    for (size_t i = 0; i < turn_count; i++) {
        if (is_assistant(json_array_get(conversation->turns, i))) {
            GOD_TRY(add_turn(batch, conversation, row, i, specials, err));
        }
        if (batch->contexts.bytes - before > CHAT_CONVERSATION_BYTES_MAX) {
            return god_fail(
                err, GOD_E_DATA,
                "row %zu: its %zu turns, rendered one by one, exceed CHAT_CONVERSATION_BYTES_MAX (%d bytes)", row + 1,
                turn_count, CHAT_CONVERSATION_BYTES_MAX);
        }
    }
    return GOD_OK;
}

static god_status keep_text(void *user, uint64_t index, const char *text, size_t bytes)
{
    chat_batch *batch = user;
    if (index != batch->rendered || batch->rendered >= batch->count) {
        return GOD_E_INTERNAL;
    }
    chat_rendering *rendering = &batch->renderings[batch->rendered++];
    rendering->text_at = batch->text.bytes;
    rendering->text_bytes = bytes;
    return god_text_append(&batch->text, text, bytes, NULL);
}

/* The host counts renderings; people count rows. */
static god_status fail_rendering(const chat_batch *batch, god_error *why, god_error *err)
{
    unsigned long long index;
    int skip = 0;
    if (sscanf(why->message, "rendering %llu: %n", &index, &skip) != 1 || skip == 0 || index >= batch->count) {
        return god_fail(err, why->code, "%s", why->message);
    }
    return god_fail(err, why->code, "row %zu: %s", batch->renderings[index].row + 1, why->message + skip);
}

god_status chat_batch_render(chat_batch *batch, const god_host *host, const char *source, god_error *err)
{
    const god_template *template = host->extension != NULL ? host->extension(host->ctx, GOD_TEMPLATE_ID) : NULL;
    god_error why = GOD_ERROR_INIT;
    if (template == NULL || !GOD_HAS(template, god_template, render) || template->render == NULL) {
        return god_fail(err, GOD_E_UNSUPPORTED,
                        "this host renders no chat templates (it lends no \"%s\"), so no conversation can be prepared",
                        GOD_TEMPLATE_ID);
    }
    if (batch->count == 0) {
        return GOD_OK;
    }
    GOD_TRY(god_text_append_str(&batch->contexts, "]", err));
    const god_template_request request = {.size = GOD_SIZE_TO(god_template_request, time_limit_ms),
                                          .source = source,
                                          .contexts_json = batch->contexts.data,
                                          .now_s = CHAT_NOW_S};
    if (template->render(host->ctx, &request, batch, keep_text, &why) != GOD_OK) {
        return fail_rendering(batch, &why, err);
    }
    if (batch->rendered != batch->count) {
        return god_fail(err, GOD_E_INTERNAL, "the host rendered %zu of %zu texts", batch->rendered, batch->count);
    }
    return GOD_OK;
}
