/* core/store/tasks.h: rows of tasks, of what they hang on, and of who works on them. Source: tournament specification,
 * sections 5.4, 11, 12 and 24. [one]
 *
 * `details` is one JSON object with what only some kinds of task have, so that nothing here knows a kind by name:
 *
 *     {"fields": {...}}                                            columns and formats of the data set, dataset_type of
 * a request
 *     {"use_kl": true, "kl_coef": 0.4}                             a regularised text task
 *     {"model_type": "flux", "trigger_word": null}                 a family of models
 *     {"environment_names": [...], "environment_weights": {...}, "eval_seed": 1}
 *
 * `job_key` is the key of the job that a task waits for, NULL when it waits for none. Functions that end in _in write
 * and belong inside the caller's transaction; the others only read. Answers are rows whose columns an enum names; the
 * caller frees them.
 */
#ifndef GDI_STORE_TASKS_H
#define GDI_STORE_TASKS_H

#include "core/store/db.h"

typedef struct gdi_task_new {
    const char *task_id, *task_type;
    const char *model_id, *ds; /* NULL: none */
    const char *start_point;   /* "default", "continuation", ...; NULL: none */
    const char *details_json;
    double hours_to_complete;
    int64_t model_params_count; /* 0: unknown */
} gdi_task_new;

/* Pending, to end within its hours. */
god_status gdi_task_add_in(gdi_db *db, const gdi_task_new *task, int64_t now_us, god_error *err);

typedef struct gdi_task_link {
    const char *tournament_id, *round_id;
    const char *slot_id;   /* of a group or a pair, */
    uint32_t round_type;   /* as GDI_ROUND_GROUP or GDI_ROUND_KNOCKOUT says */
    uint32_t place;        /* among the tasks of the slot, from 0 */
    uint32_t replacements; /* tasks this place had before */
} gdi_task_link;
god_status gdi_task_link_in(gdi_db *db, const char *task_id, const gdi_task_link *link, god_error *err);

god_status gdi_task_node_add_in(gdi_db *db, const char *task_id, const char *hotkey, int64_t netuid,
                                const char *expected_repo_name, const char *starting_model_repo, god_error *err);
/* The nodes of a task that takes another's place: same hotkeys, same names of repositories. */
god_status gdi_task_nodes_copy_in(gdi_db *db, const char *from_task_id, const char *to_task_id, god_error *err);
/* With everything that hangs on it, and its jobs. */
god_status gdi_task_remove_in(gdi_db *db, const char *task_id, god_error *err);
god_status gdi_tasks_of_round_remove_in(gdi_db *db, const char *round_id, god_error *err);
god_status gdi_task_jobs_remove_in(gdi_db *db, const char *task_id, god_error *err);

/* Tasks of a round: by group or pair, then place. */
enum {
    GDI_ROUND_TASK_ID,
    GDI_ROUND_TASK_SLOT,
    GDI_ROUND_TASK_PLACE,
    GDI_ROUND_TASK_REPLACEMENTS,
    GDI_ROUND_TASK_STATUS,
    GDI_ROUND_TASK_TYPE,
    GDI_ROUND_TASK_HOURS,
    GDI_ROUND_TASK_PARAMS,
    GDI_ROUND_TASK_UPDATED,
    GDI_ROUND_TASK_MODEL
};
god_status gdi_tasks_of_round(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err);
/* How many tasks of a round there are, how many succeeded, how many failed, how many could not be prepared. */
enum { GDI_ROUND_COUNT_ALL, GDI_ROUND_COUNT_SUCCESS, GDI_ROUND_COUNT_FAILURE, GDI_ROUND_COUNT_PREP_FAILURE };
god_status gdi_tasks_counts(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err);
/* Results of a round: by group or pair, place, hotkey. Value NULL: none. */
enum { GDI_RESULT_TASK, GDI_RESULT_SLOT, GDI_RESULT_TYPE, GDI_RESULT_HOTKEY, GDI_RESULT_VALUE };
god_status gdi_tasks_results(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err);
/* What the hotkeys of a round sent in: the repository of the first task of each whose training succeeded. */
enum { GDI_OUTPUT_HOTKEY, GDI_OUTPUT_REPOSITORY };
god_status gdi_tasks_outputs(gdi_db *db, const char *round_id, gdi_rows **ret_rows, god_error *err);
/* The tournament's first model and the winner model of the newest completed tournament of a type; one row or none. */
god_status gdi_task_first_model(gdi_db *db, const char *tournament_id, gdi_rows **ret_rows, god_error *err);
enum { GDI_WINNER_MODEL_REPO, GDI_WINNER_MODEL_BASE };
god_status gdi_task_winner_model(gdi_db *db, const char *tournament_type, gdi_rows **ret_rows, god_error *err);
/* Earlier values on a data set (11.2): one column. */
god_status gdi_task_losses_on(gdi_db *db, const char *task_type, const char *ds, gdi_rows **ret_rows, god_error *err);

/* All of one task; GOD_E_NOT_FOUND when it is not there. Texts live as long as the rows. */
typedef struct gdi_task {
    const char *task_id, *task_type, *status;
    const char *model_id, *ds, *details_json, *start_point, *training_data, *test_data, *augmented_model_id,
        *baseline_stats_json;  /* NULL where the row has none */
    const char *tournament_id; /* of a benchmark copy too; NULL: an organic task */
    const char *round_id;      /* NULL: not of a round */
    const char *job_key;
    double hours_to_complete;
    int64_t model_params_count, created_us;
    uint32_t eval_attempts, preparations;
} gdi_task;
god_status gdi_task_read(gdi_db *db, const char *task_id, gdi_rows **ret_rows, gdi_task *ret_task, god_error *err);

/* Ids of the tasks with this status, oldest first; one column. `limit` 0: all. */
god_status gdi_tasks_with_status(gdi_db *db, const char *status, uint32_t limit, gdi_rows **ret_rows, god_error *err);
/* How many tasks have this status. */
god_status gdi_tasks_count(gdi_db *db, const char *status, uint32_t *ret_count, god_error *err);
/* Tasks of this status whose job ended, or is not there any more (state NULL). */
enum { GDI_ENDED_TASK, GDI_ENDED_STATE, GDI_ENDED_RESULT, GDI_ENDED_MESSAGE, GDI_ENDED_AT };
god_status gdi_tasks_ended(gdi_db *db, const char *status, gdi_rows **ret_rows, god_error *err);

/* Moves a task; *ret_moved (may be NULL) is false, and nothing changed, when it is not in `from` any more. */
god_status gdi_task_move_in(gdi_db *db, const char *task_id, const char *from, const char *to, const char *job_key,
                            int64_t now_us, bool *ret_moved, god_error *err);
/* From looking_for_nodes to training. */
god_status gdi_task_train_in(gdi_db *db, const char *task_id, int64_t now_us, god_error *err);
/* Success or failure, or back to training for another go (completed NULL then). */
god_status gdi_task_end_in(gdi_db *db, const char *task_id, const char *status, const char *error, int64_t now_us,
                           god_error *err);
god_status gdi_task_prepared_in(gdi_db *db, const char *task_id, const char *training_data, const char *test_data,
                                const char *details_json, const char *next_status, int64_t now_us, god_error *err);
/* NULL stats: the model has none. */
god_status gdi_task_model_prepared_in(gdi_db *db, const char *task_id, const char *augmented_model_id,
                                      const char *baseline_stats_json, double hours, int64_t now_us, god_error *err);
god_status gdi_task_node_prepared_in(gdi_db *db, const char *task_id, const char *hotkey,
                                     const char *baseline_stats_json, god_error *err);
god_status gdi_task_model_try_in(gdi_db *db, const char *task_id, const char *job_key, int64_t now_us, god_error *err);
/* Statistics of another task of the round with the same model and start, for reuse; NULL: it is being prepared just
 * now. One column, one row or none. */
god_status gdi_task_sibling_stats(gdi_db *db, const gdi_task *task, gdi_rows **ret_rows, god_error *err);

/* A benchmark copy (priority 3), a tournament's task (2), or neither (1). */
god_status gdi_task_priority(gdi_db *db, const char *task_id, uint32_t *ret_priority, god_error *err);

/* Nodes of a task, hotkey ascending. */
enum { GDI_NODE_HOTKEY, GDI_NODE_REPO, GDI_NODE_STARTING, GDI_NODE_VALUE, GDI_NODE_TRAINED, GDI_NODE_EVALUATED };
god_status gdi_task_nodes(gdi_db *db, const char *task_id, gdi_rows **ret_rows, god_error *err);
god_status gdi_task_node_value_in(gdi_db *db, const char *task_id, const char *hotkey, double test_loss,
                                  double synth_loss, const char *reason, god_error *err);
god_status gdi_task_node_quality_in(gdi_db *db, const char *task_id, const char *hotkey, double quality,
                                    const char *reason, god_error *err);

/* Unfinished tasks of cancelled tournaments; one column. */
god_status gdi_tasks_of_cancelled(gdi_db *db, gdi_rows **ret_rows, god_error *err);

#endif
