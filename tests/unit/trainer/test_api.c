/* The description of the interface, and the interface. */
#include "core/trainer/api.h"

#include <ctype.h>

#include "god/helpers/json.h"
#include "suites.h"

static void lower(const char *method, char ret_word[16])
{
    size_t i = 0;
    for (; method[i] != '\0' && i < 15; i++) {
        ret_word[i] = (char)tolower((unsigned char)method[i]);
    }
    ret_word[i] = '\0';
}

START_TEST(test_trainer_api__is_described_route_by_route)
{
    json_t *root = NULL;
    god_error err = GOD_ERROR_INIT;
    size_t described = 0, there = 0;
    const char *path = NULL;
    const json_t *methods = NULL;
    ck_assert_msg(god_json_read(GOD_SOURCE_DIR "/core/trainer/openapi.json", 1 << 20, &root, &err) == GOD_OK, "%s",
                  err.message);
    const json_t *paths = json_object_get(root, "paths");
    for (const gdi_route *const *table = gdi_trainer_tables; *table != NULL; table++) {
        for (const gdi_route *route = *table; route->method != NULL; route++) {
            char word[16];
            lower(route->method, word);
            const json_t *operation = json_object_get(json_object_get(paths, route->pattern), word);
            ck_assert_msg(operation != NULL, "%s %s is not described", route->method, route->pattern);
            const json_t *refusal = json_object_get(json_object_get(operation, "responses"), "403");
            ck_assert_msg((refusal != NULL) == (route->access == GDI_ACCESS_PEER), "%s", route->pattern);
            there++;
        }
    }
    json_object_foreach((json_t *)(uintptr_t)paths, path, methods)
    {
        described += json_object_size(methods);
    }
    ck_assert_uint_eq(described, there);
    json_decref(root);
}
END_TEST

/* The pattern of a task fits two addresses that mean something else. */
START_TEST(test_trainer_api__addresses_are_matched_in_the_order_of_the_specification)
{
    static const char *const addresses[][2] = {
        {"/v1/trainer/get_gpu_availability", "/v1/trainer/get_gpu_availability"},
        {"/v1/trainer/get_recent_tasks?hours=1", "/v1/trainer/get_recent_tasks"},
        {"/v1/trainer/some-task?hotkey=h", "/v1/trainer/{task_id}"},
        {"/v1/trainer/model_prep/some-task", "/v1/trainer/model_prep/{task_id}"}};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        gdi_target target;
        const char *parameters[GDI_ROUTE_PARAMETERS_MAX] = {NULL};
        char allow[GDI_ROUTE_ALLOW_BYTES];
        ck_assert_int_eq(gdi_target_parse(addresses[i][0], &target, NULL), GOD_OK);
        const gdi_route *route = gdi_route_find(gdi_trainer_tables, "GET", &target, parameters, allow);
        ck_assert_ptr_nonnull(route);
        ck_assert_str_eq(route->pattern, addresses[i][1]);
        gdi_target_clear(&target);
    }
}
END_TEST

Suite *suite_trainer_api(void)
{
    Suite *suite = suite_create("trainer/api");
    TCase *tcase = tcase_create("api");
    tcase_add_test(tcase, test_trainer_api__is_described_route_by_route);
    tcase_add_test(tcase, test_trainer_api__addresses_are_matched_in_the_order_of_the_specification);
    suite_add_tcase(suite, tcase);
    return suite;
}
