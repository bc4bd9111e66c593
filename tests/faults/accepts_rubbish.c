/* Finds every task well formed. */
#define FAULT_CHECK trusting_check
#include "normal.h"

static god_status trusting_check(god_instance *instance, const char *spec_json, god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)err;
    return GOD_OK;
}
