/* Names a cache entry that would land outside the cache. */
#define FAULT_CACHE_KEY escaping_key
#include "normal.h"

static god_status escaping_key(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                               size_t buf_bytes, god_error *err)
{
    (void)inputs;
    GOD_TRY(FAULT_CHECK(instance, spec_json, err));
    (void)snprintf(buf, buf_bytes, "../../outside");
    return GOD_OK;
}
