#include "core/jail/render.h"

#include <signal.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/base/clock.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

/* Processor time decides; the wall is only there for a process that sleeps, and must not hurt on a busy machine. */
enum { usual_memory_bytes = INT32_MAX, kill_grace_ms = 0, wall_factor = 30 };

/* What has come back so far. */
typedef struct rendering {
    god_text text; /* of the rendering that is being put together */
    uint64_t index, count;
    void *user;
    gdi_rendered rendered;
    uint32_t done;
} rendering;

static god_status write_request(const char *path, const god_template_request *request, uint64_t time_limit_ms,
                                uint64_t memory_bytes, uint64_t *ret_count, god_error *err)
{
    json_t *contexts = NULL;
    GOD_TRY(
        god_json_parse("template contexts", request->contexts_json, strlen(request->contexts_json), &contexts, err));
    *ret_count = json_array_size(contexts);
    json_t *root = json_pack("{s:s, s:o, s:I, s:I, s:I}", "source", request->source, "contexts", contexts, "now_s",
                             (json_int_t)request->now_s, "cpu_s", (json_int_t)(time_limit_ms / 1000 + 1),
                             "memory_bytes", (json_int_t)memory_bytes);
    if (root == NULL) {
        return god_fail(err, GOD_E_DATA, "the chat template is not UTF-8 text");
    }
    god_status status = god_json_write(path, root, err);
    json_decref(root);
    return status;
}

static god_status take_piece(rendering *state, const json_t *frame, god_error *err)
{
    const char *text = NULL;
    int64_t index = -1;
    uint32_t more = 0;
    GOD_TRY(god_json_get_int("god-jail", frame, "index", 0, INT64_MAX, &index, err));
    GOD_TRY(god_json_get_str("god-jail", frame, "text", &text, err));
    GOD_TRY(god_json_get_bool("god-jail", frame, "more", &more, err));
    if ((uint64_t)index != state->index || state->index >= state->count) {
        return god_fail(err, GOD_E_DATA, "god-jail answered rendering %lld, %llu of %llu is due", (long long)index,
                        (unsigned long long)state->index, (unsigned long long)state->count);
    }
    size_t bytes = json_string_length(json_object_get(frame, "text"));
    if (bytes > GDI_RENDER_TEXT_BYTES_MAX - state->text.bytes) {
        return god_fail(err, GOD_E_DATA, "rendering %lld: the text is longer than GDI_RENDER_TEXT_BYTES_MAX (%d bytes)",
                        (long long)index, GDI_RENDER_TEXT_BYTES_MAX);
    }
    GOD_TRY(god_text_append(&state->text, text, bytes, err));
    if (more) {
        return GOD_OK;
    }
    god_status status = state->rendered(state->user, state->index, state->text.data, state->text.bytes);
    if (status != GOD_OK) {
        return god_fail(err, status, "rendering %lld was refused by its reader", (long long)index);
    }
    god_text_clear(&state->text);
    state->index++;
    return GOD_OK;
}

static god_status take_error(const json_t *frame, god_error *err)
{
    const char *message = "";
    int64_t code = GOD_E_DATA;
    GOD_TRY(god_json_get_str("god-jail", frame, "error", &message, err));
    GOD_TRY(god_json_get_int("god-jail", frame, "status", GOD_E_DEVICE, GOD_E_INVALID, &code, err));
    return god_fail(err, (god_status)code, "%s", message);
}

static god_status take_frame(rendering *state, const char *text, god_error *err)
{
    json_t *frame = NULL;
    GOD_TRY(god_json_parse("god-jail", text, strlen(text), &frame, err));
    god_status status = GOD_OK;
    if (json_object_get(frame, "error") != NULL) {
        status = take_error(frame, err);
    } else if (json_object_get(frame, "done") == NULL) {
        status = take_piece(state, frame, err);
    } else if (state->index != state->count) {
        status = god_fail(err, GOD_E_DATA, "god-jail ended after %llu of %llu renderings",
                          (unsigned long long)state->index, (unsigned long long)state->count);
    } else {
        state->done = 1;
    }
    json_decref(frame);
    return status;
}

/* The jail went away without a last frame: say why as well as its end tells. */
static god_status fail_end(gdi_child *child, uint64_t time_limit_ms, god_error *err)
{
    gdi_child_end end = {0};
    gdi_child_stop(child, kill_grace_ms, &end);
    if (end.how == GDI_CHILD_SIGNALLED && end.code == SIGXCPU) {
        return god_fail(err, GOD_E_TIMEOUT, "the chat template took more than %llu ms of processor time",
                        (unsigned long long)time_limit_ms);
    }
    return god_fail(err, GOD_E_INTERNAL, "god-jail ended without an answer (%s %d): %.200s",
                    end.how == GDI_CHILD_SIGNALLED ? "signal" : "exit status", end.code, gdi_child_output(child));
}

static god_status collect(gdi_child *child, rendering *state, uint64_t time_limit_ms, god_error *err)
{
    const uint64_t deadline_ms = gdi_clock_ms() + wall_factor * time_limit_ms;
    while (!state->done) {
        uint64_t now_ms = gdi_clock_ms();
        if (now_ms >= deadline_ms) {
            return god_fail(err, GOD_E_TIMEOUT, "the chat template took more than %llu ms",
                            (unsigned long long)time_limit_ms);
        }
        const char *frame = NULL;
        uint32_t closed = 0;
        GOD_TRY(gdi_child_next_frame(child, deadline_ms - now_ms, &frame, &closed, err));
        if (frame != NULL) {
            GOD_TRY(take_frame(state, frame, err));
        } else if (closed) {
            return fail_end(child, time_limit_ms, err);
        }
    }
    return GOD_OK;
}

god_status gdi_render(const gdi_render_options *options, const god_template_request *request, void *user,
                      gdi_rendered rendered, god_error *err)
{
    rendering state = {.text = GOD_TEXT_INIT, .user = user, .rendered = rendered};
    uint64_t time_limit_ms = request->time_limit_ms != 0 ? request->time_limit_ms : options->time_limit_ms;
    char path[GOD_PATH_MAX];
    int count = snprintf(path, sizeof path, "%s/template.%d.json", options->work_dir, (int)gettid());
    if (count < 0 || (size_t)count >= sizeof path) {
        return god_fail(err, GOD_E_INVALID, "the path \"%.80s...\" is too long", options->work_dir);
    }
    uint64_t memory_bytes = options->memory_bytes != 0 ? options->memory_bytes : usual_memory_bytes;
    GOD_TRY(write_request(path, request, time_limit_ms, memory_bytes, &state.count, err));
    const char *const argv[] = {options->jail_path, "template", path, NULL};
    const gdi_child_options child_options = {.argv = argv, .frames = 1};
    gdi_child *child = NULL;
    god_status status = gdi_child_start(&child_options, &child, err);
    if (status == GOD_OK) {
        status = collect(child, &state, time_limit_ms, err);
    }
    gdi_child_free(child);
    god_text_free(&state.text);
    (void)unlink(path);
    return status;
}
