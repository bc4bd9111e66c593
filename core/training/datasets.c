#include "core/training/datasets.h"

#include "dataset_list.h"
#include "god/helpers/json.h"

god_status gdi_datasets_whitelist(json_t **ret_list, god_error *err)
{
    json_t *list = NULL;
    GOD_TRY(god_json_parse("the list of data sets", dataset_list, sizeof dataset_list - 1, &list, err));
    *ret_list = list;
    return GOD_OK;
}

static uint32_t is_listed(const json_t *whitelist, const char *id)
{
    for (size_t i = 0; i < json_array_size(whitelist); i++) {
        const char *name = json_string_value(json_array_get(whitelist, i));
        if (name != NULL && strcmp(name, id) == 0) {
            return 1;
        }
    }
    return 0;
}

god_status gdi_datasets_filter(const json_t *requested, const json_t *whitelist, gdi_strings *kept, god_error *err)
{
    for (size_t i = 0; i < json_array_size(requested) && kept->count < GDI_DATASETS_KEPT_MAX; i++) {
        const char *id = json_string_value(json_array_get(requested, i));
        if (id != NULL && is_listed(whitelist, id)) {
            GOD_TRY(gdi_strings_add(kept, id, err));
        }
    }
    return GOD_OK;
}

god_status gdi_slash_dash(const char *id, god_text *text, god_error *err)
{
    for (const char *c = id; *c != '\0'; c++) {
        GOD_TRY(*c == '/' ? god_text_append_str(text, "--", err) : god_text_append(text, c, 1, err));
    }
    return GOD_OK;
}

god_status gdi_datasets_variable(const gdi_strings *there, god_text *text, god_error *err)
{
    for (size_t i = 0; i < there->count; i++) {
        GOD_TRY(god_text_append_str(text, i == 0 ? "" : ",", err));
        GOD_TRY(gdi_slash_dash(there->items[i], text, err));
    }
    return GOD_OK;
}
