/* Refuses to open and does not say why. */
#define FAULT_OPEN silent_open
#include "normal.h"

static god_status silent_open(const god_host *host, const char *config_json, god_instance **ret_instance,
                              god_error *err)
{
    (void)host;
    (void)config_json;
    (void)ret_instance;
    (void)err;
    return GOD_E_INTERNAL;
}
