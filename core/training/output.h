/* core/training/output.h: what a training left, before it is uploaded (training specification 15.2). [any] */
#ifndef GDI_TRAINING_OUTPUT_H
#define GDI_TRAINING_OUTPUT_H

#include "god/helpers/file.h"

enum { GDI_OUTPUT_FILE_BYTES_MIN = 1025 }; /* smaller files are metadata */

/* Which folder goes up? *ret_dir is local_folder, or the first folder in it (in byte order) that holds a .safetensors
 * file. GOD_E_NOT_FOUND when it is no folder; GOD_E_DATA when there is nothing in it but metadata: a folder other than
 * .git counts as content, so does a file of more than 1024 bytes that is not git's own. Links do not count. */
god_status gdi_output_find(const char *local_folder, char ret_dir[GOD_PATH_MAX], god_error *err);

/* Is this file one that no upload takes: optimizer, scheduler and trainer states? `name` is its last component. */
uint32_t gdi_output_skips(const char *name);

/* Writes the real base model into adapter_config.json ("base_model_name_or_path") and into each line of README.md that
 * begins with "base_model:". Files that are not there or cannot be read stay as they are; GOD_E_IO for others. */
god_status gdi_output_name_base(const char *dir, const char *base_model, god_error *err);

#endif
