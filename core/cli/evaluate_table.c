#include "core/cli/evaluate.h"

#include <stdlib.h>

#include "god/helpers/text.h"

enum { columns_max = GDI_JOB_INPUTS_MAX, cell_bytes = 160 };

/* rank, name, the metrics, note: the last column is as wide as it likes. */
typedef struct table {
    const gdi_evaluation *evaluation;
    uint32_t metric_count;
    size_t widths[columns_max + 2];
} table;

/* Characters, not bytes. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static const char *metric_member(const table *t, uint32_t metric, const char *key)
{
    return json_string_value(json_object_get(json_array_get(t->evaluation->result.metrics, metric), key));
}

static void fill_metric(const table *t, const gdi_entry *entry, uint32_t metric, char ret_cell[cell_bytes])
{
    const json_t *info = json_array_get(t->evaluation->result.metrics, metric);
    double value = 0;
    int decimals = (int)json_integer_value(json_object_get(info, "decimals"));
    if (entry->job_index < 0 || !gdi_result_metric(&t->evaluation->result, (uint32_t)entry->job_index,
                                                   metric_member(t, metric, "name"), &value)) {
        (void)snprintf(ret_cell, cell_bytes, "-");
        return;
    }
    /* A huge number would break the column: beyond 15 digits it is shown in powers of ten. */
    (void)snprintf(ret_cell, cell_bytes, value > -1e15 && value < 1e15 ? "%.*f" : "%.*e", decimals, value);
}

/* Column 0 is the rank, 1 the name, then the metrics. `entry` NULL: the head. */
static void fill_cell(const table *t, const gdi_entry *entry, uint32_t column, char ret_cell[cell_bytes])
{
    if (column == 0) {
        if (entry == NULL) {
            (void)snprintf(ret_cell, cell_bytes, "rank");
        } else if (entry->rank == 0) {
            (void)snprintf(ret_cell, cell_bytes, "-");
        } else {
            (void)snprintf(ret_cell, cell_bytes, "%u", entry->rank);
        }
    } else if (column == 1) {
        (void)snprintf(ret_cell, cell_bytes, "%s", entry == NULL ? "name" : entry->name);
    } else if (entry == NULL) {
        (void)snprintf(ret_cell, cell_bytes, "%s", metric_member(t, column - 2, "title"));
    } else {
        fill_metric(t, entry, column - 2, ret_cell);
    }
}

static void widen(table *t, const gdi_entry *entry)
{
    for (uint32_t column = 0; column < t->metric_count + 2; column++) {
        char cell[cell_bytes];
        fill_cell(t, entry, column, cell);
        size_t width = width_of(cell);
        t->widths[column] = width > t->widths[column] ? width : t->widths[column];
    }
}

static god_status append_note(god_text *text, const char *part, god_error *err)
{
    if (*part == '\0') {
        return GOD_OK;
    }
    GOD_TRY(god_text_append_str(text, text->bytes == 0 ? "" : "; ", err));
    return god_text_append_str(text, part, err);
}

/* "not_finetuned: its weights are those of the base model; tie with the one above". */
static god_status write_note(const gdi_evaluation *e, const gdi_entry *entry, god_text *text, god_error *err)
{
    const char *status = gdi_entry_status(e, entry);
    god_text_clear(text);
    if (strcmp(status, "ok") != 0) {
        GOD_TRY(god_text_append_f(text, err, "%s: ", status));
        GOD_TRY(god_text_append_str(text, gdi_entry_message(e, entry), err));
    }
    if (entry->tied) {
        GOD_TRY(append_note(text, "tie with the one above", err));
    }
    const json_t *submission =
        entry->job_index < 0 ? NULL : gdi_result_submission(&e->result, (uint32_t)entry->job_index);
    const json_t *notes = json_object_get(submission, "notes");
    for (size_t i = 0; i < json_array_size(notes); i++) {
        GOD_TRY(append_note(text, json_string_value(json_array_get(notes, i)), err));
    }
    for (size_t i = 0; i < text->bytes; i++) { /* one submission, one line */
        text->data[i] = (unsigned char)text->data[i] < ' ' ? ' ' : text->data[i];
    }
    return GOD_OK;
}

static god_status print_line(FILE *out, const table *t, const gdi_entry *entry, const char *note, god_error *err)
{
    god_text line = GOD_TEXT_INIT;
    god_status status = GOD_OK;
    for (uint32_t column = 0; column < t->metric_count + 2 && status == GOD_OK; column++) {
        char cell[cell_bytes];
        fill_cell(t, entry, column, cell);
        int pad = (int)(t->widths[column] - width_of(cell));
        if (column == 1) { /* names to the left, numbers to the right */
            status = god_text_append_f(&line, err, "%s%*s  ", cell, pad, "");
        } else {
            status = god_text_append_f(&line, err, "%*s%s  ", pad, "", cell);
        }
    }
    if (status == GOD_OK) {
        status = god_text_append_str(&line, note, err);
    }
    if (status == GOD_OK) {
        while (line.bytes > 0 && line.data[line.bytes - 1] == ' ') {
            line.data[--line.bytes] = '\0';
        }
        (void)fprintf(out, "%s\n", line.data);
    }
    god_text_free(&line);
    return status;
}

static god_status print_lines(FILE *out, const table *t, const uint32_t *order, god_error *err)
{
    const gdi_evaluation *e = t->evaluation;
    god_text note = GOD_TEXT_INIT;
    god_status status = print_line(out, t, NULL, "note", err);
    for (uint32_t i = 0; i < e->args->submission_count && status == GOD_OK; i++) {
        const gdi_entry *entry = &e->entries[order[i]];
        status = write_note(e, entry, &note, err);
        if (status == GOD_OK) {
            status = print_line(out, t, entry, note.data == NULL ? "" : note.data, err);
        }
    }
    god_text_free(&note);
    return status;
}

/* "lower loss is better; god.text.instruct 0.1.0 on cpu, f32, 2 threads; 12.3 s" */
static void print_foot(FILE *out, const table *t)
{
    const gdi_evaluation *e = t->evaluation;
    const gdi_job *job = &e->job;
    const char *primary = gdi_result_primary(&e->result), *title = primary;
    for (uint32_t i = 0; i < t->metric_count; i++) {
        title = strcmp(metric_member(t, i, "name"), primary) == 0 ? metric_member(t, i, "title") : title;
    }
    (void)fputc('\n', out);
    if (e->result.direction != 0) {
        (void)fprintf(out, "%s %s is better; ", e->result.direction == GOD_LOWER_WINS ? "lower" : "higher", title);
    }
    (void)fprintf(out, "%s %s on %s, %s, %u thread%s; %.1f s\n", e->plugin.id, e->plugin.version,
                  job->device == GOD_DEV_CUDA ? "cuda" : "cpu", job->precision == GOD_PRECISION_F32 ? "f32" : "bf16",
                  job->threads, job->threads == 1 ? "" : "s", e->seconds);
}

god_status gdi_evaluation_print_table(FILE *out, const gdi_evaluation *evaluation, god_error *err)
{
    table t = {.evaluation = evaluation};
    size_t metric_count = json_array_size(evaluation->result.metrics);
    t.metric_count = metric_count > columns_max ? columns_max : (uint32_t)metric_count;
    uint32_t *order = calloc((size_t)evaluation->args->submission_count + 1, sizeof *order);
    if (order == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the table");
    }
    gdi_evaluation_order(evaluation, order);
    widen(&t, NULL);
    for (uint32_t i = 0; i < evaluation->args->submission_count; i++) {
        widen(&t, &evaluation->entries[i]);
    }
    god_status status = print_lines(out, &t, order, err);
    free(order);
    if (status == GOD_OK) {
        print_foot(out, &t);
    }
    return status;
}
