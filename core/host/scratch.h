/* core/host/scratch.h: job folders that nobody has to clean up after.
 *
 *   <cache_dir>/jobs/run-XXXXXX/         of a running process, which holds its owner.lock
 *   <cache_dir>/jobs/kept-XXXXXX/        of somebody who asked to keep it
 *   <cache_dir>/jobs/.lock               held while a folder is made or swept, so that a new one is never mistaken
 *                                        for that of a dead process
 *
 * A process that is killed leaves its folder behind; the next one finds its lock free and removes it. [any]
 */
#ifndef GDI_HOST_SCRATCH_H
#define GDI_HOST_SCRATCH_H

#include "god/helpers/file.h"

typedef struct gdi_scratch_dir {
    char dir[GOD_PATH_MAX]; /* absolute */
    int lock_fd;
    uint32_t keep;
} gdi_scratch_dir;

/* Sweeps, then makes a folder. keep 1: it stays after gdi_scratch_dir_close. */
god_status gdi_scratch_dir_open(const char *cache_dir, uint32_t keep, gdi_scratch_dir *ret_scratch, god_error *err);
void gdi_scratch_dir_close(
    gdi_scratch_dir *scratch); /* removes the folder; accepts one that was never opened and zeroed */

#endif
