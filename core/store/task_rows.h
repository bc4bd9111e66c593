/* core/store/task_rows.h: the row that a kind of task has in a table of its own (instruct_text_tasks, env_tasks ...).
 * Source: tournament specification, section 24. [one]
 *
 * Which table and which columns is for the plug-ins to say (core/cycles/task_kinds.h), so names arrive here as data.
 * They are words of a-z, 0-9 and _, checked before they become part of a statement; values never do. Runs inside the
 * caller's transaction. */
#ifndef GDI_STORE_TASK_ROWS_H
#define GDI_STORE_TASK_ROWS_H

#include "core/store/db.h"

enum { GDI_TASK_COLUMNS_MAX = 32, GDI_SQL_NAME_MAX = 63 };

/* Whether a name may become part of a statement. */
bool gdi_sql_name_is_good(const char *name);

/* Writes the row of a task, or what changed of it. GOD_E_INVALID for a bad name. */
god_status gdi_task_row_put_in(gdi_db *db, const char *table, const char *task_id, const char *const *columns,
                               const gdi_value *values, size_t count, god_error *err);

#endif
