/* `god db backup FILE` */
#include <sys/stat.h>

#include "core/cli/db.h"
#include "core/store/backup.h"

static const gdi_usage usage = {
    .command = "god db backup",
    .synopsis = "FILE [--config FILE] [--store URL] [--json]",
    .summary =
        "Writes a copy of the whole store to FILE, which must not be there yet. The host may run meanwhile: the\n"
        "copy is of one moment. FILE appears when it is complete, readable for you alone.",
    .options = gdi_db_command_options,
    .notes = "examples:\n"
             "  god db backup /backup/god-$(date +%F).db\n"
             "\n"
             "To go back: stop the host, then\n"
             "  SQLite      move god.db, god.db-wal and god.db-shm away and copy FILE to the place of god.db\n"
             "  PostgreSQL  pg_restore --clean --if-exists --dbname=ADDRESS FILE\n"
             "The file secret.key of paths.state_dir opens the miners' tokens in it: keep a copy of that, too.\n"
             "\n"
             "exit codes: 0 done, 2 FILE or the command line is at fault, 3 the store or the disk is\n",
};

static god_status backup(gdi_db *db, const gdi_db_arguments *args, int *ret_code, god_error *err)
{
    char name[GDI_DB_NAME_BYTES];
    struct stat info;
    (void)ret_code;
    GOD_TRY(gdi_store_backup(db, args->argument, err));
    gdi_db_name(db, name, sizeof name);
    if (stat(args->argument, &info) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot find \"%s\" again", args->argument);
    }
    if (args->as_json) {
        return gdi_db_print_json(
            json_pack("{s:s, s:s, s:I}", "store", name, "file", args->argument, "bytes", (json_int_t)info.st_size),
            err);
    }
    (void)printf("%s: %lld bytes in %s\n", name, (long long)info.st_size, args->argument);
    return GOD_OK;
}

int gdi_db_backup_command(int argc, char **argv)
{
    gdi_db_arguments args = {.takes_argument = 1, .must_exist = 1};
    return gdi_db_command(&usage, &args, argc, argv, backup);
}
