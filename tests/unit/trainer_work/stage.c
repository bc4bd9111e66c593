#include "stage.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "god/helpers/file.h"
#include "god/helpers/json.h"

stage stage_now;

int stage_is_possible(void)
{
    if (system("bwrap --ro-bind / / --unshare-all true 2>/dev/null") == 0) {
        return 1;
    }
    (void)printf("skipped: bubblewrap cannot make name spaces on this machine\n");
    return 0;
}

static void read_commits(stage *s)
{
    char path[400], name[16], commit[64];
    (void)snprintf(path, sizeof path, "%.200s/remote/commits", s->dir);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    while (fscanf(file, "%15s %63s", name, commit) == 2) {
        (void)snprintf(strcmp(name, "good") == 0 ? s->good : s->bare, sizeof s->good, "%.40s", commit);
    }
    (void)fclose(file);
    ck_assert_uint_eq(strlen(s->good), 40);
    ck_assert_uint_eq(strlen(s->bare), 40);
}

static void make_files(stage *s)
{
    char command[4000];
    (void)snprintf(command, sizeof command,
                   "rm -rf '%s' && mkdir -p '%s/poker' '%s/remote' && echo '[1]' > '%s/poker/rows.json' && sh '%s' "
                   "'%s/remote' '%s' && python3 '%s' '%s/models'",
                   s->dir, s->dir, s->dir, s->dir, STAGE_DIR "/make_repository.sh", s->dir, STAGE_DIR "/train.sh",
                   STAGE_DIR "/make_models.py", s->dir);
    ck_assert_int_eq(system(command), 0);
}

static void read_config(stage *s)
{
    char text[1200];
    god_error err = GOD_ERROR_INIT;
    int bytes = snprintf(text, sizeof text,
                         "paths: {cache_dir: %s/cache, state_dir: %s/state}\n"
                         "hub: {endpoint: %s, token_variable: TEST_HUB_TOKEN}\n",
                         s->dir, s->dir, s->hub.endpoint);
    ck_assert_msg(gdi_config_read("test", "/", text, (size_t)bytes, &s->config, &err) == GOD_OK, "%s", err.message);
}

static uint32_t stop_asked(void *user)
{
    stage *s = user;
    if (s->kill_at_ask != 0 && atomic_fetch_add(&s->asked, 1) + 1 == s->kill_at_ask) {
        (void)kill(getpid(), SIGKILL);
    }
    return s->stop;
}

static void take_line(void *user, const char *line)
{
    stage *s = user;
    ck_assert_uint_lt(s->line_count, STAGE_LINES_MAX);
    (void)snprintf(s->lines[s->line_count++], STAGE_LINE_BYTES, "%s", line);
}

static void take_step(void *user, uint32_t step)
{
    stage *s = user;
    if (s->kill_at_step != 0 && step == s->kill_at_step) {
        (void)kill(getpid(), SIGKILL);
    }
    if (s->stop_at_step != 0 && step >= s->stop_at_step) {
        s->stop = s->stop_then;
    }
}

static void take_start(void *user, const char *name, int64_t started_us)
{
    stage *s = user;
    ck_assert_int_eq(strncmp(name, "god-run-", 8), 0);
    ck_assert_int_gt(started_us, 0);
    if (s->kill_when_started) {
        (void)kill(getpid(), SIGKILL);
    }
    if (s->go_when_started) {
        stage_let_go();
    }
    if (s->stop_then != 0 && s->stop_at_step == 0) {
        s->stop = s->stop_then;
    }
}

void stage_open(void)
{
    stage *s = &stage_now;
    static const char *const repositories[] = {"SoelMgd/Poker_Dataset=/poker", "demo/base=/models/base",
                                               "demo/adapter=/models/adapter", "demo/second=/models/second"};
    enum { count = sizeof repositories / sizeof *repositories };
    char cwd[128], folders[count][300];
    const char *list[count + 1] = {NULL};
    god_error err = GOD_ERROR_INIT;
    *s = (stage){.line_count = 0};
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    (void)snprintf(s->dir, sizeof s->dir, "%.120s/stage-%d", cwd, (int)getpid());
    (void)snprintf(s->repository, sizeof s->repository, "file://%.200s/remote/repo.git", s->dir);
    make_files(s);
    read_commits(s);
    for (int i = 0; i < count; i++) {
        const char *equal = strchr(repositories[i], '=');
        (void)snprintf(folders[i], sizeof folders[i], "%.*s=%.200s%s", (int)(equal - repositories[i]), repositories[i],
                       s->dir, equal + 1);
        list[i] = folders[i];
    }
    hub_process_start_with(&s->hub, list);
    ck_assert_int_eq(setenv("TEST_HUB_TOKEN", "hf_secret", 1), 0);
    read_config(s);
    ck_assert_int_eq(gdi_layout_from(GOD_BUILD_DIR "/bin/god", &s->layout, &err), GOD_OK);
    ck_assert_msg(gdi_secrets_open(s->config.paths_state_dir, &s->secrets, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(gdi_training_types_open(&s->config, &s->layout, NULL, "s4lt", &s->types, &err) == GOD_OK, "%s",
                  err.message);
}

void stage_close(void)
{
    stage *s = &stage_now;
    gdi_training_types_close(&s->types);
    gdi_secrets_close(s->secrets);
    gdi_config_clear(&s->config);
    hub_process_stop(&s->hub);
    ck_assert_int_eq(god_dir_remove(s->dir, NULL), GOD_OK);
}

void stage_set_up(void)
{
    stage *s = &stage_now;
    (void)snprintf(s->jobs_dir, sizeof s->jobs_dir, "%.200s/jobs-%d", s->dir, (int)getpid());
    (void)snprintf(s->job_id, sizeof s->job_id, "job-%d", (int)getpid());
    s->calls = (gdi_work_calls){
        .user = s, .stop_asked = stop_asked, .log = take_line, .step = take_step, .container_started = take_start};
    s->work = (gdi_work){.job_dir = s->job_dir,
                         .config = &s->config,
                         .layout = &s->layout,
                         .types = &s->types,
                         .secrets = s->secrets,
                         .salt = "s4lt",
                         .hub_user = "made",
                         .calls = &s->calls,
                         .run = {.runner = "process", .trusted = 1, .memory_bytes = UINT64_C(1) << 50},
                         .upload_pause_ms = 1,
                         .allow_local_repository = 1};
}

void stage_tear_down(void)
{
    gdi_work_end_clear(&stage_now.end);
}

json_t *stage_request(const char *task_id, const char *name)
{
    const stage *s = &stage_now;
    json_t *request = json_pack(
        "{s:{s:s, s:s, s:f, s:s, s:o, s:{s:s, s:s}, s:s}, s:s, s:s, s:s, s:[i], s:s, s:[s, s]}", "training_data",
        "model", "test/plain", "task_id", task_id, "hours_to_complete", 0.05, "expected_repo_name", name, "dataset",
        json_sprintf("%s/signed/config.json?Signature=x&X-Amz-Date=1", s->hub.endpoint), "dataset_type",
        "field_instruction", "instruct", "field_output", "output", "file_format", "s3", "github_repo", s->repository,
        "github_commit_hash", s->good, "github_token", STAGE_TOKEN, "gpu_ids", 0, "hotkey",
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "requested_datasets", "SoelMgd/Poker_Dataset",
        "RZ412/PokerBench");
    ck_assert_ptr_nonnull(request);
    return request;
}

void stage_make(json_t *request_take)
{
    stage *s = &stage_now;
    god_error err = GOD_ERROR_INIT;
    god_status status = gdi_work_make(s->jobs_dir, s->job_id, request_take, s->secrets, s->job_dir, &err);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
    json_decref(request_take);
}

god_status stage_run(god_error *err)
{
    gdi_work_end_clear(&stage_now.end);
    return gdi_work_run(&stage_now.work, &stage_now.end, err);
}

int stage_run_in_child(void)
{
    stage *s = &stage_now;
    int status = 0;
    atomic_store(&s->asked, 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        god_error err = GOD_ERROR_INIT;
        _exit(gdi_work_run(&s->work, &s->end, &err) == GOD_OK ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    const int was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    ck_assert_msg(was_killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "the child ended with %d", status);
    return was_killed;
}

void stage_run_killed(void)
{
    ck_assert(stage_run_in_child());
    stage_now.kill_at_step = stage_now.kill_when_started = 0;
}

int stage_said(const char *piece)
{
    int count = 0;
    for (unsigned i = 0; i < stage_now.line_count; i++) {
        count += strstr(stage_now.lines[i], piece) != NULL;
    }
    return count;
}

int stage_printed(const char *piece)
{
    char path[GOD_PATH_MAX];
    char *text = NULL;
    size_t bytes = 0;
    int count = 0;
    ck_assert_int_eq(god_path_join(stage_now.job_dir, "training.log", path, NULL), GOD_OK);
    ck_assert_int_eq(god_file_read(path, 1 << 20, &text, &bytes, NULL), GOD_OK);
    for (const char *at = text; (at = strstr(at, piece)) != NULL; at++) {
        count++;
    }
    free(text);
    return count;
}

int stage_has(const char *name)
{
    char path[GOD_PATH_MAX];
    return god_path_join(stage_now.job_dir, name, path, NULL) == GOD_OK && god_file_exists(path);
}

void stage_let_go(void)
{
    char path[GOD_PATH_MAX];
    (void)snprintf(path, sizeof path, "%.3000s/checkpoints/go", stage_now.job_dir);
    ck_assert_int_eq(god_file_write(path, "", 0, NULL), GOD_OK);
}

int stage_leaks(const char *text)
{
    char command[1200];
    (void)snprintf(command, sizeof command, "grep -rqF -e '%.100s' '%s' '%s/cache' '%s/state'", text,
                   stage_now.jobs_dir, stage_now.dir, stage_now.dir);
    return system(command) == 0;
}
