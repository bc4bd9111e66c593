#include "core/store/rows.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include <stdlib.h>

#include "core/store/moment.h"

typedef struct cell {
    uint32_t kind; /* GDI_VALUE_NULL, _INT, _REAL or _TEXT */
    union {
        int64_t integer;
        double real;
        size_t text_at;
    } as;
} cell;

struct gdi_rows {
    size_t columns, count;
    size_t next; /* the present row is the one before */
    cell *cells;
    size_t cell_count, cell_capacity;
    char *texts;
    size_t text_bytes, text_capacity;
};

static const size_t text_bytes_max = (size_t)1 << 30; /* of one answer */

god_status gdi_rows_new(gdi_rows **ret_rows, god_error *err)
{
    gdi_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the answer of the store");
    }
    *ret_rows = rows;
    return GOD_OK;
}

void gdi_rows_free(gdi_rows *rows)
{
    if (rows != NULL) {
        free(rows->cells);
        free(rows->texts);
        free(rows);
    }
}

void gdi_rows_clear(gdi_rows *rows)
{
    rows->columns = rows->count = rows->next = rows->cell_count = rows->text_bytes = 0;
}

void gdi_rows_set_columns(gdi_rows *rows, size_t columns)
{
    assert(rows->count == 0);
    rows->columns = columns;
}

god_status gdi_rows_begin(gdi_rows *rows, god_error *err)
{
    assert(rows->cell_count == rows->columns * rows->count);
    if (rows->count == GDI_ROWS_MAX) {
        return god_fail(err, GOD_E_INTERNAL, "an answer of the store has more than %d rows", GDI_ROWS_MAX);
    }
    if (rows->cell_capacity - rows->cell_count < rows->columns) {
        size_t capacity = (rows->cell_capacity + rows->columns) * 2; /* columns and rows are both bounded */
        cell *grown = realloc(rows->cells, capacity * sizeof *grown);
        if (grown == NULL) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for the answer of the store");
        }
        rows->cells = grown;
        rows->cell_capacity = capacity;
    }
    rows->count++;
    return GOD_OK;
}

static cell *next_cell(gdi_rows *rows, uint32_t kind)
{
    assert(rows->cell_count < rows->columns * rows->count);
    cell *c = &rows->cells[rows->cell_count++];
    c->kind = kind;
    return c;
}

void gdi_rows_put_null(gdi_rows *rows)
{
    next_cell(rows, GDI_VALUE_NULL)->as.integer = 0;
}

void gdi_rows_put_int(gdi_rows *rows, int64_t integer)
{
    next_cell(rows, GDI_VALUE_INT)->as.integer = integer;
}

void gdi_rows_put_real(gdi_rows *rows, double real)
{
    next_cell(rows, GDI_VALUE_REAL)->as.real = real;
}

god_status gdi_rows_put_text(gdi_rows *rows, const char *text, size_t bytes, god_error *err)
{
    if (bytes >= text_bytes_max - rows->text_bytes) {
        return god_fail(err, GOD_E_INTERNAL, "an answer of the store has more than %zu bytes", text_bytes_max);
    }
    size_t needed = rows->text_bytes + bytes + 1;
    if (needed > rows->text_capacity) {
        size_t capacity = needed < 256 ? 512 : needed * 2;
        char *grown = realloc(rows->texts, capacity);
        if (grown == NULL) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for the answer of the store");
        }
        rows->texts = grown;
        rows->text_capacity = capacity;
    }
    next_cell(rows, GDI_VALUE_TEXT)->as.text_at = rows->text_bytes;
    (void)memcpy(rows->texts + rows->text_bytes, text, bytes);
    rows->texts[needed - 1] = '\0';
    rows->text_bytes = needed;
    return GOD_OK;
}

bool gdi_rows_next(gdi_rows *rows)
{
    if (rows->next >= rows->count) {
        rows->next = rows->count + 1; /* behind the last: no row is present */
        return false;
    }
    rows->next++;
    return true;
}

size_t gdi_rows_count(const gdi_rows *rows)
{
    return rows->count;
}

void gdi_rows_rewind(gdi_rows *rows)
{
    rows->next = 0;
}

static const cell *cell_at(const gdi_rows *rows, size_t column)
{
    assert(rows->next >= 1 && rows->next <= rows->count && column < rows->columns);
    return &rows->cells[(rows->next - 1) * rows->columns + column];
}

bool gdi_rows_is_null(const gdi_rows *rows, size_t column)
{
    return cell_at(rows, column)->kind == GDI_VALUE_NULL;
}

int64_t gdi_rows_int(const gdi_rows *rows, size_t column)
{
    const cell *c = cell_at(rows, column);
    switch (c->kind) {
    case GDI_VALUE_NULL: return 0;
    case GDI_VALUE_INT: return c->as.integer;
    default: assert(c->kind == GDI_VALUE_INT); return 0;
    }
}

bool gdi_rows_bool(const gdi_rows *rows, size_t column)
{
    return gdi_rows_int(rows, column) != 0;
}

double gdi_rows_real(const gdi_rows *rows, size_t column)
{
    const cell *c = cell_at(rows, column);
    switch (c->kind) {
    case GDI_VALUE_NULL: return NAN;
    case GDI_VALUE_INT: return (double)c->as.integer;
    case GDI_VALUE_REAL: return c->as.real;
    default: assert(c->kind == GDI_VALUE_REAL); return NAN;
    }
}

const char *gdi_rows_text(const gdi_rows *rows, size_t column)
{
    const cell *c = cell_at(rows, column);
    assert(c->kind == GDI_VALUE_NULL || c->kind == GDI_VALUE_TEXT);
    return c->kind == GDI_VALUE_TEXT ? rows->texts + c->as.text_at : NULL;
}

int64_t gdi_rows_time(const gdi_rows *rows, size_t column)
{
    const char *text = gdi_rows_text(rows, column);
    int64_t moment_us = 0;
    return text != NULL && gdi_moment_parse(text, &moment_us) ? moment_us : 0;
}
