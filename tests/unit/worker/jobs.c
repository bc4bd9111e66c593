#include "jobs.h"

#include <stdlib.h>
#include <unistd.h>

#include "god/helpers/json.h"

const char *test_fault_path(const char *name, char buf[GOD_PATH_MAX])
{
    (void)snprintf(buf, GOD_PATH_MAX, GOD_BUILD_DIR "/tests/faults/%s.so", name);
    return buf;
}

static void join(const char *dir, const char *name, char buf[GOD_PATH_MAX])
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(god_path_join(dir, name, buf, &err) == GOD_OK, "%s", err.message);
}

static void make_dir(const char *path)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_msg(god_dir_make(path, &err) == GOD_OK, "%s", err.message);
}

void test_write(const char *dir, const char *name, const char *text)
{
    char path[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    join(dir, name, path);
    ck_assert_msg(god_file_write(path, text, strlen(text), &err) == GOD_OK, "%s", err.message);
}

const char *test_submission_make(const char *root, const test_submission *submission, char buf[GOD_PATH_MAX])
{
    char parent[GOD_PATH_MAX], text[64];
    join(root, "submissions", parent);
    join(parent, submission->id, buf);
    make_dir(buf);
    (void)snprintf(text, sizeof text, "%.17g\n", submission->score);
    if (submission->score >= 0) {
        test_write(buf, "score.txt", text);
    }
    if (submission->extra != NULL) {
        test_write(buf, submission->extra, "");
    }
    return buf;
}

test_job test_job_make(const char *name, const char *fault, const test_submission *submissions)
{
    test_job job = {.json = NULL};
    god_error err = GOD_ERROR_INIT;
    char cwd[GOD_PATH_MAX], data[GOD_PATH_MAX], fault_path[GOD_PATH_MAX], fault_id[128], dir[GOD_PATH_MAX];
    ck_assert_msg(gdi_layout_find(&job.layout, &err) == GOD_OK, "%s", err.message);
    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    join(cwd, name, job.root);
    ck_assert_int_eq(god_dir_remove(job.root, &err), GOD_OK);
    join(job.root, "job", job.dir);
    join(job.root, "cache", job.cache);
    make_dir(job.dir);
    test_write(job.root, "rows.json", "[]\n");
    join(job.root, "rows.json", data);
    json_t *list = json_array();
    for (; submissions->id != NULL; submissions++) {
        (void)json_array_append_new(list, json_pack("{s:s, s:s}", "id", submissions->id, "model_dir",
                                                    test_submission_make(job.root, submissions, dir)));
    }
    (void)snprintf(fault_id, sizeof fault_id, "fault.%s", fault);
    job.json = json_pack("{s:i, s:s, s:s, s:{s:s, s:s}, s:{s:s}, s:{s:s}, s:o, s:s, s:i, s:i}", "version", 1, "id",
                         name, "operation", "evaluate", "plugin", "path", test_fault_path(fault, fault_path), "id",
                         fault_id, "spec", "task_type", "FaultTask", "inputs", "data", data, "submissions", list,
                         "cache_dir", job.cache, "time_limit_ms", 60000, "grace_ms", 10000);
    ck_assert_ptr_nonnull(job.json);
    return job;
}

void test_job_set(test_job *job, const char *key, json_t *value_take)
{
    ck_assert_int_eq(json_object_set_new(job->json, key, value_take), 0);
}

gdi_job test_job_open(test_job *job)
{
    char path[GOD_PATH_MAX];
    gdi_job opened;
    god_error err = GOD_ERROR_INIT;
    join(job->dir, "job.json", path);
    ck_assert_msg(god_json_write(path, job->json, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(gdi_job_read(path, &opened, &err) == GOD_OK, "%s", err.message);
    return opened;
}

void test_job_clear(test_job *job)
{
    god_error err = GOD_ERROR_INIT;
    json_decref(job->json);
    ck_assert_msg(god_dir_remove(job->root, &err) == GOD_OK, "%s", err.message);
}

gdi_result test_job_run(test_job *job)
{
    gdi_result result;
    god_error err = GOD_ERROR_INIT;
    const gdi_supervise_options options = {.worker_path = job->layout.worker_path, .nn_dir = job->layout.nn_dir};
    gdi_job opened = test_job_open(job);
    god_status status = gdi_job_run(&options, job->dir, &opened, &result, &err);
    gdi_job_clear(&opened);
    ck_assert_msg(status == GOD_OK, "%s", err.message);
    return result;
}

static const json_t *find_submission(const gdi_result *result, const char *id)
{
    size_t i;
    json_t *submission = NULL;
    json_array_foreach(result->submissions, i, submission)
    {
        if (strcmp(json_string_value(json_object_get(submission, "id")), id) == 0) {
            return submission;
        }
    }
    return NULL;
}

const char *test_status_of(const gdi_result *result, const char *id)
{
    const char *text = json_string_value(json_object_get(find_submission(result, id), "status"));
    return text == NULL ? "" : text;
}

const char *test_message_of(const gdi_result *result, const char *id)
{
    const char *text = json_string_value(json_object_get(find_submission(result, id), "message"));
    return text == NULL ? "" : text;
}

void test_assert_score(const gdi_result *result, const char *id, double score)
{
    const json_t *metrics = json_object_get(find_submission(result, id), "metrics");
    ck_assert_msg(strcmp(test_status_of(result, id), "ok") == 0, "%s is %s: %s", id, test_status_of(result, id),
                  test_message_of(result, id));
    ck_assert_double_eq(json_number_value(json_object_get(json_object_get(metrics, "score"), "value")), score);
}

int test_process_lives(long pid)
{
    char path[64], state = 'Z';
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    int fields = fscanf(file, "%*d %*s %c", &state);
    (void)fclose(file);
    return fields == 1 && state != 'Z' && state != 'X';
}

void test_await_death(long pid)
{
    for (int i = 0; i < 30000 && test_process_lives(pid); i++) {
        (void)usleep(1000); /* the death of somebody else's child can only be asked for */
    }
    ck_assert_msg(!test_process_lives(pid), "process %ld lives on", pid);
}
