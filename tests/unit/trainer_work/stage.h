/* What every test of the job needs: a hub with a model and a data set, a repository, a configuration, and a job. */
#ifndef TEST_TRAINER_STAGE_H
#define TEST_TRAINER_STAGE_H

#include <check.h>
#include <jansson.h>

#include "core/trainer/work.h"
#include "hub_process.h"

enum { STAGE_LINES_MAX = 64, STAGE_LINE_BYTES = 1024 };
#define STAGE_TOKEN "github_pat/never+shown"

typedef struct stage {
    hub_process hub;
    gdi_layout layout;
    gdi_config config;
    gdi_training_types types;
    gdi_secrets *secrets;
    char dir[256], jobs_dir[300], job_id[32], repository[320], good[41], bare[41];
    /* of the job */
    char job_dir[GOD_PATH_MAX];
    gdi_work work;
    gdi_work_calls calls;
    gdi_work_end end;
    char lines[STAGE_LINES_MAX][STAGE_LINE_BYTES];
    unsigned line_count;
    uint32_t stop;         /* what stop_asked answers */
    uint32_t stop_at_step; /* from this step on it answers stop_then */
    uint32_t stop_then;
    uint32_t kill_at_step; /* SIGKILL to oneself when this step begins; 0: never */
    uint32_t kill_when_started, go_when_started;
    uint32_t kill_at_ask; /* the same when stop_asked is asked so many times; 0: never */
    _Atomic uint32_t asked;
} stage;

extern stage stage_now;

int stage_is_possible(void); /* 0, and prints why not: no name spaces for bubblewrap */
void stage_open(void);       /* unchecked fixtures: one hub and one cache for all tests of a suite */
void stage_close(void);
void stage_set_up(void); /* checked fixtures: folders of its own for each test */
void stage_tear_down(void);

/* A request of an instruct task; owned by the caller. */
json_t *stage_request(const char *task_id, const char *name);
void stage_make(json_t *request_take); /* the job job_id */
god_status stage_run(god_error *err);  /* gdi_work_run in this process */
/* The same in a child that kill_at_ask may kill. 1: it was killed, 0: the job ended before. */
int stage_run_in_child(void);
/* The same in a child that kill_at_step or kill_when_started kills; checks that it was. */
void stage_run_killed(void);
int stage_said(const char *piece); /* how many lines hold it */
/* The same of training.log. */
int stage_printed(const char *piece);
int stage_has(const char *name); /* a file or folder of the job */
/* Lets a training that waits go on. */
void stage_let_go(void);
/* Is this text in any file below the stage's folder, the hub's log and the repository aside? */
int stage_leaks(const char *text);

#endif
