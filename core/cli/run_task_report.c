/* What `god run-task` says at its end. */
#include <jansson.h>
#include <stdio.h>

#include "core/cli/run_task.h"

static void print_json(const gdi_run_task *task, const gdi_plan *plan, const gdi_run_state *state,
                       const gdi_verdict *verdict)
{
    json_t *findings = json_array();
    for (uint32_t i = 0; i < verdict->count; i++) {
        (void)json_array_append_new(findings, json_pack("{s:b, s:s}", "fatal", (int)verdict->findings[i].is_fatal,
                                                        "text", verdict->findings[i].text));
    }
    json_t *root =
        json_pack("{s:s, s:s, s:o, s:s, s:s, s:f, s:s, s:s, s:b, s:o}", "task_type", plan->task_type, "outcome",
                  gdi_run_outcome_name(state->outcome), "exit_code",
                  state->exit_code < 0 ? json_null() : json_integer(state->exit_code), "message", state->message,
                  "folder", task->dir, "seconds", (double)(state->ended_us - state->started_us) / 1e6, "output",
                  verdict->dir, "kind", verdict->kind, "acceptable", verdict->fatal_count == 0, "findings", findings);
    (void)json_dumpf(root, stdout, JSON_INDENT(2));
    (void)fputc('\n', stdout);
    json_decref(root);
}

static void print_text(const gdi_run_task *task, const gdi_run_state *state, const gdi_verdict *verdict)
{
    (void)printf("\ntraining  %s, %.1f s%s%s\n", gdi_run_outcome_name(state->outcome),
                 (double)(state->ended_us - state->started_us) / 1e6, state->message[0] != '\0' ? ": " : "",
                 state->message);
    if (verdict->dir[0] != '\0') {
        (void)printf("output    %s %s\n", verdict->kind, verdict->dir);
    }
    for (uint32_t i = 0; i < verdict->count; i++) {
        (void)printf("%s  %s\n", verdict->findings[i].is_fatal ? "problem " : "note    ", verdict->findings[i].text);
    }
    (void)printf("logs      %s/training.log\n", task->dir);
    (void)printf("verdict   %s\n", verdict->fatal_count == 0 &&
                                           (state->outcome == GDI_RUN_SUCCESS || state->outcome == GDI_RUN_TIME_LIMIT)
                                       ? "a validator would take this output"
                                       : "a validator would not take this output");
}

void gdi_run_task_print(const gdi_run_task *task, const gdi_plan *plan, const gdi_run_state *state,
                        const gdi_verdict *verdict)
{
    if (task->json) {
        print_json(task, plan, state, verdict);
    } else {
        print_text(task, state, verdict);
    }
}
