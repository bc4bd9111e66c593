#include "test_base.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(suite_base_child());
    srunner_add_suite(runner, suite_base_frame());
    srunner_add_suite(runner, suite_base_log());
    srunner_add_suite(runner, suite_base_names());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
