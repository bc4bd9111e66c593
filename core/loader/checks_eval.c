/* Checks of "god.eval/1": what scores mean, and what runs report. */
#include <math.h>
#include <sys/wait.h>

#include "core/loader/checks_run.h"

/* ---- score_spec ---- */

/* A plug-in built with a later, longer god_score_spec may fill all of its own. */
typedef union score_room {
    god_score_spec spec;
    char room[1024];
} score_room;

static uint32_t names_primary(const god_score_spec *spec)
{
    uint32_t found = 0;
    for (uint32_t i = 0; spec->metrics[i] != NULL && i < GDI_CHECK_METRICS_MAX; i++) {
        const god_metric_info *metric = spec->metrics[i];
        found |= metric->name != NULL && strcmp(metric->name, spec->primary) == 0;
    }
    return found;
}

static uint32_t is_well_formed(const god_score_spec *spec, god_error *ret_why)
{
    if (!GOD_HAS(spec, god_score_spec, tie_epsilon)) {
        return gdi_check_fails(ret_why, "score_spec leaves size at %u, set it with GOD_SIZE_TO", spec->size);
    }
    if (spec->direction != GOD_LOWER_WINS && spec->direction != GOD_HIGHER_WINS) {
        return gdi_check_fails(ret_why, "score_spec gives direction %u: state GOD_LOWER_WINS or GOD_HIGHER_WINS",
                               spec->direction);
    }
    if (spec->primary == NULL || spec->primary[0] == '\0') {
        return gdi_check_fails(ret_why, "score_spec names no primary metric");
    }
    if (!(spec->lowest < spec->highest)) {
        return gdi_check_fails(ret_why, "score_spec gives the range %g to %g, which holds nothing", spec->lowest,
                               spec->highest);
    }
    if (!isfinite(spec->tie_epsilon) || spec->tie_epsilon < 0) {
        return gdi_check_fails(ret_why, "score_spec gives tie_epsilon %g, 0 or more is needed", spec->tie_epsilon);
    }
    if (GOD_HAS(spec, god_score_spec, metrics) && spec->metrics != NULL && !names_primary(spec)) {
        return gdi_check_fails(ret_why, "score_spec lists metrics without its primary one, \"%.80s\"", spec->primary);
    }
    return GDI_PASS;
}

static god_status get_score_spec(const gdi_checked *what, god_instance *instance, score_room *ret_score, god_error *err)
{
    char least[512];
    memset(ret_score, 0, sizeof *ret_score);
    ret_score->spec.size = GOD_SIZE_TO(god_score_spec, metrics);
    return what->plugin.eval.score_spec(instance, gdi_check_spec(what, least, sizeof least), &ret_score->spec, err);
}

static uint32_t states_score_spec(const gdi_checked *what, god_instance *instance, god_error *ret_why)
{
    score_room score;
    god_error err = GOD_ERROR_INIT;
    god_status status = get_score_spec(what, instance, &score, &err);
    if (status == GOD_OK) {
        return is_well_formed(&score.spec, ret_why);
    }
    uint32_t verdict = gdi_check_succeeded("score_spec", status, &err, ret_why);
    uint32_t is_explained = gdi_check_explained("score_spec", status, &err, NULL) == GDI_PASS;
    return what->spec_json == NULL && is_explained
               ? gdi_check_skips(ret_why, "without --task it says: %.400s", err.message)
               : verdict;
}

uint32_t gdi_check_score_spec(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_session s;
    uint32_t verdict = gdi_check_session_open(what, what->plugin.has_eval, GOD_EVAL_ID, &s, ret_why);
    if (verdict == GDI_PASS) {
        verdict = states_score_spec(what, s.instance, ret_why);
        gdi_check_session_close(what, &s);
    }
    return verdict;
}

/* ---- runs ---- */

static uint32_t gives_device_bytes(const gdi_checked *what, gdi_check_job *job, god_error *ret_why)
{
    uint64_t bytes = 0;
    god_error err = GOD_ERROR_INIT;
    god_status status = what->plugin.eval.device_bytes(job->session.instance, &job->job, &bytes, &err);
    if (status == GOD_E_UNSUPPORTED) {
        return gdi_check_skips(ret_why, "%s", err.message);
    }
    return gdi_check_succeeded("device_bytes", status, &err, ret_why);
}

uint32_t gdi_check_device_bytes(const gdi_checked *what, god_error *ret_why)
{
    return gdi_check_with_job(what, gives_device_bytes, ret_why);
}

static uint32_t is_scored(const god_score_spec *spec, const gdi_check_report *report, const gdi_check_job *job,
                          uint32_t submission, god_error *ret_why)
{
    const char *id = job->job.submissions[submission]->id;
    const gdi_check_metric *score = gdi_check_report_find(report, submission, spec->primary);
    if (score == NULL) {
        return report->has_failed[submission]
                   ? GDI_PASS
                   : gdi_check_fails(ret_why, "run gives submission \"%.80s\" neither \"%.80s\" nor a reason", id,
                                     spec->primary);
    }
    if (!isfinite(score->value) || score->value < spec->lowest || score->value > spec->highest) {
        return gdi_check_fails(ret_why, "run gives submission \"%.80s\" the score %g, the range is %g to %g", id,
                               score->value, spec->lowest, spec->highest);
    }
    return GDI_PASS;
}

static uint32_t all_metrics_are_finite(const gdi_check_report *report, god_error *ret_why)
{
    for (uint32_t i = 0; i < report->metric_count; i++) {
        if (!isfinite(report->metrics[i].value)) {
            return gdi_check_fails(ret_why, "run reports %g as \"%s\" of submission %u: call it failed instead",
                                   report->metrics[i].value, report->metrics[i].name, report->metrics[i].submission);
        }
    }
    return GDI_PASS;
}

static uint32_t scores_everyone(const gdi_checked *what, gdi_check_job *job, god_error *ret_why)
{
    score_room score;
    god_error err = GOD_ERROR_INIT;
    gdi_check_report report = {.metrics = NULL};
    god_status status = get_score_spec(what, job->session.instance, &score, &err);
    if (status != GOD_OK || is_well_formed(&score.spec, &err) != GDI_PASS) {
        return gdi_check_fails(ret_why, "%s", err.message);
    }
    uint32_t verdict = gdi_check_job_run_well(what, job, &report, ret_why);
    if (verdict == GDI_PASS) {
        verdict = all_metrics_are_finite(&report, ret_why);
    }
    for (uint32_t i = 0; verdict == GDI_PASS && i < job->job.submission_count; i++) {
        verdict = is_scored(&score.spec, &report, job, i, ret_why);
    }
    gdi_check_report_fini(&report);
    return verdict;
}

uint32_t gdi_check_run(const gdi_checked *what, god_error *ret_why)
{
    return gdi_check_with_job(what, scores_everyone, ret_why);
}

/* Whatever the run started as a process must have ended: waiting for any child says that there is none. */
static uint32_t leaves_nothing_behind(const gdi_checked *what, gdi_check_job *job, god_error *ret_why)
{
    siginfo_t info;
    gdi_check_report report = {.metrics = NULL};
    uint32_t verdict = gdi_check_job_run_well(what, job, &report, ret_why);
    gdi_check_report_fini(&report);
    if (verdict == GDI_PASS && (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD)) {
        return gdi_check_fails(ret_why, "run leaves a process behind: end and wait for whatever it starts");
    }
    return verdict;
}

uint32_t gdi_check_run_tidy(const gdi_checked *what, god_error *ret_why)
{
    return gdi_check_with_job(what, leaves_nothing_behind, ret_why);
}

static uint32_t is_bitwise(const gdi_checked *what)
{
    return (what->plugin.plugin.caps & GOD_CAP_BITWISE) != 0;
}

static uint32_t runs_the_same_twice(const gdi_checked *what, gdi_check_job *job, god_error *ret_why)
{
    gdi_check_report first = {.metrics = NULL}, second = {.metrics = NULL};
    if (!is_bitwise(what)) {
        return gdi_check_skips(ret_why, "it does not set GOD_CAP_BITWISE");
    }
    uint32_t verdict = gdi_check_job_run_well(what, job, &first, ret_why);
    if (verdict == GDI_PASS) {
        verdict = gdi_check_job_run_well(what, job, &second, ret_why);
    }
    if (verdict == GDI_PASS) {
        verdict = gdi_check_report_equal(&first, &second, 0, ret_why);
    }
    if (verdict == GDI_PASS) {
        verdict = gdi_check_report_equal(&second, &first, 0, ret_why);
    }
    gdi_check_report_fini(&first);
    gdi_check_report_fini(&second);
    return verdict;
}

uint32_t gdi_check_run_steady(const gdi_checked *what, god_error *ret_why)
{
    return gdi_check_with_job(what, runs_the_same_twice, ret_why);
}

/* The unreadable one comes first, so that it also moves the index of everyone else. */
static uint32_t fails_alone(const gdi_checked *what, gdi_check_job *job, god_error *ret_why)
{
    char empty[GOD_PATH_MAX];
    gdi_check_report without = {.metrics = NULL}, with = {.metrics = NULL};
    uint32_t verdict = gdi_check_folder(what, "empty-submission", empty, ret_why);
    if (verdict == GDI_PASS) {
        verdict = gdi_check_job_run_well(what, job, &without, ret_why);
    }
    if (verdict == GDI_PASS) {
        gdi_check_job_add_first(job, "empty-folder", empty);
        verdict = gdi_check_job_run_well(what, job, &with, ret_why);
    }
    if (verdict == GDI_PASS && !with.has_failed[0]) {
        verdict = gdi_check_fails(ret_why, "run does not call a submission failed whose folder is empty");
    }
    for (uint32_t i = 0; verdict == GDI_PASS && i < what->submission_count; i++) {
        if (with.has_failed[i + 1] != without.has_failed[i]) {
            verdict = gdi_check_fails(ret_why, "submission %u %s when another one fails", i,
                                      with.has_failed[i + 1] ? "fails too" : "is evaluated only");
        }
    }
    if (verdict == GDI_PASS && is_bitwise(what)) {
        verdict = gdi_check_report_equal(&without, &with, 1, ret_why);
    }
    gdi_check_report_fini(&without);
    gdi_check_report_fini(&with);
    return verdict;
}

uint32_t gdi_check_run_alone(const gdi_checked *what, god_error *ret_why)
{
    return gdi_check_with_job(what, fails_alone, ret_why);
}

static uint32_t misses_its_data(const gdi_checked *what, gdi_check_job *job, god_error *ret_why)
{
    char empty[GOD_PATH_MAX];
    god_status status = GOD_OK;
    god_error err = GOD_ERROR_INIT;
    gdi_check_report report = {.metrics = NULL};
    if (!what->plugin.has_dataset) {
        return gdi_check_skips(ret_why, "it does not offer " GOD_DATASET_ID);
    }
    uint32_t verdict = gdi_check_folder(what, "no-data", empty, ret_why);
    if (verdict == GDI_PASS) {
        job->job.data_dir = empty;
        verdict = gdi_check_job_run(what, job, &report, &status, &err, ret_why);
    }
    if (verdict == GDI_PASS) {
        verdict = status == GOD_OK ? gdi_check_fails(ret_why, "run succeeds although its data folder is empty")
                                   : gdi_check_explained("run", status, &err, ret_why);
    }
    gdi_check_report_fini(&report);
    return verdict;
}

uint32_t gdi_check_run_no_data(const gdi_checked *what, god_error *ret_why)
{
    return gdi_check_with_job(what, misses_its_data, ret_why);
}
