/* Offers nothing that this host knows. */
#define FAULT_QUERY empty_query
#include "normal.h"

static const void *empty_query(const char *id)
{
    (void)id;
    return NULL;
}
