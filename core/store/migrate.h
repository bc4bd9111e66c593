/* core/store/migrate.h: bringing a store to the schema of this build.
 *
 * The migrations are core/store/migrations/NNNN_name.sql, built into the program, run in their order, each in one
 * transaction with the row that says so. What ran is in the table
 *
 *     schema_migrations (number, name, checksum, applied_at)       checksum: SHA-256 of the file, in hex
 *
 * so a file that was changed after it ran is noticed. Two programs that migrate at once wait for each other. [one]
 */
#ifndef GDI_STORE_MIGRATE_H
#define GDI_STORE_MIGRATE_H

#include "core/store/db.h"

uint32_t gdi_schema_newest(void); /* the last number of this build */

/* 0: a store without a schema. */
god_status gdi_schema_version(gdi_db *db, uint32_t *ret_version, god_error *err);

/* Runs what is missing. ret_from and ret_to may be NULL. GOD_E_DATA when the store is newer than this build, or when
 * what ran is not what this build has under that number. */
god_status gdi_schema_migrate(gdi_db *db, int64_t now_us, uint32_t *ret_from, uint32_t *ret_to, god_error *err);

/* GOD_OK when the store is exactly of this build; GOD_E_DATA with the remedy otherwise. What the daemon asks first. */
god_status gdi_schema_check(gdi_db *db, god_error *err);

/* An empty store in memory with the schema. For tests and the simulator. `options` (may be NULL) gives `before`. */
god_status gdi_store_open_memory(const gdi_db_options *options, gdi_db **ret_db, god_error *err);
/* Deletes all rows of a store in memory, and its prepared statements stay; GOD_E_UNSUPPORTED for any other store. */
god_status gdi_store_empty_memory(gdi_db *db, god_error *err);

#endif
