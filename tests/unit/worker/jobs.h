/* tests/unit/worker/jobs.h: a job around one of the plug-ins of tests/faults, made in the working directory.
 *
 * A submission is a folder with a number in score.txt; a file named "crash" or "hang" in it is what crash_one and
 * hang_one look for. */
#ifndef GDI_TEST_JOBS_H
#define GDI_TEST_JOBS_H

#include <check.h>

#include "core/base/layout.h"
#include "core/worker/split.h"

typedef struct test_submission {
    const char *id;
    double score;      /* below 0: a folder without a score */
    const char *extra; /* a further file, empty; NULL: none */
} test_submission;

typedef struct test_job {
    gdi_layout layout;
    char root[GOD_PATH_MAX]; /* everything of this test */
    char dir[GOD_PATH_MAX];  /* the job folder */
    char cache[GOD_PATH_MAX];
    json_t *json; /* job.json as it will be written; tests may change it first */
} test_job;

/* "BUILD/tests/faults/NAME.so" */
const char *test_fault_path(const char *name, char buf[GOD_PATH_MAX]);

/* Makes the folder anew. `submissions` ends with an id of NULL. */
test_job test_job_make(const char *name, const char *fault, const test_submission *submissions);
/* One folder with a score.txt below root/submissions/; its path. */
const char *test_submission_make(const char *root, const test_submission *submission, char buf[GOD_PATH_MAX]);
void test_job_set(test_job *job, const char *key, json_t *value_take);
/* Writes job.json and reads it back as the worker will. */
gdi_job test_job_open(test_job *job);
void test_job_clear(test_job *job);

/* gdi_job_run with the worker of this build; fails the test when it fails itself. */
gdi_result test_job_run(test_job *job);

/* The status and message of the submission `id`, "" when there is none. */
const char *test_status_of(const gdi_result *result, const char *id);
const char *test_message_of(const gdi_result *result, const char *id);
/* Fails the test unless the submission is "ok" with this score. */
void test_assert_score(const gdi_result *result, const char *id, double score);

void test_write(const char *dir, const char *name, const char *text);
/* 1 while the process is there and not a zombie. */
int test_process_lives(long pid);
/* Waits until the process is gone; fails the test after a long while. */
void test_await_death(long pid);

#endif
