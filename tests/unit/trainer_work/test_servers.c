/* The addresses of environment servers in the command of a container (core/runner/container/body.h). */
#include <check.h>
#include <string.h>

#include "core/runner/container/body.h"

Suite *trainer_servers_suite(void);

static const struct {
    const char *word, *urls, *expected;
} cases[] = {
    {"{server:0}", "http://10.0.0.2:8000,http://10.0.0.3:8000", "http://10.0.0.2:8000"},
    {"{\"a\": {\"url\": \"{server:1}\"}}", "http://10.0.0.2:8000,http://10.0.0.3:8000",
     "{\"a\": {\"url\": \"http://10.0.0.3:8000\"}}"},
    {"{server:0} {server:0}", "u", "u u"},
    {"{server:2}", "a,b", "{server:2}"}, /* there is none */
    {"{server:x} {server:0", "a,b", "{server:x} {server:0"},
    {"", "a", ""},
    {"{server:0}", NULL, "{server:0}"},
};

START_TEST(test_runner_body__puts_addresses_of_servers_into_the_command)
{
    json_t *argv = json_pack("[s, s]", "--flag", cases[_i].word), *empty = json_array(), *labels = json_object();
    const gdi_run_spec spec = {.run_id = "x",
                               .argv = argv,
                               .env = empty,
                               .labels = labels,
                               .gpu_ids = empty,
                               .sidecars = empty,
                               .cache_dir = "/cache",
                               .nano_cpus = 1000000000};
    const gdi_body body = {.spec = &spec,
                           .image = "i",
                           .network = "n",
                           .checkpoints_dir = "/c",
                           .gpu_kind = "g",
                           .server_urls = cases[_i].urls};
    json_t *docker = gdi_body_docker(&body), *podman = gdi_body_podman(&body, "name");
    ck_assert(docker != NULL && podman != NULL);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(docker, "Cmd"), 1)), cases[_i].expected);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(podman, "command"), 1)), cases[_i].expected);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(podman, "command"), 0)), "--flag");
    json_decref(docker);
    json_decref(podman);
    json_decref(argv);
    json_decref(empty);
    json_decref(labels);
}
END_TEST

Suite *trainer_servers_suite(void)
{
    Suite *suite = suite_create("trainer servers");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, test_runner_body__puts_addresses_of_servers_into_the_command, 0,
                        (int)(sizeof cases / sizeof *cases));
    suite_add_tcase(suite, all);
    return suite;
}
