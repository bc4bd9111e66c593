#ifndef TEST_INSTRUCT_SUITES_H
#define TEST_INSTRUCT_SUITES_H

#include "support.h"

Suite *instruct_float_text_suite(void);
Suite *instruct_python_json_suite(void);
Suite *instruct_format_string_suite(void);
Suite *instruct_rows_suite(void);
Suite *instruct_record_suite(void);
Suite *instruct_example_suite(void);
Suite *instruct_prepared_suite(void);
Suite *instruct_context_suite(void);
Suite *instruct_finetune_suite(void);
Suite *instruct_pack_suite(void);
Suite *instruct_lm_score_suite(void);
Suite *instruct_task_args_suite(void);
Suite *instruct_tokens_suite(void);

#endif
