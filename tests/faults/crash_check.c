/* Crashes on a task that is not an object. */
#define FAULT_CHECK crashing_check
#include "normal.h"

static god_status crashing_check(god_instance *instance, const char *spec_json, god_error *err)
{
    (void)instance;
    if (spec_json[0] != '{') {
        die_by(SIGSEGV);
    }
    return god_fail(err, GOD_E_INVALID, "not this one");
}
