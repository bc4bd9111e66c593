/* core/store/postgres_answer.h: what a server answers, as ours. Internal to core/store.
 *
 * A failure is told by its SQLSTATE (PostgreSQL manual, appendix A). Its text is used where it names only parts of the
 * schema; where it might repeat a value, we say the sentence ourselves. [any]
 */
#ifndef GDI_STORE_POSTGRES_ANSWER_H
#define GDI_STORE_POSTGRES_ANSWER_H

#include <libpq-fe.h>

#include "core/store/engine.h"

/* A failure of a statement. *ret_collided: a repeat of the transaction may get over it. */
god_status gdi_postgres_fail(const PGresult *result, bool *ret_collided, god_error *err);

/* A failure of the connection itself, on one line. */
god_status gdi_postgres_fail_connection(const PGconn *pg, god_status status, const char *what, god_error *err);

/* Rows of an answer. Whole numbers, booleans, doubles and moments are told by their type; all else is text. */
god_status gdi_postgres_take_rows(const PGresult *result, gdi_rows *rows, god_error *err);
/* How many rows a statement changed; 0 for a SELECT. */
uint64_t gdi_postgres_changed(PGresult *result);

#endif
