/* Gives the prepared data another name each time. */
#define FAULT_CACHE_KEY random_key
#include "normal.h"

static god_status random_key(god_instance *instance, const char *spec_json, const god_inputs *inputs, char *buf,
                             size_t buf_bytes, god_error *err)
{
    static int calls = 0;
    (void)inputs;
    GOD_TRY(FAULT_CHECK(instance, spec_json, err));
    (void)snprintf(buf, buf_bytes, "key-%d", calls++);
    return GOD_OK;
}
