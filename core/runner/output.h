/* core/runner/output.h: what a training leaves in its folder, looked at as the stranger's work that it is.
 *
 * Nothing is followed: links are read, never opened. [any]
 */
#ifndef GDI_RUNNER_OUTPUT_H
#define GDI_RUNNER_OUTPUT_H

#include "god/error.h"

/* Bytes that a folder takes on disk, holes not counted, at most GDI_OUTPUT_FILES_MAX entries looked at. A folder that
 * changes while it is read is no error. */
enum { GDI_OUTPUT_FILES_MAX = 1000000 };
god_status gdi_output_size(const char *dir, uint64_t *ret_bytes, god_error *err);

/* checkpoints/OUTPUT must be a real folder, reached without a link, with something in it, and no link or special file
 * in it may lead anywhere else: GOD_E_DATA with a sentence for the miner. */
god_status gdi_output_check(const char *checkpoints_dir, const char *output, god_error *err);

#endif
