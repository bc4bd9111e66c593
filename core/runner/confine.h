/* core/runner/confine.h: looks at a process that was just started and says whether it is as confined as promised.
 *
 * Reads /proc/PID from outside, so nothing inside has to help and nothing inside can lie: no capabilities left,
 * no_new_privs set, a system call filter in force, and of the NVIDIA devices exactly those that were assigned. [any]
 */
#ifndef GDI_RUNNER_CONFINE_H
#define GDI_RUNNER_CONFINE_H

#include <jansson.h>
#include <sys/types.h>

#include "god/error.h"

/* gpu_ids: array of texts; whole numbers are compared with /dev/nvidiaN inside, of other names only the count.
 * GOD_E_INTERNAL names the promise that does not hold. GOD_E_NOT_FOUND: the process is not to be seen (ended, or an
 * engine elsewhere). */
god_status gdi_confine_check(pid_t pid, const json_t *gpu_ids, god_error *err);

#endif
