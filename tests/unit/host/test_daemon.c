/* `god host` as people run it: a process with folders around it. */
#include "core/base/child.h"
#include "core/base/lock.h"
#include "core/worker/result.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/json.h"
#include "jobs.h"
#include "test_host.h"

enum { patience = 60 * 1000 };

typedef struct fixture {
    char root[GOD_PATH_MAX], plugins[GOD_PATH_MAX], jobs[GOD_PATH_MAX], config[GOD_PATH_MAX];
    gdi_child *host;
} fixture;

static fixture f;

static void join(const char *dir, const char *name, char path[GOD_PATH_MAX])
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(god_path_join(dir, name, path, &err), GOD_OK);
}

static void set_up(void)
{
    char cwd[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    join(cwd, "daemon", f.root);
    ck_assert_int_eq(god_dir_remove(f.root, &err), GOD_OK);
    join(f.root, "plugins", f.plugins);
    join(f.root, "state/jobs", f.jobs);
    join(f.root, "god.yaml", f.config);
    ck_assert_int_eq(god_dir_make(f.plugins, &err), GOD_OK);
    test_write(f.root, "god.yaml",
               "plugins: {folders: [plugins]}\npaths: {cache_dir: cache, state_dir: state}\n"
               "worker: {grace_ms: 2000, threads: 1}\n");
    test_write(f.root, "rows.json", "[]\n");
    f.host = NULL;
}

static void tear_down(void)
{
    gdi_child_free(f.host);
}

static void start_host(void)
{
    god_error err = GOD_ERROR_INIT;
    const char *const argv[] = {GOD_BUILD_DIR "/bin/god", "host", "--config", f.config, NULL};
    const gdi_child_options options = {.argv = argv};
    ck_assert_msg(gdi_child_start(&options, &f.host, &err) == GOD_OK, "%s", err.message);
}

static gdi_child_end end_host(int signal_number)
{
    gdi_child_end end;
    ck_assert_int_eq(kill(gdi_child_pid(f.host), signal_number), 0);
    ck_assert_int_eq(gdi_child_wait(f.host, patience, &end, NULL), GOD_OK);
    gdi_child_free(f.host);
    f.host = NULL;
    return end;
}

/* Waits until the host has logged a line with this text. */
static void await_log(const char *text)
{
    gdi_child_end end;
    for (int i = 0; i < patience && strstr(gdi_child_output(f.host), text) == NULL; i++) {
        ck_assert_msg(gdi_child_wait(f.host, 1, &end, NULL) != GOD_OK, "%s", gdi_child_output(f.host));
    }
    ck_assert_msg(strstr(gdi_child_output(f.host), text) != NULL, "\"%s\" is not in:\n%s", text,
                  gdi_child_output(f.host));
}

static void copy_fault(const char *fault, const char *name)
{
    char from[GOD_PATH_MAX], to[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    join(f.plugins, name, to);
    ck_assert_msg(god_file_copy(test_fault_path(fault, from), to, &err) == GOD_OK, "%s", err.message);
}

/* A job without plug-in path, cache and limits, as a person would write it. */
static void queue_job_on(const char *name, const char *fault, const char *device)
{
    char staged[GOD_PATH_MAX], parent[GOD_PATH_MAX], queued[GOD_PATH_MAX], model[GOD_PATH_MAX], data[GOD_PATH_MAX],
        path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    static const test_submission alice = {"alice", 2.5, NULL};
    char id[64];
    (void)snprintf(id, sizeof id, "fault.%s", fault);
    join(f.root, name, staged);
    join(f.root, "rows.json", data);
    join(f.jobs, "queued", parent);
    ck_assert_int_eq(god_dir_make(staged, &err), GOD_OK);
    ck_assert_int_eq(god_dir_make(parent, &err), GOD_OK);
    join(parent, name, queued);
    json_t *job =
        json_pack("{s:i, s:s, s:s, s:{s:s}, s:{s:s}, s:{s:s}, s:[{s:s, s:s}]}", "version", 1, "id", name, "operation",
                  "evaluate", "plugin", "id", id, "spec", "task_type", "FaultTask", "inputs", "data", data,
                  "submissions", "id", "alice", "model_dir", test_submission_make(f.root, &alice, model));
    ck_assert_ptr_nonnull(job);
    ck_assert_int_eq(json_object_set_new(job, "device", json_string(device)), 0);
    join(staged, "job.json", path);
    ck_assert_int_eq(god_json_write(path, job, &err), GOD_OK);
    json_decref(job);
    ck_assert_int_eq(rename(staged, queued), 0);
}

static void queue_job(const char *name, const char *fault)
{
    queue_job_on(name, fault, "cpu");
}

static void await_path(const char *kind, const char *name)
{
    gdi_child_end end;
    char dir[GOD_PATH_MAX], path[GOD_PATH_MAX];
    join(f.jobs, kind, dir);
    join(dir, name, path);
    for (int i = 0; i < patience && !god_file_exists(path); i++) {
        if (f.host != NULL) {
            ck_assert_msg(gdi_child_wait(f.host, 1, &end, NULL) != GOD_OK, "%s", gdi_child_output(f.host));
        }
    }
    ck_assert_msg(god_file_exists(path), "%s", path);
}

static gdi_result read_result(const char *name)
{
    gdi_result result;
    god_error err = GOD_ERROR_INIT;
    char dir[GOD_PATH_MAX], path[GOD_PATH_MAX];
    join(f.jobs, "done", dir);
    join(dir, name, path);
    ck_assert_msg(gdi_result_read(path, &result, &err) == GOD_OK, "%s", err.message);
    return result;
}

START_TEST(test_host_daemon__takes_in_plugins_as_they_come_change_and_go)
{
    char path[GOD_PATH_MAX], other[GOD_PATH_MAX];
    start_host();
    await_log("the host is ready");
    copy_fault("normal", "a.so");
    await_log("found a plug-in plugin=fault.normal version=1.0.0 state=ready");
    copy_fault("crash_entry", "b.so");
    await_log("refused a plug-in");
    copy_fault("crash_one", ".half");
    join(f.plugins, ".half", other);
    join(f.plugins, "a.so", path);
    ck_assert_int_eq(rename(other, path), 0);
    await_log("a plug-in was replaced plugin=fault.crash_one");
    ck_assert_int_eq(unlink(path), 0);
    await_log("a plug-in was removed plugin=fault.crash_one");
    gdi_child_end end = end_host(SIGTERM);
    ck_assert_uint_eq(end.how, GDI_CHILD_EXITED);
    ck_assert_int_eq(end.code, 0);
}
END_TEST

START_TEST(test_host_daemon__runs_queued_jobs_and_keeps_their_results)
{
    char path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    copy_fault("normal", "a.so");
    queue_job("before", "normal");
    start_host();
    await_path("done", "before");
    queue_job("while", "normal");
    await_path("done", "while");
    queue_job("while", "normal"); /* the same name again does not overwrite the older result */
    await_path("done", "while.2");
    queue_job("unknown", "nobody");
    await_path("done", "unknown");
    join(f.jobs, "queued/empty", path);
    ck_assert_int_eq(god_dir_make(path, &err), GOD_OK);
    await_path("done", "empty");
    static const char *const good[] = {"before", "while", "while.2"};
    for (size_t i = 0; i < 3; i++) {
        gdi_result result = read_result(good[i]);
        ck_assert_uint_eq(result.outcome, GDI_OUTCOME_RESULT);
        test_assert_score(&result, "alice", 2.5);
        gdi_result_clear(&result);
    }
    gdi_result result = read_result("unknown");
    ck_assert_uint_eq(result.outcome, GDI_OUTCOME_NO_RESULT);
    ck_assert_str_eq(result.message, "there is no plug-in for the id \"fault.nobody\"");
    gdi_result_clear(&result);
    result = read_result("empty");
    ck_assert_ptr_nonnull(strstr(result.message, "job.json\" does not exist"));
    gdi_result_clear(&result);
    (void)end_host(SIGTERM);
}
END_TEST

/* A job that never ends by itself is cut off by each way of ending the host, and is run again by the next one. */
START_TEST(test_host_daemon__a_job_that_was_cut_off_is_run_again)
{
    static const int endings[] = {SIGTERM, SIGKILL};
    for (size_t i = 0; i < 2; i++) {
        char path[GOD_PATH_MAX];
        copy_fault("hang_run", "a.so");
        queue_job("long", "hang_run");
        start_host();
        await_path("running", "long/progress.jsonl");
        (void)end_host(endings[i]);
        join(f.jobs, "running/long", path);
        ck_assert_uint_eq(god_file_exists(path), 1);

        /* The same job, with a plug-in that does not hang: the file it names has been replaced. */
        char job_path[GOD_PATH_MAX], plugin_path[GOD_PATH_MAX];
        god_error err = GOD_ERROR_INIT;
        json_t *job = NULL;
        copy_fault("normal", "a.so");
        join(path, "job.json", job_path);
        join(f.plugins, "a.so", plugin_path);
        ck_assert_int_eq(god_json_read(job_path, 1 << 20, &job, &err), GOD_OK);
        ck_assert_int_eq(json_object_set_new(job, "plugin", json_pack("{s:s}", "id", "fault.normal")), 0);
        ck_assert_int_eq(god_json_write(job_path, job, &err), GOD_OK);
        json_decref(job);
        start_host();
        await_path("done", i == 0 ? "long" : "long.2");
        gdi_result result = read_result(i == 0 ? "long" : "long.2");
        test_assert_score(&result, "alice", 2.5);
        gdi_result_clear(&result);
        (void)end_host(SIGTERM);
    }
}
END_TEST

START_TEST(test_host_daemon__survives_a_plugin_that_kills_its_supervisor)
{
    copy_fault("kill_parent", "a.so");
    copy_fault("normal", "b.so");
    queue_job("parricide", "kill_parent");
    start_host();
    await_path("done", "parricide");
    gdi_result result = read_result("parricide");
    ck_assert_uint_eq(result.outcome, GDI_OUTCOME_NO_RESULT);
    ck_assert_ptr_nonnull(strstr(result.message, "was killed by signal 9"));
    gdi_result_clear(&result);
    queue_job("after", "normal");
    await_path("done", "after");
    (void)end_host(SIGTERM);
}
END_TEST

START_TEST(test_host_daemon__a_second_one_refuses_the_same_state_folder)
{
    gdi_child_end end;
    start_host();
    await_log("the host is ready");
    gdi_child *first = f.host;
    start_host();
    ck_assert_int_eq(gdi_child_wait(f.host, patience, &end, NULL), GOD_OK);
    ck_assert_int_eq(end.code, 2);
    ck_assert_ptr_nonnull(strstr(gdi_child_output(f.host), "god host: another god host uses \""));
    gdi_child_free(f.host);
    f.host = first;
    (void)end_host(SIGTERM);
}
END_TEST

START_TEST(test_host_daemon__a_job_waits_for_its_device)
{
    char dir[GOD_PATH_MAX], path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    int lease = -1;
    join(f.root, "cache/devices", dir);
    ck_assert_int_eq(god_dir_make(dir, &err), GOD_OK);
    join(dir, "cuda-0.lock", path);
    ck_assert_int_eq(gdi_lock_take(path, 0, NULL, NULL, &lease, &err), GOD_OK);
    copy_fault("normal", "a.so");
    start_host();
    await_log("the host is ready");
    queue_job_on("a-waits", "normal", "cuda");
    queue_job("b-runs", "normal"); /* behind it in the folder, and done nevertheless */
    await_path("done", "b-runs");
    join(f.jobs, "queued/a-waits", path);
    ck_assert(god_file_exists(path));
    (void)close(lease);
    await_path("done", "a-waits"); /* whatever came of it: this machine may have no such device */
}
END_TEST

Suite *suite_host_daemon(void)
{
    Suite *suite = suite_create("host_daemon");
    TCase *tests = tcase_create("daemon");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_host_daemon__takes_in_plugins_as_they_come_change_and_go);
    tcase_add_test(tests, test_host_daemon__runs_queued_jobs_and_keeps_their_results);
    tcase_add_test(tests, test_host_daemon__a_job_that_was_cut_off_is_run_again);
    tcase_add_test(tests, test_host_daemon__survives_a_plugin_that_kills_its_supervisor);
    tcase_add_test(tests, test_host_daemon__a_job_waits_for_its_device);
    tcase_add_test(tests, test_host_daemon__a_second_one_refuses_the_same_state_folder);
    suite_add_tcase(suite, tests);
    return suite;
}
