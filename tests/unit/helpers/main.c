#include "suites.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(helpers_text_suite());
    srunner_add_suite(runner, helpers_file_suite());
    srunner_add_suite(runner, helpers_sha256_suite());
    srunner_add_suite(runner, helpers_json_suite());
    srunner_add_suite(runner, helpers_processors_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
