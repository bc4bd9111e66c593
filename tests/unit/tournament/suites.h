/* The suites of core/tournament and of `god rules`; main.c runs them all. */
#ifndef TEST_TOURNAMENT_SUITES_H
#define TEST_TOURNAMENT_SUITES_H

#include <check.h>

Suite *suite_tournament_brackets(void);
Suite *suite_tournament_draws(void);
Suite *suite_tournament_emission(void);
Suite *suite_tournament_entry(void);
Suite *suite_tournament_properties(void);
Suite *suite_tournament_results(void);
Suite *suite_tournament_tasks(void);
Suite *suite_tournament_vectors(void);

#endif
