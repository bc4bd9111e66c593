#include "suites.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(suite_simulation_parts());
    srunner_add_suite(runner, suite_simulation_invariants());
    srunner_add_suite(runner, suite_simulation_executors());
    srunner_add_suite(runner, suite_simulation_season());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
