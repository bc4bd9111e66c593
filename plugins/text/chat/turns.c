#include "chat/turns.h"

#include "god/helpers/json.h"

static const char system_column[] = "system", tools_column[] = "tools";

/* One message of one row. */
typedef struct place {
    size_t row, message; /* from 1; message 0: the row itself */
} place;

static god_status fail_memory(const place *at, god_error *err)
{
    return god_fail(err, GOD_E_NOMEM, "row %zu: out of memory for its conversation", at->row);
}

/* "row 3: message 2" */
static const char *name_place(const place *at, char name[64])
{
    (void)snprintf(name, 64, at->message > 0 ? "row %zu: message %zu" : "row %zu", at->row, at->message);
    return name;
}

/* The member unless it is absent or null. */
static json_t *member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

static god_status check_text(const place *at, const char *key, const json_t *value, god_error *err)
{
    char where[64];
    if (!json_is_string(value)) {
        return god_fail(err, GOD_E_DATA, "%s: \"%.80s\" is not a string", name_place(at, where), key);
    }
    if (memchr(json_string_value(value), '\0', json_string_length(value)) != NULL) {
        return god_fail(err, GOD_E_DATA, "%s: \"%.80s\" holds the letter NUL, which no template can print",
                        name_place(at, where), key);
    }
    return GOD_OK;
}

/* Replaces object[key], where it is a string, by the value that the string spells. */
static god_status unpack(const place *at, json_t *object, const char *key, god_error *err)
{
    char where[64];
    json_t *text = json_object_get(object, key), *value = NULL;
    if (!json_is_string(text)) {
        return GOD_OK;
    }
    if (god_json_parse(key, json_string_value(text), json_string_length(text), &value, err) != GOD_OK) {
        return god_fail_in(err, "%s", name_place(at, where));
    }
    return json_object_set_new(object, key, value) == 0 ? GOD_OK : fail_memory(at, err);
}

/* A copy of a list of tools or tool calls in which `key` of each function is unpacked. */
static god_status copy_functions(const place *at, const json_t *list, const char *key, json_t **ret_list,
                                 god_error *err)
{
    size_t index;
    json_t *item, *copy = json_deep_copy(list);
    god_status status = copy != NULL ? GOD_OK : fail_memory(at, err);
    json_array_foreach(copy, index, item)
    {
        if (status == GOD_OK) {
            status = unpack(at, json_object_get(item, "function"), key, err);
        }
    }
    if (status != GOD_OK) {
        json_decref(copy);
        return status;
    }
    *ret_list = copy;
    return GOD_OK;
}

static const char *translate_role(const chat_record *record, const char *role)
{
    if (strcmp(role, record->assistant_reference) == 0) {
        return "assistant";
    }
    return strcmp(role, record->user_reference) == 0 ? "user" : role;
}

/* The first turn must say who speaks, because a system turn may have to go in front of it. */
static god_status add_role(const chat_record *record, const place *at, const json_t *message, uint32_t is_first,
                           json_t *turn, god_error *err)
{
    const json_t *role = member(message, record->role_field);
    if (role == NULL && is_first) {
        return god_fail(err, GOD_E_DATA, "row %zu: message %zu: \"%.80s\" is missing", at->row, at->message,
                        record->role_field);
    }
    if (role == NULL) {
        return GOD_OK;
    }
    GOD_TRY(check_text(at, record->role_field, role, err));
    const char *translated = translate_role(record, json_string_value(role));
    return json_object_set_new(turn, "role", json_string(translated)) == 0 ? GOD_OK : fail_memory(at, err);
}

static god_status add_content(const chat_record *record, const place *at, const json_t *message, json_t *turn,
                              god_error *err)
{
    json_t *content = member(message, record->content_field);
    if (content == NULL) {
        return GOD_OK;
    }
    if (!json_is_array(content)) { /* a list of parts is the template's business */
        GOD_TRY(check_text(at, record->content_field, content, err));
    }
    return json_object_set(turn, "content", content) == 0 ? GOD_OK : fail_memory(at, err);
}

static god_status add_others(const chat_record *record, const place *at, const json_t *message, json_t *turn,
                             god_error *err)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)message, name, value)
    {
        if (json_is_null(value) || strcmp(name, "role") == 0 || strcmp(name, "content") == 0 ||
            strcmp(name, record->role_field) == 0 || strcmp(name, record->content_field) == 0) {
            continue;
        }
        json_t *calls = NULL;
        if (strcmp(name, "tool_calls") == 0 && json_is_array(value)) {
            GOD_TRY(copy_functions(at, value, "arguments", &calls, err));
        }
        if (json_object_set_new(turn, name, calls != NULL ? calls : json_incref(value)) != 0) {
            return fail_memory(at, err);
        }
    }
    return GOD_OK;
}

static god_status add_turn(const chat_record *record, const place *at, const json_t *message, json_t *turns,
                           god_error *err)
{
    if (!json_is_object(message)) {
        return god_fail(err, GOD_E_DATA, "row %zu: message %zu is not an object", at->row, at->message);
    }
    json_t *turn = json_object();
    if (json_array_append_new(turns, turn) != 0) {
        return fail_memory(at, err);
    }
    GOD_TRY(add_role(record, at, message, json_array_size(turns) == 1, turn, err));
    GOD_TRY(add_content(record, at, message, turn, err));
    return add_others(record, at, message, turn, err);
}

static god_status read_messages(const chat_record *record, const json_t *row, place *at, json_t *turns, god_error *err)
{
    const json_t *messages = member(row, record->column);
    const json_t *message;
    size_t index;
    if (messages != NULL && !json_is_array(messages)) {
        return god_fail(err, GOD_E_DATA, "row %zu: \"%.80s\" is not a list of messages", at->row, record->column);
    }
    json_array_foreach(messages, index, message)
    {
        at->message = index + 1;
        if (!json_is_null(message)) {
            GOD_TRY(add_turn(record, at, message, turns, err));
        }
    }
    if (json_array_size(turns) == 0) {
        return god_fail(err, GOD_E_DATA, "row %zu: \"%.80s\" has no messages", at->row, record->column);
    }
    at->message = 0;
    return GOD_OK;
}

static god_status add_system(const gtx_rows *rows, const json_t *row, const place *at, json_t *turns, god_error *err)
{
    const char *first_role = json_string_value(json_object_get(json_array_get(turns, 0), "role"));
    json_t *system = member(row, system_column);
    if (!gtx_rows_has_column(rows, system_column) || strcmp(first_role, "system") == 0) {
        return GOD_OK;
    }
    if (system == NULL) {
        return god_fail(err, GOD_E_DATA, "row %zu: \"%s\" is null, the file has that column and needs a text in it",
                        at->row, system_column);
    }
    GOD_TRY(check_text(at, system_column, system, err));
    json_t *turn = json_pack("{s:s, s:O}", "role", "system", "content", system);
    return json_array_insert_new(turns, 0, turn) == 0 ? GOD_OK : fail_memory(at, err);
}

static god_status read_tools(const json_t *row, const place *at, json_t **ret_tools, god_error *err)
{
    const json_t *tools = member(row, tools_column);
    if (tools == NULL) {
        return GOD_OK;
    }
    if (!json_is_array(tools)) {
        return god_fail(err, GOD_E_DATA, "row %zu: \"%s\" is not a list", at->row, tools_column);
    }
    return copy_functions(at, tools, "parameters", ret_tools, err);
}

god_status chat_conversation_read(const chat_record *record, const gtx_rows *rows, size_t row,
                                  chat_conversation *ret_conversation, god_error *err)
{
    const json_t *values = gtx_rows_at(rows, row);
    chat_conversation conversation = {json_array(), NULL};
    place at = {row + 1, 0};
    god_status status = conversation.turns != NULL ? read_messages(record, values, &at, conversation.turns, err)
                                                   : fail_memory(&at, err);
    if (status == GOD_OK) {
        status = add_system(rows, values, &at, conversation.turns, err);
    }
    if (status == GOD_OK) {
        status = read_tools(values, &at, &conversation.tools, err);
    }
    if (status != GOD_OK) {
        chat_conversation_free(&conversation);
        return status;
    }
    *ret_conversation = conversation;
    return GOD_OK;
}

void chat_conversation_free(chat_conversation *conversation)
{
    json_decref(conversation->turns);
    json_decref(conversation->tools);
    *conversation = (chat_conversation){NULL, NULL};
}
