/* support.h: what the suites of the instruct plug-in share: suites, vectors, the toy tokenizer. */
#ifndef TEST_INSTRUCT_SUPPORT_H
#define TEST_INSTRUCT_SUPPORT_H

#include <check.h>
#include <jansson.h>

#include "common/encoder.h"
#include "common/rows.h"

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

Suite *suite_of(const char *name, const TTest *const *tests); /* NULL-ended */

void expect_ok(god_status status, const god_error *err);
void expect_refused(god_status status, god_status wanted, const god_error *err, const char *sentence);

json_t *json_of(const char *text);           /* owned by the caller */
json_t *vector_named(const char *id);        /* {"id", "inputs", "expected"}; owned by the caller */
gtx_rows rows_of(const json_t *row_objects); /* one object or an array of them */

/* One token per byte (its value); '~' yields none. Adds BOS and EOS when told, keeps them when it cuts. */
typedef struct toy {
    int32_t bos, eos;
    uint32_t adds_bos, adds_eos, cuts_left;
} toy;
gtx_encoder toy_encoder(toy *about);

#endif
