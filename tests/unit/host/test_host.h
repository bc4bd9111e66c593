/* The suites of this folder. */
#ifndef GDI_TEST_HOST_H
#define GDI_TEST_HOST_H

#include <check.h>

Suite *suite_host_cache(void);
Suite *suite_host_daemon(void);
Suite *suite_host_daemon_jobs(void);
Suite *suite_host_plugins(void);
Suite *suite_host_rules_settings(void);
Suite *suite_host_scratch(void);
Suite *suite_host_turn_lease(void);
Suite *suite_host_watch(void);

#endif
