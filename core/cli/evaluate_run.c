/* From the arguments of a job to its result: what `god evaluate` and `god tokenize --task` have in common. */
#include "core/cli/evaluate.h"

#include <stdlib.h>

#include "core/base/signals.h"
#include "core/cli/cli.h"
#include "core/host/cache.h"
#include "core/host/scratch.h"

static uint32_t stop_asked(void *user)
{
    gdi_evaluation *e = user;
    gdi_progress_tick(&e->progress, gdi_clock_ms()); /* this is asked several times a second */
    return gdi_signals_stop_count();
}

/* Warnings are for everybody. Of the rest, what a plug-in says about its plan, when that was asked for. */
static uint32_t is_wanted(const gdi_evaluation *e, int64_t level, const char *message)
{
    return level >= GOD_LOG_WARNING ||
           (e->args->plan && level == GOD_LOG_INFO && message != NULL && strncmp(message, "plan: ", 6) == 0);
}

static void show_frame(void *user, const json_t *frame)
{
    gdi_evaluation *e = user;
    const char *kind = json_string_value(json_object_get(frame, "frame"));
    if (strcmp(kind, "progress") == 0) {
        gdi_progress_show(&e->progress, gdi_clock_ms(), (uint64_t)json_integer_value(json_object_get(frame, "done")),
                          (uint64_t)json_integer_value(json_object_get(frame, "total")),
                          json_string_value(json_object_get(frame, "unit")),
                          json_string_value(json_object_get(frame, "stage")));
    } else if (strcmp(kind, "log") == 0) {
        const char *message = json_string_value(json_object_get(frame, "message"));
        if (is_wanted(e, json_integer_value(json_object_get(frame, "level")), message)) {
            gdi_progress_say(&e->progress, "note", message);
        }
    }
}

static god_status run_job(gdi_evaluation *e, const char *job_dir, god_error *err)
{
    char path[GOD_PATH_MAX];
    const gdi_supervise_options supervise = {.worker_path = e->layout.worker_path,
                                             .nn_dir = e->layout.nn_dir,
                                             .user = e,
                                             .stop_asked = stop_asked,
                                             .frame = show_frame};
    GOD_TRY(god_path_join(job_dir, "job.json", path, err));
    GOD_TRY(gdi_job_write(path, &e->job, err));
    if (e->job.operation == GDI_OPERATION_EVALUATE && e->job.submission_count == 0) {
        /* None of the folders is there: nothing to run, and that is the result. */
        GOD_TRY(gdi_result_begin(&e->job, &e->result, err));
        e->result.outcome = GDI_OUTCOME_RESULT;
        gdi_clock_utc(e->result.finished_at);
    } else {
        GOD_TRY(gdi_job_run(&supervise, job_dir, &e->job, &e->result, err));
    }
    e->has_result = 1;
    return GOD_OK;
}

god_status gdi_evaluation_run(gdi_evaluation *evaluation, const char *job_dir, god_error *err)
{
    uint64_t start_ms = gdi_clock_ms();
    GOD_TRY(gdi_evaluation_measure(evaluation, err));
    GOD_TRY(gdi_evaluation_find_plugin(evaluation, job_dir, err));
    GOD_TRY(gdi_evaluation_meet_needs(evaluation, job_dir, err));
    GOD_TRY(gdi_evaluation_make_job(evaluation, err));
    GOD_TRY(run_job(evaluation, job_dir, err));
    evaluation->seconds = (double)(gdi_clock_ms() - start_ms) / 1000.0;
    gdi_progress_end(&evaluation->progress);
    return GOD_OK;
}

static int exit_code(const gdi_evaluation *e, const char *command)
{
    const gdi_result *result = &e->result;
    god_error err = GOD_ERROR_INIT;
    switch (result->outcome) {
    case GDI_OUTCOME_RESULT: return GDI_EXIT_OK;
    case GDI_OUTCOME_CANCELLED: (void)god_fail(&err, GOD_E_CANCELLED, "stopped"); break;
    case GDI_OUTCOME_PLUGIN_ERROR:
        (void)god_fail(&err, result->status, "%s: %.400s", e->plugin.id, result->message);
        break;
    default: (void)god_fail(&err, GOD_E_INTERNAL, "%s: %.400s", e->plugin.id, result->message); break;
    }
    return gdi_cli_fail(command, &err);
}

/* What the worker printed last may say more than how it ended. */
static void show_output(const gdi_evaluation *e, const char *job_dir)
{
    enum { output_bytes_max = 1 << 20, shown_bytes = 2000 };
    char path[GOD_PATH_MAX], *text = NULL;
    size_t bytes = 0;
    if (e->args->quiet || !e->has_result || e->result.outcome == GDI_OUTCOME_RESULT ||
        e->result.outcome == GDI_OUTCOME_CANCELLED || god_path_join(job_dir, "output.txt", path, NULL) != GOD_OK ||
        god_file_read(path, output_bytes_max, &text, &bytes, NULL) != GOD_OK) {
        return;
    }
    const char *end = bytes > shown_bytes ? text + bytes - shown_bytes : text;
    (void)fprintf(stderr, "the worker printed:\n%s%s", end, bytes > 0 && text[bytes - 1] == '\n' ? "" : "\n");
    free(text);
}

int gdi_evaluation_in_folder(gdi_evaluation *evaluation, const char *command, gdi_evaluation_fn *body)
{
    gdi_evaluation *e = evaluation;
    gdi_scratch_dir scratch = {.lock_fd = -1};
    god_error err = GOD_ERROR_INIT;
    gdi_signals_catch();
    gdi_progress_begin(&e->progress, e->args->quiet ? NULL : stderr);
    god_status status = gdi_layout_find(&e->layout, &err);
    if (status == GOD_OK) {
        status = gdi_config_load(e->args->config, &e->config, &err);
    }
    if (status == GOD_OK) {
        status = gdi_cache_sweep(e->config.paths_cache_dir, &err);
    }
    if (status == GOD_OK) {
        status = gdi_scratch_dir_open(e->config.paths_cache_dir, e->args->keep, &scratch, &err);
    }
    if (status == GOD_OK) {
        status = body(e, scratch.dir, &err);
    }
    gdi_progress_end(&e->progress);
    show_output(e, scratch.dir);
    if (scratch.keep) {
        (void)fprintf(stderr, "the job folder is %s\n", scratch.dir);
    }
    gdi_scratch_dir_close(&scratch);
    return status == GOD_OK ? exit_code(e, command) : gdi_cli_fail("evaluate", &err);
}

void gdi_evaluation_clear(gdi_evaluation *evaluation)
{
    gdi_evaluation *e = evaluation;
    json_decref(e->spec);
    free(e->entries);
    if (e->has_plugin) {
        gdi_plugin_info_clear(&e->plugin);
    }
    if (e->has_job) {
        gdi_job_clear(&e->job);
    }
    if (e->has_result) {
        gdi_result_clear(&e->result);
    }
    gdi_config_clear(&e->config);
}
