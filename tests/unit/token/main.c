#include <stdlib.h>

#include "suites.h"

int main(void)
{
    SRunner *runner = srunner_create(suite_token_golden());
    srunner_add_suite(runner, suite_token_encode());
    srunner_add_suite(runner, suite_token_regex());
    srunner_add_suite(runner, suite_token_speed());
    srunner_add_suite(runner, suite_token_malformed());
    srunner_add_suite(runner, suite_token_utf8());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
