/* The training of `god run-task`: in this process, with what it prints passed on. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/signals.h"
#include "core/cli/run_task.h"
#include "core/runner/runner.h"
#include "god/helpers/json.h"

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count() > 0;
}

/* Results go to stdout, everything else to stderr. */
static void print(void *user, const char *bytes, size_t count)
{
    (void)user;
    (void)fwrite(bytes, 1, count, stderr);
}

static void tell_phase(void *user, const gdi_run_state *state)
{
    const gdi_run_spec *spec = user;
    if (state->phase == GDI_RUN_TRAINING) {
        (void)fprintf(stderr, "-- training, at most %lld s\n", (long long)spec->time_limit_s);
    } else if (state->phase != GDI_RUN_ENDED) {
        (void)fprintf(stderr, "-- %s\n", gdi_run_phase_name(state->phase));
    }
}

/* NULL for none. */
static json_t *make_sidecars(const gdi_run_task *task, const gdi_config *config, const gdi_plan *plan)
{
    if (plan->sidecar_count > 0 && strcmp(task->runner, "process") == 0) {
        (void)fprintf(stderr, "the process runner has no environment servers: ENVIRONMENT_SERVER_URLS is not set\n");
        return NULL;
    }
    return gdi_run_sidecars(plan, config->trainer_environments);
}

static god_status write_run(const gdi_run_task *task, const gdi_config *host, const gdi_plan *plan, god_error *err)
{
    char source_dir[GOD_PATH_MAX], cache_dir[GOD_PATH_MAX], path[GOD_PATH_MAX], run_id[32];
    json_t *root = NULL, *config = NULL;
    GOD_TRY(god_path_join(task->dir, "source", source_dir, err));
    GOD_TRY(god_path_join(task->dir, "cache", cache_dir, err));
    GOD_TRY(god_path_join(task->dir, "run.json", path, err));
    if (task->engine_config != NULL) {
        GOD_TRY(god_json_parse("--runner-config", task->engine_config, strlen(task->engine_config), &config, err));
    }
    json_t *sidecars = make_sidecars(task, host, plan);
    (void)snprintf(run_id, sizeof run_id, "local-%ld", (long)getpid());
    const gdi_run_settings settings = {.run_id = run_id,
                                       .runner = task->runner,
                                       .source_dir = source_dir,
                                       .cache_dir = cache_dir,
                                       .config = config,
                                       .sidecars = sidecars,
                                       .trusted = 1, /* one's own code, on one's own machine */
                                       .build_network = task->build_network,
                                       .build_disk_bytes_max = (uint64_t)host->trainer_build_disk_gib << 30,
                                       .memory_bytes = (uint64_t)task->memory_bytes,
                                       .nano_cpus = (uint64_t)task->threads * 1000000000u,
                                       .time_limit_s = (uint64_t)task->time_limit_s};
    god_status status = gdi_run_json(plan, &settings, &root, err);
    json_decref(config);
    json_decref(sidecars);
    GOD_TRY(status);
    /* A machine without GPUs trains on its processors. */
    if (access("/dev/nvidiactl", F_OK) != 0) {
        (void)json_object_set_new(root, "gpu_ids", json_array());
    }
    status = god_json_write(path, root, err);
    json_decref(root);
    return status;
}

god_status gdi_run_task_run(const gdi_run_task *task, const gdi_layout *layout, const gdi_config *config,
                            const gdi_plan *plan, gdi_run_state *ret_state, god_error *err)
{
    gdi_run_spec spec = {.root = NULL};
    const gdi_runner *runner = gdi_runner_find(task->runner);
    if (runner == NULL) {
        return god_fail(err, GOD_E_INVALID, "there is no runner \"%.40s\"; container, process and slurm are there",
                        task->runner);
    }
    GOD_TRY(write_run(task, config, plan, err));
    GOD_TRY(gdi_run_spec_read(task->dir, &spec, err));
    const gdi_run_calls calls = {.user = &spec, .stop_asked = stop_asked, .printed = print, .changed = tell_phase};
    gdi_run run = {.run_dir = task->dir, .spec = &spec, .calls = &calls, .layout = layout, .config = spec.config};
    run.state = (gdi_run_state){.phase = GDI_RUN_NEW, .exit_code = -1};
    god_status status = runner->run(&run, err);
    if (status == GOD_OK) {
        *ret_state = run.state;
    }
    gdi_run_spec_clear(&spec);
    return status;
}
