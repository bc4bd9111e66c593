#include "core/loader/checks_report.h"

#include <math.h>
#include <stdlib.h>

#include "core/loader/tables.h"

static void note_broken(gdi_check_report *report, const char *promise)
{
    if (report->broken[0] == '\0') {
        (void)snprintf(report->broken, sizeof report->broken, "%s", promise);
    }
}

/* What is wrong with a report about this submission; NULL when nothing is. */
static const char *find_fault(const gdi_check_report *report, uint32_t submission)
{
    if (submission >= report->submission_count) {
        return "run reports for a submission that does not exist";
    }
    return report->has_failed[submission] ? "run reports for a submission that it called failed before" : NULL;
}

static god_status add_metric(gdi_check_report *report, uint32_t submission, const char *name, double value,
                             uint64_t items)
{
    const char *fault = find_fault(report, submission);
    if (fault == NULL && (name == NULL || !gdi_is_name(name, GDI_CHECK_METRIC_NAME_BYTES - 1))) {
        fault = "run reports a metric whose name is not 1 to 64 letters, digits, '.', '_' and '-'";
    } else if (fault == NULL && items == 0) {
        fault = "run reports a metric over 0 items";
    } else if (fault == NULL && gdi_check_report_find(report, submission, name) != NULL) {
        fault = "run reports the same metric of a submission twice";
    } else if (fault == NULL && report->metric_count == GDI_CHECK_METRICS_MAX) {
        fault = "run reports more than 4096 metrics";
    }
    if (fault != NULL) {
        note_broken(report, fault);
        return GOD_E_INVALID;
    }
    gdi_check_metric *metric = &report->metrics[report->metric_count++];
    *metric = (gdi_check_metric){.submission = submission, .value = value, .items = items};
    (void)snprintf(metric->name, sizeof metric->name, "%s", name);
    return GOD_OK;
}

/* Every call goes through one of these two, which lock and apply `refuse`. */
static uint32_t begin(gdi_check_report *report)
{
    (void)pthread_mutex_lock(&report->lock);
    report->refused_count += report->refuse;
    return !report->refuse;
}

static god_status finish(gdi_check_report *report, god_status status)
{
    (void)pthread_mutex_unlock(&report->lock);
    return report->refuse ? GOD_E_IO : status;
}

static god_status take_metric(void *ctx, uint32_t submission, const char *name, double value, uint64_t items)
{
    gdi_check_report *report = ctx;
    return finish(report, begin(report) ? add_metric(report, submission, name, value, items) : GOD_E_IO);
}

static god_status add_end(gdi_check_report *report, uint32_t submission, const char *message)
{
    const char *fault = find_fault(report, submission);
    if (fault == NULL && (message == NULL || message[0] == '\0')) {
        fault = "run calls a submission failed without a message";
    }
    if (fault != NULL) {
        note_broken(report, fault);
        return GOD_E_INVALID;
    }
    report->has_failed[submission] = 1;
    return GOD_OK;
}

static god_status take_failed(void *ctx, uint32_t submission, god_status why, const char *message)
{
    gdi_check_report *report = ctx;
    god_status status = GOD_OK;
    if (begin(report)) {
        status = add_end(report, submission, message);
        if (why >= GOD_OK || why < GOD_E_DEVICE) {
            note_broken(report, "run calls a submission failed without a status");
        }
    }
    return finish(report, status);
}

static god_status take_excluded(void *ctx, uint32_t submission, const char *word, const char *message)
{
    gdi_check_report *report = ctx;
    god_status status = GOD_OK;
    if (begin(report)) {
        status = add_end(report, submission, message);
        if (word == NULL || !gdi_is_name(word, GDI_CHECK_METRIC_NAME_BYTES - 1)) {
            note_broken(report, "run excludes a submission without a short word for the reason");
        }
    }
    return finish(report, status);
}

static god_status take_note(void *ctx, uint32_t submission, const char *message)
{
    gdi_check_report *report = ctx;
    if (begin(report) && (submission >= report->submission_count || message == NULL)) {
        note_broken(report, "run gives a note to a submission that does not exist, or an empty one");
    }
    return finish(report, GOD_OK);
}

static god_status take_artifact(void *ctx, uint32_t submission, const char *name, const char *path)
{
    gdi_check_report *report = ctx;
    if (begin(report) && (submission >= report->submission_count || name == NULL || path == NULL || path[0] != '/')) {
        note_broken(report, "run gives an artifact without a name, a submission or an absolute path");
    }
    return finish(report, GOD_OK);
}

static god_status take_fact(void *ctx, const char *name, const char *value)
{
    gdi_check_report *report = ctx;
    if (begin(report) && (name == NULL || name[0] == '\0' || value == NULL)) {
        note_broken(report, "run states a fact without a name or a value");
    }
    return finish(report, GOD_OK);
}

uint32_t gdi_check_report_init(uint32_t submission_count, gdi_check_report *ret_report, god_error *ret_why)
{
    *ret_report = (gdi_check_report){.submission_count = submission_count};
    if (submission_count > GDI_CHECK_SUBMISSIONS_MAX) {
        return gdi_check_skips(ret_why, "%u submissions were given, %d can be checked", submission_count,
                               GDI_CHECK_SUBMISSIONS_MAX);
    }
    ret_report->metrics = calloc(GDI_CHECK_METRICS_MAX, sizeof *ret_report->metrics);
    if (ret_report->metrics == NULL) {
        return gdi_check_skips(ret_why, "out of memory");
    }
    (void)pthread_mutex_init(&ret_report->lock, NULL);
    ret_report->report = (god_report){.size = GOD_SIZE_TO(god_report, fact),
                                      .ctx = ret_report,
                                      .metric = take_metric,
                                      .failed = take_failed,
                                      .excluded = take_excluded,
                                      .note = take_note,
                                      .artifact = take_artifact,
                                      .fact = take_fact};
    return GDI_PASS;
}

void gdi_check_report_fini(gdi_check_report *report)
{
    if (report->metrics != NULL) {
        (void)pthread_mutex_destroy(&report->lock);
    }
    free(report->metrics);
    report->metrics = NULL;
}

const gdi_check_metric *gdi_check_report_find(const gdi_check_report *report, uint32_t submission, const char *name)
{
    for (uint32_t i = 0; i < report->metric_count; i++) {
        const gdi_check_metric *metric = &report->metrics[i];
        if (metric->submission == submission && strcmp(metric->name, name) == 0) {
            return metric;
        }
    }
    return NULL;
}

uint32_t gdi_check_report_equal(const gdi_check_report *a, const gdi_check_report *b, uint32_t first,
                                god_error *ret_why)
{
    for (uint32_t i = 0; i < a->metric_count; i++) {
        const gdi_check_metric *one = &a->metrics[i];
        const gdi_check_metric *other = gdi_check_report_find(b, first + one->submission, one->name);
        if (other == NULL) {
            return gdi_check_fails(ret_why, "submission %u has \"%s\" in one run and not in the other", one->submission,
                                   one->name);
        }
        if (memcmp(&one->value, &other->value, sizeof one->value) != 0 || one->items != other->items) {
            return gdi_check_fails(ret_why, "\"%s\" of submission %u is %.17g over %llu, then %.17g over %llu",
                                   one->name, one->submission, one->value, (unsigned long long)one->items, other->value,
                                   (unsigned long long)other->items);
        }
    }
    return GDI_PASS;
}
