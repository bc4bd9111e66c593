/* Crashes while it is opened, before any of its functions is called. */
#include "normal.h"

__attribute__((constructor)) static void crash(void)
{
    die_by(SIGSEGV);
}
