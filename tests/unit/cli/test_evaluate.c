/* `god evaluate` as people run it. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "test_cli.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "(none)" : text;
}

static const json_t *find(const json_t *result, const char *name)
{
    size_t i;
    json_t *entry = NULL;
    json_array_foreach(json_object_get(result, "results"), i, entry)
    {
        if (strcmp(text_of(entry, "name"), name) == 0) {
            return entry;
        }
    }
    ck_abort_msg("no \"%s\"", name);
}

static json_int_t rank_of(const json_t *result, const char *name)
{
    const json_t *rank = json_object_get(find(result, name), "rank");
    return json_is_integer(rank) ? json_integer_value(rank) : 0;
}

/* Arguments for the usual group; a and c tie, d has no score, e has no folder. */
typedef struct group {
    char a[GOD_PATH_MAX], b[GOD_PATH_MAX], c[GOD_PATH_MAX], d[GOD_PATH_MAX];
    const char *more[20];
} group;

static void make_group(const test_cli *cli, group *g)
{
    static const test_submission submissions[] = {
        {"a", 2.5, NULL}, {"b", 1.25, NULL}, {"c", 2.5, NULL}, {"d", -1, NULL}};
    const char *const more[] = {"--submission", test_cli_submission(cli, &submissions[0], g->a),
                                "--submission", test_cli_submission(cli, &submissions[1], g->b),
                                "--submission", test_cli_submission(cli, &submissions[2], g->c),
                                "--submission", test_cli_submission(cli, &submissions[3], g->d),
                                "--submission", "e=nowhere",
                                "--quiet",      NULL};
    memcpy(g->more, more, sizeof more);
}

START_TEST(test_cli_evaluate__ranks_a_group_and_names_who_failed)
{
    static const char table[] = "rank  name  score  note\n"
                                "   1  b     1.250\n"
                                "   2  a     2.500\n"
                                "   3  c     2.500  tie with the one above\n";
    char *output = NULL;
    group g;
    test_cli cli = test_cli_make("group");
    test_cli_add_plugin(&cli, "normal");
    make_group(&cli, &g);
    ck_assert_int_eq(test_cli_run(&cli, g.more, &output), 0);
    ck_assert_msg(strncmp(output, table, strlen(table)) == 0, "%s", output);
    ck_assert_ptr_nonnull(strstr(output, "/submissions/d/score.txt\" does not exist\n"));
    ck_assert_ptr_nonnull(strstr(output, "failed: the folder \"nowhere\" does not exist\n"));
    ck_assert_ptr_nonnull(strstr(output, "lower score is better; fault.normal 1.0.0 on cpu, bf16, 1 thread; "));
    free(output);

    json_t *result = test_cli_result(&cli);
    ck_assert_str_eq(text_of(result, "task_type"), "FaultTask");
    ck_assert_str_eq(text_of(result, "direction"), "lower");
    ck_assert_str_eq(text_of(result, "outcome"), "result");
    ck_assert_int_eq(rank_of(result, "b"), 1);
    ck_assert_int_eq(rank_of(result, "a"), 2);
    ck_assert_int_eq(rank_of(result, "c"), 3);
    ck_assert_int_eq(json_is_null(json_object_get(find(result, "d"), "rank")), 1);
    ck_assert_int_eq(json_is_null(json_object_get(find(result, "e"), "score")), 1);
    ck_assert_double_eq(json_number_value(json_object_get(find(result, "b"), "score")), 1.25);
    ck_assert_str_eq(text_of(find(result, "e"), "message"), "the folder \"nowhere\" does not exist");
    const json_t *digests = json_object_get(result, "digests"), *models = json_object_get(digests, "submissions");
    ck_assert_uint_eq(strlen(text_of(digests, "data")), 64);
    ck_assert_uint_eq(strlen(text_of(digests, "task")), 64);
    ck_assert_uint_eq(strlen(text_of(digests, "plugin")), 64);
    ck_assert_uint_eq(strlen(text_of(digests, "build")), 64);
    ck_assert_str_eq(text_of(models, "a"), text_of(models, "c")); /* the same bytes */
    ck_assert_str_ne(text_of(models, "a"), text_of(models, "b"));
    ck_assert_int_eq(json_is_null(json_object_get(models, "e")), 1);
    ck_assert_double_gt(json_number_value(json_object_get(result, "seconds")), 0);
    json_decref(result);
}
END_TEST

START_TEST(test_cli_evaluate__finds_the_plugin_by_asking_when_the_task_has_no_type)
{
    group g;
    char *output = NULL;
    test_cli cli = test_cli_make("no-type");
    make_group(&cli, &g);
    test_write(cli.root, "task.json", "{}\n");
    test_cli_add_plugin(&cli, "normal");
    ck_assert_int_eq(test_cli_run(&cli, g.more, &output), 2);
    ck_assert_ptr_nonnull(strstr(output,
                                 "no plug-in evaluates this task, which has no \"task_type\"; there are plug-ins "
                                 "for: FaultTask"));
    free(output);
}
END_TEST

START_TEST(test_cli_evaluate__asks_which_of_two_plugins)
{
    group g;
    char *output = NULL;
    test_cli cli = test_cli_make("two");
    make_group(&cli, &g);
    test_cli_add_plugin(&cli, "normal");
    test_cli_add_plugin(&cli, "minor_newer");
    ck_assert_int_eq(test_cli_run(&cli, g.more, &output), 2);
    ck_assert_ptr_nonnull(strstr(output,
                                 "both \"fault.minor_newer\" and \"fault.normal\" evaluate \"FaultTask\": choose "
                                 "with --plugin"));
    free(output);
    g.more[11] = "--plugin";
    g.more[12] = "fault.normal";
    g.more[13] = NULL;
    ck_assert_int_eq(test_cli_run(&cli, g.more, NULL), 0);
}
END_TEST

/* What goes wrong as a whole, and the exit code that says whose fault it is. */
static const struct {
    const char *fault, *message;
    int code;
} endings[] = {
    {"no_metrics", "failed: the plug-in reported no score for this submission", 1},
    {"failing_run", "god evaluate: fault.failing_run: row 17: field \"output\" is missing", 2},
    {"silent_run", "god evaluate: fault.silent_run: the plug-in returned GOD_E_INTERNAL and did not say why", 3},
    {"crash_run", "god evaluate: fault.crash_run: the worker was killed by signal 11 (segmentation fault)", 3},
};

START_TEST(test_cli_evaluate__ends_with_the_code_that_says_whose_fault_it_is)
{
    group g;
    char *output = NULL;
    test_cli cli = test_cli_make("endings");
    make_group(&cli, &g);
    test_cli_add_plugin(&cli, endings[_i].fault);
    ck_assert_int_eq(test_cli_run(&cli, g.more, &output), endings[_i].code);
    ck_assert_msg(strstr(output, endings[_i].message) != NULL, "\"%s\" is not in:\n%s", endings[_i].message, output);
    free(output);
    json_t *result = test_cli_result(&cli); /* is written whenever something was run */
    ck_assert_int_eq(rank_of(result, "a"), 0);
    json_decref(result);
}
END_TEST

/* {what follows the fixed arguments}, message */
static const struct {
    const char *more[8], *message;
} mistakes[] = {
    {{NULL}, "--submission NAME=DIR is missing"},
    {{"--submission", "alice", NULL}, "\"--submission\" is \"alice\", NAME=DIR is needed"},
    {{"--submission", "=x", NULL}, "\"--submission\" is \"=x\", NAME=DIR is needed"},
    {{"--submission", "a=x", "--submission", "a=y", NULL}, "two submissions have the name \"a\""},
    {{"--submission", "a=x", "--task", "nowhere.json", NULL}, "\"nowhere.json\" does not exist"},
    {{"--submission", "a=x", "--data", "nowhere.json", NULL}, "the data \"nowhere.json\" does not exist"},
    {{"--submission", "a=x", "--data", ".", NULL}, "the data \".\" is not a file"},
    {{"--submission", "a=x", "--base", "nowhere", NULL}, "the base model \"nowhere\" does not exist"},
    {{"--submission", "a=x", "--base", "task.json", NULL}, "the base model \"task.json\" is not a folder"},
    {{"--submission", "a=x", "--device", "tpu", NULL},
     "\"--device\" is \"tpu\", \"cpu\", \"cuda\" or \"auto\" is needed"},
    {{"--submission", "a=x", "--threads", "0", NULL}, "\"--threads\" is \"0\", a whole number from 1 to 1024"},
    {{"--submission", "a=x", "--plugin", "nobody", NULL}, "there is no plug-in \"nobody\" that evaluates"},
    {{"--submission", "a=x", "--plugin", "./nowhere.so", NULL}, "nowhere.so"},
    {{"--submission", "a=x", "--config", "nowhere.yaml", NULL}, "nowhere.yaml"},
    {{"--submission", "a=x", "extra", NULL}, "\"extra\" is no option"},
    {{"--submision", "a=x", NULL}, "there is no option \"--submision\", did you mean \"--submission\"?"},
};

START_TEST(test_cli_evaluate__names_a_mistake_on_the_command_line)
{
    char *output = NULL;
    test_cli cli = test_cli_make("mistakes");
    test_cli_add_plugin(&cli, "normal");
    ck_assert_int_eq(test_cli_run(&cli, mistakes[_i].more, &output), 2);
    ck_assert_msg(strstr(output, mistakes[_i].message) != NULL, "\"%s\" is not in:\n%s", mistakes[_i].message, output);
    ck_assert_msg(strstr(output, "god evaluate: ") != NULL, "%s", output);
    free(output);
}
END_TEST

START_TEST(test_cli_evaluate__ends_well_when_no_folder_is_there)
{
    static const char *const more[] = {"--submission", "a=nowhere", NULL};
    char *output = NULL;
    test_cli cli = test_cli_make("nobody");
    test_cli_add_plugin(&cli, "normal");
    ck_assert_int_eq(test_cli_run(&cli, more, &output), 1);
    ck_assert_ptr_nonnull(strstr(output, "failed: the folder \"nowhere\" does not exist"));
    free(output);
}
END_TEST

START_TEST(test_cli_evaluate__keeps_its_folder_only_when_asked)
{
    char path[GOD_PATH_MAX], *output = NULL;
    group g;
    test_cli cli = test_cli_make("keep");
    test_cli_add_plugin(&cli, "normal");
    make_group(&cli, &g);
    g.more[11] = "--keep";
    g.more[12] = NULL;
    ck_assert_int_eq(test_cli_run(&cli, g.more, &output), 0);
    const char *said = strstr(output, "the job folder is ");
    ck_assert_ptr_nonnull(said);
    ck_assert_int_eq(sscanf(said, "the job folder is %4095s", path), 1);
    strcat(path, "/result.json");
    ck_assert_uint_eq(god_file_exists(path), 1);
    free(output);
}
END_TEST

START_TEST(test_cli_evaluate__copies_what_is_kept_per_example)
{
    static const test_submission two[] = {{"alice", 2.5, NULL}, {"bob", 1.25, "crash"}};
    char alice[GOD_PATH_MAX], bob[GOD_PATH_MAX], path[GOD_PATH_MAX], *output = NULL;
    test_cli cli = test_cli_make("per-example");
    test_cli_add_plugin(&cli, "talker");
    const char *const more[] = {"--submission",  test_cli_submission(&cli, &two[0], alice),
                                "--submission",  test_cli_submission(&cli, &two[1], bob),
                                "--per-example", "kept",
                                "--quiet",       NULL};
    ck_assert_int_eq(test_cli_run(&cli, more, &output), 0);
    (void)snprintf(path, sizeof path, "%.4000s/kept/alice/rows.txt", cli.root);
    ck_assert_msg(god_file_exists(path), "%s", output);
    (void)snprintf(path, sizeof path, "%.4000s/kept/bob", cli.root);
    ck_assert_uint_eq(god_file_exists(path), 0);
    free(output);
    json_t *result = test_cli_result(&cli);
    ck_assert_double_eq(json_number_value(json_object_get(find(result, "alice"), "rows")), 3);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(find(result, "alice"), "notes"), 0)),
                     "a note that is not UTF-8: ?");
    json_decref(result);
}
END_TEST

/* Starts an evaluation that goes on until it is told to stop, and waits until the plug-in is at work. */
static gdi_child *start_long(const test_cli *cli, const char *fault, const char *stage, char submission[GOD_PATH_MAX])
{
    static const test_submission alice = {"alice", 2.5, NULL};
    const char *const more[] = {"--submission", test_cli_submission(cli, &alice, submission), NULL};
    gdi_child_end end;
    test_cli_add_plugin(cli, fault);
    gdi_child *child = test_cli_start(cli, more);
    for (int i = 0; i < 60000 && strstr(gdi_child_output(child), stage) == NULL; i++) {
        ck_assert_msg(gdi_child_wait(child, 1, &end, NULL) != GOD_OK, "%s", gdi_child_output(child));
    }
    return child;
}

START_TEST(test_cli_evaluate__stops_politely_when_interrupted)
{
    static const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < 2; i++) {
        char submission[GOD_PATH_MAX];
        gdi_child_end end;
        test_cli cli = test_cli_make("interrupt");
        gdi_child *child = start_long(&cli, "wait_for_cancel", "waiting", submission);
        ck_assert_int_eq(kill(gdi_child_pid(child), signals[i]), 0);
        ck_assert_int_eq(gdi_child_wait(child, 60000, &end, NULL), GOD_OK);
        ck_assert_uint_eq(end.how, GDI_CHILD_EXITED);
        ck_assert_int_eq(end.code, 130);
        ck_assert_ptr_nonnull(strstr(gdi_child_output(child), "god evaluate: stopped"));
        gdi_child_free(child);
    }
}
END_TEST

START_TEST(test_cli_evaluate__a_second_signal_kills)
{
    char submission[GOD_PATH_MAX];
    gdi_child_end end;
    test_cli cli = test_cli_make("interrupt-twice");
    test_write(cli.root, "god.yaml",
               "plugins: {folders: [plugins]}\npaths: {cache_dir: cache, state_dir: state}\n"
               "worker: {threads: 1, grace_ms: 600000}\n");
    gdi_child *child = start_long(&cli, "stubborn_run", "evaluating", submission);
    /* Signals of one kind do not queue, so the second one is sent again until it has been heard. */
    ck_assert_int_eq(kill(gdi_child_pid(child), SIGINT), 0);
    for (int i = 0; i < 600 && gdi_child_wait(child, 100, &end, NULL) != GOD_OK; i++) {
        (void)kill(gdi_child_pid(child), SIGINT);
    }
    ck_assert_int_eq(gdi_child_wait(child, 0, &end, NULL), GOD_OK);
    ck_assert_int_eq(end.code, 130);
    gdi_child_free(child);
}
END_TEST

Suite *suite_cli_evaluate(void)
{
    Suite *suite = suite_create("cli_evaluate");
    TCase *tests = tcase_create("evaluate");
    tcase_add_test(tests, test_cli_evaluate__ranks_a_group_and_names_who_failed);
    tcase_add_test(tests, test_cli_evaluate__finds_the_plugin_by_asking_when_the_task_has_no_type);
    tcase_add_test(tests, test_cli_evaluate__asks_which_of_two_plugins);
    tcase_add_loop_test(tests, test_cli_evaluate__ends_with_the_code_that_says_whose_fault_it_is, 0,
                        sizeof endings / sizeof *endings);
    tcase_add_loop_test(tests, test_cli_evaluate__names_a_mistake_on_the_command_line, 0,
                        sizeof mistakes / sizeof *mistakes);
    tcase_add_test(tests, test_cli_evaluate__ends_well_when_no_folder_is_there);
    tcase_add_test(tests, test_cli_evaluate__keeps_its_folder_only_when_asked);
    tcase_add_test(tests, test_cli_evaluate__copies_what_is_kept_per_example);
    tcase_add_test(tests, test_cli_evaluate__stops_politely_when_interrupted);
    tcase_add_test(tests, test_cli_evaluate__a_second_signal_kills);
    suite_add_tcase(suite, tests);
    return suite;
}
