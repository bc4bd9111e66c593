/* core/runner/container/sidecars.h: the images of a run's environment servers. They belong to the machine, not to the
 * run: what was pulled once stays for the next one. [one] */
#ifndef GDI_RUNNER_CONTAINER_SIDECARS_H
#define GDI_RUNNER_CONTAINER_SIDECARS_H

#include "core/runner/container/engine.h"
#include "core/runner/runner.h"

/* Pulls those that the engine does not have, within "pull_time_limit_s" of the runner's configuration (1800 s) each;
 * what it says on the way goes to RUNDIR/pull.log. A run that is cancelled meanwhile has ended. GOD_E_IO names the
 * image, what the engine said and what can be done: the machine is at fault, not the miner. */
god_status gdi_sidecars_pull(gdi_run *run, gdi_engine *engine, god_error *err);

#endif
