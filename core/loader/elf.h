/* core/loader/elf.h: looks at a shared object without running any of it.
 *
 * The file is outside data: every offset and count in it is checked against the size of the file before it is used, so
 * a cut or made-up file is refused with a sentence, where opening it would end the process. Messages are the second
 * half of a sentence whose subject is the file: "is cut short: ...".
 *
 * Threads: [any]
 */
#ifndef GDI_LOADER_ELF_H
#define GDI_LOADER_ELF_H

#include "god/error.h"

/* GOD_OK when the file is a whole shared object for this kind of machine. GOD_E_DATA otherwise, GOD_E_UNSUPPORTED for
 * another machine, GOD_E_NOT_FOUND and GOD_E_IO when it cannot be read. */
god_status gdi_elf_check(const char *path, god_error *err);

/* Calls `each` with every name that the object exports to others, in the order of its table; a status other than
 * GOD_OK ends the walk. The name is valid during the call. GOD_E_UNSUPPORTED when the file keeps no section table. */
god_status gdi_elf_exports(const char *path, void *user,
                           god_status (*each)(void *user, const char *name, god_error *err), god_error *err);

#endif
