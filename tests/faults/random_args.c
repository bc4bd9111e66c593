/* Builds another command line each time. */
#define FAULT_BUILD_ARGS random_args
#include "normal.h"

static god_status random_args(god_instance *instance, const char *spec_json, const god_args *sink, god_error *err)
{
    static int calls = 0;
    char number[16];
    GOD_TRY(FAULT_CHECK(instance, spec_json, err));
    (void)snprintf(number, sizeof number, "%d", calls++);
    return sink->arg(sink->ctx, "--call", number);
}
