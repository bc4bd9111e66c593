/* core/runner/runner.h: one training of a stranger's repository: build, run, watch, collect, remove.
 *
 *     RUNDIR/run.json          what to run (core/runner/spec.h); written once
 *     RUNDIR/source/           the repository's files, or a link to them
 *     RUNDIR/checkpoints/      /app/checkpoints inside: this run's part only
 *     RUNDIR/state.json        how far it is; written beside and renamed at each step
 *     RUNDIR/pull.log, build.log, training.log    what was printed meanwhile, each cut at its limit
 *     RUNDIR/result.json       how it ended
 *
 * A runner is a small table of functions over such a folder: container (Docker's API), slurm, process (bubblewrap). The
 * program god-runner runs one folder with one of them and is the only caller of `run`; the daemon starts one god-runner
 * per training and reads the folder. It does not die with the daemon. Killed itself, it is started again on the same
 * folder: state.json says what is there, and `run` goes on from it, so a training that survived is waited for, not
 * started twice.
 *
 * Everything outside the folder that a run makes (containers, networks, images, Slurm jobs, mounts) carries the run's
 * id, so that `remove` finds it whatever was interrupted. [one]
 */
#ifndef GDI_RUNNER_H
#define GDI_RUNNER_H

#include "core/base/layout.h"
#include "core/base/log.h"
#include "core/runner/spec.h"
#include "core/runner/state.h"

typedef struct gdi_run_calls {
    void *user;
    uint32_t (*stop_asked)(void *user); /* several times a second: 1 stop and remove everything */
    /* A piece of what the build or the training prints, as it comes; for people who watch. May be NULL. */
    void (*printed)(void *user, const char *bytes, size_t count);
    /* state.json was just written. May be NULL. */
    void (*changed)(void *user, const gdi_run_state *state);
} gdi_run_calls;

typedef struct gdi_run {
    const char *run_dir; /* absolute */
    const gdi_run_spec *spec;
    const gdi_run_calls *calls;
    const gdi_layout *layout;
    const json_t *config; /* the runner's section of the request, e.g. {"socket": "/run/podman/podman.sock"} */
    gdi_run_state state;  /* what state.json says; the runner moves it on with gdi_run_state_write */
} gdi_run;

typedef struct gdi_runner {
    const char *name; /* "container" */
    /* From run->state to its end. Fills run->state.outcome and message; everything that the run made outside its folder
     * is gone when it returns, unless it fails itself (the engine is away): then call again later. */
    god_status (*run)(gdi_run *run, god_error *err);
    /* Ends and removes what a run with this id has left, wherever it stopped. Fine when there is nothing. */
    god_status (*remove)(const char *run_id, const json_t *config, god_error *err);
} gdi_runner;

extern const gdi_runner gdi_runner_container, gdi_runner_process, gdi_runner_slurm;

/* NULL for a name that is none of these. */
const gdi_runner *gdi_runner_find(const char *name);

#endif
