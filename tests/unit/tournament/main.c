#include "suites.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(suite_tournament_draws());
    srunner_add_suite(runner, suite_tournament_brackets());
    srunner_add_suite(runner, suite_tournament_results());
    srunner_add_suite(runner, suite_tournament_entry());
    srunner_add_suite(runner, suite_tournament_tasks());
    srunner_add_suite(runner, suite_tournament_emission());
    srunner_add_suite(runner, suite_tournament_properties());
    srunner_add_suite(runner, suite_tournament_vectors());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
