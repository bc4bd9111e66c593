#include <stdlib.h>

#include "rounds_suites.h"

int main(void)
{
    SRunner *runner = srunner_create(suite_cycles_rounds_text());
    srunner_add_suite(runner, suite_cycles_rounds_environment());
    srunner_add_suite(runner, suite_cycles_rounds_blocked());
    srunner_add_suite(runner, suite_cycles_rounds_tasks());
    srunner_add_suite(runner, suite_cycles_rounds_training());
    srunner_add_suite(runner, suite_cycles_rounds_faults());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
