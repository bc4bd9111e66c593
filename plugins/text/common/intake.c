#include "common/intake.h"

#include <stdlib.h>
#include <strings.h>

#include "common/csv.h"
#include "common/float_text.h"
#include "common/python_json.h"
#include "common/rows.h"

enum { columns_max = 4, messages_min = 2 };

/* A column: the member of the record that names it, and what it is called in the task's files. */
typedef struct column {
    const char *member, *name;
    uint32_t needed;    /* 1: the record must name it */
    uint32_t not_blank; /* 1: rows without text in it go */
} column;

static const column instruct_columns[] = {{"field_instruction", "instruct", 1, 0},
                                          {"field_output", "output", 1, 0},
                                          {"field_input", "input", 0, 0},
                                          {"field_system", "system", 0, 0},
                                          {NULL, NULL, 0, 0}};
static const column dpo_columns[] = {{"field_prompt", "prompt", 1, 1},
                                     {"field_chosen", "chosen", 1, 1},
                                     {"field_rejected", "rejected", 1, 1},
                                     {"field_system", "system", 0, 0},
                                     {NULL, NULL, 0, 0}};
static const column grpo_columns[] = {
    {"field_prompt", "prompt", 1, 0}, {"extra_column", "extra_data", 0, 0}, {NULL, NULL, 0, 0}};
static const column chat_columns[] = {{"chat_column", "conversations", 1, 0}, {NULL, NULL, 0, 0}};

static const column *columns_of(gtx_kind kind)
{
    switch (kind) {
    case GTX_KIND_INSTRUCT: return instruct_columns;
    case GTX_KIND_DPO: return dpo_columns;
    case GTX_KIND_GRPO: return grpo_columns;
    default: return chat_columns;
    }
}

/* What the data set calls it; NULL: the task does not use it. */
static const char *source_of(const gtx_task_spec *spec, const column *c)
{
    const char *source = json_string_value(json_object_get(spec->dataset_type, c->member));
    return source == NULL || source[0] == '\0' ? NULL : source;
}

god_status gtx_intake_plan(const gtx_task_spec *spec, gtx_kind kind, god_intake_plan *ret_plan, god_error *err)
{
    static const char *const endings[] = {".json", ".jsonl", ".csv", NULL};
    const god_intake_plan plan = {
        .size = GOD_SIZE_TO(god_intake_plan, placeholder), .form = GOD_INTAKE_ROWS, .endings = endings};
    for (const column *c = columns_of(kind); c->member != NULL; c++) {
        if (c->needed && source_of(spec, c) == NULL) {
            return god_fail(err, GOD_E_INVALID, "dataset_type: \"%s\" names no column", c->member);
        }
    }
    uint32_t size = ret_plan->size;
    memcpy(ret_plan, &plan, size < plan.size ? size : plan.size);
    ret_plan->size = size;
    return GOD_OK;
}

/* ---- values ---- */

static god_status append_value(const json_t *value, god_text *text, god_error *err)
{
    char number[GTX_FLOAT_TEXT_BYTES];
    if (value == NULL || json_is_null(value)) {
        return GOD_OK;
    }
    switch (json_typeof(value)) {
    case JSON_STRING: return god_text_append(text, json_string_value(value), json_string_length(value), err);
    case JSON_TRUE: return god_text_append_str(text, "True", err);
    case JSON_FALSE: return god_text_append_str(text, "False", err);
    case JSON_INTEGER: return god_text_append_f(text, err, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL: gtx_float_text(json_real_value(value), number); return god_text_append_str(text, number, err);
    default: return gtx_python_json(value, text, err);
    }
}

static uint32_t is_blank(const god_text *text)
{
    for (size_t i = 0; i < text->bytes; i++) {
        if (strchr(" \t\r\n\v\f", text->data[i]) == NULL || text->data[i] == '\0') {
            return 0;
        }
    }
    return 1;
}

/* ---- rows ---- */

typedef struct intake {
    const gtx_task_spec *spec;
    gtx_kind kind;
    const god_intake_sink *sink;
    const gtx_rows *rows;
    god_text value;
    uint64_t kept, empty;
} intake;

static god_status give(intake *in, const json_t *row, god_error *err)
{
    char *text = row == NULL ? NULL : json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (row != NULL && text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a row");
    }
    in->kept += row != NULL;
    god_status status = in->sink->row(in->sink->ctx, text, text == NULL ? 0 : strlen(text));
    free(text);
    return status;
}

/* Sets `name` of a row. *ret_blank: there is nothing but blanks in it; *ret_empty: not even those. */
static god_status set_text(intake *in, const json_t *value, const char *name, json_t *row, uint32_t *ret_blank,
                           uint32_t *ret_empty, god_error *err)
{
    god_text_clear(&in->value);
    GOD_TRY(append_value(value, &in->value, err));
    *ret_blank = is_blank(&in->value);
    *ret_empty = in->value.bytes == 0;
    return json_object_set_new(row, name,
                               json_stringn(in->value.data == NULL ? "" : in->value.data, in->value.bytes)) == 0
               ? GOD_OK
               : god_fail(err, GOD_E_DATA, "a text is not UTF-8, or memory is out");
}

static god_status fill_text(intake *in, const json_t *given, json_t *row, uint32_t *ret_stays, god_error *err)
{
    uint32_t stays = 1, is_empty = 1;
    for (const column *c = columns_of(in->kind); c->member != NULL; c++) {
        const char *source = source_of(in->spec, c);
        uint32_t blank = 0, empty = 0;
        if (source == NULL) {
            continue;
        }
        GOD_TRY(set_text(in, json_object_get(given, source), c->name, row, &blank, &empty, err));
        stays &= !(c->not_blank && blank);
        is_empty &= empty;
    }
    in->empty += is_empty;
    *ret_stays = stays;
    return GOD_OK;
}

static god_status give_text(intake *in, const json_t *given, god_error *err)
{
    json_t *row = json_object();
    uint32_t stays = 0;
    god_status status =
        row == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a row") : fill_text(in, given, row, &stays, err);
    if (status == GOD_OK) {
        status = give(in, stays ? row : NULL, err);
    }
    json_decref(row);
    return status;
}

/* ---- conversations ---- */

/* A member that says something: not absent, not null. */
static uint32_t says(const json_t *message, const json_t *record, const char *member)
{
    const char *name = json_string_value(json_object_get(record, member));
    const json_t *value = name == NULL ? NULL : json_object_get(message, name);
    return value != NULL && !json_is_null(value);
}

/* The messages that can be used. A new list; NULL: out of memory. */
static json_t *usable_messages(const intake *in, const json_t *given)
{
    const json_t *record = in->spec->dataset_type;
    json_t *list = json_array(), *message = NULL;
    size_t i = 0;
    json_array_foreach(given, i, message)
    {
        if (says(message, record, "chat_role_field") && says(message, record, "chat_content_field") &&
            json_array_append(list, message) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static god_status give_messages(intake *in, const char *name, const json_t *given, god_error *err)
{
    json_t *list = usable_messages(in, given);
    uint32_t stays = json_array_size(list) >= messages_min;
    in->empty += !stays;
    json_t *row = list == NULL ? NULL : json_pack("{s:O}", name, list);
    god_status status = row == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a conversation")
                                    : give(in, stays ? row : NULL, err);
    json_decref(row);
    json_decref(list);
    return status;
}

/* Conversations are lists, or texts of one. */
static god_status give_conversation(intake *in, const json_t *given, god_error *err)
{
    const column *c = columns_of(in->kind);
    json_t *value = json_object_get(given, source_of(in->spec, c)), *parsed = NULL;
    const char *text = json_string_value(value);
    if (text != NULL && text[strspn(text, " \t\r\n")] == '[') {
        parsed = json_loads(text, 0, NULL);
        value = parsed;
    }
    god_status status = give_messages(in, c->name, value, err);
    json_decref(parsed);
    return status;
}

/* ---- the data set ---- */

static god_status name_columns(const intake *in, god_error *err)
{
    for (const column *c = columns_of(in->kind); c->member != NULL; c++) {
        const char *source = source_of(in->spec, c);
        if (source == NULL && c->needed) {
            return god_fail(err, GOD_E_INVALID, "dataset_type: \"%s\" names no column", c->member);
        }
        if (source != NULL && !gtx_rows_has_column(in->rows, source)) {
            return god_fail(err, GOD_E_DATA, "the data set has no column \"%.100s\", which \"%s\" names", source,
                            c->member);
        }
        if (source != NULL) {
            GOD_TRY(in->sink->field(in->sink->ctx, c->member, c->name));
        }
    }
    return GOD_OK;
}

static god_status give_rows(intake *in, god_error *err)
{
    size_t count = gtx_rows_count(in->rows);
    GOD_TRY(name_columns(in, err));
    for (size_t i = 0; i < count; i++) {
        const json_t *row = gtx_rows_at(in->rows, i);
        GOD_TRY(in->kind == GTX_KIND_CHAT ? give_conversation(in, row, err) : give_text(in, row, err));
    }
    if (in->empty * 100 > (uint64_t)count * GTX_INTAKE_EMPTY_PERCENT_MAX) {
        return god_fail(err, GOD_E_DATA, "%llu of %zu rows are empty, at most %d %% may be",
                        (unsigned long long)in->empty, count, GTX_INTAKE_EMPTY_PERCENT_MAX);
    }
    return in->kept > 0 ? GOD_OK : god_fail(err, GOD_E_DATA, "none of %zu rows can be used", count);
}

god_status gtx_intake_rows(const gtx_task_spec *spec, gtx_kind kind, const gtx_rows *rows, const god_intake_sink *sink,
                           god_error *err)
{
    intake in = {.spec = spec, .kind = kind, .sink = sink, .rows = rows, .value = GOD_TEXT_INIT};
    god_status status = give_rows(&in, err);
    god_text_free(&in.value);
    return status;
}

static uint32_t is_csv(const char *path)
{
    static const char ending[] = ".csv";
    size_t bytes = strlen(path), ending_bytes = sizeof ending - 1;
    return bytes > ending_bytes && strcasecmp(path + bytes - ending_bytes, ending) == 0;
}

static god_status add_file(gtx_rows *rows, const char *path, god_error *err)
{
    gtx_rows more = {0};
    god_error why = GOD_ERROR_INIT;
    god_status status = is_csv(path) ? gtx_csv_read(path, &more, &why) : gtx_rows_read(path, &more, &why);
    if (status != GOD_OK) {
        const char *name = strrchr(path, '/');
        return god_fail(err, status, "%.100s: %s", name == NULL ? path : name + 1, why.message);
    }
    if (rows->list == NULL) {
        *rows = more;
        return GOD_OK;
    }
    int failed = json_array_extend(rows->list, more.list) != 0;
    failed |= json_object_update(rows->columns, more.columns) != 0;
    gtx_rows_free(&more);
    if (failed || gtx_rows_count(rows) > GTX_ROWS_MAX) {
        return god_fail(err, failed ? GOD_E_NOMEM : GOD_E_DATA, "the data set has more than %zu rows (GTX_ROWS_MAX)",
                        GTX_ROWS_MAX);
    }
    return GOD_OK;
}

god_status gtx_intake_read(const gtx_task_spec *spec, gtx_kind kind, const char *const *paths, uint32_t path_count,
                           const god_intake_sink *sink, god_error *err)
{
    gtx_rows rows = {0};
    god_status status = path_count > 0 ? GOD_OK : god_fail(err, GOD_E_DATA, "the data set has no file");
    for (uint32_t i = 0; status == GOD_OK && i < path_count; i++) {
        status = add_file(&rows, paths[i], err);
    }
    if (status == GOD_OK) {
        status = gtx_intake_rows(spec, kind, &rows, sink, err);
    }
    gtx_rows_free(&rows);
    return status;
}
