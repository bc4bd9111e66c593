#include "core/worker/split.h"

#include <stdlib.h>

#include "god/helpers/file.h"

enum {
    hopeless_parts = 16, /* so many parts of a group all died and none ended well: it is not the submissions */
};

typedef struct part {
    uint32_t first, count;
} part;

typedef struct split {
    const gdi_supervise_options *options;
    const char *job_dir;
    const gdi_job *job;
    gdi_result *result; /* of the whole job; its submissions fill up as parts end */
    part *level, *next; /* parts to run now; their halves */
    uint32_t level_count, next_count;
    uint32_t parts_run, parts_fine;
    uint64_t give_up_ms; /* on gdi_clock_ms */
    uint32_t stopped;
} split;

static uint32_t worker_died(const gdi_result *result)
{
    switch (result->outcome) {
    case GDI_OUTCOME_CRASH:
    case GDI_OUTCOME_NO_RESULT: return 1;
    case GDI_OUTCOME_TIMEOUT: return result->hung;
    case GDI_OUTCOME_PLUGIN_ERROR: return result->status == GOD_E_DEVICE; /* the context is lost with everybody in it */
    default: return 0;
    }
}

/* Room for one culprit's whole path down the halves, twice, and a little more. */
static uint64_t time_for_parts(const gdi_job *job)
{
    uint64_t factor = 2;
    for (uint32_t n = job->submission_count; n > 1; n = (n + 1) / 2) {
        factor += 2;
    }
    return job->time_limit_ms == 0 ? UINT64_MAX / 2 : job->time_limit_ms * factor;
}

static god_status remove_in(const char *job_dir, const char *name, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(job_dir, name, path, err));
    return god_dir_remove(path, err);
}

static god_status remove_leftovers(const char *job_dir, god_error *err)
{
    static const char *const names[] = {"result.json", "progress.jsonl", "output.txt", "work", "parts", "artifacts"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        GOD_TRY(remove_in(job_dir, names[i], err));
    }
    return GOD_OK;
}

static void tell(const split *s, const char *message)
{
    if (s->options->frame == NULL) {
        return;
    }
    json_t *frame = json_pack("{s:s, s:i, s:s}", "frame", "log", "level", GOD_LOG_WARNING, "message", message);
    if (frame != NULL) {
        s->options->frame(s->options->user, frame);
        json_decref(frame);
    }
}

/* Moves the artifacts of one submission from its part's folder to that of the job, under its index in the job. */
static god_status move_artifacts(const split *s, const char *part_dir, json_t *submission, uint32_t index,
                                 god_error *err)
{
    json_t *artifacts = json_object_get(submission, "artifacts");
    const char *name = NULL;
    json_t *value = NULL;
    void *next = NULL;
    json_object_foreach_safe(artifacts, next, name, value)
    {
        char from[GOD_PATH_MAX], to[GOD_PATH_MAX], dir[GOD_PATH_MAX], relative[160];
        (void)snprintf(relative, sizeof relative, "artifacts/%u-%.100s", index, name);
        GOD_TRY(god_path_join(part_dir, json_string_value(value), from, err));
        GOD_TRY(god_path_join(s->job_dir, "artifacts", dir, err));
        GOD_TRY(god_dir_make(dir, err));
        GOD_TRY(god_path_join(s->job_dir, relative, to, err));
        if (rename(from, to) != 0) {
            return god_fail_errno(err, GOD_E_IO, "cannot move the artifact \"%s\"", from);
        }
        if (json_object_set_new(artifacts, name, json_string(relative)) != 0) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for a result");
        }
    }
    return GOD_OK;
}

static god_status merge(split *s, const part *p, const char *part_dir, gdi_result *result, god_error *err)
{
    gdi_result *whole = s->result;
    for (uint32_t i = 0; i < p->count; i++) {
        json_t *submission = gdi_result_submission(result, i);
        GOD_TRY(move_artifacts(s, part_dir, submission, p->first + i, err));
        if (json_array_set(whole->submissions, p->first + i, submission) != 0) {
            return god_fail(err, GOD_E_NOMEM, "out of memory for a result");
        }
    }
    if (s->parts_fine++ == 0) { /* what was said about the score and the run is the same in every part */
        json_t *facts = json_incref(result->facts), *metrics = json_incref(result->metrics);
        json_decref(whole->facts);
        json_decref(whole->metrics);
        json_decref(whole->primary);
        whole->facts = facts;
        whole->metrics = metrics;
        whole->primary = json_incref(result->primary);
        whole->direction = result->direction;
        whole->lowest = result->lowest;
        whole->highest = result->highest;
        whole->tie_epsilon = result->tie_epsilon;
    }
    return GOD_OK;
}

static god_status fail_part(split *s, const part *p, const char *message, god_error *err)
{
    for (uint32_t i = p->first; i < p->first + p->count; i++) {
        GOD_TRY(gdi_result_set_status(s->result, i, "failed", message, err));
    }
    return GOD_OK;
}

static god_status take_part(split *s, const part *p, const char *part_dir, gdi_result *result, god_error *err)
{
    char message[sizeof result->message + 64];
    if (result->outcome == GDI_OUTCOME_RESULT) {
        return merge(s, p, part_dir, result, err);
    }
    if (result->outcome == GDI_OUTCOME_CANCELLED) {
        s->stopped = 1;
        return GOD_OK;
    }
    if (worker_died(result) && p->count > 1) {
        uint32_t half = p->count / 2;
        s->next[s->next_count++] = (part){.first = p->first, .count = half};
        s->next[s->next_count++] = (part){.first = p->first + half, .count = p->count - half};
        return GOD_OK;
    }
    (void)snprintf(message, sizeof message, worker_died(result) ? "%s while evaluating this model alone" : "%s",
                   result->message);
    return fail_part(s, p, message, err);
}

static god_status run_part(split *s, const part *p, god_error *err)
{
    char name[32], part_dir[GOD_PATH_MAX], path[GOD_PATH_MAX];
    gdi_job job;
    gdi_result result;
    (void)snprintf(name, sizeof name, "parts/%u", s->parts_run++);
    GOD_TRY(god_path_join(s->job_dir, name, part_dir, err));
    GOD_TRY(god_path_join(part_dir, "job.json", path, err));
    GOD_TRY(god_dir_make(part_dir, err));
    GOD_TRY(gdi_job_part(s->job, p->first, p->count, &job, err));
    god_status status = gdi_job_write(path, &job, err);
    if (status == GOD_OK) {
        status = gdi_supervise(s->options, part_dir, &job, &result, err);
    }
    if (status == GOD_OK) {
        status = take_part(s, p, part_dir, &result, err);
        gdi_result_clear(&result);
    }
    gdi_job_clear(&job);
    return status;
}

static god_status run_level(split *s, god_error *err)
{
    uint32_t fine_before = s->parts_fine;
    s->next_count = 0;
    for (uint32_t i = 0; i < s->level_count && !s->stopped; i++) {
        if (gdi_clock_ms() >= s->give_up_ms) {
            GOD_TRY(fail_part(s, &s->level[i],
                              "not evaluated: the time for finding the submission that kills the "
                              "worker has run out",
                              err));
        } else {
            GOD_TRY(run_part(s, &s->level[i], err));
        }
    }
    if (s->level_count >= hopeless_parts && s->parts_fine == 0 && fine_before == 0) {
        s->next_count = 0;
    }
    return GOD_OK;
}

static god_status run_levels(split *s, god_error *err)
{
    uint32_t half = s->job->submission_count / 2;
    s->level[0] = (part){.first = 0, .count = half};
    s->level[1] = (part){.first = half, .count = s->job->submission_count - half};
    s->level_count = 2;
    while (s->level_count > 0 && !s->stopped) {
        GOD_TRY(run_level(s, err));
        part *level = s->level;
        s->level = s->next;
        s->level_count = s->next_count;
        s->next = level;
    }
    return GOD_OK;
}

/* *result holds how the whole group ended. Becomes a result when any part ended well. */
static god_status split_job(const gdi_supervise_options *options, const char *job_dir, const gdi_job *job,
                            gdi_result *result, god_error *err)
{
    gdi_result open;
    size_t count = (size_t)job->submission_count + 2;
    GOD_TRY(gdi_result_begin(job, &open, err));
    uint64_t now = gdi_clock_ms(), time = time_for_parts(job);
    split s = {.options = options,
               .job_dir = job_dir,
               .job = job,
               .result = &open,
               .level = calloc(count, sizeof(part)),
               .next = calloc(count, sizeof(part)),
               .give_up_ms = time > UINT64_MAX / 2 - now ? UINT64_MAX : now + time};
    god_status status = s.level == NULL || s.next == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory") : GOD_OK;
    if (status == GOD_OK) {
        char message[sizeof result->message + 96];
        (void)snprintf(message, sizeof message, "%s, looking for the submission that does it", result->message);
        tell(&s, message);
        status = run_levels(&s, err);
    }
    free(s.level);
    free(s.next);
    if (status != GOD_OK || s.parts_fine == 0 || s.stopped) {
        gdi_result_clear(&open);
        if (s.stopped) {
            result->outcome = GDI_OUTCOME_CANCELLED;
            (void)snprintf(result->message, sizeof result->message, "it was asked to stop");
        }
        return status;
    }
    memcpy(open.started_at, result->started_at, sizeof open.started_at);
    gdi_clock_utc(open.finished_at);
    open.outcome = GDI_OUTCOME_RESULT;
    gdi_result_clear(result);
    *result = open;
    return GOD_OK;
}

/* A group of one needs no search: the one is named, and the outcome stays, because nobody else was tried. */
static god_status name_the_only_one(gdi_result *result, god_error *err)
{
    char message[sizeof result->message + 64];
    (void)snprintf(message, sizeof message, "%s while evaluating this model alone", result->message);
    return gdi_result_fail_all(result, message, err);
}

static god_status run_and_split(const gdi_supervise_options *options, const char *job_dir, const gdi_job *job,
                                gdi_result *result, god_error *err)
{
    if (!worker_died(result)) {
        return GOD_OK;
    }
    if (job->submission_count == 1) {
        return name_the_only_one(result, err);
    }
    return job->submission_count == 0 ? GOD_OK : split_job(options, job_dir, job, result, err);
}

god_status gdi_job_run(const gdi_supervise_options *options, const char *job_dir, const gdi_job *job,
                       gdi_result *ret_result, god_error *err)
{
    gdi_result result;
    GOD_TRY(remove_leftovers(job_dir, err));
    GOD_TRY(gdi_supervise(options, job_dir, job, &result, err));
    god_status status = run_and_split(options, job_dir, job, &result, err);
    if (status == GOD_OK) {
        status = gdi_result_write(job_dir, job, &result, err);
    }
    (void)remove_in(job_dir, "parts", NULL);
    (void)remove_in(job_dir, "work", NULL);
    if (status != GOD_OK) {
        gdi_result_clear(&result);
        return status;
    }
    *ret_result = result;
    return GOD_OK;
}
