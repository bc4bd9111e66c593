-- Work that takes time (core/store/jobs.h), leases of things that only one may hold (core/store/leases.h), and single
-- values that must survive (`meta`).

CREATE TABLE jobs (
    {serial job_id}, -- never given out twice, so that a claim of a deleted job cannot end another
    kind {text} NOT NULL,
    key {text} NOT NULL UNIQUE,
    {one_of state queued running done failed cancelled} NOT NULL DEFAULT 'queued',
    priority {int} NOT NULL DEFAULT 0,
    tournament_id {text},
    task_id {text},
    hotkey {text},
    {json payload} NOT NULL,
    {json progress},
    {json result},
    message {text},
    attempts {int} NOT NULL DEFAULT 0,
    attempts_max {int} NOT NULL DEFAULT 3 CHECK (attempts_max >= 1),
    fence {int} NOT NULL DEFAULT 0,
    owner {text},
    {time lease_until},
    {time not_before} NOT NULL,
    {time created_at} NOT NULL,
    {time updated_at} NOT NULL,
    {time started_at},
    {time ended_at},
    CONSTRAINT jobs_running_has_lease CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CONSTRAINT jobs_ended_has_time CHECK ((state = 'queued' OR state = 'running') = (ended_at IS NULL)),
    CONSTRAINT jobs_done_has_result CHECK ((state = 'done') = (result IS NOT NULL))
) {table};
-- In the order of claims, and with all that a claim and the next due moment ask of those that wait.
CREATE INDEX jobs_queued ON jobs (priority, created_at, key, kind, not_before) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_tournament ON jobs (tournament_id);
CREATE INDEX jobs_task ON jobs (task_id);

CREATE TABLE leases (
    name {text} PRIMARY KEY,
    owner {text} NOT NULL,
    fence {int} NOT NULL,
    {time lease_until} NOT NULL,
    {time updated_at} NOT NULL
) {table};

CREATE TABLE meta (
    name {text} PRIMARY KEY,
    value {text} NOT NULL
) {table};
