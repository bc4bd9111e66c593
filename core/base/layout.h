/* core/base/layout.h: where the parts of this installation are, seen from the running program.
 *
 *     ROOT/bin/god                          what people type
 *     ROOT/libexec/god/god-worker           what they do not; god-jail and god-inspect lie beside it
 *     ROOT/<libdir>/god/plugins/NAME.so     plug-ins that came with it
 *     ROOT/<libdir>/god/nn/god-nn-cpu.so    device modules of the evaluation library
 *     ROOT/share/god/templates/plugin/      what `god plugin new` copies
 *
 * A build folder has the same shape (and its tests in ROOT/tests/), so nothing has to be configured to run from one.
 */
#ifndef GDI_BASE_LAYOUT_H
#define GDI_BASE_LAYOUT_H

#include "god/helpers/file.h"

typedef struct gdi_layout {
    char root[GOD_PATH_MAX];
    char god_path[GOD_PATH_MAX];
    char worker_path[GOD_PATH_MAX];
    char jail_path[GOD_PATH_MAX];
    char inspect_path[GOD_PATH_MAX];
    char plugins_dir[GOD_PATH_MAX];
    char nn_dir[GOD_PATH_MAX];
    char templates_dir[GOD_PATH_MAX];
} gdi_layout;

/* From /proc/self/exe. The paths are absolute; they need not exist. GOD_E_NOT_FOUND when the program lies in a folder
 * that is not part of the picture above. [any] */
god_status gdi_layout_find(gdi_layout *ret_layout, god_error *err);
/* The same for a program at exe_path. */
god_status gdi_layout_from(const char *exe_path, gdi_layout *ret_layout, god_error *err);

#endif
