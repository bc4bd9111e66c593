/* core/trainer/view.h: what one job sees as /cache: a folder of hard links into the cache of this host, with that job's
 * files and no others. Evicting an entry from the cache does not take it away from a job that is using it.
 *
 *   VIEW/models/<folder>/  VIEW/datasets/...  VIEW/miner_datasets/<org--name>/  VIEW/hf_cache/...
 *
 * Every entry appears by a rename, whole. Files are readable by every user of a container, which may not be root; the
 * folder above the views is closed to others. Belongs to the job's call. [one] */
#ifndef GDI_TRAINER_VIEW_H
#define GDI_TRAINER_VIEW_H

#include "god/helpers/file.h"

/* Makes the view and the folder above it, which nobody else may enter. */
god_status gdi_view_make(const char *view_dir, god_error *err);

/* VIEW/<name> as a path; `name` is relative and ours. Makes the folders above it. */
god_status gdi_view_path(const char *view_dir, const char *name, char ret_path[GOD_PATH_MAX], god_error *err);

/* Gives VIEW/<name> the content of `from`, a file or a folder of the cache: links, or copies where another file system
 * makes links impossible. Fine when it is there. */
god_status gdi_view_put(const char *view_dir, const char *name, const char *from, god_error *err);
/* The same with a text of ours. Replaces what is there. */
god_status gdi_view_write(const char *view_dir, const char *name, const char *text, size_t bytes, god_error *err);

uint32_t gdi_view_has(const char *view_dir, const char *name);

#endif
