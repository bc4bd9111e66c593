/* core/runner/container/builders.h: the builders that Podman makes for a build, told apart by whose build it is.
 *
 * A builder is a container in the engine's storage that the engine itself does not list as one of its own. In its
 * description, buildah.json, stand the control group or the name in /etc/hosts that the build was asked to have: that
 * is the mark, "god-build-ID". Docker has no such thing. [one]
 */
#ifndef GDI_RUNNER_CONTAINER_BUILDERS_H
#define GDI_RUNNER_CONTAINER_BUILDERS_H

#include "core/runner/container/engine.h"
#include "core/runner/group.h"

enum { GDI_BUILDERS_MAX = 16 }; /* one per stage of a Dockerfile */

typedef struct gdi_builder {
    char id[GDI_ENGINE_ID_BYTES];
    char written_dir[GOD_PATH_MAX]; /* what its steps have written lies here; "": the storage does not say */
} gdi_builder;

typedef struct gdi_builders {
    gdi_builder items[GDI_BUILDERS_MAX];
    size_t count;
} gdi_builders;

void gdi_builders_mark(const char *run_id, char ret_mark[GDI_GROUP_NAME_BYTES]);

/* Those of the run; none when the engine is no Podman, or keeps its storage where this machine cannot read it. */
god_status gdi_builders_find(gdi_engine *engine, const char *run_id, gdi_builders *ret_builders, god_error *err);

/* What is left of a builder that nobody works with: it, its mount, the folder and the state of its last step. */
god_status gdi_builders_remove(gdi_engine *engine, const char *run_id, const gdi_builder *builder, god_error *err);

/* The copy of the repository that the engine unpacked for a build and did not remove. */
void gdi_builders_remove_contexts(const char *run_id);

#endif
