/* Refuses tasks and does not say why. */
#define FAULT_CHECK silent_check
#include "normal.h"

static god_status silent_check(god_instance *instance, const char *spec_json, god_error *err)
{
    (void)instance;
    (void)spec_json;
    (void)err;
    return GOD_E_INVALID;
}
