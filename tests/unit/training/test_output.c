/* The folder of a result: TV-25 of the training specification, and the names of base models. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/training/output.h"
#include "god/helpers/json.h"

static char dir[GOD_PATH_MAX];

static void setup(void)
{
    (void)snprintf(dir, sizeof dir, "output-%d", (int)getpid());
    ck_assert_int_eq(god_dir_remove(dir, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(dir, NULL), GOD_OK);
}

static void teardown(void)
{
    (void)god_dir_remove(dir, NULL);
}

static const char *in_dir(const char *name)
{
    static char path[GOD_PATH_MAX];
    ck_assert_int_eq(god_path_join(dir, name, path, NULL), GOD_OK);
    return path;
}

static void write_bytes(const char *name, size_t bytes)
{
    char *data = calloc(1, bytes + 1);
    ck_assert_ptr_nonnull(data);
    ck_assert_int_eq(god_file_write(in_dir(name), data, bytes, NULL), GOD_OK);
    free(data);
}

static god_status find(char ret_dir[GOD_PATH_MAX])
{
    god_error err = GOD_ERROR_INIT;
    return gdi_output_find(dir, ret_dir, &err);
}

START_TEST(test_training_output__missing)
{
    char found[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_output_find("no-such-folder", found, &err), GOD_E_NOT_FOUND);
    ck_assert_str_eq(err.message, "the output folder \"no-such-folder\" is missing: write the result there");
}
END_TEST

START_TEST(test_training_output__metadata_is_no_content)
{
    char found[GOD_PATH_MAX];
    ck_assert_int_eq(find(found), GOD_E_DATA);
    write_bytes(".gitattributes", 3000);
    ck_assert_int_eq(find(found), GOD_E_DATA);
    write_bytes("config.json", 1024);
    ck_assert_int_eq(find(found), GOD_E_DATA);
    write_bytes("config.json", 1025);
    ck_assert_int_eq(find(found), GOD_OK);
    ck_assert_str_eq(found, dir);
}
END_TEST

START_TEST(test_training_output__a_folder_is_content)
{
    char found[GOD_PATH_MAX];
    ck_assert_int_eq(god_dir_make(in_dir("checkpoint-10"), NULL), GOD_OK);
    ck_assert_int_eq(find(found), GOD_OK);
    ck_assert_str_eq(found, dir);
}
END_TEST

START_TEST(test_training_output__the_first_folder_with_weights_goes_up)
{
    char found[GOD_PATH_MAX];
    ck_assert_int_eq(god_dir_make(in_dir("a-empty"), NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(in_dir("best"), NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(in_dir("later"), NULL), GOD_OK);
    write_bytes("best/adapter_model.safetensors", 10);
    write_bytes("later/adapter_model.safetensors", 10);
    ck_assert_int_eq(find(found), GOD_OK);
    ck_assert_str_eq(found, in_dir("best"));
}
END_TEST

START_TEST(test_training_output__a_link_is_no_folder)
{
    char found[GOD_PATH_MAX];
    ck_assert_int_eq(symlink("/", in_dir("link")), 0);
    ck_assert_int_eq(find(found), GOD_E_DATA);
}
END_TEST

START_TEST(test_training_output__skips_trainer_states)
{
    ck_assert_uint_eq(gdi_output_skips("optimizer.pt"), 1);
    ck_assert_uint_eq(gdi_output_skips("rng_state_3.pth"), 1);
    ck_assert_uint_eq(gdi_output_skips("adapter_model.safetensors"), 0);
    ck_assert_uint_eq(gdi_output_skips("rng_state.json"), 0);
}
END_TEST

START_TEST(test_training_output__names_the_base_model)
{
    static const char given[] = "{\"r\": 8, \"base_model_name_or_path\": \"/c\"}";
    static const char readme[] = "---\n  base_model: /cache/models/x\ntags: [a]\n---\nabout base_model: x\n";
    god_error err = GOD_ERROR_INIT;
    json_t *config = NULL;
    char *text = NULL;
    size_t bytes = 0;
    ck_assert_int_eq(god_file_write(in_dir("README.md"), readme, sizeof readme - 1, NULL), GOD_OK);
    ck_assert_int_eq(god_file_write(in_dir("adapter_config.json"), given, sizeof given - 1, NULL), GOD_OK);
    ck_assert_int_eq(gdi_output_name_base(dir, "Qwen/Qwen3-0.6B", &err), GOD_OK);
    ck_assert_int_eq(god_file_read(in_dir("README.md"), 1000, &text, &bytes, &err), GOD_OK);
    ck_assert_str_eq(text, "---\nbase_model: Qwen/Qwen3-0.6B\ntags: [a]\n---\nabout base_model: x\n");
    free(text);
    ck_assert_int_eq(god_json_read(in_dir("adapter_config.json"), 1000, &config, &err), GOD_OK);
    ck_assert_str_eq(json_string_value(json_object_get(config, "base_model_name_or_path")), "Qwen/Qwen3-0.6B");
    ck_assert_int_eq(json_integer_value(json_object_get(config, "r")), 8);
    json_decref(config);
}
END_TEST

START_TEST(test_training_output__does_not_write_through_a_link)
{
    static const char config[] = "{\"base_model_name_or_path\": \"/c\"}";
    god_error err = GOD_ERROR_INIT;
    char *text = NULL;
    size_t bytes = 0;
    ck_assert_int_eq(god_file_write(in_dir("outside.json"), config, sizeof config - 1, NULL), GOD_OK);
    ck_assert_int_eq(symlink("outside.json", in_dir("adapter_config.json")), 0);
    ck_assert_int_eq(gdi_output_name_base(dir, "a/b", &err), GOD_OK);
    ck_assert_int_eq(god_file_read(in_dir("outside.json"), 1000, &text, &bytes, &err), GOD_OK);
    ck_assert_str_eq(text, config);
    free(text);
}
END_TEST

Suite *training_output_suite(void)
{
    const TTest *const tests[] = {test_training_output__missing,
                                  test_training_output__metadata_is_no_content,
                                  test_training_output__a_folder_is_content,
                                  test_training_output__the_first_folder_with_weights_goes_up,
                                  test_training_output__a_link_is_no_folder,
                                  test_training_output__skips_trainer_states,
                                  test_training_output__names_the_base_model,
                                  test_training_output__does_not_write_through_a_link};
    Suite *suite = suite_create("training output");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        tcase_add_test(all, tests[i]);
    }
    suite_add_tcase(suite, all);
    return suite;
}
