#include "core/store/engine.h"

static god_status postgres_open(const char *url, uint64_t busy_ms, void **ret_connection, god_error *err)
{
    (void)url;
    (void)busy_ms;
    (void)ret_connection;
    return god_fail(err, GOD_E_UNSUPPORTED, "this build has no PostgreSQL");
}

const gdi_engine gdi_engine_postgres = {.id = GDI_ENGINE_POSTGRES, .open = postgres_open};
