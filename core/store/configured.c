#include "core/store/configured.h"

#include "core/store/migrate.h"

god_status gdi_store_url(const gdi_config *config, char ret_url[GDI_STORE_URL_MAX], god_error *err)
{
    int bytes = config->store_url[0] != '\0'
                    ? snprintf(ret_url, GDI_STORE_URL_MAX, "%s", config->store_url)
                    : snprintf(ret_url, GDI_STORE_URL_MAX, "sqlite:%s/god.db", config->paths_state_dir);
    return bytes < GDI_STORE_URL_MAX
               ? GOD_OK
               : god_fail(err, GOD_E_INVALID, "\"store.url\" is longer than %d bytes", GDI_STORE_URL_MAX - 1);
}

god_status gdi_store_open(const gdi_config *config, int64_t now_us, gdi_db **ret_db, god_error *err)
{
    char url[GDI_STORE_URL_MAX];
    gdi_db *db = NULL;
    uint32_t version = 0;
    GOD_TRY(gdi_store_url(config, url, err));
    GOD_TRY(gdi_db_open(&(gdi_db_options){.url = url}, &db, err));
    god_status status = gdi_schema_version(db, &version, err);
    if (status == GOD_OK && version == 0) {
        status = gdi_schema_migrate(db, now_us, NULL, NULL, err);
    }
    if (status == GOD_OK) {
        status = gdi_schema_check(db, err);
    }
    if (status != GOD_OK) {
        gdi_db_close(db);
        return status;
    }
    *ret_db = db;
    return GOD_OK;
}
