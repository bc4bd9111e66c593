/* The suites of core/cycles, second half: from the bracket to the winner; rounds_main.c runs them all. */
#ifndef TEST_CYCLES_ROUNDS_SUITES_H
#define TEST_CYCLES_ROUNDS_SUITES_H

#include <check.h>

Suite *suite_cycles_rounds_blocked(void);
Suite *suite_cycles_rounds_environment(void);
Suite *suite_cycles_rounds_faults(void);
Suite *suite_cycles_rounds_tasks(void);
Suite *suite_cycles_rounds_text(void);
Suite *suite_cycles_rounds_training(void);

#endif
