/* core/host/devices.h: one job at a time on an accelerator.
 *
 *     <cache_dir>/devices/cuda-0.lock     locked by whoever's worker uses it; the kernel lets go when that host ends
 *
 * Hosts and commands that share a cache folder share the devices of the machine fairly this way. The processor is
 * never leased. [one] */
#ifndef GDI_HOST_DEVICES_H
#define GDI_HOST_DEVICES_H

#include "god/error.h"

/* The device that JOB_DIR/job.json asks for ("device", "device_index"). *ret_fd is the lease: close it when the job has
 * ended; -1 when the job needs none (or cannot be read, which its worker will say better). GOD_E_TIMEOUT: in use. */
god_status gdi_device_lease(const char *cache_dir, const char *job_dir, int *ret_fd, god_error *err);

#endif
