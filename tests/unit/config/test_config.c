#include "core/config/config.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/config/settings.h"
#include "god/helpers/file.h"

static god_status read_text(const char *text, gdi_config *ret_config, god_error *err)
{
    return gdi_config_read("god.yaml", "/etc/god", text, strlen(text), ret_config, err);
}

static gdi_config read_good(const char *text)
{
    gdi_config config;
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(read_text(text, &config, &err) == GOD_OK, "%s", err.message);
    return config;
}

START_TEST(test_config_config__has_a_default_for_everything)
{
    (void)setenv("XDG_CACHE_HOME", "/cache", 1);
    (void)setenv("XDG_STATE_HOME", "/state", 1);
    gdi_config config = read_good("");
    ck_assert_uint_eq(config.plugins_folders.count, 0);
    ck_assert_int_eq(config.plugins_describe_time_limit_ms, 10000);
    ck_assert_str_eq(config.paths_cache_dir, "/cache/god");
    ck_assert_str_eq(config.paths_state_dir, "/state/god");
    ck_assert_int_ge(config.worker_threads, 1);
    ck_assert_int_eq(config.worker_grace_ms, 10000);
    ck_assert_int_eq(config.host_jobs_max, 1);
    gdi_config_clear(&config);
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        ck_assert_msg(setting->set_default != NULL && setting->help != NULL, "%s", setting->name);
        ck_assert_msg(setting->type != GDI_SETTING_INT || setting->default_int == 0 ||
                          (setting->default_int >= setting->lowest && setting->default_int <= setting->highest),
                      "%s", setting->name);
    }
}
END_TEST

START_TEST(test_config_config__reads_every_type)
{
    char *json = NULL;
    (void)setenv("HOME", "/home/g", 1);
    gdi_config config =
        read_good("plugins:\n"
                  "  folders: [/opt/p, rel/p, ~/p]\n"
                  "  disabled:\n"
                  "    - god.x\n"
                  "  config:\n"
                  "    god.y: {depth: 3, rate: 0.5, on: true, off: \"true\", none: null, list: [a, 1]}\n"
                  "worker:\n"
                  "  threads: 7\n"
                  "  grace_ms:\n" /* nothing: the default */
                  "http: {allow: [\"https://a/\"]}\n"
                  "store: {url: \"postgres://god@db/god\"}\n");
    ck_assert_uint_eq(config.plugins_folders.count, 3);
    ck_assert_str_eq(config.plugins_folders.items[0], "/opt/p");
    ck_assert_str_eq(config.plugins_folders.items[1], "/etc/god/rel/p");
    ck_assert_str_eq(config.plugins_folders.items[2], "/home/g/p");
    ck_assert_uint_eq(gdi_strings_has(&config.plugins_disabled, "god.x"), 1);
    ck_assert_uint_eq(gdi_strings_has(&config.plugins_disabled, "god.y"), 0);
    ck_assert_int_eq(config.worker_threads, 7);
    ck_assert_int_eq(config.worker_grace_ms, 10000);
    ck_assert_str_eq(config.http_allow.items[0], "https://a/");
    ck_assert_str_eq(config.store_url, "postgres://god@db/god");
    json = json_dumps(json_object_get(config.plugins_config, "god.y"), JSON_COMPACT | JSON_SORT_KEYS);
    ck_assert_str_eq(json, "{\"depth\":3,\"list\":[\"a\",1],\"none\":null,\"off\":\"true\",\"on\":true,\"rate\":0.5}");
    free(json);
    gdi_config_clear(&config);
}
END_TEST

static const struct bad_text {
    const char *text, *message;
} bad_texts[] = {
    {"\n\nworker:\n  threads: many\n",
     "god.yaml:4: \"worker.threads\" is \"many\", a whole number from 1 to 1024 is needed"},
    {"worker: {threads: 0}", "god.yaml:1: \"worker.threads\" is \"0\", a whole number from 1 to 1024 is needed"},
    {"worker: {threads: 1025}", "god.yaml:1: \"worker.threads\" is \"1025\""},
    {"worker: {threads: 2.5}", "god.yaml:1: \"worker.threads\" is \"2.5\""},
    {"worker: {threads: [2]}", "god.yaml:1: \"worker.threads\" is a list, a whole number"},
    {"worker: {threads: 99999999999999999999}", "god.yaml:1: \"worker.threads\" is \"99999999999999999999\""},
    {"worker: {thread: 2}", "god.yaml:1: there is no setting \"worker.thread\", did you mean \"worker.threads\"?"},
    {"worker: {banana: 2}", "god.yaml:1: there is no setting \"worker.banana\", see god config default"},
    {"workers: {threads: 2}", "god.yaml:1: there is no setting \"workers\""},
    {"worker: {threads: 2, threads: 3}", "god.yaml:1: \"worker.threads\" is there twice"},
    {"worker: 3", "god.yaml:1: \"worker\" is \"3\", a section is needed"},
    {"- a\n- b", "god.yaml:1: the file is a list, sections such as \"worker:\" are needed"},
    {"plugins: {folders: /opt}", "god.yaml:1: \"plugins.folders\" is \"/opt\", a list is needed"},
    {"plugins: {folders: [[a]]}", "god.yaml:1: \"plugins.folders\" is a list, a path is needed"},
    {"plugins: {disabled: [\"\"]}", "god.yaml:1: \"plugins.disabled\" is \"\", a list of texts is needed"},
    {"plugins: {config: {god.x: 7}}", "god.yaml:1: \"plugins.config.god.x\" is not a section"},
    {"plugins: {config: {god.x: {a: 1, a: 2}}}", "god.yaml:1: \"a\" is there twice"},
    {"paths: {cache_dir: \"\"}", "god.yaml:1: \"paths.cache_dir\" is \"\", a path is needed"},
    {"worker:\n  threads: [1\n", "god.yaml:"},
    {"\tworker: 1", "god.yaml:1:"},
    {"host: {role: miner}", "god.yaml:1: \"host.role\" is \"miner\", validator, trainer or both is needed"},
    {"trainer: {runner: [process]}", "god.yaml:1: \"trainer.runner\" is a list, a text is needed"},
};

START_TEST(test_config_config__says_which_line_holds_which_mistake)
{
    gdi_config config;
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(read_text(bad_texts[_i].text, &config, &err), GOD_E_INVALID);
    ck_assert_msg(strncmp(err.message, bad_texts[_i].message, strlen(bad_texts[_i].message)) == 0, "\"%s\"",
                  err.message);
}
END_TEST

START_TEST(test_config_config__bounds_what_aliases_can_multiply)
{
    gdi_config config;
    god_error err = GOD_ERROR_INIT;
    char text[4096] = "plugins:\n  config:\n    a: &a {x: 1, y: 2}\n";
    for (char c = 'b'; c <= 'z'; c++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "    %c: &%c {p: *%c, q: *%c, r: *%c, s: *%c}\n", c, c, c - 1,
                       c - 1, c - 1, c - 1);
    }
    ck_assert_int_eq(read_text(text, &config, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "is deeper than 32 levels or has more than 100000 values"));
}
END_TEST

START_TEST(test_config_config__prints_defaults_that_it_reads_back)
{
    god_error err = GOD_ERROR_INIT;
    char *text = NULL, *again = NULL;
    size_t bytes = 0, again_bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    ck_assert_int_eq(gdi_config_print_defaults(out, &err), GOD_OK);
    (void)fclose(out);
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        char line[128];
        (void)snprintf(line, sizeof line, "\n  %s: ", strchr(setting->name, '.') + 1);
        ck_assert_msg(strstr(text, line) != NULL, "%s", setting->name);
    }
    gdi_config config = read_good(text), defaults = read_good("");
    out = open_memstream(&again, &again_bytes);
    gdi_config_print(out, &config);
    (void)fclose(out);
    char *plain = NULL;
    size_t plain_bytes = 0;
    out = open_memstream(&plain, &plain_bytes);
    gdi_config_print(out, &defaults);
    (void)fclose(out);
    ck_assert_str_eq(again, plain);
    free(text);
    free(again);
    free(plain);
    gdi_config_clear(&config);
    gdi_config_clear(&defaults);
}
END_TEST

START_TEST(test_config_config__finds_its_file_where_it_is_named)
{
    gdi_config config;
    god_error err = GOD_ERROR_INIT;
    static const char a[] = "worker: {threads: 3}\n", b[] = "worker: {threads: 4}\n";
    (void)setenv("HOME", "/nowhere", 1);
    (void)unlink("god.yaml");
    ck_assert_int_eq(god_file_write("named.yaml", a, strlen(a), &err), GOD_OK);
    ck_assert_int_eq(god_file_write("env.yaml", b, strlen(b), &err), GOD_OK);

    ck_assert_int_eq(gdi_config_load("nowhere.yaml", &config, &err), GOD_E_NOT_FOUND);
    (void)setenv("GOD_CONFIG", "env.yaml", 1);
    ck_assert_msg(gdi_config_load("named.yaml", &config, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(config.worker_threads, 3);
    ck_assert_int_eq(config.source[0], '/');
    gdi_config_clear(&config);
    ck_assert_int_eq(gdi_config_load(NULL, &config, &err), GOD_OK);
    ck_assert_int_eq(config.worker_threads, 4);
    gdi_config_clear(&config);
    (void)unsetenv("GOD_CONFIG");
    ck_assert_int_eq(rename("named.yaml", "god.yaml"), 0);
    ck_assert_int_eq(gdi_config_load(NULL, &config, &err), GOD_OK);
    ck_assert_int_eq(config.worker_threads, 3);
    gdi_config_clear(&config);
    (void)unlink("god.yaml");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_config");
    TCase *tests = tcase_create("config");
    tcase_add_test(tests, test_config_config__has_a_default_for_everything);
    tcase_add_test(tests, test_config_config__reads_every_type);
    tcase_add_loop_test(tests, test_config_config__says_which_line_holds_which_mistake, 0,
                        sizeof bad_texts / sizeof *bad_texts);
    tcase_add_test(tests, test_config_config__bounds_what_aliases_can_multiply);
    tcase_add_test(tests, test_config_config__prints_defaults_that_it_reads_back);
    tcase_add_test(tests, test_config_config__finds_its_file_where_it_is_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
