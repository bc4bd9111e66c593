#include "core/store/task_rows.h"

#include <assert.h>
#include <string.h>

#include "god/helpers/text.h"

bool gdi_sql_name_is_good(const char *name)
{
    size_t length = name == NULL ? 0 : strlen(name);
    return length > 0 && length <= GDI_SQL_NAME_MAX && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static god_status check_names(const char *table, const char *const *columns, size_t count, god_error *err)
{
    bool good = gdi_sql_name_is_good(table);
    for (size_t i = 0; i < count; i++) {
        good = good && gdi_sql_name_is_good(columns[i]);
    }
    return good ? GOD_OK : god_fail(err, GOD_E_INVALID, "a table of tasks has a name that is no word of a-z and _");
}

static god_status write_sql(god_text *sql, const char *table, const char *const *columns, size_t count, god_error *err)
{
    GOD_TRY(god_text_append_f(sql, err, "INSERT INTO %s (task_id", table));
    for (size_t i = 0; i < count; i++) {
        GOD_TRY(god_text_append_f(sql, err, ", %s", columns[i]));
    }
    GOD_TRY(god_text_append_str(sql, ") VALUES ($1", err));
    for (size_t i = 0; i < count; i++) {
        GOD_TRY(god_text_append_f(sql, err, ", $%zu", i + 2));
    }
    GOD_TRY(god_text_append_str(sql, ") ON CONFLICT (task_id) DO ", err));
    for (size_t i = 0; i < count; i++) {
        GOD_TRY(
            god_text_append_f(sql, err, "%s%s = excluded.%s", i == 0 ? "UPDATE SET " : ", ", columns[i], columns[i]));
    }
    return count > 0 ? GOD_OK : god_text_append_str(sql, "NOTHING", err);
}

god_status gdi_task_row_put_in(gdi_db *db, const char *table, const char *task_id, const char *const *columns,
                               const gdi_value *values, size_t count, god_error *err)
{
    gdi_value all[GDI_TASK_COLUMNS_MAX + 1];
    god_text sql = GOD_TEXT_INIT;
    assert(count <= GDI_TASK_COLUMNS_MAX);
    GOD_TRY(check_names(table, columns, count, err));
    all[0] = gdi_text(task_id);
    for (size_t i = 0; i < count; i++) {
        all[i + 1] = values[i];
    }
    god_status status = write_sql(&sql, table, columns, count, err);
    if (status == GOD_OK) {
        status = gdi_db_run(db, sql.data, all, count + 1, NULL, err);
    }
    god_text_free(&sql);
    return status;
}
