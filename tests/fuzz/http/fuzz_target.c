/* The address of a request. Whatever is taken can be put into JSON and holds no control character. */
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "core/http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void require_clean(const char *text)
{
    json_t *value = json_string(text);
    if (value == NULL) {
        abort();
    }
    json_decref(value);
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    gdi_target target;
    char *text = strndup((const char *)data, bytes);
    if (text != NULL && gdi_target_parse(text, &target, NULL) == GOD_OK) {
        for (uint32_t i = 0; i < target.segment_count; i++) {
            require_clean(target.segments[i]);
        }
        for (uint32_t i = 0; i < target.query_count; i++) {
            require_clean(target.query[i].name);
            require_clean(target.query[i].value);
        }
        gdi_target_clear(&target);
    }
    free(text);
    return 0;
}
