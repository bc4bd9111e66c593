/* `god db check` */
#include "core/cli/cli.h"
#include "core/cli/db.h"
#include "core/store/check.h"
#include "core/store/migrate.h"

static const gdi_usage usage = {
    .command = "god db check",
    .synopsis = "[--config FILE] [--store URL] [--json]",
    .summary = "Reads the whole store and says what does not hold together: pages and indexes of a SQLite file, the\n"
               "history of its schema, and rules such as \"no balance is negative\". Changes nothing.",
    .options = gdi_db_command_options,
    .notes = "examples:\n"
             "  god db check\n"
             "  god db check --json | jq '.rules[] | select(.broken > 0)'\n"
             "\n"
             "exit codes: 0 every rule holds, 1 one does not, 2 the store or the command line is at fault,\n"
             "3 the store cannot be reached\n",
};

static god_status print_line(void *user, const gdi_finding *finding, god_error *err)
{
    (void)user;
    (void)err;
    if (finding->broken == 0) {
        (void)printf("ok      %s\n", finding->rule);
    } else {
        (void)printf("BROKEN  %s: not so for %llu, the first is %s\n", finding->rule,
                     (unsigned long long)finding->broken, finding->example);
    }
    return GOD_OK;
}

static god_status add_rule(void *user, const gdi_finding *finding, god_error *err)
{
    json_t *rule = json_pack("{s:s, s:I, s:s}", "rule", finding->rule, "broken", (json_int_t)finding->broken, "example",
                             finding->example);
    return json_array_append_new(user, rule) == 0 ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for the answer");
}

static god_status check_as_text(gdi_db *db, const char *name, uint32_t *ret_broken, god_error *err)
{
    (void)printf("%s, schema %u\n", name, gdi_schema_newest());
    GOD_TRY(gdi_store_check(db, print_line, NULL, ret_broken, err));
    if (*ret_broken == 0) {
        (void)printf("every rule holds\n");
    } else {
        (void)printf("%u rules are broken\n", *ret_broken);
    }
    return GOD_OK;
}

static god_status check_as_json(gdi_db *db, const char *name, uint32_t *ret_broken, god_error *err)
{
    json_t *rules = json_array();
    god_status status = gdi_store_check(db, add_rule, rules, ret_broken, err);
    if (status != GOD_OK) {
        json_decref(rules);
        return status;
    }
    return gdi_db_print_json(json_pack("{s:s, s:i, s:b, s:o}", "store", name, "schema", (int)gdi_schema_newest(),
                                       "holds", *ret_broken == 0, "rules", rules),
                             err);
}

static god_status check(gdi_db *db, const gdi_db_arguments *args, int *ret_code, god_error *err)
{
    char name[GDI_DB_NAME_BYTES];
    uint32_t broken = 0;
    GOD_TRY(gdi_schema_check(db, err));
    gdi_db_name(db, name, sizeof name);
    GOD_TRY(args->as_json ? check_as_json(db, name, &broken, err) : check_as_text(db, name, &broken, err));
    *ret_code = broken == 0 ? GDI_EXIT_OK : GDI_EXIT_NO;
    return GOD_OK;
}

int gdi_db_check_command(int argc, char **argv)
{
    gdi_db_arguments args = {.must_exist = 1};
    return gdi_db_command(&usage, &args, argc, argv, check);
}
