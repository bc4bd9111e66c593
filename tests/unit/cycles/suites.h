/* The suites of core/cycles, first half; main.c runs them all. */
#ifndef TEST_CYCLES_SUITES_H
#define TEST_CYCLES_SUITES_H

#include <check.h>

Suite *suite_cycles_turn(void);
Suite *suite_cycles_schedule(void);
Suite *suite_cycles_registration(void);
Suite *suite_cycles_gates(void);
Suite *suite_cycles_ending(void);
Suite *suite_cycles_emissions(void);
Suite *suite_cycles_money(void);
Suite *suite_cycles_faults(void);

#endif
