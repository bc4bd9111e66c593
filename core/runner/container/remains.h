/* core/runner/container/remains.h: what an engine leaves on this machine when it is killed in the middle of its work.
 * Internal to core/runner. [one]
 *
 * Podman makes a network namespace, connects it and only then writes down that the container has it. Killed in between,
 * it makes another one next time: the first stays, a mount under /run/netns and a pair of interfaces, and no command of
 * Podman's names it. What it has is an address in the network of a run, and no container of the run is left.
 */
#ifndef GDI_RUNNER_REMAINS_H
#define GDI_RUNNER_REMAINS_H

#include <stdint.h>

#define GDI_NETWORK_NAMESPACES "/run/netns"

/* Unmounts and removes the namespaces of netns_dir (files netns-*) in which an interface has an address of `subnet`
 * ("10.89.3.0/24"), and with them their interfaces; also files on which nothing was mounted within a minute. Returns
 * how many; 0 also where this process may not enter namespaces, or subnet is no IPv4 subnet. */
uint32_t gdi_remove_namespaces(const char *netns_dir, const char *subnet);

/* The files in which CNI, which Podman 4 uses, notes the addresses of a network: they outlive it. */
void gdi_remove_address_files(const char *network);

#endif
