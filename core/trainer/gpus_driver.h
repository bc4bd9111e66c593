/* core/trainer/gpus_driver.h: the GPUs that NVIDIA's management library (NVML) knows. Internal to core/trainer/gpus.c.
 *
 * libnvidia-ml.so.1 comes with the driver; it is opened here and nowhere linked. It uses no GPU memory and no context,
 * so the host may do this itself. Source: NVML API reference, "Device Queries". [one] */
#ifndef GDI_TRAINER_GPUS_DRIVER_H
#define GDI_TRAINER_GPUS_DRIVER_H

#include "core/trainer/gpus.h"

typedef struct gdi_gpu_driver gdi_gpu_driver; /* owned by whoever opened it */

/* GOD_E_NOT_FOUND: no such library; GOD_E_DEVICE: it does not start. */
god_status gdi_gpu_driver_open(gdi_gpu_driver **ret_driver, god_error *err);
/* The same with another file, for tests. */
god_status gdi_gpu_driver_open_file(const char *library, gdi_gpu_driver **ret_driver, god_error *err);
void gdi_gpu_driver_close(gdi_gpu_driver *driver); /* accepts NULL */

god_status gdi_gpu_driver_read(gdi_gpu_driver *driver, gdi_gpu_list *ret_list, god_error *err);

#endif
