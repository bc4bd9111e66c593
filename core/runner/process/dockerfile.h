/* core/runner/process/dockerfile.h: the part of a Dockerfile that can be followed without building an image.
 *
 *     WORKDIR, ENV, COPY and ADD of files of the repository, ENTRYPOINT               followed
 *     RUN, FROM, CMD, LABEL, EXPOSE, USER, SHELL, ARG, STOPSIGNAL, HEALTHCHECK, MAINTAINER  not followed, noted by name
 *     COPY --from, ADD of an address, ONBUILD, VOLUME, wildcards, here-documents       refused
 *
 * So what RUN installs must be on the machine already: this runner is for one's own code on a machine without a
 * container engine. A second FROM starts anew, as it does for a builder. Lines that end in a backslash go on; comments
 * are dropped.
 *
 * Owned by whoever read it, ended with gdi_dockerfile_clear. [one] Source: Dockerfile reference of Docker.
 */
#ifndef GDI_RUNNER_PROCESS_DOCKERFILE_H
#define GDI_RUNNER_PROCESS_DOCKERFILE_H

#include <jansson.h>

#include "god/error.h"

enum { GDI_DOCKERFILE_BYTES_MAX = 1 << 20, GDI_DOCKERFILE_LINES_MAX = 10000, GDI_DOCKERFILE_COPIES_MAX = 512 };

typedef struct gdi_dockerfile {
    json_t *command;          /* own: array of texts: ENTRYPOINT */
    uint32_t takes_arguments; /* 0: a shell form, which ignores the arguments of a run */
    /* own: array of [source, target, into]: source below the repository ("" is its top), target absolute; into: a file
     * keeps its name below the target. What is in a folder is copied, not the folder. */
    json_t *copies;
    json_t *env;       /* own: array of "NAME=value" */
    json_t *skipped;   /* own: array of instruction names that were not followed, each once */
    char workdir[512]; /* absolute */
} gdi_dockerfile;

/* GOD_E_DATA: `dockerfiles/x.dockerfile:12: ...`. */
god_status gdi_dockerfile_read(const char *path, gdi_dockerfile *ret_file, god_error *err);
god_status gdi_dockerfile_parse(const char *where, const char *text, size_t bytes, gdi_dockerfile *ret_file,
                                god_error *err);
void gdi_dockerfile_clear(gdi_dockerfile *file); /* accepts an empty one */

#endif
