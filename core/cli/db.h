/* core/cli/db.h: what the parts of `god db` share. */
#ifndef GDI_CLI_DB_H
#define GDI_CLI_DB_H

#include <jansson.h>

#include "core/cli/options.h"
#include "core/store/db.h"

enum { GDI_DB_NAME_BYTES = 4200 };

typedef struct gdi_db_arguments {
    const char *config, *store, *argument; /* NULL: not given */
    uint32_t as_json, takes_argument, must_exist;
} gdi_db_arguments;

extern const gdi_option gdi_db_command_options[];

/* Reads the command line, opens the store and hands over. `act` may set another exit code than GDI_EXIT_OK. */
int gdi_db_command(const gdi_usage *usage, gdi_db_arguments *args, int argc, char **argv,
                   god_status (*act)(gdi_db *db, const gdi_db_arguments *args, int *ret_code, god_error *err));

/* To stdout. NULL is what jansson answers without memory. */
god_status gdi_db_print_json(json_t *object_take, god_error *err);

int gdi_db_migrate_command(int argc, char **argv);
int gdi_db_check_command(int argc, char **argv);
int gdi_db_backup_command(int argc, char **argv);

#endif
