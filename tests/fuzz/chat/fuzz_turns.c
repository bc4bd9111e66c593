/* Any bytes as a test file of conversations: rows, turns and the variables of their renderings. Whatever is accepted
 * must come out as JSON again, with a rendering of the whole first. */
#include <stdint.h>
#include <stdlib.h>

#include "chat/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* assert, in every build. */
static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static void try_row(const chat_record *record, const gtx_rows *rows, size_t row, const json_t *specials)
{
    god_error err = GOD_ERROR_INIT;
    chat_conversation conversation = {0};
    chat_batch batch = {0};
    if (chat_conversation_read(record, rows, row, &conversation, &err) != GOD_OK) {
        require(err.code == GOD_E_DATA && strncmp(err.message, "row ", 4) == 0);
        return;
    }
    require(json_array_size(conversation.turns) > 0);
    if (chat_batch_add(&batch, &conversation, row, specials, &err) == GOD_OK) {
        require(batch.count > 0 && batch.renderings[0].kind == CHAT_WHOLE);
        require(god_text_append_str(&batch.contexts, "]", &err) == GOD_OK);
        json_t *contexts = json_loadb(batch.contexts.data, batch.contexts.bytes, JSON_ALLOW_NUL, NULL);
        require(json_array_size(contexts) == batch.count);
        json_decref(contexts);
    }
    chat_batch_free(&batch);
    chat_conversation_free(&conversation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    const chat_record record = {"chatml", "conversations", "from", "value", "user", "assistant"};
    god_error err = GOD_ERROR_INIT;
    gtx_rows rows = {0};
    if (gtx_rows_parse((const char *)data, bytes, &rows, &err) != GOD_OK) {
        return 0;
    }
    json_t *specials = json_pack("{s:s}", "bos_token", "<s>");
    for (size_t row = 0; row < gtx_rows_count(&rows); row++) {
        try_row(&record, &rows, row, specials);
    }
    json_decref(specials);
    gtx_rows_free(&rows);
    return 0;
}
