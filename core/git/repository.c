#include "core/git/repository.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/base/signals.h"
#include "god/helpers/json.h"

enum { ask_period_ms = 100, kill_grace_ms = 0 };
enum { usual_time_limit_ms = 10 * 60 * 1000, usual_objects_max = 1000 * 1000, usual_files_max = 50 * 1000 };
static const uint64_t usual_received_bytes_max = UINT64_C(2) << 30, usual_tree_bytes_max = UINT64_C(4) << 30,
                      usual_file_bytes_max = UINT64_C(1) << 30;

/* What god-git has said so far. */
typedef struct answer {
    gdi_repository repository;
    uint32_t done;
} answer;

static json_int_t or_usual(uint64_t value, uint64_t usual)
{
    uint64_t chosen = value != 0 ? value : usual;
    return (json_int_t)(chosen > INT64_MAX ? INT64_MAX : chosen);
}

/* What god-git is asked for beside the request's own members. */
typedef struct errand {
    const char *work_dir, *commit, *branch; /* "" where it has none */
    const gdi_repository_target *target;    /* NULL: nothing is pushed */
} errand;

/* The request as JSON; *ret_text holds the tokens and is freed with forget. */
static god_status write_request(const gdi_repository_request *request, const errand *e, char **ret_text, god_error *err)
{
    const gdi_repository_target *target = e->target;
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:s, s:s?, s:b, s:I, s:I, s:I, s:I, s:I, s:s?, s:s?, s:s?}", "url", request->url, "work_dir",
        e->work_dir, "commit", e->commit, "branch", e->branch, "token", request->token, "allow_local",
        (int)request->allow_local, "received_bytes_max",
        or_usual(request->received_bytes_max, usual_received_bytes_max), "objects_max",
        or_usual(request->objects_max, usual_objects_max), "files_max", or_usual(request->files_max, usual_files_max),
        "tree_bytes_max", or_usual(request->tree_bytes_max, usual_tree_bytes_max), "file_bytes_max",
        or_usual(request->file_bytes_max, usual_file_bytes_max), "push_url", target == NULL ? NULL : target->url,
        "push_token", target == NULL ? NULL : target->token, "push_message", target == NULL ? NULL : target->message);
    char *text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (text == NULL) {
        return god_fail(err, GOD_E_INVALID, "the repository address, branch or token is not UTF-8 text");
    }
    *ret_text = text;
    return GOD_OK;
}

static void forget(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
    }
    free(text);
}

static god_status take_error(const json_t *frame, god_error *err)
{
    const char *message = "";
    int64_t code = GOD_E_DATA;
    GOD_TRY(god_json_get_str("god-git", frame, "error", &message, err));
    GOD_TRY(god_json_get_int("god-git", frame, "status", GOD_E_DEVICE, GOD_E_INVALID, &code, err));
    return god_fail(err, (god_status)code, "%s", message);
}

static god_status take_commit(const json_t *frame, answer *state, god_error *err)
{
    const char *commit = "";
    int64_t files = 0, bytes = 0;
    GOD_TRY(god_json_get_str("god-git", frame, "commit", &commit, err));
    GOD_TRY(god_json_opt_int("god-git", frame, "files", 0, INT64_MAX, &files, err));
    GOD_TRY(god_json_opt_int("god-git", frame, "bytes", 0, INT64_MAX, &bytes, err));
    GOD_TRY(gdi_commit_read(commit, state->repository.commit, err));
    state->repository.files = (uint64_t)files;
    state->repository.bytes = (uint64_t)bytes;
    state->done = 1;
    return GOD_OK;
}

static god_status take_progress(const json_t *frame, const gdi_repository_request *request, god_error *err)
{
    int64_t objects = 0, total = 0, bytes = 0;
    GOD_TRY(god_json_get_int("god-git", frame, "received_objects", 0, INT64_MAX, &objects, err));
    GOD_TRY(god_json_get_int("god-git", frame, "total_objects", 0, INT64_MAX, &total, err));
    GOD_TRY(god_json_get_int("god-git", frame, "received_bytes", 0, INT64_MAX, &bytes, err));
    if (request->progress != NULL) {
        request->progress(request->user, (uint64_t)objects, (uint64_t)total, (uint64_t)bytes);
    }
    return GOD_OK;
}

static god_status take_frame(const char *text, const gdi_repository_request *request, answer *state, god_error *err)
{
    json_t *frame = NULL;
    god_status status = GOD_OK;
    GOD_TRY(god_json_parse("god-git", text, strlen(text), &frame, err));
    if (json_object_get(frame, "error") != NULL) {
        status = take_error(frame, err);
    } else if (json_object_get(frame, "commit") != NULL) {
        status = take_commit(frame, state, err);
    } else {
        status = take_progress(frame, request, err);
    }
    json_decref(frame);
    return status;
}

static god_status fail_end(gdi_child *child, god_error *err)
{
    gdi_child_end end = {0};
    gdi_child_stop(child, kill_grace_ms, &end);
    if (end.how == GDI_CHILD_SIGNALLED) {
        return god_fail(err, GOD_E_DATA, "fetching the repository ended with a %s", gdi_signals_name(end.code));
    }
    return god_fail(err, GOD_E_INTERNAL, "god-git ended without an answer (exit status %d)", end.code);
}

static god_status collect(gdi_child *child, const gdi_repository_request *request, answer *state, god_error *err)
{
    const uint64_t limit_ms = request->time_limit_ms != 0 ? request->time_limit_ms : usual_time_limit_ms;
    const uint64_t deadline_ms = gdi_clock_ms() + limit_ms;
    while (!state->done) {
        const char *frame = NULL;
        uint32_t closed = 0;
        GOD_TRY(gdi_child_next_frame(child, ask_period_ms, &frame, &closed, err));
        if (frame != NULL) {
            GOD_TRY(take_frame(frame, request, state, err));
        } else if (closed) {
            return fail_end(child, err);
        }
        if (request->stop_asked != NULL && request->stop_asked(request->user)) {
            return god_fail(err, GOD_E_CANCELLED, "fetching the repository was cancelled");
        }
        if (!state->done && gdi_clock_ms() >= deadline_ms) {
            return god_fail(err, GOD_E_TIMEOUT, "fetching the repository took more than %llu s",
                            (unsigned long long)(limit_ms / 1000));
        }
    }
    return GOD_OK;
}

static god_status ask(const gdi_layout *layout, const gdi_repository_request *request, const errand *e,
                      answer *ret_answer, god_error *err)
{
    char path[GOD_PATH_MAX];
    char *text = NULL;
    GOD_TRY(god_path_join(layout->root, "libexec/god/god-git", path, err));
    GOD_TRY(write_request(request, e, &text, err));
    const char *const argv[] = {path, NULL};
    const gdi_child_options options = {.argv = argv, .frames = 1, .input = text, .input_bytes = strlen(text)};
    gdi_child *child = NULL;
    god_status status = gdi_child_start(&options, &child, err);
    forget(text);
    if (status == GOD_OK) {
        status = collect(child, request, ret_answer, err);
    }
    gdi_child_free(child);
    return status;
}

/* Work in dest.part, then one rename. */
static god_status fetch_into(const gdi_layout *layout, const gdi_repository_request *request, const char *commit,
                             const char *part_dir, answer *ret_answer, god_error *err)
{
    char tree[GOD_PATH_MAX];
    GOD_TRY(god_dir_remove(part_dir, err));
    GOD_TRY(god_dir_make(part_dir, err));
    const errand e = {.work_dir = part_dir, .commit = commit, .branch = ""};
    GOD_TRY(ask(layout, request, &e, ret_answer, err));
    GOD_TRY(god_path_join(part_dir, "tree", tree, err));
    if (rename(tree, request->dest_dir) != 0) {
        return god_fail_errno(err, GOD_E_IO, "cannot move the fetched repository to \"%s\"", request->dest_dir);
    }
    return GOD_OK;
}

god_status gdi_repository_fetch(const gdi_layout *layout, const gdi_repository_request *request,
                                gdi_repository *ret_repository, god_error *err)
{
    char commit[GDI_COMMIT_HEX + 1], part_dir[GOD_PATH_MAX];
    gdi_address address;
    answer state = {.done = 0};
    GOD_TRY(gdi_commit_read(request->commit, commit, err));
    GOD_TRY(gdi_address_read(request->url, request->allow_local ? GDI_ADDRESS_LOCAL : 0, &address, err));
    if (god_file_exists(request->dest_dir)) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is there already", request->dest_dir);
    }
    int count = snprintf(part_dir, sizeof part_dir, "%s.part", request->dest_dir);
    if (count < 0 || (size_t)count >= sizeof part_dir) {
        return god_fail(err, GOD_E_INVALID, "the folder for a repository has a path of more than %d bytes",
                        GOD_PATH_MAX);
    }
    god_status status = fetch_into(layout, request, commit, part_dir, &state, err);
    god_error ignored = GOD_ERROR_INIT;
    (void)god_dir_remove(part_dir, &ignored);
    if (status == GOD_OK) {
        *ret_repository = state.repository;
    }
    return status;
}

god_status gdi_repository_publish(const gdi_layout *layout, const gdi_repository_request *request,
                                  const gdi_repository_target *target, char ret_commit[GDI_COMMIT_HEX + 1],
                                  god_error *err)
{
    char commit[GDI_COMMIT_HEX + 1];
    gdi_address address;
    answer state = {.done = 0};
    const uint32_t flags = request->allow_local ? GDI_ADDRESS_LOCAL : 0;
    GOD_TRY(gdi_commit_read(request->commit, commit, err));
    GOD_TRY(gdi_address_read(request->url, flags, &address, err));
    GOD_TRY(gdi_address_read(target->url, flags, &address, err));
    GOD_TRY(god_dir_make(request->dest_dir, err));
    const errand e = {.work_dir = request->dest_dir, .commit = commit, .branch = "", .target = target};
    god_status status = ask(layout, request, &e, &state, err);
    (void)god_dir_remove(request->dest_dir, NULL);
    if (status == GOD_OK) {
        memcpy(ret_commit, state.repository.commit, sizeof state.repository.commit);
    }
    return status;
}

god_status gdi_repository_head(const gdi_layout *layout, const gdi_repository_request *request, const char *branch,
                               char ret_commit[GDI_COMMIT_HEX + 1], god_error *err)
{
    answer state = {.done = 0};
    const errand e = {.work_dir = "", .commit = "", .branch = branch};
    GOD_TRY(ask(layout, request, &e, &state, err));
    memcpy(ret_commit, state.repository.commit, sizeof state.repository.commit);
    return GOD_OK;
}
