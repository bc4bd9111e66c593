/* The suites of core/simulation; main.c runs them all. */
#ifndef TEST_SIMULATION_SUITES_H
#define TEST_SIMULATION_SUITES_H

#include <check.h>

Suite *suite_simulation_parts(void);
Suite *suite_simulation_invariants(void);
Suite *suite_simulation_executors(void);
Suite *suite_simulation_season(void);

#endif
