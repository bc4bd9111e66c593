#include "core/trainer/api_check.h"

#include "core/training/request.h"
#include "god/helpers/json.h"

enum { is_text = 1, is_name, is_number, is_bool, is_object, is_numbers, is_texts, is_list };

typedef struct member {
    const char *name;
    uint32_t kind;
    uint32_t required, nullable;
} member;

static const member start_members[] = {
    {"github_repo", is_text, 1, 0},
    {"gpu_ids", is_numbers, 1, 0},
    {"hotkey", is_text, 1, 0},
    {"github_commit_hash", is_text, 0, 1},
    {"github_token", is_text, 0, 1},
    {"requested_datasets", is_texts, 0, 1},
    {.name = NULL},
};
static const member common_members[] = {
    {"model", is_name, 1, 0},
    {"task_id", is_text, 1, 0},
    {"hours_to_complete", is_number, 1, 0},
    {"expected_repo_name", is_text, 0, 1},
    {"baseline_stats", is_object, 0, 1},
    {.name = NULL},
};
static const member text_members[] = {
    {"dataset", is_name, 1, 0}, {"dataset_type", is_object, 1, 0}, {"file_format", is_text, 1, 0},
    {"use_kl", is_bool, 0, 0},  {"kl_coef", is_number, 0, 1},      {.name = NULL},
};
static const member image_members[] = {
    {"dataset_zip", is_name, 1, 0},
    {"model_type", is_text, 0, 0},
    {"trigger_word", is_text, 0, 1},
    {.name = NULL},
};
static const member prep_members[] = {
    {"task_id", is_text, 1, 0},
    {"model_id", is_text, 1, 0},
    {"training_data_url", is_text, 1, 0},
    {"task_type", is_text, 0, 0},
    {"augmentation_config", is_object, 0, 1},
    {"gpu_ids", is_numbers, 0, 0},
    {"reward_functions", is_list, 0, 1},
    {"env_configs", is_object, 0, 1},
    {"hotkey", is_text, 0, 1},
    {.name = NULL},
};

/* ---- one entry ---- */

int gdi_check_add(json_t *list, const char *type, const char *const *loc, const char *msg)
{
    json_t *path = json_array();
    int failed = path == NULL;
    for (; *loc != NULL && !failed; loc++) {
        failed |= json_array_append_new(path, json_string(*loc));
    }
    return failed | json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "type", type, "loc", path, "msg", msg));
}

/* ---- one member ---- */

typedef struct checking {
    json_t *list;
    const char *above; /* "training_data", or NULL */
    int failed;
} checking;

static void add(checking *c, const char *name, const char *type, const char *msg)
{
    const char *const below[] = {"body", c->above == NULL ? name : c->above, c->above == NULL ? NULL : name, NULL};
    c->failed |= gdi_check_add(c->list, type, below, msg);
}

static uint32_t all_are(const json_t *list, uint32_t wants_text)
{
    const json_t *item = NULL;
    size_t i = 0;
    json_array_foreach(list, i, item)
    {
        if (wants_text ? !json_is_string(item) : !json_is_integer(item)) {
            return 0;
        }
    }
    return 1;
}

static void check_value(checking *c, const member *m, const json_t *value)
{
    switch (m->kind) {
    case is_text:
    case is_name:
        if (!json_is_string(value)) {
            add(c, m->name, "string_type", "Input should be a valid string");
        } else if (m->kind == is_name && json_string_length(value) == 0) {
            add(c, m->name, "string_too_short", "String should have at least 1 character");
        }
        return;
    case is_number:
        if (!json_is_number(value)) {
            add(c, m->name, "float_type", "Input should be a valid number");
        }
        return;
    case is_bool:
        if (!json_is_boolean(value)) {
            add(c, m->name, "bool_type", "Input should be a valid boolean");
        }
        return;
    case is_object:
        if (!json_is_object(value)) {
            add(c, m->name, "dict_type", "Input should be a valid dictionary");
        }
        return;
    default: break;
    }
    if (!json_is_array(value)) {
        add(c, m->name, "list_type", "Input should be a valid list");
    } else if (m->kind == is_numbers && !all_are(value, 0)) {
        add(c, m->name, "int_type", "Input should be a valid integer");
    } else if (m->kind == is_texts && !all_are(value, 1)) {
        add(c, m->name, "string_type", "Input should be a valid string");
    }
}

static void check_members(checking *c, const member *members, const json_t *object)
{
    for (const member *m = members; m->name != NULL; m++) {
        const json_t *value = json_object_get(object, m->name);
        if (value == NULL && m->required) {
            add(c, m->name, "missing", "Field required");
        } else if (value != NULL && !(json_is_null(value) && m->nullable)) {
            check_value(c, m, value);
        }
    }
}

static json_t *result_of(checking *c)
{
    if (c->failed) {
        json_decref(c->list);
        return NULL;
    }
    return c->list;
}

/* ---- the two requests ---- */

json_t *gdi_check_start(const json_t *body)
{
    checking c = {.list = json_array()};
    const json_t *data = json_object_get(body, "training_data");
    if (data == NULL) {
        add(&c, "training_data", "missing", "Field required");
    } else if (!json_is_object(data)) {
        add(&c, "training_data", "model_attributes_type",
            "Input should be a valid dictionary or object to extract fields from");
    } else {
        c.above = "training_data";
        check_members(&c, common_members, data);
        check_members(&c, json_object_get(data, "dataset_zip") != NULL ? image_members : text_members, data);
        c.above = NULL;
    }
    check_members(&c, start_members, body);
    return result_of(&c);
}

json_t *gdi_check_prep(const json_t *body)
{
    checking c = {.list = json_array()};
    check_members(&c, prep_members, body);
    return result_of(&c);
}

/* ---- the body, and the answer ---- */

static uint32_t is_json_type(const char *type)
{
    static const char json[] = "application/json";
    size_t bytes = sizeof json - 1;
    return type != NULL && strncasecmp(type, json, bytes) == 0 && (type[bytes] == '\0' || strchr("; ", type[bytes]));
}

json_t *gdi_check_body(const gdi_request *request, json_t **ret_list)
{
    static const char *const at_body[] = {"body", NULL};
    json_t *body = NULL;
    *ret_list = json_array();
    if (request->text == NULL) {
        (void)gdi_check_add(*ret_list, "missing", at_body, "Field required");
        return NULL;
    }
    if (request->text_bytes > GDI_REQUEST_BYTES_MAX || !is_json_type(request->content_type)) {
        (void)gdi_check_add(*ret_list, "model_attributes_type", at_body,
                            "Input should be a valid dictionary or object to extract fields from");
        return NULL;
    }
    if (god_json_parse("body", request->text, request->text_bytes, &body, NULL) != GOD_OK) {
        (void)gdi_check_add(*ret_list, "json_invalid", at_body, "JSON decode error");
        return NULL;
    }
    if (!json_is_object(body)) {
        (void)gdi_check_add(*ret_list, "model_attributes_type", at_body,
                            "Input should be a valid dictionary or object to extract fields from");
        json_decref(body);
        return NULL;
    }
    json_decref(*ret_list);
    *ret_list = NULL;
    return body;
}

god_status gdi_check_answer_take(json_t *list_take, gdi_answer *answer, god_error *err)
{
    answer->status = 422;
    answer->json = json_pack("{s:o}", "detail", list_take);
    return answer->json != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}

god_status gdi_check_answer_value(const char *sentence, gdi_answer *answer, god_error *err)
{
    static const char *const at_body[] = {"body", NULL};
    json_t *list = json_array();
    (void)gdi_check_add(list, "value_error", at_body, sentence);
    return gdi_check_answer_take(list, answer, err);
}
