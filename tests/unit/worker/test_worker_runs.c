/* What runs god-worker. */
#include "test_worker.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(suite_worker_supervisor());
    srunner_add_suite(runner, suite_worker_report());
    srunner_add_suite(runner, suite_worker_split());
    srunner_add_suite(runner, suite_worker_stop());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
