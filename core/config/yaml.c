#include "core/config/yaml.h"

#include <math.h>
#include <stdlib.h>
#include <yaml.h>

#include "core/config/settings.h"
#include "god/helpers/file.h"

enum { depth_max = 32, nodes_max = 100 * 1000, name_bytes_max = 128 };

typedef struct reader {
    const char *where, *dir;
    yaml_document_t document;
    gdi_config *config;
    unsigned char seen[128]; /* by place in gdi_settings: named twice is an error */
    int nodes;               /* converted so far: aliases could multiply without end */
} reader;

static const char *scalar_text(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static const char *kind_of(const yaml_node_t *node)
{
    switch (node->type) {
    case YAML_SCALAR_NODE: return "a single value";
    case YAML_SEQUENCE_NODE: return "a list";
    case YAML_MAPPING_NODE: return "a section";
    default: return "nothing";
    }
}

static size_t line_of(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

static int is_null(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        return 0;
    }
    const char *text = scalar_text(node);
    return *text == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

static god_status fail_type(const reader *r, const yaml_node_t *node, const char *name, const char *needed,
                            god_error *err)
{
    if (node->type == YAML_SCALAR_NODE) {
        return god_fail(err, GOD_E_INVALID, "%s:%zu: \"%s\" is \"%.100s\", %s is needed", r->where, line_of(node), name,
                        scalar_text(node), needed);
    }
    return god_fail(err, GOD_E_INVALID, "%s:%zu: \"%s\" is %s, %s is needed", r->where, line_of(node), name,
                    kind_of(node), needed);
}

static god_status read_int(const reader *r, const yaml_node_t *node, const gdi_setting *setting, int64_t *ret,
                           god_error *err)
{
    char needed[96];
    (void)snprintf(needed, sizeof needed, "a whole number from %lld to %lld", (long long)setting->lowest,
                   (long long)setting->highest);
    if (node->type != YAML_SCALAR_NODE) {
        return fail_type(r, node, setting->name, needed, err);
    }
    char *end = NULL;
    errno = 0;
    long long number = strtoll(scalar_text(node), &end, 10);
    if (errno != 0 || end == scalar_text(node) || *end != '\0' || number < setting->lowest ||
        number > setting->highest) {
        return fail_type(r, node, setting->name, needed, err);
    }
    *ret = number;
    return GOD_OK;
}

/* "~/x" from home, "x" from the folder of the file. The caller frees it. */
static god_status absolute_path(const reader *r, const yaml_node_t *node, const char *name, char **ret_path,
                                god_error *err)
{
    const char *text = node->type == YAML_SCALAR_NODE ? scalar_text(node) : "";
    const char *home = getenv("HOME");
    if (node->type != YAML_SCALAR_NODE || *text == '\0' || strlen(text) >= GOD_PATH_MAX / 2) {
        return fail_type(r, node, name, "a path", err);
    }
    char *path = NULL;
    int count = 0;
    if (text[0] == '/') {
        count = asprintf(&path, "%s", text);
    } else if (text[0] == '~' && text[1] == '/' && home != NULL) {
        count = asprintf(&path, "%s%s", home, text + 1);
    } else {
        count = asprintf(&path, "%s/%s", r->dir, text);
    }
    if (count < 0) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a path");
    }
    *ret_path = path;
    return GOD_OK;
}

static god_status add_item(reader *r, const yaml_node_t *node, const gdi_setting *setting, gdi_strings *items,
                           god_error *err)
{
    if (setting->type == GDI_SETTING_STRINGS) {
        if (node->type != YAML_SCALAR_NODE || *scalar_text(node) == '\0') {
            return fail_type(r, node, setting->name, "a list of texts", err);
        }
        return gdi_strings_add(items, scalar_text(node), err);
    }
    char *path = NULL;
    GOD_TRY(absolute_path(r, node, setting->name, &path, err));
    god_status status = gdi_strings_add(items, path, err);
    free(path);
    return status;
}

static god_status read_strings(reader *r, const yaml_node_t *node, const gdi_setting *setting, gdi_strings *ret,
                               god_error *err)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        return fail_type(r, node, setting->name, "a list", err);
    }
    gdi_strings items = {.items = NULL};
    const yaml_node_item_t *item = node->data.sequence.items.start;
    for (; item < node->data.sequence.items.top; item++) {
        god_status status = add_item(r, yaml_document_get_node(&r->document, *item), setting, &items, err);
        if (status != GOD_OK) {
            gdi_strings_clear(&items);
            return status;
        }
    }
    gdi_strings_clear(ret);
    *ret = items;
    return GOD_OK;
}

/* A plain scalar as the core schema of YAML 1.2 reads it; a quoted one is always a string. */
static json_t *scalar_to_json(const yaml_node_t *node)
{
    const char *text = scalar_text(node);
    char *end = NULL;
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        return json_string(text);
    }
    if (is_null(node)) {
        return json_null();
    }
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        return json_boolean(text[0] == 't');
    }
    if (strspn(text, "+-.0123456789eE") != strlen(text)) {
        return json_string(text);
    }
    errno = 0;
    long long whole = strtoll(text, &end, 10);
    if (errno == 0 && *end == '\0') {
        return json_integer(whole);
    }
    double number = strtod(text, &end);
    return *end == '\0' && isfinite(number) ? json_real(number) : json_string(text);
}

static god_status to_json(reader *r, const yaml_node_t *node, int depth, json_t **ret_value, god_error *err);

static god_status sequence_to_json(reader *r, const yaml_node_t *node, int depth, json_t *array, god_error *err)
{
    const yaml_node_item_t *item = node->data.sequence.items.start;
    for (; item < node->data.sequence.items.top; item++) {
        json_t *value = NULL;
        GOD_TRY(to_json(r, yaml_document_get_node(&r->document, *item), depth + 1, &value, err));
        if (json_array_append_new(array, value) != 0) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for a section");
        }
    }
    return GOD_OK;
}

static god_status mapping_to_json(reader *r, const yaml_node_t *node, int depth, json_t *object, god_error *err)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
        if (key->type != YAML_SCALAR_NODE) {
            return fail_type(r, key, "a section", "a name before the colon", err);
        }
        if (json_object_get(object, scalar_text(key)) != NULL) {
            return god_fail(err, GOD_E_INVALID, "%s:%zu: \"%.100s\" is there twice", r->where, line_of(key),
                            scalar_text(key));
        }
        json_t *value = NULL;
        GOD_TRY(to_json(r, yaml_document_get_node(&r->document, pair->value), depth + 1, &value, err));
        if (json_object_set_new(object, scalar_text(key), value) != 0) {
            return god_fail(err, GOD_E_INVALID, "%s:%zu: \"%.100s\" is not UTF-8", r->where, line_of(key),
                            scalar_text(key));
        }
    }
    return GOD_OK;
}

static god_status to_json(reader *r, const yaml_node_t *node, int depth, json_t **ret_value, god_error *err)
{
    if (depth > depth_max || ++r->nodes > nodes_max) {
        return god_fail(err, GOD_E_INVALID, "%s:%zu: a section is deeper than %d levels or has more than %d values",
                        r->where, line_of(node), depth_max, nodes_max);
    }
    god_status status = GOD_OK;
    json_t *value = NULL;
    if (node->type == YAML_SCALAR_NODE) {
        value = scalar_to_json(node);
    } else {
        value = node->type == YAML_SEQUENCE_NODE ? json_array() : json_object();
    }
    if (value == NULL) {
        return god_fail(err, GOD_E_INVALID, "%s:%zu: a value is not UTF-8", r->where, line_of(node));
    }
    if (node->type == YAML_SEQUENCE_NODE) {
        status = sequence_to_json(r, node, depth, value, err);
    } else if (node->type == YAML_MAPPING_NODE) {
        status = mapping_to_json(r, node, depth, value, err);
    }
    if (status != GOD_OK) {
        json_decref(value);
        return status;
    }
    *ret_value = value;
    return GOD_OK;
}

static god_status read_sections(reader *r, const yaml_node_t *node, const gdi_setting *setting, json_t **ret,
                                god_error *err)
{
    if (node->type != YAML_MAPPING_NODE) {
        return fail_type(r, node, setting->name, "a section of sections", err);
    }
    json_t *sections = NULL;
    GOD_TRY(to_json(r, node, 0, &sections, err));
    const char *id = NULL;
    json_t *section = NULL;
    json_object_foreach(sections, id, section)
    {
        if (!json_is_object(section)) {
            god_status status = god_fail(err, GOD_E_INVALID, "%s:%zu: \"%s.%.100s\" is not a section", r->where,
                                         line_of(node), setting->name, id);
            json_decref(sections);
            return status;
        }
    }
    json_decref(*ret);
    *ret = sections;
    return GOD_OK;
}

/* One of the words of the setting; otherwise they are named: "a, b or c". */
static god_status check_word(const reader *r, const yaml_node_t *node, const gdi_setting *setting, god_error *err)
{
    char wanted[256] = "";
    for (size_t i = 0; setting->words[i] != NULL; i++) {
        if (strcmp(setting->words[i], scalar_text(node)) == 0) {
            return GOD_OK;
        }
        size_t used = strlen(wanted);
        const char *join = i == 0 ? "" : setting->words[i + 1] == NULL ? " or " : ", ";
        (void)snprintf(wanted + used, sizeof wanted - used, "%s%s", join, setting->words[i]);
    }
    return fail_type(r, node, setting->name, wanted, err);
}

static god_status read_text(const reader *r, const yaml_node_t *node, const gdi_setting *setting, char **ret,
                            god_error *err)
{
    if (node->type != YAML_SCALAR_NODE || strlen(scalar_text(node)) >= GOD_PATH_MAX / 2) {
        return fail_type(r, node, setting->name, "a text", err);
    }
    if (setting->words != NULL) {
        GOD_TRY(check_word(r, node, setting, err));
    }
    char *text = strdup(scalar_text(node));
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a setting");
    }
    free(*ret);
    *ret = text;
    return GOD_OK;
}

static god_status read_setting(reader *r, const yaml_node_t *node, const gdi_setting *setting, god_error *err)
{
    void *value = gdi_setting_value(setting, r->config);
    switch (setting->type) {
    case GDI_SETTING_INT: return read_int(r, node, setting, value, err);
    case GDI_SETTING_STRINGS:
    case GDI_SETTING_PATHS: return read_strings(r, node, setting, value, err);
    case GDI_SETTING_SECTIONS: return read_sections(r, node, setting, value, err);
    case GDI_SETTING_TEXT: return read_text(r, node, setting, value, err);
    default: break;
    }
    if (setting->type == GDI_SETTING_FILE && node->type == YAML_SCALAR_NODE && *scalar_text(node) == '\0') {
        return read_text(r, node, setting, value, err);
    }
    char *path = NULL;
    GOD_TRY(absolute_path(r, node, setting->name, &path, err));
    free(*(char **)value);
    *(char **)value = path;
    return GOD_OK;
}

static god_status fail_unknown(const reader *r, const yaml_node_t *key, const char *name, god_error *err)
{
    const char *nearest = gdi_setting_nearest(name);
    if (nearest != NULL) {
        return god_fail(err, GOD_E_INVALID, "%s:%zu: there is no setting \"%s\", did you mean \"%s\"?", r->where,
                        line_of(key), name, nearest);
    }
    return god_fail(err, GOD_E_INVALID, "%s:%zu: there is no setting \"%s\", see god config default", r->where,
                    line_of(key), name);
}

static god_status read_section(reader *r, const char *section, const yaml_node_t *node, god_error *err)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
        char name[name_bytes_max];
        if (key->type != YAML_SCALAR_NODE) {
            return fail_type(r, key, section, "a name before the colon", err);
        }
        (void)snprintf(name, sizeof name, "%s.%s", section, scalar_text(key));
        const gdi_setting *setting = gdi_setting_find(name);
        if (setting == NULL) {
            return fail_unknown(r, key, name, err);
        }
        unsigned char *seen = &r->seen[setting - gdi_settings];
        if (*seen) {
            return god_fail(err, GOD_E_INVALID, "%s:%zu: \"%s\" is there twice", r->where, line_of(key), name);
        }
        *seen = 1;
        const yaml_node_t *value = yaml_document_get_node(&r->document, pair->value);
        if (!is_null(value)) { /* "key:" with nothing behind it keeps the default */
            GOD_TRY(read_setting(r, value, setting, err));
        }
    }
    return GOD_OK;
}

static int is_section(const char *name)
{
    size_t bytes = strlen(name);
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        if (strncmp(setting->name, name, bytes) == 0 && setting->name[bytes] == '.') {
            return 1;
        }
    }
    return 0;
}

static god_status read_root(reader *r, god_error *err)
{
    const yaml_node_t *root = yaml_document_get_root_node(&r->document);
    if (root == NULL || is_null(root)) {
        return GOD_OK; /* an empty file */
    }
    if (root->type != YAML_MAPPING_NODE) {
        return god_fail(err, GOD_E_INVALID, "%s:%zu: the file is %s, sections such as \"worker:\" are needed", r->where,
                        line_of(root), kind_of(root));
    }
    const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
    for (; pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&r->document, pair->value);
        char name[name_bytes_max];
        (void)snprintf(name, sizeof name, "%s", key->type == YAML_SCALAR_NODE ? scalar_text(key) : "?");
        if (!is_section(name)) {
            return fail_unknown(r, key, name, err);
        }
        if (is_null(value)) {
            continue;
        }
        if (value->type != YAML_MAPPING_NODE) {
            return fail_type(r, value, name, "a section", err);
        }
        GOD_TRY(read_section(r, name, value, err));
    }
    return GOD_OK;
}

god_status gdi_yaml_apply(const char *where, const char *dir, const char *text, size_t bytes, gdi_config *config,
                          god_error *err)
{
    reader r = {.where = where, .dir = dir, .config = config};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        return god_fail(err, GOD_E_NOMEM, "out of memory while reading \"%s\"", where);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    god_status status = GOD_OK;
    if (!yaml_parser_load(&parser, &r.document)) {
        status = god_fail(err, GOD_E_INVALID, "%s:%zu: %s", where, parser.problem_mark.line + 1,
                          parser.problem == NULL ? "not YAML" : parser.problem);
    } else {
        status = read_root(&r, err);
        yaml_document_delete(&r.document);
    }
    yaml_parser_delete(&parser);
    return status;
}
