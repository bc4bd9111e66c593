#include "core/loader/checks_run.h"

static uint32_t list_submissions(const gdi_checked *what, gdi_check_job *job, god_error *ret_why)
{
    if (what->submission_count == 0) {
        return gdi_check_skips(ret_why, "no --submission was given");
    }
    if (what->submission_count >= GDI_CHECK_SUBMISSIONS_MAX) {
        return gdi_check_skips(ret_why, "%u submissions were given, %d can be checked", what->submission_count,
                               GDI_CHECK_SUBMISSIONS_MAX - 1);
    }
    for (uint32_t i = 0; i < what->submission_count; i++) {
        job->entries[i] = (god_submission){.size = GOD_SIZE_TO(god_submission, model_dir),
                                           .id = what->submissions[i].id,
                                           .model_dir = what->submissions[i].model_dir};
        job->pointers[i] = &job->entries[i];
    }
    return GDI_PASS;
}

uint32_t gdi_check_job_open(const gdi_checked *what, gdi_check_job *ret_job, god_error *ret_why)
{
    if (what->spec_json == NULL) {
        return gdi_check_skips(ret_why, "no --task was given");
    }
    uint32_t verdict = list_submissions(what, ret_job, ret_why);
    if (verdict == GDI_PASS) {
        verdict = gdi_check_session_open(what, what->plugin.has_eval, GOD_EVAL_ID, &ret_job->session, ret_why);
    }
    if (verdict != GDI_PASS) {
        return verdict;
    }
    ret_job->job = (god_eval_job){.size = GOD_SIZE_TO(god_eval_job, submission_count),
                                  .device = GOD_DEV_CPU,
                                  .precision = GOD_PRECISION_F32,
                                  .threads = 1,
                                  .seed = 1,
                                  .spec_json = what->spec_json,
                                  .base_model_dir = what->base_dir,
                                  .submissions = ret_job->pointers,
                                  .submission_count = what->submission_count};
    if (what->plugin.has_dataset) {
        ret_job->job.data_dir = ret_job->data_dir;
        verdict = gdi_check_prepare_into(what, ret_job->session.instance, "prepared", ret_job->data_dir, ret_why);
        if (verdict != GDI_PASS) {
            gdi_check_session_close(what, &ret_job->session);
        }
    }
    return verdict;
}

void gdi_check_job_close(const gdi_checked *what, gdi_check_job *job)
{
    gdi_check_session_close(what, &job->session);
}

void gdi_check_job_add_first(gdi_check_job *job, const char *id, const char *model_dir)
{
    uint32_t count = job->job.submission_count;
    job->entries[count] =
        (god_submission){.size = GOD_SIZE_TO(god_submission, model_dir), .id = id, .model_dir = model_dir};
    memmove(job->pointers + 1, job->pointers, count * sizeof *job->pointers);
    job->pointers[0] = &job->entries[count];
    job->job.submission_count++;
}

uint32_t gdi_check_job_run(const gdi_checked *what, gdi_check_job *job, gdi_check_report *ret_report,
                           god_status *ret_status, god_error *ret_err, god_error *ret_why)
{
    if (ret_report->metrics == NULL) {
        uint32_t verdict = gdi_check_report_init(job->job.submission_count, ret_report, ret_why);
        if (verdict != GDI_PASS) {
            return verdict;
        }
    }
    *ret_status = what->plugin.eval.run(job->session.instance, &job->job, &ret_report->report, ret_err);
    if (ret_report->broken[0] != '\0') {
        return gdi_check_fails(ret_why, "%s", ret_report->broken);
    }
    if (job->session.host.broken[0] != '\0') {
        return gdi_check_fails(ret_why, "%s", job->session.host.broken);
    }
    return GDI_PASS;
}

uint32_t gdi_check_job_run_well(const gdi_checked *what, gdi_check_job *job, gdi_check_report *ret_report,
                                god_error *ret_why)
{
    god_status status = GOD_OK;
    god_error err = GOD_ERROR_INIT;
    uint32_t verdict = gdi_check_job_run(what, job, ret_report, &status, &err, ret_why);
    return verdict == GDI_PASS ? gdi_check_succeeded("run", status, &err, ret_why) : verdict;
}

uint32_t gdi_check_with_job(const gdi_checked *what,
                            uint32_t (*check)(const gdi_checked *what, gdi_check_job *job, god_error *ret_why),
                            god_error *ret_why)
{
    gdi_check_job job;
    uint32_t verdict = gdi_check_job_open(what, &job, ret_why);
    if (verdict == GDI_PASS) {
        verdict = check(what, &job, ret_why);
        gdi_check_job_close(what, &job);
    }
    return verdict;
}
