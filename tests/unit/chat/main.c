#include <check.h>
#include <stdlib.h>

#include "support.h"

int main(void)
{
    SRunner *runner = srunner_create(chat_turns_suite());
    srunner_add_suite(runner, chat_templates_suite());
    srunner_add_suite(runner, chat_labels_suite());
    srunner_add_suite(runner, chat_prepare_suite());
    srunner_add_suite(runner, chat_goldens_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
