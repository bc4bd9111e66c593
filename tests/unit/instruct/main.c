#include "suites.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(instruct_float_text_suite());
    srunner_add_suite(runner, instruct_python_json_suite());
    srunner_add_suite(runner, instruct_format_string_suite());
    srunner_add_suite(runner, instruct_rows_suite());
    srunner_add_suite(runner, instruct_record_suite());
    srunner_add_suite(runner, instruct_example_suite());
    srunner_add_suite(runner, instruct_prepared_suite());
    srunner_add_suite(runner, instruct_context_suite());
    srunner_add_suite(runner, instruct_finetune_suite());
    srunner_add_suite(runner, instruct_pack_suite());
    srunner_add_suite(runner, instruct_lm_score_suite());
    srunner_add_suite(runner, instruct_task_args_suite());
    srunner_add_suite(runner, instruct_tokens_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
