/* seed-api-store URL: the rows of seed.h in an empty store, for the tests that need a running host. */
#include <stdio.h>

#include "core/store/migrate.h"
#include "seed.h"

int main(int argc, char **argv)
{
    gdi_db *db = NULL;
    god_error err = GOD_ERROR_INIT;
    if (argc != 2) {
        (void)fprintf(stderr, "usage: seed-api-store URL\n");
        return 2;
    }
    if (gdi_db_open(&(gdi_db_options){.url = argv[1]}, &db, &err) != GOD_OK ||
        gdi_schema_migrate(db, SEED_NOW_US, NULL, NULL, &err) != GOD_OK) {
        (void)fprintf(stderr, "seed-api-store: %s\n", err.message);
        gdi_db_close(db);
        return 1;
    }
    seed_fill(db);
    gdi_db_close(db);
    return 0;
}
