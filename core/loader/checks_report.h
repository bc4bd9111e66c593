/* core/loader/checks_report.h: what a run reported, and whether two runs reported the same.
 *
 * The report's calls may come from any thread. [any] Reading: after the run. [one]
 */
#ifndef GDI_LOADER_CHECKS_REPORT_H
#define GDI_LOADER_CHECKS_REPORT_H

#include <pthread.h>

#include "core/loader/checks.h"

enum { GDI_CHECK_METRICS_MAX = 4096, GDI_CHECK_SUBMISSIONS_MAX = 64, GDI_CHECK_METRIC_NAME_BYTES = 65 };

typedef struct gdi_check_metric {
    uint32_t submission;
    char name[GDI_CHECK_METRIC_NAME_BYTES];
    double value;
    uint64_t items;
} gdi_check_metric;

typedef struct gdi_check_report {
    god_report report; /* what the run sees */
    uint32_t submission_count;
    uint32_t refuse; /* 1: every call is refused with GOD_E_IO */
    pthread_mutex_t lock;
    /* guarded by lock while the run lasts */
    gdi_check_metric *metrics; /* own */
    uint32_t metric_count, refused_count;
    uint32_t has_failed[GDI_CHECK_SUBMISSIONS_MAX]; /* or was excluded */
    char broken[200];                               /* the first report that the contract does not allow */
} gdi_check_report;

/* GDI_PASS, or GDI_SKIP for want of memory or with too many submissions. */
uint32_t gdi_check_report_init(uint32_t submission_count, gdi_check_report *ret_report, god_error *ret_why);
void gdi_check_report_fini(gdi_check_report *report); /* accepts one that is all zero */

/* NULL when the submission has no such metric. */
const gdi_check_metric *gdi_check_report_find(const gdi_check_report *report, uint32_t submission, const char *name);

/* GDI_PASS when submissions first .. of b have the metrics that 0 .. of a have, bit by bit. */
uint32_t gdi_check_report_equal(const gdi_check_report *a, const gdi_check_report *b, uint32_t first,
                                god_error *ret_why);

#endif
