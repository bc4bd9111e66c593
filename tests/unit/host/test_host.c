#include "test_host.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(suite_host_cache());
    srunner_add_suite(runner, suite_host_scratch());
    srunner_add_suite(runner, suite_host_plugins());
    srunner_add_suite(runner, suite_host_watch());
    srunner_add_suite(runner, suite_host_daemon());
    srunner_add_suite(runner, suite_host_daemon_jobs());
    srunner_add_suite(runner, suite_host_rules_settings());
    srunner_add_suite(runner, suite_host_turn_lease());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
