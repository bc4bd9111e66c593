/* Any bytes as a data set, of JSON and as a table, that a task of each kind is made of. Every row is given or left out,
 * once, and what is given is an object with the columns of its kind. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "common/csv.h"
#include "common/intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct counts {
    size_t rows;
} counts;

static god_status take_row(void *ctx, const char *json_or_null, size_t bytes)
{
    counts *c = ctx;
    c->rows++;
    if (json_or_null != NULL) {
        json_t *row = json_loadb(json_or_null, bytes, JSON_ALLOW_NUL, NULL);
        assert(json_is_object(row) && json_object_size(row) > 0);
        json_decref(row);
    }
    return GOD_OK;
}

static god_status take_field(void *ctx, const char *name, const char *value)
{
    (void)ctx;
    assert(name[0] != '\0' && value[0] != '\0');
    return GOD_OK;
}

static void run(const gtx_rows *rows, const char *task_type, gtx_kind kind, const char *record)
{
    char spec_json[512];
    gtx_task_spec spec;
    god_error err = GOD_ERROR_INIT;
    counts c = {.rows = 0};
    const god_intake_sink sink = {
        .size = GOD_SIZE_TO(god_intake_sink, field), .ctx = &c, .row = take_row, .field = take_field};
    (void)snprintf(spec_json, sizeof spec_json, "{\"dataset_type\": %s}", record);
    god_status parsed = gtx_task_spec_parse(spec_json, task_type, kind, &spec, &err);
    assert(parsed == GOD_OK);
    god_status status = gtx_intake_rows(&spec, kind, rows, &sink, &err);
    assert(status == GOD_OK ? c.rows == gtx_rows_count(rows) : err.message[0] != '\0');
    gtx_task_spec_free(&spec);
}

static void run_all(gtx_rows rows)
{
    run(&rows, "InstructTextTask", GTX_KIND_INSTRUCT, "{\"field_instruction\": \"a\", \"field_output\": \"b\"}");
    run(&rows, "DpoTask", GTX_KIND_DPO,
        "{\"field_prompt\": \"a\", \"field_chosen\": \"b\", \"field_rejected\": \"c\"}");
    run(&rows, "ChatTask", GTX_KIND_CHAT, "{\"chat_column\": \"a\"}");
    gtx_rows_free(&rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gtx_rows rows;
    god_error err = GOD_ERROR_INIT;
    if (gtx_rows_parse((const char *)data, bytes, &rows, &err) == GOD_OK) {
        run_all(rows);
    }
    if (gtx_csv_parse((const char *)data, bytes, &rows, &err) == GOD_OK) {
        run_all(rows);
    }
    return 0;
}
