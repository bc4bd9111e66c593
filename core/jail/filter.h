/* core/jail/filter.h: a system call filter for programs that are not ours, as bytes that bubblewrap loads.
 *
 * Everything is allowed but what a training never needs and an escape would like: mounts, name spaces, kernel modules,
 * tracing, keys, io_uring, raw hardware, other processes' memory, terminal input injection, address families other than
 * Unix, IPv4, IPv6 and netlink. Refused calls answer EPERM. [any] */
#ifndef GDI_JAIL_FILTER_H
#define GDI_JAIL_FILTER_H

#include "god/error.h"

/* *ret_fd: an open file at its start, close-on-exec; the caller closes it. GOD_E_UNSUPPORTED without libseccomp's help.
 */
god_status gdi_filter_export(int *ret_fd, god_error *err);

#endif
