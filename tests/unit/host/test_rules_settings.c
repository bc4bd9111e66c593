#include "core/host/rules_settings.h"

#include <stdlib.h>

#include "test_host.h"

static god_status read(const char *text, gdi_rules *ret_rules, god_error *err)
{
    json_t *sections = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(sections);
    god_status status = gdi_rules_from_settings(sections, ret_rules, err);
    json_decref(sections);
    return status;
}

START_TEST(test_host_rules_settings__change_what_they_name_alone)
{
    gdi_rules rules, expected;
    god_error err = GOD_ERROR_INIT;
    gdi_rules_default(&expected);
    ck_assert_int_eq(read("{}", &rules, &err), GOD_OK);
    ck_assert_uint_eq(rules.training_attempts_max, expected.training_attempts_max);
    ck_assert_double_eq(rules.decay_per_day, expected.decay_per_day);
    ck_assert_int_eq(read("{\"text\": {\"fee_rao\": 7, \"start_weekday\": 6, \"weight_max\": 0.5},"
                          " \"all\": {\"training_attempts_max\": 5, \"decay_per_day\": 0, \"threshold_base\": 0.1,"
                          " \"burn_keeps_participation\": true}}",
                          &rules, &err),
                     GOD_OK);
    ck_assert_int_eq((int)gdi_rules_of(&rules, GDI_TEXT)->fee_rao, 7);
    ck_assert_uint_eq(gdi_rules_of(&rules, GDI_TEXT)->start_weekday, 6);
    ck_assert_double_eq(gdi_rules_of(&rules, GDI_TEXT)->weight_max, 0.5);
    ck_assert_int_eq((int)gdi_rules_of(&rules, GDI_IMAGE)->fee_rao, 200000000);
    ck_assert_uint_eq(rules.training_attempts_max, 5);
    ck_assert_double_eq(rules.decay_per_day, 0);
    ck_assert_double_eq(rules.threshold_base, 0.1);
    ck_assert(rules.burn_keeps_participation);
    ck_assert_uint_eq(rules.knockout_field_max, expected.knockout_field_max);
}
END_TEST

static void refuses(const char *text, const char *message)
{
    gdi_rules rules;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(read(text, &rules, &err), GOD_E_INVALID);
    ck_assert_str_eq(err.message, message);
}

START_TEST(test_host_rules_settings__refuse_what_no_network_can_mean)
{
    refuses("{\"txt\": {}}", "tournament.rules has no section \"txt\", there are text, image, environment and all");
    refuses("{\"text\": {\"fee\": 1}}", "tournament.rules.text has no constant \"fee\"");
    refuses("{\"all\": {\"decay_per_dya\": 1}}",
            "tournament.rules.all has no constant \"decay_per_dya\", did you mean \"decay_per_day\"?");
    refuses("{\"text\": {\"start_hour\": 24}}", "tournament.rules.text.start_hour must be a whole number from 0 to 23");
    refuses("{\"text\": {\"start_hour\": 1.5}}",
            "tournament.rules.text.start_hour must be a whole number from 0 to 23");
    refuses("{\"all\": {\"kl_probability\": \"x\"}}",
            "tournament.rules.all.kl_probability must be a number from 0 to 1");
    refuses("{\"text\": {\"weight_max\": 0.9}}", "the weight_max of tournament.rules sum to 1.38, 1 is the most");
    refuses("{\"image\": {\"base_weight\": 0.5}}", "tournament.rules.image.base_weight is larger than weight_max");
}
END_TEST

Suite *suite_host_rules_settings(void)
{
    Suite *suite = suite_create("host/rules_settings");
    TCase *tcase = tcase_create("settings");
    tcase_add_test(tcase, test_host_rules_settings__change_what_they_name_alone);
    tcase_add_test(tcase, test_host_rules_settings__refuse_what_no_network_can_mean);
    suite_add_tcase(suite, tcase);
    return suite;
}
