-- What a row waits for: `job_key` is the key of a job (core/store/jobs.h), NULL while it waits for none. The partial
-- indexes hold only what is under way, so a step reads nothing that is finished.

-- What only some kinds of task have, as one JSON object (core/store/tasks.h).
ALTER TABLE tasks ADD COLUMN {json details};
ALTER TABLE tasks ADD COLUMN job_key {text};
ALTER TABLE tasks ADD COLUMN model_preparations {int} NOT NULL DEFAULT 0;
CREATE INDEX tasks_ds ON tasks (ds);

-- `starts` counts the questions to trainers, accepted or not; attempts count only started trainings.
ALTER TABLE tournament_task_hotkey_trainings ADD COLUMN starts {int} NOT NULL DEFAULT 0;
ALTER TABLE tournament_task_hotkey_trainings ADD COLUMN job_key {text};
ALTER TABLE tournament_task_hotkey_trainings ADD COLUMN {time overdue_at};

-- Who the host itself put on a GPU: "<task>/<hotkey>".
ALTER TABLE trainers_gpus ADD COLUMN held_by {text};
CREATE INDEX trainers_gpus_held_by ON trainers_gpus (held_by);

ALTER TABLE pvp_pair_results ADD COLUMN job_key {text};
CREATE INDEX pvp_pair_results_waiting ON pvp_pair_results (task_id, hotkey_a, hotkey_b, environment_name)
    WHERE job_key IS NOT NULL;
ALTER TABLE pvp_individual_scores ADD COLUMN job_key {text};
CREATE INDEX pvp_individual_scores_waiting ON pvp_individual_scores (task_id, hotkey, environment_name)
    WHERE job_key IS NOT NULL;
