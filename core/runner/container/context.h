/* core/runner/container/context.h: a folder as the tar file that an image is built from.
 *
 * Files, folders and links as they are, links never followed, owner 0, times 0, so that the same tree gives the same
 * bytes. Other kinds of file are refused. A .dockerignore is left to the builder. A comment at its head (a global
 * header of the pax format, as `git archive` writes one) says whose it is; builders pass it over. [any]
 */
#ifndef GDI_RUNNER_CONTAINER_CONTEXT_H
#define GDI_RUNNER_CONTAINER_CONTEXT_H

#include "god/error.h"

/* Writes tar_path, whole or not at all. GOD_E_DATA names what is refused. */
god_status gdi_context_write(const char *source_dir, const char *run_id, const char *tar_path, god_error *err);

/* 1 when this file begins as gdi_context_write begins it for that run, also when the rest is missing. */
uint32_t gdi_context_is_of(const char *tar_path, const char *run_id);

#endif
