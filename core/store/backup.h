/* core/store/backup.h: a copy of the whole store as one file. [one]
 *
 * The file is written beside its place, synced and renamed, so that a backup is there whole or not at all; its mode is
 * 0600. Others go on reading and writing meanwhile, and the copy is of one moment. A file that is there already is
 * refused with GOD_E_INVALID.
 *
 *     SQLite       a store of its own: put it in the place of the old one (with the host stopped)
 *     PostgreSQL   pg_dump's custom format: pg_restore reads it; pg_dump must be installed
 *
 * Sealed tokens need <state_dir>/secret.key, which is no part of it.
 */
#ifndef GDI_STORE_BACKUP_H
#define GDI_STORE_BACKUP_H

#include "core/store/db.h"

god_status gdi_store_backup(gdi_db *db, const char *path, god_error *err);

#endif
