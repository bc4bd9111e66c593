/* core/git/tree.h: writes the files of one commit into a folder, by rules of our own.
 *
 * libgit2's checkout is not used, because it honours attributes, filters and the file system's links. Here every blob
 * is written as it is stored, into folders that were just made, without following anything:
 *
 *     file            its bytes, mode 0644 or 0755; no line ending, filter or LFS rule is applied
 *     symbolic link   kept when it stays inside the tree for certain: relative, "..": only at its start and never above
 *                     the top; refused otherwise
 *     submodule       an empty folder, as without --recurse-submodules
 *     other           refused: names "", ".", "..", ".git" in any case, with "/" or a NUL, deeper than 64 folders
 *
 * In god-git only. [one]
 */
#ifndef GDI_GIT_TREE_H
#define GDI_GIT_TREE_H

#include <git2.h>

#include "god/error.h"

typedef struct gdi_tree_limits {
    uint64_t files_max;      /* files, links and folders together */
    uint64_t bytes_max;      /* of all files */
    uint64_t file_bytes_max; /* of one */
} gdi_tree_limits;

typedef struct gdi_tree_sums {
    uint64_t files, bytes;
} gdi_tree_sums;

/* `dir` is an open folder, empty. Stops at the first thing that is refused, naming its path. */
god_status gdi_tree_write(git_repository *repository, const git_oid *commit, int dir, const gdi_tree_limits *limits,
                          gdi_tree_sums *ret_sums, god_error *err);

/* Whether a link at `path` (relative to the top, "a/b/link") may point to `target`. For tests and fuzzing too. [any] */
int gdi_tree_link_stays_inside(const char *path, const char *target);
/* Whether a name may stand in a tree. [any] */
int gdi_tree_name_is_fine(const char *name);

#endif
