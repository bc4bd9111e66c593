/* Ends the process as if all were well in god_plugin_entry. */
#define FAULT_OWN_ENTRY
#include "normal.h"

const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    (void)host_abi_major;
    (void)host_abi_minor;
    exit(0);
    return &fault_plugin;
}
