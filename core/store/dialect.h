/* core/store/dialect.h: where SQLite and PostgreSQL want different words.
 *
 * Most statements are one text for both. What keeps them so:
 *   - Values are $1, $2 ...; a value that meets no column needs a type: CAST($1 AS TEXT).
 *   - A boolean column is asked as `WHERE is_organic` or `= $1`, never `= 1`; literals are TRUE and FALSE.
 *   - ORDER BY a column that may be NULL says NULLS FIRST or NULLS LAST. Texts sort by bytes on both.
 *   - ON CONFLICT ... DO NOTHING or DO UPDATE, RETURNING, CASE, COALESCE and WITH are the same on both.
 *   - COUNT and SUM of whole numbers are whole numbers; a SUM over nothing is NULL.
 *   - JSON is read and written whole, in C.
 *   - A JSON column is not compared, grouped by or made distinct.
 *
 * Migrations (core/store/migrations) are one text too; words in braces become what each engine has:
 *
 *   word         SQLite                                              PostgreSQL
 *   {text}       TEXT                                                text COLLATE "C"
 *   {int}        INTEGER                                             bigint
 *   {real}       REAL                                                double precision
 *   {time x}     x TEXT CHECK (x GLOB '????-??-??T??:??:??.??????Z') x timestamptz
 *   {json x}     x TEXT CHECK (x IS NULL OR json_valid(x))           x json
 *   {bool x}     x INTEGER CHECK (x IN (0, 1))                       x boolean
 *   {one_of x a b}  x TEXT CHECK (x = 'a' OR x = 'b')                x text COLLATE "C" CHECK (...)
 *   {serial x}   x INTEGER PRIMARY KEY AUTOINCREMENT                 x bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
 *   {table}      STRICT                                              (nothing)
 *
 * (Not x IN ('a', 'b', 'c'): for three values and more SQLite builds a temporary table each time it checks a row.)
 */
#ifndef GDI_STORE_DIALECT_H
#define GDI_STORE_DIALECT_H

#include "core/store/db.h"
#include "god/helpers/text.h"

/* A statement that cannot be one text: both, side by side. */
typedef struct gdi_dialects {
    const char *sqlite, *postgres;
} gdi_dialects;

static inline const char *gdi_sql_for(const gdi_db *db, gdi_dialects sql)
{
    return gdi_db_engine(db) == GDI_ENGINE_SQLITE ? sql.sqlite : sql.postgres;
}

/* Replaces the words of a migration. `ret_sql` is appended to. GOD_E_INTERNAL for an unknown word. */
god_status gdi_dialect_expand(uint32_t engine, const char *migration, god_text *ret_sql, god_error *err);

#endif
