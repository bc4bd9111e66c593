/* turns.h: a row of the test file as the conversation that a template sees. [any] spec/evaluation.md 4.1.
 *
 * A turn is an object with the keys `role` and `content` and whatever else the message says under other names; members
 * that are null are left out, and so are messages that are null. Roles are translated: assistant_reference becomes
 * "assistant", user_reference "user", every other word stays.
 *
 * The column `system`, where the file has one, puts a system turn in front of conversations that do not begin with one.
 * The column `tools` is a list and goes to the template as it is, except that JSON written as text is unpacked where
 * such lists carry it: `parameters` of a tool's function, `arguments` of a tool call.
 */
#ifndef CHAT_TURNS_H
#define CHAT_TURNS_H

#include "chat/record.h"
#include "common/rows.h"

typedef struct chat_conversation {
    json_t *turns; /* array of objects, at least one; owned */
    json_t *tools; /* array or NULL; owned */
} chat_conversation;

/* row from 0. GOD_E_DATA names the row, and the message, both counted from 1. */
god_status chat_conversation_read(const chat_record *record, const gtx_rows *rows, size_t row,
                                  chat_conversation *ret_conversation, god_error *err);
void chat_conversation_free(chat_conversation *conversation); /* accepts a zeroed one */

#endif
