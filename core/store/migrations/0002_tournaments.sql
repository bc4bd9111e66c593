-- Tournaments, their rounds, and who takes part. Columns: tournament specification, section 24.
-- Beyond that section: next_attempt_at, registration_pass, fee_event_id.

CREATE TABLE tournaments (
    tournament_id {text} PRIMARY KEY,
    {one_of tournament_type text image environment} NOT NULL,
    {one_of status pending active completed cancelled} NOT NULL DEFAULT 'pending',
    base_winner_hotkey {text},
    winner_hotkey {text},
    winning_performance_difference {real},
    diff_report {text},
    winner_model_repo {text},
    winner_model_base {text},
    registration_pass {int} NOT NULL DEFAULT 0,
    {time next_attempt_at},
    {time created_at} NOT NULL,
    {time updated_at} NOT NULL
) {table};
CREATE INDEX tournaments_status ON tournaments (status);
CREATE INDEX tournaments_newest ON tournaments (tournament_type, created_at, tournament_id);

CREATE TABLE tournament_rounds (
    round_id {text} PRIMARY KEY,
    tournament_id {text} NOT NULL REFERENCES tournaments (tournament_id) ON DELETE CASCADE,
    round_number {int} NOT NULL CHECK (round_number >= 1),
    {one_of round_type group knockout} NOT NULL,
    {bool is_final_round} NOT NULL,
    {one_of status pending active completed} NOT NULL DEFAULT 'pending',
    {time started_at},
    {time completed_at},
    {time created_at} NOT NULL,
    UNIQUE (tournament_id, round_number)
) {table};
CREATE INDEX tournament_rounds_tournament ON tournament_rounds (tournament_id);
CREATE INDEX tournament_rounds_status ON tournament_rounds (status);

CREATE TABLE tournament_participants (
    tournament_id {text} NOT NULL REFERENCES tournaments (tournament_id) ON DELETE CASCADE,
    hotkey {text} NOT NULL,
    eliminated_in_round_id {text} REFERENCES tournament_rounds (round_id) ON DELETE SET NULL,
    final_position {int},
    training_repo {text},
    training_commit_hash {text},
    github_token {text}, -- sealed, see core/store/seal.h
    backup_repo {text},
    {json requested_datasets},
    stake_required {real},
    fee_event_id {int} REFERENCES balance_events (id), -- charged once
    {time created_at} NOT NULL,
    PRIMARY KEY (tournament_id, hotkey)
) {table};
CREATE INDEX tournament_participants_hotkey ON tournament_participants (hotkey);
CREATE INDEX tournament_participants_fee ON tournament_participants (fee_event_id);
CREATE INDEX tournament_participants_eliminated ON tournament_participants (eliminated_in_round_id);

CREATE TABLE tournament_groups (
    group_id {text} PRIMARY KEY,
    round_id {text} NOT NULL REFERENCES tournament_rounds (round_id) ON DELETE CASCADE,
    {time created_at} NOT NULL
) {table};
CREATE INDEX tournament_groups_round ON tournament_groups (round_id);

CREATE TABLE tournament_group_members (
    group_id {text} NOT NULL REFERENCES tournament_groups (group_id) ON DELETE CASCADE,
    hotkey {text} NOT NULL,
    {time created_at} NOT NULL,
    PRIMARY KEY (group_id, hotkey)
) {table};
CREATE INDEX tournament_group_members_hotkey ON tournament_group_members (hotkey);

CREATE TABLE tournament_pairs (
    pair_id {text} PRIMARY KEY,
    round_id {text} NOT NULL REFERENCES tournament_rounds (round_id) ON DELETE CASCADE,
    hotkey1 {text} NOT NULL,
    hotkey2 {text} NOT NULL,
    winner_hotkey {text},
    {time completed_at},
    {time created_at} NOT NULL
) {table};
CREATE INDEX tournament_pairs_round ON tournament_pairs (round_id);

CREATE TABLE tournament_dedup_reviews (
    round_id {text} PRIMARY KEY REFERENCES tournament_rounds (round_id) ON DELETE CASCADE,
    tournament_id {text} NOT NULL REFERENCES tournaments (tournament_id) ON DELETE CASCADE,
    tournament_type {text} NOT NULL,
    {one_of status pending_review approved skipped} NOT NULL,
    {json cohort},
    {json clusters},
    {json pair_verdicts},
    {json flagged_hotkeys},
    {json approved_eliminations},
    {json published_repos},
    report_url {text},
    notes {text},
    {time created_at} NOT NULL,
    {time reviewed_at},
    {time resolved_at}
) {table};
CREATE INDEX tournament_dedup_reviews_tournament ON tournament_dedup_reviews (tournament_id);

CREATE TABLE nodes (
    hotkey {text} NOT NULL,
    netuid {int} NOT NULL,
    coldkey {text} NOT NULL,
    ip {text},
    port {int},
    stake {real},
    alpha_stake {real},
    tao_stake {real},
    {time last_updated} NOT NULL,
    PRIMARY KEY (hotkey, netuid)
) {table};
CREATE INDEX nodes_coldkey ON nodes (coldkey);
