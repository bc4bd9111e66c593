/* Crashes when it closes NULL. */
#define FAULT_CLOSE careless_close
#include "normal.h"

static void careless_close(god_instance *instance)
{
    if (instance == NULL) {
        die_by(SIGSEGV);
    }
    free(instance);
}
