/* god/helpers/file.h: files and folders, whole or not at all. [any] Paths are borrowed. */
#ifndef GOD_HELPERS_FILE_H
#define GOD_HELPERS_FILE_H

#include "god/error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define GOD_PATH_MAX 4096

/* Joins "dir/name" into buf (GOD_PATH_MAX bytes). GOD_E_INVALID when it does not fit. */
god_status god_path_join(const char *dir, const char *name, char buf[GOD_PATH_MAX], god_error *err);

/* Reads a whole regular file. *ret_data is NUL-ended (the NUL is not counted) and is freed with free().
 * GOD_E_NOT_FOUND when it is not there, GOD_E_DATA when it is larger than bytes_max. */
god_status god_file_read(const char *path, size_t bytes_max, char **ret_data, size_t *ret_bytes, god_error *err);

/* Writes beside the path, syncs, renames into place: readers see the old content or the new, never half of it. */
god_status god_file_write(const char *path, const void *data, size_t bytes, god_error *err);

/* Copies one regular file, the same way as god_file_write. */
god_status god_file_copy(const char *from, const char *to, god_error *err);

uint32_t god_file_exists(const char *path); /* anything at all at this path, broken links included */

god_status god_dir_make(const char *path, god_error *err);   /* with its parents; fine when it exists; mode 0700 */
god_status god_dir_remove(const char *path, god_error *err); /* with everything in it; links are not followed */

/* Calls `each` with the names in a folder (not "." and "..") in byte order. A status from it ends the walk. */
god_status god_dir_each(const char *path, void *user, god_status (*each)(void *user, const char *name, god_error *err),
                        god_error *err);

#ifdef __cplusplus
}
#endif
#endif
