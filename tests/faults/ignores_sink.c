/* Goes on after the host has refused an argument. */
#define FAULT_BUILD_ARGS deaf_args
#include "normal.h"

static god_status deaf_args(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err)
{
    GOD_TRY(FAULT_CHECK(instance, spec_json, err));
    (void)sink->arg(sink->ctx, "--task-type", "FaultTask");
    return GOD_OK;
}
