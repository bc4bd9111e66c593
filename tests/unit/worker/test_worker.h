/* The suites of this folder. */
#ifndef GDI_TEST_WORKER_H
#define GDI_TEST_WORKER_H

#include <check.h>

Suite *suite_worker_collect(void);
Suite *suite_worker_example(void);
Suite *suite_worker_job(void);
Suite *suite_worker_outbox(void);
Suite *suite_worker_report(void);
Suite *suite_worker_result(void);
Suite *suite_worker_split(void);
Suite *suite_worker_stop(void);
Suite *suite_worker_supervisor(void);

#endif
