#include "core/runner/state.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/runner/spec.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

static const char *const phases[] = {"", "new", "building", "starting", "training", "collecting", "ended"};
static const char *const outcomes[] = {
    "",          "success",    "time_limit",   "build_failed", "failed",   "out_of_memory",
    "disk_full", "bad_output", "not_confined", "lost",         "cancelled"};

const char *gdi_run_phase_name(uint32_t phase)
{
    return phase < sizeof phases / sizeof *phases ? phases[phase] : "";
}

const char *gdi_run_outcome_name(uint32_t outcome)
{
    return outcome < sizeof outcomes / sizeof *outcomes ? outcomes[outcome] : "";
}

static uint32_t find_name(const char *const *names, size_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return UINT32_MAX;
}

static god_status read_fields(const char *path, const json_t *root, gdi_run_state *ret_state, god_error *err)
{
    const char *phase = "", *outcome = "", *handle = "", *message = "";
    int64_t exit_code = -1;
    gdi_run_state state = {.exit_code = -1};
    GOD_TRY(god_json_get_str(path, root, "phase", &phase, err));
    GOD_TRY(god_json_get_str(path, root, "outcome", &outcome, err));
    GOD_TRY(god_json_get_str(path, root, "handle", &handle, err));
    GOD_TRY(god_json_get_str(path, root, "message", &message, err));
    GOD_TRY(god_json_opt_int(path, root, "exit_code", INT32_MIN, INT32_MAX, &exit_code, err));
    GOD_TRY(god_json_opt_int(path, root, "phase_us", 0, INT64_MAX, &state.phase_us, err));
    GOD_TRY(god_json_get_int(path, root, "started_us", 0, INT64_MAX, &state.started_us, err));
    GOD_TRY(god_json_get_int(path, root, "ended_us", 0, INT64_MAX, &state.ended_us, err));
    state.phase = find_name(phases, sizeof phases / sizeof *phases, phase);
    state.outcome = find_name(outcomes, sizeof outcomes / sizeof *outcomes, outcome);
    state.exit_code = (int32_t)exit_code;
    if (state.phase == UINT32_MAX || state.phase == 0 || state.outcome == UINT32_MAX) {
        return god_fail(err, GOD_E_DATA, "%s: phase \"%.20s\" or outcome \"%.20s\" is unknown", path, phase, outcome);
    }
    (void)snprintf(state.handle, sizeof state.handle, "%s", handle);
    (void)snprintf(state.message, sizeof state.message, "%s", message);
    *ret_state = state;
    return GOD_OK;
}

god_status gdi_run_state_read(const char *run_dir, gdi_run_state *ret_state, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *root = NULL;
    GOD_TRY(god_path_join(run_dir, "state.json", path, err));
    if (!god_file_exists(path)) {
        *ret_state = (gdi_run_state){.phase = GDI_RUN_NEW, .exit_code = -1};
        return GOD_OK;
    }
    GOD_TRY(god_json_read(path, 64 << 10, &root, err));
    god_status status = read_fields(path, root, ret_state, err);
    json_decref(root);
    return status;
}

/* Text of a stranger may be no UTF-8. */
static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);
    return value != NULL ? value : json_string("(a message that is not UTF-8 text)");
}

god_status gdi_run_state_write(const char *run_dir, const gdi_run_state *state, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *root = json_pack("{s:i, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o}", "version", 1, "phase",
                             gdi_run_phase_name(state->phase), "outcome", gdi_run_outcome_name(state->outcome),
                             "handle", state->handle, "phase_us", (json_int_t)state->phase_us, "started_us",
                             (json_int_t)state->started_us, "ended_us", (json_int_t)state->ended_us, "exit_code",
                             state->exit_code < 0 ? json_null() : json_integer(state->exit_code), "message",
                             text_value(state->message));
    if (root == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the state of a run");
    }
    god_status status = god_path_join(run_dir, state->phase == GDI_RUN_ENDED ? "result.json" : "state.json", path, err);
    if (status == GOD_OK) {
        status = god_json_write(path, root, err);
    }
    /* result.json first: whoever sees "ended" in state.json finds it. */
    if (status == GOD_OK && state->phase == GDI_RUN_ENDED) {
        status = god_path_join(run_dir, "state.json", path, err);
        status = status == GOD_OK ? god_json_write(path, root, err) : status;
    }
    json_decref(root);
    return status;
}
