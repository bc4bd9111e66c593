/* core/loader/find.h: which files are plug-ins to be asked about. [any] */
#ifndef GDI_LOADER_FIND_H
#define GDI_LOADER_FIND_H

#include "god/error.h"

/* `place` is a folder, whose entries that end in ".so" are meant, in byte order, or one file, whatever its name. Names
 * that begin with a dot are passed over: they may be half-written. A folder that does not exist holds no plug-ins.
 * Calls `each` with paths that begin with `place`; a status from it other than GOD_OK ends the walk. */
god_status gdi_plugins_find(const char *place, void *user,
                            god_status (*each)(void *user, const char *path, god_error *err), god_error *err);

#endif
