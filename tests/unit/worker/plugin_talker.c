/* A well-behaved plug-in that says everything that can be said through god_report and god_host. A submission folder
 * with a file named "copy" is excluded, one with "crash" ends the process. */
#define FAULT_RUN talking_run
#include "normal.h"

#include "god/http.h"

/* An artifact must lie in the work folder; the host says so when it does not. */
static god_status try_artifacts(god_instance *instance, uint32_t index, const god_report *report, god_error *err)
{
    char path[GOD_PATH_MAX];
    const god_host *host = instance->host;
    GOD_TRY(god_path_join(host->work_dir, "rows.txt", path, err));
    GOD_TRY(god_file_write(path, "row 1\n", 6, err));
    GOD_TRY(report->artifact(report->ctx, index, "rows.txt", path));
    static const char *const outside[] = {"/etc/hostname", "../job.json", "nowhere"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        if (report->artifact(report->ctx, index, "outside", outside[i]) == GOD_OK) {
            return god_fail(err, GOD_E_INTERNAL, "the host took \"%s\"", outside[i]);
        }
    }
    return report->artifact(report->ctx, index, "../climb", path) == GOD_OK
               ? god_fail(err, GOD_E_INTERNAL, "the host took \"../climb\"")
               : GOD_OK;
}

static god_status talk(god_instance *instance, const god_eval_job *job, uint32_t index, const god_report *report,
                       god_error *err)
{
    if (submission_has(job->submissions[index], "crash")) {
        die_by(SIGSEGV);
    }
    GOD_TRY(evaluate_one(instance, job, index, report, err));
    GOD_TRY(report->metric(report->ctx, index, "rows", 3.0, 3));
    GOD_TRY(report->note(report->ctx, index, "a note that is not UTF-8: \xff"));
    GOD_TRY(try_artifacts(instance, index, report, err));
    if (submission_has(job->submissions[index], "copy")) {
        return report->excluded(report->ctx, index, "not_finetuned", "its weights are those of the base model");
    }
    return GOD_OK;
}

static god_status talking_run(god_instance *instance, const god_eval_job *job, const god_report *report, god_error *err)
{
    const god_host *host = instance->host;
    host->log(host->ctx, GOD_LOG_INFO, "a log line");
    GOD_TRY(report->fact(report->ctx, "http", host->extension(host->ctx, GOD_HTTP_ID) == NULL ? "no" : "yes"));
    GOD_TRY(report->fact(report->ctx, "unknown", host->extension(host->ctx, "god.nothing/1") == NULL ? "no" : "yes"));
    for (uint32_t i = 0; i < job->submission_count; i++) {
        GOD_TRY(talk(instance, job, i, report, err));
    }
    return GOD_OK;
}
