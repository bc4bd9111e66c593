/* core/store/backup_file.h: how each engine writes a backup. Internal to core/store. */
#ifndef GDI_STORE_BACKUP_FILE_H
#define GDI_STORE_BACKUP_FILE_H

#include "core/store/backup.h"

struct sqlite3;

god_status gdi_backup_sqlite(struct sqlite3 *from, const char *path, god_error *err);
/* Passes the address on in the environment: an argument could be read by everybody on the machine. */
god_status gdi_backup_postgres(const char *url, const char *path, god_error *err);

#endif
