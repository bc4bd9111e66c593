/* core/cli/run_task.h: the parts of `god run-task`. Internal to core/cli. */
#ifndef GDI_CLI_RUN_TASK_H
#define GDI_CLI_RUN_TASK_H

#include "core/base/layout.h"
#include "core/config/config.h"
#include "core/runner/state.h"
#include "core/training/run_json.h"
#include "core/training/types.h"
#include "core/training/verdict.h"

typedef struct gdi_run_task {
    const char *task_path, *repo, *commit, *runner, *model_dir, *data_path, *out_dir, *config_path, *engine_config,
        *upload_user;
    int64_t time_limit_s, memory_bytes, threads;
    uint32_t json, build_network;
    char dir[GOD_PATH_MAX]; /* of the run: source/, cache/, checkpoints/ */
} gdi_run_task;

/* Makes DIR/cache with the model and the data where the plan says that the container sees them: hard links where the
 * file system allows, copies otherwise. GOD_E_INVALID says which option is missing. */
god_status gdi_run_task_fill_cache(const gdi_run_task *task, const gdi_plan *plan, god_error *err);

/* Makes DIR/source: a copy of a local folder (what git tracks or not, without .git), or a clone at --commit. */
god_status gdi_run_task_fetch_source(const gdi_run_task *task, const gdi_layout *layout, god_error *err);

/* Writes DIR/run.json and runs it, printing what it prints. `config` names the images of environment servers. */
god_status gdi_run_task_run(const gdi_run_task *task, const gdi_layout *layout, const gdi_config *config,
                            const gdi_plan *plan, gdi_run_state *ret_state, god_error *err);

/* The whole job of a trainer, when there is no --repo: everything comes from where the task says. */
god_status gdi_run_task_whole(gdi_run_task *task, const gdi_layout *layout, const gdi_config *config,
                              const gdi_training_types *types, const char *salt, uint32_t *ret_fine, god_error *err);

/* What a person, or with --json a program, is told at the end. */
void gdi_run_task_print(const gdi_run_task *task, const gdi_plan *plan, const gdi_run_state *state,
                        const gdi_verdict *verdict);

#endif
