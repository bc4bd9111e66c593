/* core/cycles/ending_benchmarks.c: what a new champion does on the tasks that every champion did. Source: section 18,
 * step 3. A copy is made once per root, participant and tournament, and trains with the lowest priority. */
#include "core/cycles/ending.h"
#include "core/cycles/rounds.h"

static god_status copy(gdi_step *step, const gdi_ending *ending, const char *root_id, god_error *err)
{
    char copy_id[GDI_UUID_BYTES], name[GDI_REPOSITORY_BYTES];
    const gdi_value now = gdi_time(step->now_us);
    const char *label = NULL;
    GOD_TRY(gdi_step_format(step, &label, err, "benchmark/%s/%s/%s", root_id, step->tournament.id, ending->winner));
    GOD_TRY(gdi_step_uuid(step, label, copy_id, err));
    if (!gdi_benchmark_repository(root_id, step->tournament.id, ending->winner, name, sizeof name)) {
        return god_fail(err, GOD_E_INTERNAL, "the name of a benchmark's output does not fit");
    }
    GOD_TRY(
        GDI_STEP_RUN(step, NULL, err,
                     "INSERT INTO tasks (task_id, task_type, status, model_id, ds, hours_to_complete, "
                     "model_params_count, training_data, test_data, yarn_factor, augmentation_config, "
                     "augmented_model_id, baseline_stats, training_start_point, backend, details, created_at, "
                     "updated_at) SELECT CAST($1 AS text), task_type, 'looking_for_nodes', model_id, ds, "
                     "hours_to_complete, model_params_count, training_data, test_data, yarn_factor, "
                     "augmentation_config, augmented_model_id, baseline_stats, training_start_point, backend, details, "
                     "$2, $3 FROM tasks WHERE task_id = $4",
                     gdi_text(copy_id), now, now, gdi_text(root_id)));
    GOD_TRY(GDI_STEP_RUN(step, NULL, err,
                         "INSERT INTO benchmark_task_copies (copy_task_id, root_task_id, participant_hotkey, "
                         "tournament_id, created_at) VALUES ($1, $2, $3, $4, $5)",
                         gdi_text(copy_id), gdi_text(root_id), gdi_text(ending->winner), gdi_text(step->tournament.id),
                         now));
    gdi_step_raise(step, GDI_ON_TO_QUEUE);
    return gdi_task_node_add_in(step->db, copy_id, ending->winner, step->options->netuid, name, NULL, err);
}

/* Task types of this kind of tournament, as text for a comparison. */
static bool is_of_type(gdi_step *step, const char *task_type)
{
    const gdi_named_task_kind *kind = gdi_step_kind_of(step, task_type, NULL);
    return kind != NULL && kind->tournament_type == step->tournament.type;
}

god_status gdi_ending_benchmarks(gdi_step *step, gdi_ending *ending, god_error *err)
{
    gdi_rows *rows = NULL;
    if (ending->is_defence) {
        return GOD_OK;
    }
    GOD_TRY(
        GDI_STEP_QUERY(step, &rows, err,
                       "SELECT b.task_id, b.task_type FROM benchmark_root_tasks b LEFT JOIN benchmark_task_copies c "
                       "ON c.root_task_id = b.task_id AND c.participant_hotkey = $1 AND c.tournament_id = $2 "
                       "WHERE c.copy_task_id IS NULL ORDER BY b.task_id",
                       gdi_text(ending->winner), gdi_text(step->tournament.id)));
    while (gdi_rows_next(rows)) {
        if (is_of_type(step, gdi_rows_text(rows, 1))) {
            GOD_TRY(copy(step, ending, gdi_rows_text(rows, 0), err));
        }
    }
    return GOD_OK;
}
