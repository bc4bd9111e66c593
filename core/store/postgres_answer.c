#include "core/store/postgres_answer.h"

#include <stdlib.h>
#include <string.h>

#include "core/store/moment.h"
#include "core/store/rows.h"

/* Object ids of built-in types, fixed by PostgreSQL's catalogue. */
enum {
    oid_bool = 16,
    oid_int8 = 20,
    oid_int2 = 21,
    oid_int4 = 23,
    oid_float4 = 700,
    oid_float8 = 701,
    oid_timestamptz = 1184,
    oid_numeric = 1700,
};

/* ---- failures ---- */

enum { kind_text = 1, kind_plain, kind_constraint };

/* The longest prefix that fits decides; the last row fits all. */
static const struct reaction {
    const char *state;
    god_status status;
    uint32_t kind;
    const char *sentence;
} reactions[] = {
    {"40001", GOD_E_TIMEOUT, kind_plain, "the store is busy: a transaction collided with another"},
    {"40P01", GOD_E_TIMEOUT, kind_plain, "the store is busy: two transactions waited for each other"},
    {"55P03", GOD_E_TIMEOUT, kind_plain, "the store is busy: a lock was not free in time"},
    {"57014", GOD_E_TIMEOUT, kind_plain, "the store is busy: a statement took too long"},
    {"57P03", GOD_E_TIMEOUT, kind_text, "the store is not ready"},
    {"57P", GOD_E_IO, kind_text, "the server of the store ended the connection"},
    {"25P03", GOD_E_IO, kind_text, "the server of the store ended the connection"},
    {"53100", GOD_E_IO, kind_plain, "the disk of the store is full"},
    {"53", GOD_E_TIMEOUT, kind_text, "the server of the store has too much to do"},
    {"58", GOD_E_IO, kind_text, "the server of the store"},
    {"XX", GOD_E_IO, kind_text, "the server of the store"},
    {"08P01", GOD_E_INTERNAL, kind_text, "a statement of the store is wrong"},
    {"08", GOD_E_IO, kind_text, "the connection to the store"},
    {"23", GOD_E_INVALID, kind_constraint, "the store refuses"},
    {"22", GOD_E_INVALID, kind_plain, "the store refuses: a value does not fit the type of its column"},
    {"", GOD_E_INTERNAL, kind_text, "a statement of the store is wrong"},
};

static const struct reaction *reaction_to(const char *state)
{
    const struct reaction *r = reactions;
    while (strncmp(r->state, state, strlen(r->state)) != 0) {
        r++;
    }
    return r;
}

static const char *field(const PGresult *result, int code)
{
    const char *text = PQresultErrorField(result, code);
    return text == NULL ? "" : text;
}

static god_status fail_constraint(const PGresult *result, const struct reaction *r, god_error *err)
{
    const char *table = field(result, PG_DIAG_TABLE_NAME);
    const char *constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
    const char *column = field(result, PG_DIAG_COLUMN_NAME);
    const char *state = field(result, PG_DIAG_SQLSTATE);
    const char *why = strcmp(state, "23505") == 0   ? "a row that is there already"
                      : strcmp(state, "23503") == 0 ? "a row that another one needs is not there"
                      : strcmp(state, "23502") == 0 ? "a value is missing"
                                                    : "a constraint";
    return god_fail(err, r->status, "%s: %s (%s%s%s)", r->sentence, why, table, *table == '\0' ? "" : ".",
                    *constraint != '\0' ? constraint : column);
}

god_status gdi_postgres_fail(const PGresult *result, bool *ret_collided, god_error *err)
{
    const char *state = field(result, PG_DIAG_SQLSTATE);
    const struct reaction *r = reaction_to(state);
    *ret_collided = strncmp(state, "40", 2) == 0;
    switch (r->kind) {
    case kind_constraint: return fail_constraint(result, r, err);
    case kind_plain: return god_fail(err, r->status, "%s", r->sentence);
    default: return god_fail(err, r->status, "%s: %s", r->sentence, field(result, PG_DIAG_MESSAGE_PRIMARY));
    }
}

god_status gdi_postgres_fail_connection(const PGconn *pg, god_status status, const char *what, god_error *err)
{
    const char *text = PQerrorMessage(pg);
    size_t bytes = strcspn(text, "\n");
    return god_fail(err, status, "%s: %.*s", what, bytes > 300 ? 300 : (int)bytes, bytes == 0 ? "it broke" : text);
}

/* ---- rows ---- */

static god_status put_moment(gdi_rows *rows, const char *text, god_error *err)
{
    int64_t moment_us = 0;
    char ours[GDI_MOMENT_TEXT];
    if (!gdi_moment_parse(text, &moment_us) || !gdi_moment_format(moment_us, ours)) {
        return god_fail(err, GOD_E_DATA, "the store holds a moment outside the years 1 to 9999");
    }
    return gdi_rows_put_text(rows, ours, GDI_MOMENT_TEXT - 1, err);
}

/* A sum of whole numbers is numeric, and whole. */
static void put_numeric(gdi_rows *rows, const char *text)
{
    char *end = NULL;
    errno = 0;
    long long whole = strtoll(text, &end, 10);
    if (errno == 0 && *end == '\0') {
        gdi_rows_put_int(rows, whole);
    } else {
        gdi_rows_put_real(rows, strtod(text, NULL));
    }
}

static god_status put_cell(const PGresult *result, int row, int column, gdi_rows *rows, god_error *err)
{
    const char *text = PQgetvalue(result, row, column);
    if (PQgetisnull(result, row, column)) {
        gdi_rows_put_null(rows);
        return GOD_OK;
    }
    switch (PQftype(result, column)) {
    case oid_bool: gdi_rows_put_int(rows, text[0] == 't'); return GOD_OK;
    case oid_int8:
    case oid_int2:
    case oid_int4: gdi_rows_put_int(rows, strtoll(text, NULL, 10)); return GOD_OK;
    case oid_float4:
    case oid_float8: gdi_rows_put_real(rows, strtod(text, NULL)); return GOD_OK;
    case oid_numeric: put_numeric(rows, text); return GOD_OK;
    case oid_timestamptz: return put_moment(rows, text, err);
    default: return gdi_rows_put_text(rows, text, (size_t)PQgetlength(result, row, column), err);
    }
}

god_status gdi_postgres_take_rows(const PGresult *result, gdi_rows *rows, god_error *err)
{
    int columns = PQnfields(result);
    gdi_rows_clear(rows);
    gdi_rows_set_columns(rows, (size_t)columns);
    for (int row = 0; row < PQntuples(result); row++) {
        GOD_TRY(gdi_rows_begin(rows, err));
        for (int column = 0; column < columns; column++) {
            GOD_TRY(put_cell(result, row, column, rows, err));
        }
    }
    return GOD_OK;
}

uint64_t gdi_postgres_changed(PGresult *result)
{
    const char *tag = PQcmdStatus(result);
    return strncmp(tag, "SELECT", strlen("SELECT")) == 0 ? 0 : strtoull(PQcmdTuples(result), NULL, 10);
}
