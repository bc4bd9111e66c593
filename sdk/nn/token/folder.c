#include "folder.h"

#include <stdlib.h>

#include "god/helpers/file.h"
#include "god/helpers/json.h"

#define GDT_CONFIG_BYTES_MAX ((size_t)64 << 20)

god_status gdt_folder_find(const gdt_folder *folder, const char *name, char *ret_path, uint32_t *ret_exists,
                           god_error *err)
{
    GOD_TRY(god_path_join(folder->dir, name, ret_path, err));
    *ret_exists = god_file_exists(ret_path);
    return GOD_OK;
}

static god_status read_optional(const gdt_folder *folder, const char *name, json_t **ret_object, god_error *err)
{
    char path[GOD_PATH_MAX];
    char *text = NULL;
    size_t bytes = 0;
    uint32_t exists = 0;
    json_error_t problem;
    GOD_TRY(gdt_folder_find(folder, name, path, &exists, err));
    if (!exists) {
        return GOD_OK;
    }
    GOD_TRY(god_file_read(path, GDT_CONFIG_BYTES_MAX, &text, &bytes, err));
    json_t *value = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &problem);
    free(text);
    if (value == NULL) {
        return god_fail(err, GOD_E_DATA, "%s: line %d, column %d: %s", name, problem.line, problem.column,
                        problem.text);
    }
    if (!json_is_object(value)) {
        json_decref(value);
        return god_fail(err, GOD_E_DATA, "%s: an object is needed", name);
    }
    *ret_object = value;
    return GOD_OK;
}

static god_status read_files(gdt_folder *folder, god_error *err)
{
    GOD_TRY(read_optional(folder, GDT_CONFIG_FILE, &folder->config, err));
    GOD_TRY(read_optional(folder, "special_tokens_map.json", &folder->special_map, err));
    GOD_TRY(read_optional(folder, "added_tokens.json", &folder->added_map, err));
    GOD_TRY(god_json_opt_str(GDT_CONFIG_FILE, folder->config, "tokenizer_class", &folder->class_name, err));
    folder->type = gdt_class_find(folder->class_name);
    if (folder->class_name == NULL) {
        GOD_TRY(read_optional(folder, "config.json", &folder->model_config, err));
        folder->class_name = json_string_value(json_object_get(folder->model_config, "tokenizer_class"));
        const char *model_type = json_string_value(json_object_get(folder->model_config, "model_type"));
        folder->type = folder->class_name != NULL ? gdt_class_find(folder->class_name) : gdt_class_of_model(model_type);
    }
    return GOD_OK;
}

god_status gdt_folder_open(gdt_folder *folder, const char *dir, god_error *err)
{
    memset(folder, 0, sizeof *folder);
    folder->dir = dir;
    god_status status = read_files(folder, err);
    if (status != GOD_OK) {
        gdt_folder_close(folder);
    }
    return status;
}

void gdt_folder_close(gdt_folder *folder)
{
    json_decref(folder->config);
    json_decref(folder->special_map);
    json_decref(folder->added_map);
    json_decref(folder->model_config);
    memset(folder, 0, sizeof *folder);
}

god_status gdt_folder_flag(const gdt_folder *folder, const char *key, uint32_t absent, uint32_t *ret_flag,
                           god_error *err)
{
    uint32_t flag = absent;
    GOD_TRY(god_json_opt_bool(GDT_CONFIG_FILE, folder->config, key, &flag, err));
    *ret_flag = flag;
    return GOD_OK;
}
