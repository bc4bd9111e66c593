/* core/runner/group.h: control groups of the kernel, for what a run starts on this machine.
 *
 *     cgroup v2   /sys/fs/cgroup/NAME                       one tree
 *     cgroup v1   /sys/fs/cgroup/{memory,pids,cpu}/NAME     a tree for each kind of limit
 *
 * A group limits everything in it together, which limits of single processes cannot; and whoever is in it can be found
 * and ended, whatever has become of its parents. They can be made by root; without, a run goes on with the limits that
 * processes have. [any]
 */
#ifndef GDI_RUNNER_GROUP_H
#define GDI_RUNNER_GROUP_H

#include "core/runner/spec.h"
#include "god/helpers/file.h"

enum { GDI_GROUP_NAME_BYTES = 128, GDI_GROUP_DIRS_MAX = 4 };

typedef struct gdi_group {
    char dirs[GDI_GROUP_DIRS_MAX][GOD_PATH_MAX]; /* a process is in it when its number is in cgroup.procs of each */
    size_t count;                                /* 0: groups cannot be made here */
} gdi_group;

/* With memory_bytes, pids_max and nano_cpus of the run as limits, as far as this machine has them. */
void gdi_group_make(const char *name, const gdi_run_spec *spec, gdi_group *ret_group);
/* 1 when the kernel has killed somebody in it for lack of memory. */
uint32_t gdi_group_out_of_memory(const gdi_group *group);
/* Kills whoever is in a group of that name, in every tree, and removes it; waits until it is empty, at most a few
 * seconds. Fine when there is none. */
void gdi_group_end(const char *name);

#endif
