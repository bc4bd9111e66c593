/* Any bytes as a model's card: what is found is the name of a repository. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "core/net/hub.h"
#include "core/training/card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char name[GDI_CARD_NAME_BYTES];
    gdi_card_base((const char *)data, bytes, name);
    uint32_t is_fine = name[0] == '\0' || (strlen(name) < sizeof name && gdi_hub_is_name(name));
    assert(is_fine);
    return is_fine ? 0 : -1;
}
