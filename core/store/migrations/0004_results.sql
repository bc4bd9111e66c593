-- Training, evaluation and games of a task. Columns: tournament specification, section 24. Beyond it, for the waits and
-- deadlines of 13.3 and 13.4: next_attempt_at, started_at, failure_reason of a training.

CREATE TABLE tournament_task_hotkey_trainings (
    task_id {text} NOT NULL REFERENCES tasks (task_id) ON DELETE CASCADE,
    hotkey {text} NOT NULL,
    {one_of training_status pending training success failure} NOT NULL DEFAULT 'pending',
    n_training_attempts {int} NOT NULL DEFAULT 0 CHECK (n_training_attempts >= 0),
    priority {int} NOT NULL DEFAULT 2,
    training_repo {text},
    training_commit_hash {text},
    github_token {text}, -- sealed, see core/store/seal.h
    {json requested_datasets},
    trainer_ip {text},
    dstack_runname {text},
    failure_reason {text},
    {time next_attempt_at},
    {time started_at},
    {time created_at} NOT NULL,
    {time updated_at} NOT NULL,
    PRIMARY KEY (task_id, hotkey)
) {table};
CREATE INDEX trainings_status ON tournament_task_hotkey_trainings (training_status);
CREATE INDEX trainings_trainer ON tournament_task_hotkey_trainings (trainer_ip);

CREATE TABLE trainers_gpus (
    trainer_ip {text} NOT NULL,
    gpu_id {int} NOT NULL,
    gpu_type {text},
    vram_gb {int},
    {time used_until},
    {time created_at} NOT NULL,
    {time updated_at} NOT NULL,
    PRIMARY KEY (trainer_ip, gpu_id)
) {table};
CREATE INDEX trainers_gpus_type ON trainers_gpus (gpu_type);
CREATE INDEX trainers_gpus_used_until ON trainers_gpus (used_until);

CREATE TABLE submissions (
    submission_id {text} PRIMARY KEY,
    task_id {text} NOT NULL REFERENCES tasks (task_id) ON DELETE CASCADE,
    hotkey {text} NOT NULL,
    netuid {int} NOT NULL,
    repo {text} NOT NULL,
    {time created_on} NOT NULL,
    UNIQUE (task_id, hotkey, netuid)
) {table};

CREATE TABLE evaluations (
    task_id {text} NOT NULL REFERENCES tasks (task_id) ON DELETE CASCADE,
    hotkey {text} NOT NULL,
    netuid {int} NOT NULL,
    {one_of evaluation_status pending evaluating success failure} NOT NULL DEFAULT 'pending',
    deployment_id {text},
    deployment_env_id {text},
    {time created_at},
    {time updated_at},
    PRIMARY KEY (task_id, hotkey, netuid)
) {table};
CREATE INDEX evaluations_status ON evaluations (evaluation_status);

CREATE TABLE pvp_pair_results (
    task_id {text} NOT NULL REFERENCES tasks (task_id) ON DELETE CASCADE,
    hotkey_a {text} NOT NULL,
    hotkey_b {text} NOT NULL,
    environment_name {text} NOT NULL,
    model_a_wins {int} NOT NULL DEFAULT 0,
    model_b_wins {int} NOT NULL DEFAULT 0,
    draws {int} NOT NULL DEFAULT 0,
    total_games {int} NOT NULL DEFAULT 0,
    n_attempts {int} NOT NULL DEFAULT 0 CHECK (n_attempts >= 0),
    {one_of status pending complete} NOT NULL DEFAULT 'pending',
    {time created_at},
    {time updated_at},
    PRIMARY KEY (task_id, hotkey_a, hotkey_b, environment_name),
    CONSTRAINT pvp_pair_results_in_order CHECK (hotkey_a < hotkey_b)
) {table};

CREATE TABLE pvp_individual_scores (
    task_id {text} NOT NULL REFERENCES tasks (task_id) ON DELETE CASCADE,
    hotkey {text} NOT NULL,
    environment_name {text} NOT NULL,
    score {real},
    n_attempts {int} NOT NULL DEFAULT 0 CHECK (n_attempts >= 0),
    {one_of status pending complete} NOT NULL DEFAULT 'pending',
    {time created_at},
    {time updated_at},
    PRIMARY KEY (task_id, hotkey, environment_name)
) {table};
