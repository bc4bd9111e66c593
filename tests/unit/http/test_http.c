#include "test_http.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(suite_http_target());
    srunner_add_suite(runner, suite_http_key());
    srunner_add_suite(runner, suite_http_server());
    srunner_add_suite(runner, suite_http_api());
    srunner_add_suite(runner, suite_http_raw());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
