/* Crashes in open. */
#define FAULT_OPEN crashing_open
#include "normal.h"

static god_status crashing_open(const god_host *host, const char *config_json, god_instance **ret_instance,
                                god_error *err)
{
    (void)host;
    (void)config_json;
    (void)ret_instance;
    (void)err;
    die_by(SIGSEGV);
    return GOD_OK;
}
