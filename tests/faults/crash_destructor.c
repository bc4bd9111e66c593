/* Crashes when the process ends, after all its work is done. */
#include "normal.h"

__attribute__((destructor)) static void crash(void)
{
    die_by(SIGSEGV);
}
