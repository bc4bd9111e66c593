/* Starts a thread in god_plugin_entry, where the contract allows no side effects. */
#define FAULT_OWN_ENTRY
#include "normal.h"

#include <pthread.h>

static void *sleep_for_ever(void *unused)
{
    (void)unused;
    hang();
    return NULL;
}

const god_plugin *god_plugin_entry(uint32_t host_abi_major, uint32_t host_abi_minor)
{
    pthread_t thread;
    (void)host_abi_major;
    (void)host_abi_minor;
    (void)pthread_create(&thread, NULL, sleep_for_ever, NULL);
    return &fault_plugin;
}
