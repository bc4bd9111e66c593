/* A shared object that is no plug-in. */
#include "god/plugin.h"

GOD_EXPORT int some_library_function(void);

int some_library_function(void)
{
    return 1;
}
