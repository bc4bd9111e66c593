/* Hangs while it is opened. */
#include "normal.h"

__attribute__((constructor)) static void hang_when_opened(void)
{
    hang();
}
