#include "chat/record.h"

#include "chat/templates.h"

static god_status read_name(const json_t *dataset_type, const char *key, const char **ret_name, god_error *err)
{
    const json_t *value = json_object_get(dataset_type, key);
    if (!json_is_string(value) || json_string_length(value) == 0) {
        return god_fail(err, GOD_E_INVALID, "dataset_type: \"%s\" is %s, a name is needed", key,
                        json_is_string(value) ? "empty" : "null");
    }
    *ret_name = json_string_value(value);
    return GOD_OK;
}

static god_status require_different(const char *first_key, const char *first, const char *second_key,
                                    const char *second, god_error *err)
{
    if (strcmp(first, second) == 0) {
        return god_fail(err, GOD_E_INVALID, "dataset_type: \"%s\" and \"%s\" are both \"%.100s\"", first_key,
                        second_key, first);
    }
    return GOD_OK;
}

god_status chat_record_read(const json_t *dataset_type, chat_record *ret_record, god_error *err)
{
    chat_record record = {0};
    GOD_TRY(read_name(dataset_type, "chat_template", &record.template_name, err));
    GOD_TRY(read_name(dataset_type, "chat_column", &record.column, err));
    GOD_TRY(read_name(dataset_type, "chat_role_field", &record.role_field, err));
    GOD_TRY(read_name(dataset_type, "chat_content_field", &record.content_field, err));
    GOD_TRY(read_name(dataset_type, "chat_user_reference", &record.user_reference, err));
    GOD_TRY(read_name(dataset_type, "chat_assistant_reference", &record.assistant_reference, err));
    GOD_TRY(require_different("chat_role_field", record.role_field, "chat_content_field", record.content_field, err));
    GOD_TRY(require_different("chat_user_reference", record.user_reference, "chat_assistant_reference",
                              record.assistant_reference, err));
    GOD_TRY(chat_template_check(record.template_name, err));
    *ret_record = record;
    return GOD_OK;
}
