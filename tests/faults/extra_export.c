/* Exports a second name, which could clash with another plug-in's. */
#include "normal.h"

GOD_EXPORT int json_surprise(void);

int json_surprise(void)
{
    return 1;
}
