/* Prints what looks like a good description, then ends: what is printed must never be taken for a frame. */
#define FAULT_OWN_ENTRY
#include "normal.h"

const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    static const char forged[] = "{\"state\":0,\"message\":\"\",\"id\":\"god.forged\",\"version\":\"9.9.9\"}";
    const uint8_t length[4] = {(uint8_t)(sizeof forged - 1), 0, 0, 0};
    (void)host_abi_major;
    (void)host_abi_minor;
    (void)fwrite(length, 1, sizeof length, stdout);
    (void)fwrite(forged, 1, sizeof forged - 1, stdout);
    exit(0);
}
