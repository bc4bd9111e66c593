/* `god host` with jobs in its store: who executes them, and what a stop or a kill leaves behind. */
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/host/facts.h"
#include "core/store/jobs.h"
#include "core/store/migrate.h"
#include "god/helpers/json.h"
#include "jobs.h"
#include "test_host.h"

enum { patience = 60 * 1000 };

typedef struct fixture {
    char root[GOD_PATH_MAX], config[GOD_PATH_MAX], url[GOD_PATH_MAX + 32];
    gdi_db *db; /* the test's own connection to the host's store */
    gdi_child *host;
} fixture;

static fixture f;

static void join(const char *dir, const char *name, char path[GOD_PATH_MAX])
{
    ck_assert_int_eq(god_path_join(dir, name, path, NULL), GOD_OK);
}

static void make_private(const char *name)
{
    char path[GOD_PATH_MAX];
    join(f.root, name, path);
    ck_assert_int_eq(chmod(path, 0600), 0);
}

static void set_up(void)
{
    char cwd[GOD_PATH_MAX], path[GOD_PATH_MAX], plugin[GOD_PATH_MAX], fault[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    join(cwd, "daemon-jobs", f.root);
    ck_assert_int_eq(god_dir_remove(f.root, &err), GOD_OK);
    join(f.root, "state", path);
    ck_assert_int_eq(god_dir_make(path, &err), GOD_OK);
    join(f.root, "plugins", path);
    ck_assert_int_eq(god_dir_make(path, &err), GOD_OK);
    join(path, "a.so", plugin);
    ck_assert_int_eq(god_file_copy(test_fault_path("hang_one", fault), plugin, &err), GOD_OK);
    join(f.root, "god.yaml", f.config);
    test_write(f.root, "god.yaml",
               "plugins: {folders: [plugins]}\npaths: {cache_dir: cache, state_dir: state}\n"
               "worker: {grace_ms: 2000, threads: 1}\nadmin: {socket: state/admin.sock}\n"
               "tournament: {models_dir: submissions, notify_file: notify}\n");
    test_write(f.root, "rows.json", "[]\n");
    (void)snprintf(f.url, sizeof f.url, "sqlite:%s/state/god.db", f.root);
    ck_assert_msg(gdi_db_open(&(gdi_db_options){.url = f.url}, &f.db, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(gdi_schema_migrate(f.db, gdi_facts_now_us(), NULL, NULL, &err) == GOD_OK, "%s", err.message);
    ck_assert_int_eq(gdi_db_listen(f.db, "cycles", &err), GOD_OK);
    f.host = NULL;
}

static void tear_down(void)
{
    gdi_child_free(f.host);
    gdi_db_close(f.db);
}

static void start_host(void)
{
    god_error err = GOD_ERROR_INIT;
    const char *const argv[] = {GOD_BUILD_DIR "/bin/god", "host", "--config", f.config, NULL};
    ck_assert_msg(gdi_child_start(&(gdi_child_options){.argv = argv}, &f.host, &err) == GOD_OK, "%s", err.message);
}

static gdi_child_end end_host(int signal_number)
{
    gdi_child_end end;
    ck_assert_int_eq(kill(gdi_child_pid(f.host), signal_number), 0);
    ck_assert_int_eq(gdi_child_wait(f.host, patience, &end, NULL), GOD_OK);
    return end;
}

static god_status add_job(gdi_db *db, void *user, god_error *err)
{
    return gdi_job_add_in(db, user, NULL, err);
}

static void add(const char *kind, const char *key, const char *payload)
{
    god_error err = GOD_ERROR_INIT;
    gdi_job_add job = {.kind = kind, .key = key, .payload_json = payload, .now_us = gdi_facts_now_us()};
    ck_assert_msg(gdi_db_transact(f.db, add_job, &job, &err) == GOD_OK, "%s", err.message);
}

/* Waits until the job is in this state; the view is the caller's. */
static gdi_job_view await(const char *key, uint32_t state)
{
    gdi_job_view view = {.job_id = 0};
    gdi_child_end end;
    god_error err = GOD_ERROR_INIT;
    for (int i = 0; i < patience; i++) {
        gdi_job_view_clear(&view);
        ck_assert_msg(gdi_job_look(f.db, key, &view, &err) == GOD_OK, "%s", err.message);
        if (view.state == state) {
            return view;
        }
        if (f.host != NULL) {
            ck_assert_msg(gdi_child_wait(f.host, 1, &end, NULL) != GOD_OK, "%s", gdi_child_output(f.host));
        }
    }
    ck_abort_msg("%s is %s (%s):\n%s", key, gdi_job_state_name(view.state), view.message,
                 f.host == NULL ? "" : gdi_child_output(f.host));
    return view;
}

/* "repo" of the submission with this score. */
static void add_evaluation(const char *key, const char *id, double score, const char *extra)
{
    const test_submission submission = {id, score, extra}, base = {"base", 1, NULL};
    char path[GOD_PATH_MAX], rows[GOD_PATH_MAX], payload[GOD_PATH_MAX * 2];
    (void)test_submission_make(f.root, &base, path);
    (void)test_submission_make(f.root, &submission, path);
    join(f.root, "rows.json", rows);
    (void)snprintf(
        payload, sizeof payload,
        "{\"task_id\": \"t\", \"task_type\": \"FaultTask\", \"model_id\": \"base\", \"test_data\": \"file://%s\","
        " \"details\": {}, \"submissions\": [{\"hotkey\": \"alice\", \"repo\": \"%s\"},"
        " {\"hotkey\": \"bob\", \"repo\": \"nobody/nothing\"}]}",
        rows, id);
    add("evaluate", key, payload);
}

START_TEST(test_host_daemon_jobs__evaluates_in_a_folder_of_the_spool)
{
    start_host();
    add_evaluation("evaluate/t/1", "one", 2.5, NULL);
    gdi_job_view view = await("evaluate/t/1", GDI_JOB_DONE);
    json_t *result = json_loads(view.result_json, 0, NULL), *scores = json_object_get(result, "scores");
    const json_t *alice = json_object_get(scores, "alice"), *bob = json_object_get(scores, "bob");
    ck_assert_str_eq(json_string_value(json_object_get(alice, "status")), "ok");
    ck_assert_double_eq(json_number_value(json_object_get(alice, "test_loss")), 2.5);
    ck_assert_str_eq(json_string_value(json_object_get(bob, "status")), "failed");
    ck_assert(json_is_null(json_object_get(bob, "test_loss")));
    json_decref(result);
    gdi_job_view_clear(&view);
    gdi_child_end end = end_host(SIGTERM);
    ck_assert_uint_eq(end.how, GDI_CHILD_EXITED);
    ck_assert_int_eq(end.code, 0);
}
END_TEST

START_TEST(test_host_daemon_jobs__a_kind_that_nobody_executes_stays_queued)
{
    gdi_job_view view = {.job_id = 0};
    test_write(f.root, "notify", ""); /* nobody is told */
    make_private("notify");
    start_host();
    add("set_weights", "set_weights/1", "{}");
    add("notify", "notify/1", "{\"content\": \"hello\"}"); /* added later, so the other had its chance */
    view = await("notify/1", GDI_JOB_DONE);
    gdi_job_view_clear(&view);
    view = await("set_weights/1", GDI_JOB_QUEUED);
    ck_assert_uint_eq(view.attempts, 0);
    gdi_job_view_clear(&view);
}
END_TEST

/* Answers one connection with status 204 and keeps what was sent. */
typedef struct receiver {
    int fd;
    char text[4096];
} receiver;

static void *receive(void *user)
{
    receiver *r = user;
    size_t got = 0;
    int fd = accept(r->fd, NULL, NULL);
    while (fd >= 0 && got < sizeof r->text - 1 && strchr(r->text, '}') == NULL) {
        ssize_t n = read(fd, r->text + got, sizeof r->text - 1 - got);
        if (n <= 0) {
            break;
        }
        got += (size_t)n;
    }
    static const char answer[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    (void)!write(fd, answer, sizeof answer - 1);
    (void)close(fd);
    return NULL;
}

START_TEST(test_host_daemon_jobs__posts_notifications_and_never_logs_where)
{
    receiver r = {.fd = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof at;
    char address[128];
    pthread_t thread;
    ck_assert_int_eq(bind(r.fd, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(r.fd, 1), 0);
    ck_assert_int_eq(getsockname(r.fd, (struct sockaddr *)&at, &bytes), 0);
    (void)snprintf(address, sizeof address, "http://127.0.0.1:%d/hooks/very-secret\n", ntohs(at.sin_port));
    test_write(f.root, "notify", address);
    make_private("notify");
    ck_assert_int_eq(pthread_create(&thread, NULL, receive, &r), 0);
    start_host();
    add("notify", "notify/2", "{\"content\": \"a tournament \\\"started\\\"\"}");
    gdi_job_view view = await("notify/2", GDI_JOB_DONE);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_ptr_nonnull(strstr(r.text, "POST /hooks/very-secret HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(r.text, "{\"content\":\"a tournament \\\"started\\\"\"}"));
    ck_assert_ptr_null(strstr(gdi_child_output(f.host), "very-secret"));
    gdi_job_view_clear(&view);
    (void)close(r.fd);
}
END_TEST

START_TEST(test_host_daemon_jobs__failures_that_may_pass_are_tried_again)
{
    gdi_job_view view = {.job_id = 0};
    test_write(f.root, "notify", "http://127.0.0.1:1/nobody-listens\n");
    make_private("notify");
    start_host();
    add("notify", "notify/3", "{\"content\": \"x\"}");
    do {
        gdi_job_view_clear(&view);
        view = await("notify/3", GDI_JOB_QUEUED);
    } while (view.attempts == 0);
    ck_assert_uint_eq(view.attempts, 1);
    gdi_job_view_clear(&view);
    add("notify", "notify/4", "{\"no content\": 1}"); /* wrong for good */
    view = await("notify/4", GDI_JOB_FAILED);
    ck_assert_str_eq(view.message, "payload: \"content\" is missing");
    gdi_job_view_clear(&view);
}
END_TEST

START_TEST(test_host_daemon_jobs__a_polite_stop_gives_jobs_back)
{
    start_host();
    add_evaluation("evaluate/t/2", "slow", 1, "hang");
    gdi_job_view view = await("evaluate/t/2", GDI_JOB_RUNNING);
    gdi_job_view_clear(&view);
    (void)end_host(SIGTERM);
    gdi_child_free(f.host);
    f.host = NULL;
    view = await("evaluate/t/2", GDI_JOB_QUEUED);
    ck_assert_uint_eq(view.attempts, 0);
    gdi_job_view_clear(&view);
}
END_TEST

static god_status cancel_job(gdi_db *db, void *user, god_error *err)
{
    return gdi_job_cancel_in(db, user, gdi_facts_now_us(), "not wanted", err);
}

START_TEST(test_host_daemon_jobs__cancelling_an_evaluation_stops_its_worker)
{
    char running[GOD_PATH_MAX];
    gdi_child_end end;
    start_host();
    add_evaluation("evaluate/t/4", "hanging", 1, "hang");
    join(f.root, "state/jobs/running/store-1", running);
    for (int i = 0; i < patience && !god_file_exists(running); i++) {
        ck_assert_int_ne(gdi_child_wait(f.host, 1, &end, NULL), GOD_OK);
    }
    ck_assert_int_eq(gdi_db_transact(f.db, cancel_job, "evaluate/t/4", NULL), GOD_OK);
    for (int i = 0; i < patience && god_file_exists(running); i++) {
        ck_assert_int_ne(gdi_child_wait(f.host, 1, &end, NULL), GOD_OK);
    }
    ck_assert_msg(!god_file_exists(running), "%s", gdi_child_output(f.host));
    gdi_job_view view = await("evaluate/t/4", GDI_JOB_CANCELLED);
    ck_assert_str_eq(view.message, "not wanted");
    gdi_job_view_clear(&view);
}
END_TEST

START_TEST(test_host_daemon_jobs__what_a_killed_host_held_is_done_by_the_next)
{
    start_host();
    add_evaluation("evaluate/t/3", "two", 3.5, NULL);
    gdi_job_view view = {.job_id = 0};
    do { /* as soon as it is claimed, or a little later */
        gdi_job_view_clear(&view);
        ck_assert_int_eq(gdi_job_look(f.db, "evaluate/t/3", &view, NULL), GOD_OK);
    } while (view.state == GDI_JOB_QUEUED);
    (void)end_host(SIGKILL);
    gdi_child_free(f.host);
    start_host();
    gdi_job_view_clear(&view);
    view = await("evaluate/t/3", GDI_JOB_DONE);
    ck_assert_ptr_nonnull(strstr(view.result_json, "3.5"));
    gdi_job_view_clear(&view);
}
END_TEST

/* What `god WORD ...` printed on both; the caller frees it. */
static char *run_god(int exit_code, const char *word, const char *command, const char *argument)
{
    const char *argv[] = {GOD_BUILD_DIR "/bin/god", word, command, "--config", f.config, argument, NULL};
    gdi_child *child = NULL;
    gdi_child_end end;
    ck_assert_int_eq(gdi_child_start(&(gdi_child_options){.argv = argv}, &child, NULL), GOD_OK);
    ck_assert_int_eq(gdi_child_wait(child, patience, &end, NULL), GOD_OK);
    char *text = strdup(gdi_child_output(child));
    ck_assert_msg(end.how == GDI_CHILD_EXITED && end.code == exit_code, "%d: %s", end.code, text);
    gdi_child_free(child);
    return text;
}

static void prints(int exit_code, const char *word, const char *command, const char *argument, const char *expected)
{
    char *text = run_god(exit_code, word, command, argument);
    ck_assert_msg(strstr(text, expected) != NULL, "\"%s\" is not in: %s", expected, text);
    free(text);
}

/* The same commands, the same words, whether a host runs or not. */
static void operate(void)
{
    prints(0, "tournament", "create", "image", "created tourn_");
    prints(2, "tournament", "create", "image", "one at a time");
    prints(2, "tournament", "create", "chess", "\"chess\" is no type");
    prints(0, "tournament", "list", NULL, "image        pending");
    char *text = run_god(0, "tournament", "list", "--json");
    json_t *list = json_loads(strchr(text, '['), JSON_DISABLE_EOF_CHECK, NULL);
    const char *id = json_string_value(json_object_get(json_array_get(list, 0), "tournament_id"));
    ck_assert_ptr_nonnull(id);
    prints(0, "tournament", "show", id, "not decided");
    prints(0, "tournament", "cancel", id, "cancelled");
    prints(2, "tournament", "show", "tourn_none", "there is no tournament \"tourn_none\"");
    json_decref(list);
    free(text);
}

START_TEST(test_host_daemon_jobs__operators_need_no_host_and_do_not_mind_one)
{
    add("set_weights", "set_weights/a b", "{}");
    operate();
    prints(0, "job", "show", "set_weights/a b", "queued");
    start_host();
    for (int i = 0; i < patience && strstr(gdi_child_output(f.host), "the host is ready") == NULL; i++) {
        gdi_child_end end;
        ck_assert_int_ne(gdi_child_wait(f.host, 1, &end, NULL), GOD_OK);
    }
    operate();
    prints(0, "job", "show", "set_weights/a b", "no connection to a chain");
    prints(0, "job", "log", "set_weights/a b", "queued: this host has no connection to a chain");
    prints(0, "job", "cancel", "set_weights/a b", "cancelled by an operator");
    prints(2, "job", "cancel", "set_weights/a b", "the job has ended already, it is cancelled");
    prints(0, "job", "list", NULL, "cancelled");
    prints(2, "job", "show", "12345", "there is no job \"12345\"");
}
END_TEST

Suite *suite_host_daemon_jobs(void)
{
    Suite *suite = suite_create("host/daemon_jobs");
    TCase *tcase = tcase_create("jobs");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, test_host_daemon_jobs__evaluates_in_a_folder_of_the_spool);
    tcase_add_test(tcase, test_host_daemon_jobs__a_kind_that_nobody_executes_stays_queued);
    tcase_add_test(tcase, test_host_daemon_jobs__posts_notifications_and_never_logs_where);
    tcase_add_test(tcase, test_host_daemon_jobs__failures_that_may_pass_are_tried_again);
    tcase_add_test(tcase, test_host_daemon_jobs__a_polite_stop_gives_jobs_back);
    tcase_add_test(tcase, test_host_daemon_jobs__cancelling_an_evaluation_stops_its_worker);
    tcase_add_test(tcase, test_host_daemon_jobs__what_a_killed_host_held_is_done_by_the_next);
    tcase_add_test(tcase, test_host_daemon_jobs__operators_need_no_host_and_do_not_mind_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
