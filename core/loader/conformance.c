/* The parent's side of the conformance suite: starts a child, follows its frames, and starts another one behind the
 * check that a child did not come back from. */
#include "core/loader/conformance.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/loader/checks.h"
#include "core/loader/ending.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

enum { checks_max = 64, describe_ms_max = 10000, listen_ms_max = 200, argv_bytes = GOD_PATH_MAX + 256 };

typedef struct suite {
    const gdi_conformance_options *options;
    char work_dir[GOD_PATH_MAX];
    char letters[checks_max + 1]; /* how each check ended so far; see conformance_child.h */
    uint32_t at;                  /* the check that comes next, or is under way */
    uint32_t under_way;
    void *user;
    void (*each)(void *user, const gdi_conformance_result *result);
    gdi_conformance_count count;
} suite;

static void tell(suite *s, const char *id, const char *sentence, uint32_t verdict, const char *message)
{
    const gdi_conformance_result result = {.id = id, .sentence = sentence, .verdict = verdict, .message = message};
    s->count.passed += verdict == GDI_PASS;
    s->count.failed += verdict == GDI_FAIL;
    s->count.skipped += verdict == GDI_SKIP;
    s->each(s->user, &result);
}

static void finish_check(suite *s, char letter, const char *message)
{
    uint32_t verdict = letter == 'p' ? GDI_PASS : letter == 'f' ? GDI_FAIL : GDI_SKIP;
    s->letters[s->at] = letter;
    tell(s, gdi_checks[s->at].id, gdi_checks[s->at].sentence, verdict, message);
    s->at++;
    s->under_way = 0;
}

/* ---- one child ---- */

static god_status start_child(const suite *s, gdi_child **ret_child, god_error *err)
{
    const gdi_conformance_options *o = s->options;
    char nn_dir[argv_bytes];
    size_t count = 0, entries = 12 + 2 * (size_t)o->submission_count;
    const char **argv = calloc(entries, sizeof *argv);
    char *pairs = calloc(o->submission_count + 1, argv_bytes);
    god_status status = GOD_OK;
    if (argv == NULL || pairs == NULL) {
        status = god_fail(err, GOD_E_NOMEM, "out of memory for the arguments of a child");
        goto free_arguments;
    }
    const char *const named[][2] = {{"--task", o->task_path}, {"--data", o->data_path}, {"--base", o->base_dir}};
    const char *const fixed[] = {o->worker_path, "--conformance", o->plugin_path, s->letters, s->work_dir};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        argv[count++] = fixed[i];
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (named[i][1] != NULL) {
            argv[count++] = named[i][0];
            argv[count++] = named[i][1];
        }
    }
    for (uint32_t i = 0; i < o->submission_count; i++) {
        char *pair = pairs + (size_t)i * argv_bytes;
        (void)snprintf(pair, argv_bytes, "%s=%s", o->submissions[i].id, o->submissions[i].model_dir);
        argv[count++] = "--submission";
        argv[count++] = pair;
    }
    (void)snprintf(nn_dir, sizeof nn_dir, "GOD_NN_DIR=%s", o->nn_dir == NULL ? "" : o->nn_dir);
    const char *const env[] = {o->nn_dir == NULL ? NULL : nn_dir, NULL};
    status = gdi_child_start(&(gdi_child_options){.argv = argv, .extra_env = env, .frames = 1}, ret_child, err);
free_arguments:
    free(pairs);
    free(argv);
    return status;
}

static god_status take_begin(suite *s, const json_t *frame, god_error *err)
{
    const char *id = NULL;
    GOD_TRY(god_json_opt_str("frame", frame, "begin", &id, err));
    if (id == NULL) {
        return GOD_OK;
    }
    if (s->at >= gdi_check_count || strcmp(id, gdi_checks[s->at].id) != 0) {
        return god_fail(err, GOD_E_DATA, "frame: the check \"%.60s\" begins out of turn", id);
    }
    s->under_way = 1;
    return GOD_OK;
}

static god_status take_verdict(suite *s, const json_t *frame, god_error *err)
{
    const char *verdict = NULL, *message = "";
    GOD_TRY(god_json_opt_str("frame", frame, "verdict", &verdict, err));
    GOD_TRY(god_json_opt_str("frame", frame, "message", &message, err));
    if (verdict == NULL) {
        return GOD_OK;
    }
    if (!s->under_way || strlen(verdict) != 1 || strchr("pfsb", verdict[0]) == NULL) {
        return god_fail(err, GOD_E_DATA, "frame: the verdict \"%.20s\" comes out of turn", verdict);
    }
    finish_check(s, verdict[0], message);
    return GOD_OK;
}

static god_status take_frame(suite *s, const char *text, uint32_t *ret_done, god_error *err)
{
    json_t *frame = NULL;
    GOD_TRY(god_json_parse("frame", text, strlen(text), &frame, err));
    god_status status = take_begin(s, frame, err);
    if (status == GOD_OK) {
        status = take_verdict(s, frame, err);
    }
    if (status == GOD_OK) {
        status = god_json_opt_bool("frame", frame, "done", ret_done, err);
    }
    json_decref(frame);
    return status;
}

static uint32_t is_stopped(const suite *s)
{
    return s->options->stop_asked != NULL && s->options->stop_asked() != 0;
}

/* Follows one child until it is done, has closed its frames, breaks their form, exceeds its time in one check, or is to
 * be stopped. */
static void follow(suite *s, gdi_child *child, uint32_t *ret_timed_out, god_error *ret_problem)
{
    uint32_t closed = 0, done = 0;
    uint64_t deadline = gdi_clock_ms() + s->options->time_limit_ms;
    while (!closed && !done && !is_stopped(s)) {
        const char *frame = NULL;
        uint64_t now = gdi_clock_ms();
        if (now >= deadline) {
            *ret_timed_out = 1;
            return;
        }
        uint64_t wait_ms = deadline - now < listen_ms_max ? deadline - now : listen_ms_max;
        if (gdi_child_next_frame(child, wait_ms, &frame, &closed, ret_problem) != GOD_OK ||
            (frame != NULL && take_frame(s, frame, &done, ret_problem) != GOD_OK)) {
            return;
        }
        if (frame != NULL) {
            deadline = gdi_clock_ms() + s->options->time_limit_ms;
        }
    }
}

/* One child, from check `at` on. When it does not come back from a check, that check has failed and `at` moves on. One
 * that does not even get to a check has met something other than the plug-in, which was described before. */
static god_status run_child(suite *s, god_error *err)
{
    gdi_child *child = NULL;
    uint32_t timed_out = 0, first = s->at;
    god_error problem = GOD_ERROR_INIT, reason = GOD_ERROR_INIT;
    god_status status = GOD_OK;
    GOD_TRY(start_child(s, &child, err));
    follow(s, child, &timed_out, &problem);
    if (is_stopped(s)) {
        status = god_fail(err, GOD_E_CANCELLED, "stopped before all checks were made");
    } else if (s->at < gdi_check_count) {
        const char *where = s->under_way ? "this check" : "its opening";
        (void)gdi_ending_explain(child, where, timed_out, s->options->time_limit_ms, &reason);
        const char *why = problem.message[0] != '\0' ? problem.message : reason.message;
        if (s->under_way) {
            finish_check(s, 'f', why);
        } else if (s->at == first) {
            status = god_fail(err, GOD_E_INTERNAL, "\"%s --conformance\" cannot run any check: it %s",
                              s->options->worker_path, why);
        }
    }
    gdi_child_free(child);
    return status;
}

/* ---- the suite ---- */

static god_status make_work_dir(suite *s, god_error *err)
{
    const char *temporary = getenv("TMPDIR");
    GOD_TRY(god_path_join(temporary == NULL || temporary[0] != '/' ? "/tmp" : temporary, "god-check.XXXXXX",
                          s->work_dir, err));
    return mkdtemp(s->work_dir) != NULL
               ? GOD_OK
               : god_fail_errno(err, GOD_E_IO, "cannot make a folder like \"%s\"", s->work_dir);
}

static god_status run_all(suite *s, god_error *err)
{
    god_error ignored = GOD_ERROR_INIT;
    god_status status = make_work_dir(s, err);
    if (status != GOD_OK) {
        return status;
    }
    while (status == GOD_OK && s->at < gdi_check_count) {
        status = run_child(s, err);
    }
    (void)god_dir_remove(s->work_dir, &ignored);
    return status;
}

god_status gdi_conformance_run(const gdi_conformance_options *options, void *user,
                               void (*each)(void *user, const gdi_conformance_result *result),
                               gdi_plugin_info *ret_info, gdi_conformance_count *ret_count, god_error *err)
{
    uint64_t describe_ms = options->time_limit_ms < describe_ms_max ? options->time_limit_ms : describe_ms_max;
    const gdi_describe_options describe = {.worker_path = options->worker_path, .time_limit_ms = describe_ms};
    suite s = {.options = options, .user = user, .each = each};
    gdi_plugin_info info;
    GOD_TRY(gdi_plugin_describe(options->plugin_path, &describe, &info, err));
    tell(&s, "described", "the loader can describe it", info.state == GOD_OK ? GDI_PASS : GDI_FAIL, info.message);
    god_status status = info.state == GOD_OK ? run_all(&s, err) : GOD_OK;
    if (status != GOD_OK) {
        gdi_plugin_info_clear(&info);
        return status;
    }
    *ret_info = info;
    *ret_count = s.count;
    return GOD_OK;
}
