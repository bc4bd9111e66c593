#include "suites.h"

#include "common/finetune.h"

START_TEST(test_instruct_finetune__verdicts_of_vector_T46)
{
    json_t *vector = vector_named("T46");
    const json_t *cases = json_object_get(json_object_get(vector, "inputs"), "cases");
    const json_t *wanted = json_object_get(json_object_get(vector, "expected"), "is_finetune");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        char why[128] = "";
        const json_t *one = json_array_get(cases, i);
        uint32_t verdict = gtx_is_finetune(json_array_get(one, 0), json_array_get(one, 1), why, sizeof why);
        ck_assert_int_eq(verdict, json_is_true(json_array_get(wanted, i)));
        ck_assert_int_eq(why[0] == '\0', verdict);
    }
    ck_assert_uint_eq(json_array_size(cases), 5);
    json_decref(vector);
}
END_TEST

static uint32_t verdict_on(const char *base_text, const char *submission_text, char why[128])
{
    json_t *base = json_of(base_text), *submission = json_of(submission_text);
    why[0] = '\0';
    uint32_t verdict = gtx_is_finetune(base, submission, why, 128);
    json_decref(base);
    json_decref(submission);
    return verdict;
}

START_TEST(test_instruct_finetune__says_which_member_differs)
{
    char why[128];
    ck_assert(!verdict_on("{\"hidden_size\":64}", "{\"hidden_size\":96}", why));
    ck_assert_str_eq(why, "config.json: \"hidden_size\" is 96, the base model has 64");
    ck_assert(!verdict_on("{\"architectures\":[\"A\"]}", "{}", why));
    ck_assert_str_eq(why, "config.json: \"architectures\" is absent, the base model has [\"A\"]");
    ck_assert(!verdict_on("{}", "{\"architectures\":[\"A\"]}", why));
}
END_TEST

START_TEST(test_instruct_finetune__compares_what_a_config_implies)
{
    char why[128];
    const char *base = "{\"hidden_size\":64,\"num_attention_heads\":4,\"head_dim\":16,\"num_key_value_heads\":4}";
    ck_assert(verdict_on(base, "{\"hidden_size\":64,\"num_attention_heads\":4}", why));
    ck_assert(!verdict_on(base, "{\"hidden_size\":64,\"num_attention_heads\":4,\"head_dim\":32}", why));
    ck_assert(!verdict_on(base, "{\"hidden_size\":64,\"num_attention_heads\":4,\"num_key_value_heads\":2}", why));
    ck_assert(verdict_on("{\"hidden_size\":64}", "{\"hidden_size\":64,\"head_dim\":16}", why));
}
END_TEST

Suite *instruct_finetune_suite(void)
{
    const TTest *const tests[] = {test_instruct_finetune__verdicts_of_vector_T46,
                                  test_instruct_finetune__says_which_member_differs,
                                  test_instruct_finetune__compares_what_a_config_implies, NULL};
    return suite_of("finetune", tests);
}
