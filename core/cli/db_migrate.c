/* `god db migrate` */
#include <time.h>

#include "core/cli/db.h"
#include "core/store/migrate.h"

static const gdi_usage usage = {
    .command = "god db migrate",
    .synopsis = "[--config FILE] [--store URL] [--json]",
    .summary = "Brings the store to the schema of this build, and makes it when it is not there. Fine to run twice:\n"
               "the second time there is nothing to do. A store of a newer build is left alone.",
    .options = gdi_db_command_options,
    .notes = "examples:\n"
             "  god db migrate                                     the store of god.yaml\n"
             "  god db migrate --store postgres://god@db.lan/god   a store by its address; the password is read from\n"
             "                                                     ~/.pgpass or PGPASSWORD\n"
             "\n"
             "Make a backup first (god db backup), and stop the host while an old store is migrated.\n"
             "\n"
             "exit codes: 0 done, 2 the store or the command line is at fault, 3 the store cannot be reached\n",
};

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static god_status migrate(gdi_db *db, const gdi_db_arguments *args, int *ret_code, god_error *err)
{
    char name[GDI_DB_NAME_BYTES];
    uint32_t from = 0, to = 0;
    (void)ret_code;
    GOD_TRY(gdi_schema_migrate(db, now_us(), &from, &to, err));
    gdi_db_name(db, name, sizeof name);
    if (args->as_json) {
        return gdi_db_print_json(json_pack("{s:s, s:i, s:i}", "store", name, "from", (int)from, "to", (int)to), err);
    }
    if (from == to) {
        (void)printf("%s has schema %u already\n", name, to);
    } else {
        (void)printf("%s: schema %u -> %u\n", name, from, to);
    }
    return GOD_OK;
}

int gdi_db_migrate_command(int argc, char **argv)
{
    gdi_db_arguments args = {.config = NULL};
    return gdi_db_command(&usage, &args, argc, argv, migrate);
}
