#include "suites.h"

#include <stdlib.h>

#include "common/task_args.h"
#include "god/helpers/text.h"

static god_error err = GOD_ERROR_INIT;

#define HOTKEY_1 "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
#define HOTKEY_2 "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"

/* A sink that writes one line per call. */
static god_status sink_arg(void *ctx, const char *name, const char *value)
{
    return god_text_append_f(ctx, NULL, "%s=%s\n", name, value == NULL ? "(none)" : value);
}

static god_status sink_env(void *ctx, const char *name, const char *value)
{
    return god_text_append_f(ctx, NULL, "env %s=%s\n", name, value);
}

static god_status sink_mount(void *ctx, const char *key, const char *target, uint32_t read_only)
{
    return god_text_append_f(ctx, NULL, "mount %s:%s:%s\n", key, target, read_only ? "ro" : "rw");
}

static void expect_command(const char *spec_json, const char *salt, gtx_kind kind, const char *task_type,
                           const char *wanted)
{
    god_text lines = GOD_TEXT_INIT;
    const god_args sink = {GOD_SIZE_TO(god_args, mount), &lines, sink_arg, sink_env, sink_mount};
    gtx_task_spec spec;
    expect_ok(gtx_task_spec_parse(spec_json, task_type, kind, &spec, &err), &err);
    expect_ok(gtx_task_args(&spec, salt, &sink, &err), &err);
    ck_assert_str_eq(lines.data, wanted);
    gtx_task_spec_free(&spec);
    god_text_free(&lines);
}

#define WANDB(path)                                                                           \
    "env WANDB_MODE=offline\n"                                                                \
    "env WANDB_DIR=" path "\nenv WANDB_CACHE_DIR=" path "\nenv WANDB_ARTIFACT_DIR=" path "\n" \
    "env WANDB_DATA_DIR=" path "\nenv WANDB_CONFIG_DIR=" path "\n"
#define MOUNTS "mount checkpoints:/app/checkpoints/:rw\nmount cache:/cache:ro\n"
#define RECORD_TEXT                                                                                      \
    "--dataset-type={\"system_prompt\": \"\", \"system_format\": \"{system}\", \"field_system\": null, " \
    "\"field_instruction\": \"instruct\", \"field_input\": \"input\", \"field_output\": \"output\", "    \
    "\"format\": null, \"no_input_format\": null, \"field\": null}\n"

START_TEST(test_instruct_task_args__instruct_on_one_gpu)
{
    expect_command(
        "{\"model\":\"Qwen/Qwen2.5-1.5B\",\"task_id\":\"3f1c1c2e-8f0b-4d55-9a51-0d5a6f0e7a11\","
        "\"hours_to_complete\":2.5,\"expected_repo_name\":\"tournament-tourn_ab12cd34ef56ab78_20260702-"
        "3f1c1c2e-8f0b-4d55-9a51-0d5a6f0e7a11-5GrwvaEF\",\"dataset\":\"https://s3.example/bkt/"
        "aa11_train_data.json?sig=x\",\"dataset_type\":{\"field_instruction\":\"instruct\",\"field_input\":\"input\","
        "\"field_output\":\"output\"},\"file_format\":\"s3\",\"hotkey\":\"" HOTKEY_1 "\"}",
        "s4lt", GTX_KIND_INSTRUCT, "InstructTextTask",
        "--task-id=3f1c1c2e-8f0b-4d55-9a51-0d5a6f0e7a11\n"
        "--model=Qwen/Qwen2.5-1.5B\n"
        "--dataset=https://s3.example/bkt/aa11_train_data.json?sig=x\n" RECORD_TEXT "--task-type=InstructTextTask\n"
        "--file-format=s3\n"
        "--expected-repo-name=tournament-tourn_ab12cd34ef56ab78_20260702-3f1c1c2e-8f0b-4d55-9a51-0d5a6f0e7a11-"
        "5GrwvaEF\n"
        "--hours-to-complete=2.5\n" WANDB("/app/checkpoints/wandb_logs/3f1c1c2e-8f0b-4d55-9a51-0d5a6f0e7a11_" HOTKEY_1)
            MOUNTS);
}
END_TEST

START_TEST(test_instruct_task_args__kl_and_baseline_statistics)
{
    expect_command(
        "{\"model\":\"Qwen/Qwen3-0.6B\",\"task_id\":\"7d0a54a4-6c5e-4f3e-8f6f-2f5f5d1f0c22\",\"hours_to_complete\":3,"
        "\"expected_repo_name\":\"r2\",\"dataset\":\"https://s3.example/bkt/b.json\",\"file_format\":\"s3\","
        "\"dataset_type\":{\"field_instruction\":\"instruct\",\"field_input\":\"input\",\"field_output\":\"output\"},"
        "\"use_kl\":true,\"kl_coef\":0.1,\"baseline_stats\":{},\"hotkey\":\"" HOTKEY_2 "\"}",
        "s4lt", GTX_KIND_INSTRUCT, "InstructTextTask",
        "--task-id=7d0a54a4-6c5e-4f3e-8f6f-2f5f5d1f0c22\n"
        "--model=73094ffe31628095\n"
        "--dataset=https://s3.example/bkt/b.json\n" RECORD_TEXT "--task-type=InstructTextTask\n"
        "--file-format=s3\n"
        "--expected-repo-name=r2\n"
        "--hours-to-complete=3.0\n" WANDB(
            "/app/checkpoints/wandb_logs/7d0a54a4-6c5e-4f3e-8f6f-2f5f5d1f0c22_" HOTKEY_2) //
        "env BASELINE_STATS_PATH=/cache/baseline_stats_7d0a54a4-6c5e-4f3e-8f6f-2f5f5d1f0c22_5FHneW46.json\n"
        "env USE_KL=1\n"
        "env KL_COEF=0.1\n" MOUNTS);
}
END_TEST

#define COMMON                                                                                                 \
    "\"model\":\"m\",\"task_id\":\"t\",\"dataset\":\"d\",\"file_format\":\"s3\",\"expected_repo_name\":\"r\"," \
    "\"hotkey\":\"h\""

START_TEST(test_instruct_task_args__records_of_the_other_kinds)
{
    expect_command("{" COMMON
                   ",\"hours_to_complete\":1.75,\"dataset_type\":{\"field_prompt\":\"prompt\",\"field_system\":"
                   "\"system\",\"field_chosen\":\"chosen\",\"field_rejected\":\"rejected\"}}",
                   "", GTX_KIND_DPO, "DpoTask",
                   "--task-id=t\n--model=m\n--dataset=d\n"
                   "--dataset-type={\"field_prompt\": \"prompt\", \"field_system\": \"system\", \"field_chosen\": "
                   "\"chosen\", \"field_rejected\": \"rejected\", \"prompt_format\": \"{prompt}\", \"chosen_format\": "
                   "\"{chosen}\", \"rejected_format\": \"{rejected}\"}\n"
                   "--task-type=DpoTask\n--file-format=s3\n--expected-repo-name=r\n--hours-to-complete=1.75\n" //
                   WANDB("/app/checkpoints/wandb_logs/t_h") MOUNTS);
    expect_command("{" COMMON ",\"hours_to_complete\":1,\"dataset_type\":{\"chat_role_field\":\"role\","
                   "\"chat_content_field\":\"content\"}}",
                   "", GTX_KIND_CHAT, "ChatTask",
                   "--task-id=t\n--model=m\n--dataset=d\n"
                   "--dataset-type={\"chat_template\": \"chatml\", \"chat_column\": \"conversations\", "
                   "\"chat_role_field\": \"role\", \"chat_content_field\": \"content\", \"chat_user_reference\": "
                   "\"user\", \"chat_assistant_reference\": \"assistant\"}\n"
                   "--task-type=ChatTask\n--file-format=s3\n--expected-repo-name=r\n--hours-to-complete=1.0\n" //
                   WANDB("/app/checkpoints/wandb_logs/t_h") MOUNTS);
}
END_TEST

START_TEST(test_instruct_task_args__reward_functions_are_completed_and_escaped)
{
    expect_command(
        "{" COMMON ",\"hours_to_complete\":1,\"dataset_type\":{\"field_prompt\":\"prompt\",\"reward_functions\":["
        "{\"reward_id\":\"1\",\"reward_func\":\"def r(completions, **kwargs):\\n    return []\\n\","
        "\"reward_weight\":2,\"func_hash\":\"ab\",\"is_generic\":true,\"is_manual\":false},"
        "{\"reward_func\":\"def \xc3\xa9(c): return [\\\"x\\\"]\",\"reward_weight\":0.5}],"
        "\"extra_column\":\"extra_data\"}}",
        "", GTX_KIND_GRPO, "GrpoTask",
        "--task-id=t\n--model=m\n--dataset=d\n"
        "--dataset-type={\"field_prompt\": \"prompt\", \"reward_functions\": [{\"reward_id\": \"1\", \"reward_func\": "
        "\"def r(completions, **kwargs):\\n    return []\\n\", \"reward_weight\": 2.0, \"func_hash\": \"ab\", "
        "\"is_generic\": true, \"is_manual\": false}, {\"reward_id\": null, \"reward_func\": \"def \\u00e9(c): return "
        "[\\\"x\\\"]\", \"reward_weight\": 0.5, \"func_hash\": null, \"is_generic\": null, \"is_manual\": null}], "
        "\"extra_column\": \"extra_data\"}\n"
        "--task-type=GrpoTask\n--file-format=s3\n--expected-repo-name=r\n--hours-to-complete=1.0\n" //
        WANDB("/app/checkpoints/wandb_logs/t_h") MOUNTS);
}
END_TEST

static void expect_spec_refused(const char *spec_json, const char *sentence)
{
    gtx_task_spec spec;
    expect_refused(gtx_task_spec_parse(spec_json, "InstructTextTask", GTX_KIND_INSTRUCT, &spec, &err), GOD_E_INVALID,
                   &err, sentence);
}

START_TEST(test_instruct_task_args__refuses_specs_by_key_and_value)
{
    expect_spec_refused("{", "task: line 1");
    expect_spec_refused("[]", "task: an object is needed");
    expect_spec_refused("{}", "task: \"dataset_type\" is missing");
    expect_spec_refused("{\"task_type\":\"DpoTask\",\"dataset_type\":{}}", "\"task_type\" is \"DpoTask\"");
    expect_spec_refused("{\"task_id\":\"../x\",\"dataset_type\":{}}", "\"task_id\" is \"../x\"");
    expect_spec_refused("{\"hotkey\":\"a/b\",\"dataset_type\":{}}", "\"hotkey\" is \"a/b\"");
    expect_spec_refused("{\"expected_repo_name\":\"\",\"dataset_type\":{}}", "\"expected_repo_name\" is \"\"");
    expect_spec_refused("{\"file_format\":\"xml\",\"dataset_type\":{}}", "\"file_format\" is \"xml\"");
    expect_spec_refused("{\"hours_to_complete\":-2,\"dataset_type\":{}}", "\"hours_to_complete\" is -2");
    expect_spec_refused("{\"use_kl\":\"yes\",\"dataset_type\":{}}", "\"use_kl\" is a string");
    expect_spec_refused("{\"use_kl\":true,\"dataset_type\":{}}", "\"kl_coef\" is missing");
    expect_spec_refused("{\"use_kl\":true,\"kl_coef\":-0.5,\"dataset_type\":{}}", "\"kl_coef\" is -0.5");
    expect_spec_refused("{\"dataset_type\":{\"columns\":1}}", "unknown key \"columns\"");
}
END_TEST

START_TEST(test_instruct_task_args__names_the_member_that_a_command_needs)
{
    static const char *const members[] = {
        "task_id", "model", "dataset", "file_format", "expected_repo_name", "hotkey", "hours_to_complete"};
    const god_args sink = {GOD_SIZE_TO(god_args, mount), NULL, sink_arg, sink_env, sink_mount};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        char wanted[64];
        gtx_task_spec spec;
        json_t *whole = json_of("{" COMMON ",\"hours_to_complete\":1,\"dataset_type\":{}}");
        ck_assert_int_eq(json_object_del(whole, members[i]), 0);
        char *text = json_dumps(whole, 0);
        expect_ok(gtx_task_spec_parse(text, "InstructTextTask", GTX_KIND_INSTRUCT, &spec, &err), &err);
        (void)snprintf(wanted, sizeof wanted, "task: \"%s\" is missing", members[i]);
        expect_refused(gtx_task_args(&spec, "", &sink, &err), GOD_E_INVALID, &err, wanted);
        gtx_task_spec_free(&spec);
        free(text);
        json_decref(whole);
    }
}
END_TEST

START_TEST(test_instruct_task_args__kl_is_active_only_with_use_kl)
{
    gtx_task_spec spec;
    expect_ok(gtx_task_spec_parse("{\"kl_coef\":0.5,\"dataset_type\":{}}", "InstructTextTask", GTX_KIND_INSTRUCT, &spec,
                                  &err),
              &err);
    ck_assert_double_eq(spec.kl_coef, 0.0);
    gtx_task_spec_free(&spec);
    expect_ok(gtx_task_spec_parse("{\"use_kl\":true,\"kl_coef\":0,\"dataset_type\":{}}", "InstructTextTask",
                                  GTX_KIND_INSTRUCT, &spec, &err),
              &err);
    ck_assert_uint_eq(spec.use_kl, 1);
    ck_assert_double_eq(spec.kl_coef, 0.0);
    gtx_task_spec_free(&spec);
}
END_TEST

Suite *instruct_task_args_suite(void)
{
    const TTest *const tests[] = {test_instruct_task_args__instruct_on_one_gpu,
                                  test_instruct_task_args__kl_and_baseline_statistics,
                                  test_instruct_task_args__records_of_the_other_kinds,
                                  test_instruct_task_args__reward_functions_are_completed_and_escaped,
                                  test_instruct_task_args__refuses_specs_by_key_and_value,
                                  test_instruct_task_args__names_the_member_that_a_command_needs,
                                  test_instruct_task_args__kl_is_active_only_with_use_kl,
                                  NULL};
    return suite_of("task_args", tests);
}
