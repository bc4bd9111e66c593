-- Tasks: one row for every kind in `tasks`, what only one kind has beside it. Columns: tournament specification,
-- section 24; training specification, sections 20 and 26. A task_id is a UUID as text on both engines.

CREATE TABLE tasks (
    task_id {text} PRIMARY KEY,
    task_type {text} NOT NULL,
    {one_of status pending preparing_data prep_task_failure awaiting_model_prep looking_for_nodes
        failure_finding_nodes delayed ready training preevaluation evaluating success failure} NOT NULL DEFAULT 'pending',
    model_id {text},
    ds {text},
    account_id {text},
    {bool is_organic} NOT NULL DEFAULT FALSE,
    hours_to_complete {real},
    model_params_count {int},
    training_data {text},
    test_data {text},
    yarn_factor {int},
    {json augmentation_config},
    augmented_model_id {text},
    {json baseline_stats},
    training_start_point {text},
    backend {text},
    error {text},
    n_eval_attempts {int} NOT NULL DEFAULT 0,
    times_delayed {int} NOT NULL DEFAULT 0,
    {time next_delay_at},
    {json assigned_miners},
    {time created_at} NOT NULL,
    {time started_at},
    {time termination_at},
    {time completed_at},
    {time updated_at} NOT NULL
) {table};
CREATE INDEX tasks_status ON tasks (status, created_at, task_id);

-- Each slot of a round has one task at a time; `replacements` counts those that were put aside (section 11.6).
CREATE TABLE tournament_tasks (
    tournament_id {text} NOT NULL REFERENCES tournaments (tournament_id) ON DELETE CASCADE,
    task_id {text} NOT NULL REFERENCES tasks (task_id) ON DELETE CASCADE,
    round_id {text} NOT NULL REFERENCES tournament_rounds (round_id) ON DELETE CASCADE,
    group_id {text} REFERENCES tournament_groups (group_id) ON DELETE CASCADE,
    pair_id {text} REFERENCES tournament_pairs (pair_id) ON DELETE CASCADE,
    slot {int} NOT NULL DEFAULT 0,
    replacements {int} NOT NULL DEFAULT 0,
    {time next_attempt_at},
    PRIMARY KEY (tournament_id, task_id),
    CONSTRAINT tournament_tasks_of_group_or_pair CHECK ((group_id IS NULL) <> (pair_id IS NULL))
) {table};
CREATE INDEX tournament_tasks_task ON tournament_tasks (task_id);
CREATE INDEX tournament_tasks_round ON tournament_tasks (round_id);
CREATE INDEX tournament_tasks_group ON tournament_tasks (group_id);
CREATE INDEX tournament_tasks_pair ON tournament_tasks (pair_id);

CREATE TABLE instruct_text_tasks (
    task_id {text} PRIMARY KEY REFERENCES tasks (task_id) ON DELETE CASCADE,
    field_system {text},
    field_instruction {text},
    field_input {text},
    field_output {text},
    format {text},
    no_input_format {text},
    system_format {text},
    file_format {text},
    {bool use_kl} NOT NULL DEFAULT FALSE,
    kl_coef {real}
) {table};

CREATE TABLE dpo_tasks (
    task_id {text} PRIMARY KEY REFERENCES tasks (task_id) ON DELETE CASCADE,
    field_prompt {text},
    field_system {text},
    field_chosen {text},
    field_rejected {text},
    prompt_format {text},
    chosen_format {text},
    rejected_format {text},
    file_format {text}
) {table};

CREATE TABLE grpo_tasks (
    task_id {text} PRIMARY KEY REFERENCES tasks (task_id) ON DELETE CASCADE,
    field_prompt {text},
    extra_column {text},
    file_format {text}
) {table};

CREATE TABLE reward_functions (
    reward_id {text} PRIMARY KEY,
    name {text},
    description {text},
    reward_func {text} NOT NULL,
    func_hash {text} NOT NULL UNIQUE,
    reward_weight {real},
    {bool is_generic} NOT NULL DEFAULT FALSE,
    {bool is_manual} NOT NULL DEFAULT FALSE,
    {time created_at} NOT NULL
) {table};

CREATE TABLE grpo_task_functions (
    task_id {text} NOT NULL REFERENCES grpo_tasks (task_id) ON DELETE CASCADE,
    reward_id {text} NOT NULL REFERENCES reward_functions (reward_id),
    position {int} NOT NULL DEFAULT 0,
    reward_weight {real} NOT NULL CHECK (reward_weight >= 0),
    PRIMARY KEY (task_id, reward_id)
) {table};
CREATE INDEX grpo_task_functions_reward ON grpo_task_functions (reward_id);

CREATE TABLE chat_tasks (
    task_id {text} PRIMARY KEY REFERENCES tasks (task_id) ON DELETE CASCADE,
    chat_template {text},
    chat_column {text},
    chat_role_field {text},
    chat_content_field {text},
    chat_user_reference {text},
    chat_assistant_reference {text},
    file_format {text}
) {table};

CREATE TABLE image_tasks (
    task_id {text} PRIMARY KEY REFERENCES tasks (task_id) ON DELETE CASCADE,
    model_type {text},
    trigger_word {text}
) {table};

CREATE TABLE image_text_pairs (
    task_id {text} NOT NULL REFERENCES image_tasks (task_id) ON DELETE CASCADE,
    position {int} NOT NULL,
    image_url {text} NOT NULL,
    text_url {text} NOT NULL,
    PRIMARY KEY (task_id, position)
) {table};

CREATE TABLE env_tasks (
    task_id {text} PRIMARY KEY REFERENCES tasks (task_id) ON DELETE CASCADE,
    {json environment_names},
    {json environment_weights},
    eval_seed {int}
) {table};

CREATE TABLE task_nodes (
    task_id {text} NOT NULL REFERENCES tasks (task_id) ON DELETE CASCADE,
    hotkey {text} NOT NULL,
    netuid {int} NOT NULL,
    expected_repo_name {text},
    starting_model_repo {text},
    {json baseline_stats},
    test_loss {real},
    synth_loss {real},
    quality_score {real},
    score_reason {text},
    PRIMARY KEY (task_id, hotkey, netuid)
) {table};
CREATE INDEX task_nodes_hotkey ON task_nodes (hotkey);

CREATE TABLE benchmark_root_tasks (
    task_id {text} PRIMARY KEY REFERENCES tasks (task_id),
    task_type {text} NOT NULL,
    {time created_at} NOT NULL
) {table};

CREATE TABLE benchmark_task_copies (
    copy_task_id {text} PRIMARY KEY REFERENCES tasks (task_id) ON DELETE CASCADE,
    root_task_id {text} NOT NULL REFERENCES benchmark_root_tasks (task_id),
    participant_hotkey {text} NOT NULL,
    tournament_id {text} NOT NULL REFERENCES tournaments (tournament_id) ON DELETE CASCADE,
    {time created_at} NOT NULL,
    UNIQUE (root_task_id, participant_hotkey, tournament_id)
) {table};
CREATE INDEX benchmark_task_copies_tournament ON benchmark_task_copies (tournament_id);
