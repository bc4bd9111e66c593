#include "suites.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(training_vectors_suite());
    srunner_add_suite(runner, training_card_suite());
    srunner_add_suite(runner, training_request_suite());
    srunner_add_suite(runner, training_model_prep_suite());
    srunner_add_suite(runner, training_output_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
