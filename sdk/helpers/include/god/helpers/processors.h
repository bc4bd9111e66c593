/* god/helpers/processors.h: how many threads may compute at once. [any] */
#ifndef GOD_HELPERS_PROCESSORS_H
#define GOD_HELPERS_PROCESSORS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The processors that this process may run on, at least 1: those of its affinity, which the kernel keeps within its
 * cpuset, and no more than its control group and the groups above it may use on average, rounded up. A container that
 * is lent 1.5 of 64 processors gets 2: more threads would only wait for each other's turn. */
uint32_t god_processors(void);

/* The second half of it, with the folders proc/ and sys/ below `root` ("" for the machine's own): `count` lowered to
 * the quota of processor time in proc/self/cgroup's groups: cpu.max (version 2), cpu.cfs_quota_us and
 * cpu.cfs_period_us (version 1). What is missing or cannot be understood limits nothing.
 * Source: Linux, Documentation/admin-guide/cgroup-v2.rst and Documentation/scheduler/sched-bwc.rst. */
uint32_t god_processors_by_quota(const char *root, uint32_t count);

#ifdef __cplusplus
}
#endif
#endif
