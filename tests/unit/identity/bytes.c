#include "bytes.h"

#include <stdlib.h>

#include "god/helpers/json.h"

static void give_up(const char *what)
{
    (void)fprintf(stderr, "%s\n", what);
    abort();
}

size_t bytes_of_hex(const char *hex, uint8_t *ret_bytes, size_t room)
{
    size_t count = strlen(hex) / 2;
    if (strlen(hex) % 2 != 0 || count > room) {
        give_up(hex);
    }
    for (size_t i = 0; i < count; i++) {
        unsigned value = 0;
        if (sscanf(hex + 2 * i, "%2x", &value) != 1) {
            give_up(hex);
        }
        ret_bytes[i] = (uint8_t)value;
    }
    return count;
}

void hex_of_bytes(const uint8_t *bytes, size_t count, char *ret_hex)
{
    ret_hex[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(ret_hex + 2 * i, 3, "%02x", bytes[i]);
    }
}

json_t *identity_golden(const char *name)
{
    char path[512];
    json_t *value = NULL;
    god_error err = GOD_ERROR_INIT;
    (void)snprintf(path, sizeof path, "%s/tests/golden/identity/%s", GOD_SOURCE_DIR, name);
    if (god_json_read(path, 1 << 20, &value, &err) != GOD_OK) {
        give_up(err.message);
    }
    return value;
}

const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL) {
        give_up(key);
    }
    return text;
}
