/* core/base/landlock.h: a process gives up files, for good, where the kernel has Landlock.
 *
 * Holds for this process and whatever it starts, on top of every other permission; descriptors that are open already
 * keep what they can do. A kernel without Landlock goes on without it: callers use it as one layer of several. Call it
 * from the only thread. [one]
 */
#ifndef GDI_BASE_LANDLOCK_H
#define GDI_BASE_LANDLOCK_H

#include "god/error.h"

enum {
    GDI_FILES_NONE = 1, /* no file can be opened any more, not even to read */
    GDI_FILES_READ      /* every file can still be read; none executed, none written */
};

/* `writable_dir`: the one folder below which files, folders and links can still be made, written and removed; NULL:
 * none. GOD_E_IO when the folder cannot be opened or the kernel refuses. */
god_status gdi_landlock_files(uint32_t left, const char *writable_dir, god_error *err);

#endif
