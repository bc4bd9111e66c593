#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "suites.h"

const char *fresh_dir(const char *name)
{
    static char path[GOD_PATH_MAX];
    char here[GOD_PATH_MAX];
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    ck_assert_int_lt(snprintf(path, sizeof path, "%.3000s/%.500s", here, name), (int)sizeof path);
    ck_assert_int_eq(god_dir_remove(path, NULL), GOD_OK);
    ck_assert_int_eq(god_dir_make(path, NULL), GOD_OK);
    return path;
}

json_t *start_request(const char *task_id, const char *hotkey, const char *model, const char *gpu_ids)
{
    json_t *gpus = json_loads(gpu_ids, 0, NULL);
    json_t *request =
        json_pack("{s:{s:s, s:s, s:f, s:s, s:{}, s:s}, s:s, s:o, s:s, s:s}", "training_data", "task_id", task_id,
                  "model", model, "hours_to_complete", 1.5, "dataset", "https://s3.example/b/k.json?X-Signature=a",
                  "dataset_type", "file_format", "s3", "github_repo", "https://user:word@example.org/a/b", "gpu_ids",
                  gpus, "hotkey", hotkey, "github_token", "ghp_secret");
    ck_assert_ptr_nonnull(request);
    return request;
}

int main(void)
{
    SRunner *runner = srunner_create(suite_trainer_store());
    srunner_add_suite(runner, suite_trainer_gpus());
    srunner_add_suite(runner, suite_trainer_access());
    srunner_add_suite(runner, suite_trainer_api());
    srunner_add_suite(runner, suite_trainer_cleanup());
    srunner_add_suite(runner, suite_trainer_run_logs());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
