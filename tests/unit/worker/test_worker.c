/* What needs no process. */
#include "test_worker.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(suite_worker_job());
    srunner_add_suite(runner, suite_worker_collect());
    srunner_add_suite(runner, suite_worker_example());
    srunner_add_suite(runner, suite_worker_result());
    srunner_add_suite(runner, suite_worker_outbox());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
