#include "suites.h"

#include <math.h>

#include "dpo/loss.h"

static double number(const json_t *list, size_t index)
{
    return json_number_value(json_array_get(list, index));
}

static double member(const json_t *vector, const char *part, const char *name)
{
    const json_t *value = json_object_get(json_object_get(vector, part), name);
    ck_assert_msg(json_is_number(value), "%s", name);
    return json_number_value(value);
}

/* A sum that was made elsewhere. */
static dpo_sum whole(double value)
{
    return (dpo_sum){value, (float)value, (float)value};
}

/* [policy_chosen, policy_rejected, ref_chosen, ref_rejected] */
static dpo_loss loss_of(const json_t *sums)
{
    const dpo_sum pc = whole(number(sums, 0)), pr = whole(number(sums, 1));
    const dpo_sum rc = whole(number(sums, 2)), rr = whole(number(sums, 3));
    return dpo_loss_of(&pc, &pr, &rc, &rr);
}

/* The sum of an answer from the vector's logits: row t predicts id t + 1 of prompt and answer. */
static dpo_sum sum_of(const json_t *inputs, const char *answer, const char *logits_name)
{
    const json_t *prompt = json_object_get(inputs, "prompt_ids"), *ids = json_object_get(inputs, answer);
    const json_t *logits = json_object_get(inputs, logits_name);
    dpo_sum sum = {0};
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *row = json_array_get(logits, json_array_size(prompt) + i - 1);
        double total = 0.0;
        for (size_t v = 0; v < json_array_size(row); v++) {
            total += exp(number(row, v));
        }
        dpo_sum_add(&sum, number(row, (size_t)json_integer_value(json_array_get(ids, i))) - log(total));
    }
    return sum;
}

START_TEST(test_dpo_loss__pair_of_vector_T07)
{
    json_t *vector = vector_named("T07");
    const json_t *inputs = json_object_get(vector, "inputs");
    const dpo_sum pc = sum_of(inputs, "chosen_ids", "policy_logits_chosen");
    const dpo_sum pr = sum_of(inputs, "rejected_ids", "policy_logits_rejected");
    const dpo_sum rc = sum_of(inputs, "chosen_ids", "ref_logits_chosen");
    const dpo_sum rr = sum_of(inputs, "rejected_ids", "ref_logits_rejected");
    const dpo_loss loss = dpo_loss_of(&pc, &pr, &rc, &rr);
    ck_assert_double_eq_tol(pc.exact, member(vector, "expected", "policy_chosen"), 1e-6);
    ck_assert_double_eq_tol(pr.exact, member(vector, "expected", "policy_rejected"), 1e-6);
    ck_assert_double_eq_tol(rc.exact, member(vector, "expected", "ref_chosen"), 1e-6);
    ck_assert_double_eq_tol(rr.exact, member(vector, "expected", "ref_rejected"), 1e-6);
    ck_assert_double_eq_tol(loss.h, member(vector, "expected", "logit_difference"), 1e-6);
    ck_assert_double_eq_tol(loss.loss, member(vector, "expected", "loss"), 1e-6);
    json_decref(vector);
}
END_TEST

START_TEST(test_dpo_loss__identical_models_of_vector_T08)
{
    json_t *vector = vector_named("T08");
    const dpo_sum chosen = whole(member(vector, "inputs", "policy_chosen"));
    const dpo_sum rejected = whole(member(vector, "inputs", "policy_rejected"));
    const dpo_loss loss = dpo_loss_of(&chosen, &rejected, &chosen, &rejected);
    ck_assert_double_eq_tol(loss.loss, member(vector, "expected", "loss"), 1e-8);
    json_decref(vector);
}
END_TEST

START_TEST(test_dpo_loss__stays_finite_and_exact_at_both_ends_as_in_T09_and_T10)
{
    json_t *t09 = vector_named("T09"), *t10 = vector_named("T10");
    const json_t *pairs = json_object_get(json_object_get(t09, "inputs"), "pairs");
    const json_t *losses = json_object_get(json_object_get(t09, "expected"), "losses");
    double sum = 0.0;
    for (size_t i = 0; i < 3; i++) {
        const dpo_loss loss = loss_of(json_array_get(pairs, i));
        ck_assert_double_eq_tol(loss.loss / number(losses, i), 1.0, 1e-6);
        sum += loss.loss;
    }
    ck_assert_double_eq_tol(sum / 3.0, member(t09, "expected", "eval_loss"), 1e-6);
    const dpo_loss far = loss_of(json_object_get(json_object_get(t10, "inputs"), "pair"));
    ck_assert_double_eq_tol(far.loss, member(t10, "expected", "loss"), 1e-6);
    json_decref(t09);
    json_decref(t10);
}
END_TEST

START_TEST(test_dpo_loss__recipe_rounds_the_policy_as_in_T58)
{
    json_t *vector = vector_named("T58");
    const json_t *cases = json_object_get(json_object_get(vector, "inputs"), "cases");
    const json_t *expected = json_object_get(vector, "expected");
    for (size_t i = 0; i < 3; i++) {
        const json_t *sums = json_array_get(cases, i);
        const json_t *rounded = json_array_get(json_object_get(expected, "policy_bf16"), i);
        const dpo_loss loss = loss_of(sums);
        ck_assert_double_eq((double)dpo_to_bf16((float)number(sums, 0)), number(rounded, 0));
        ck_assert_double_eq((double)dpo_to_bf16((float)number(sums, 1)), number(rounded, 1));
        /* The vector's h is of double precision; the recipe subtracts f32 sums of up to a thousand nats. */
        ck_assert_double_eq_tol(loss.recipe_h, number(json_object_get(expected, "h"), i), 1e-4);
        ck_assert_double_eq_tol(loss.recipe_loss, number(json_object_get(expected, "loss"), i), 2e-6);
        ck_assert_double_eq_tol(loss.loss, number(json_object_get(expected, "loss_exact_arithmetic"), i), 1e-6);
    }
    json_decref(vector);
}
END_TEST

START_TEST(test_dpo_loss__recipe_rounds_tokens_and_their_sum_as_in_T59)
{
    json_t *vector = vector_named("T59");
    const json_t *values = json_object_get(json_object_get(vector, "inputs"), "token_logps");
    const json_t *rounded = json_object_get(json_object_get(vector, "expected"), "rounded");
    dpo_sum sum = {0};
    for (size_t i = 0; i < json_array_size(values); i++) {
        ck_assert_double_eq((double)dpo_to_bf16((float)number(values, i)), number(rounded, i));
        dpo_sum_add(&sum, number(values, i));
    }
    ck_assert_double_eq((double)dpo_to_bf16(sum.bf16_tokens), member(vector, "expected", "sum"));
    ck_assert_double_eq_tol(sum.exact, member(vector, "expected", "exact_sum"), 1e-9);
    json_decref(vector);
}
END_TEST

START_TEST(test_dpo_loss__bf16_ties_go_to_even)
{
    ck_assert_float_eq(dpo_to_bf16(1.0f + 1.0f / 256.0f), 1.0f);                 /* between 1 and 1 + 2^-7 */
    ck_assert_float_eq(dpo_to_bf16(1.0f + 3.0f / 256.0f), 1.0f + 4.0f / 256.0f); /* odd below, even above */
    ck_assert_float_eq(dpo_to_bf16(-0.0f), -0.0f);
    ck_assert_float_eq(dpo_to_bf16(256.5f), 256.0f);
    ck_assert(isnan(dpo_to_bf16(NAN)));
}
END_TEST

Suite *dpo_loss_suite(void)
{
    const TTest *const tests[] = {test_dpo_loss__pair_of_vector_T07,
                                  test_dpo_loss__identical_models_of_vector_T08,
                                  test_dpo_loss__stays_finite_and_exact_at_both_ends_as_in_T09_and_T10,
                                  test_dpo_loss__recipe_rounds_the_policy_as_in_T58,
                                  test_dpo_loss__recipe_rounds_tokens_and_their_sum_as_in_T59,
                                  test_dpo_loss__bf16_ties_go_to_even,
                                  NULL};
    return suite_of("loss", tests);
}
