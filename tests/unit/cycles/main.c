#include "suites.h"

#include <stdlib.h>

#include "core/cycles/steps.h"

/* The other half has its own tests: here a turn walks the first half and the end alone. */
const gdi_step_kind gdi_round_steps[] = {{.name = NULL}};

int main(void)
{
    SRunner *runner = srunner_create(suite_cycles_turn());
    srunner_add_suite(runner, suite_cycles_schedule());
    srunner_add_suite(runner, suite_cycles_registration());
    srunner_add_suite(runner, suite_cycles_gates());
    srunner_add_suite(runner, suite_cycles_ending());
    srunner_add_suite(runner, suite_cycles_emissions());
    srunner_add_suite(runner, suite_cycles_money());
    srunner_add_suite(runner, suite_cycles_faults());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
