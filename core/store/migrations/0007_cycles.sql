-- What the cycles remember beyond section 24: which ended jobs they were told of, what a check found out about an entry,
-- and which slot of a periodic job was asked for.

ALTER TABLE jobs ADD COLUMN news {int} NOT NULL DEFAULT 1; -- 0: the cycles know that it ended
-- On the flag, although it is the same for all: an equality is what keeps SQLite from walking all ended jobs instead.
CREATE INDEX jobs_news ON jobs (news) WHERE news = 1 AND ended_at IS NOT NULL;

ALTER TABLE tournament_participants ADD COLUMN ip {text};            -- at entry: kept over all passes (8.3)
ALTER TABLE tournament_participants ADD COLUMN source_digest {text}; -- T1 of 9.2; NULL: the source could not be read

CREATE TABLE periodic_work (
    kind {text} PRIMARY KEY,
    asked {int} NOT NULL,   -- slot of the job that was added last
    applied {int} NOT NULL, -- slot whose result was used, or given up
    {time asked_at} NOT NULL
) {table};
