#include "core/store/check.h"

typedef struct rule {
    const char *sentence;
    const char *sql; /* selects one text per row that breaks it */
    bool sqlite_only;
    bool answers_ok; /* one row "ok" when it holds */
} rule;

static const rule rules[] = {
    {.sentence = "the file is whole", .sql = "PRAGMA integrity_check(100)", .sqlite_only = true, .answers_ok = true},
    {.sentence = "every row that another one needs is there", .sql = "PRAGMA foreign_key_check", .sqlite_only = true},

    {.sentence = "no balance is negative", .sql = "SELECT coldkey FROM coldkey_balances WHERE balance_rao < 0"},
    {.sentence = "a hotkey is charged once per tournament",
     .sql = "SELECT tournament_id || ' ' || hotkey FROM balance_events WHERE event_type = 'participation_fee'"
            " GROUP BY tournament_id, hotkey HAVING COUNT(*) > 1 ORDER BY 1"},
    {.sentence = "a balance is what was sent, less fees, plus refunds",
     .sql = "SELECT b.coldkey FROM coldkey_balances b WHERE b.balance_rao <> b.total_sent_rao +"
            " COALESCE((SELECT SUM(e.amount_rao) FROM balance_events e WHERE e.coldkey = b.coldkey"
            " AND e.event_type <> 'transfer_in'), 0) ORDER BY 1"},
    {.sentence = "a fee or refund belongs to a coldkey with a balance",
     .sql = "SELECT CAST(e.id AS TEXT) FROM balance_events e WHERE NOT EXISTS"
            " (SELECT 1 FROM coldkey_balances b WHERE b.coldkey = e.coldkey) ORDER BY e.id"},
    {.sentence = "refunds of a tournament are no more than its fees",
     .sql = "SELECT tournament_id || ' ' || coldkey FROM balance_events WHERE tournament_id IS NOT NULL"
            " AND event_type <> 'transfer_in' GROUP BY tournament_id, coldkey HAVING SUM(amount_rao) > 0 ORDER BY 1"},
    {.sentence = "the fee of a participant is its own",
     .sql = "SELECT p.tournament_id || ' ' || p.hotkey FROM tournament_participants p JOIN balance_events e"
            " ON e.id = p.fee_event_id WHERE e.event_type <> 'participation_fee' OR e.hotkey <> p.hotkey"
            " OR e.tournament_id <> p.tournament_id ORDER BY 1"},

    {.sentence = "a type has one unfinished tournament at most",
     .sql = "SELECT tournament_type FROM tournaments WHERE status IN ('pending', 'active')"
            " GROUP BY tournament_type HAVING COUNT(*) > 1 ORDER BY 1"},
    {.sentence = "a winner took part",
     .sql = "SELECT t.tournament_id FROM tournaments t WHERE t.winner_hotkey IS NOT NULL AND NOT EXISTS"
            " (SELECT 1 FROM tournament_participants p WHERE p.tournament_id = t.tournament_id"
            " AND p.hotkey = t.winner_hotkey) ORDER BY 1"},
    {.sentence = "rounds of a tournament are numbered from 1 without a gap",
     .sql = "SELECT tournament_id FROM tournament_rounds GROUP BY tournament_id"
            " HAVING MIN(round_number) <> 1 OR MAX(round_number) <> COUNT(*) ORDER BY 1"},
    {.sentence = "only the last round of a tournament is under way",
     .sql = "SELECT r.round_id FROM tournament_rounds r WHERE r.status <> 'completed' AND EXISTS"
            " (SELECT 1 FROM tournament_rounds l WHERE l.tournament_id = r.tournament_id"
            " AND l.round_number > r.round_number) ORDER BY 1"},
    {.sentence = "a round has a time for each state it went through",
     .sql = "SELECT round_id FROM tournament_rounds WHERE (status <> 'pending') <> (started_at IS NOT NULL)"
            " OR (status = 'completed') <> (completed_at IS NOT NULL) ORDER BY 1"},
    {.sentence = "an entrant is eliminated in a round of its own tournament",
     .sql = "SELECT p.tournament_id || ' ' || p.hotkey FROM tournament_participants p JOIN tournament_rounds r"
            " ON r.round_id = p.eliminated_in_round_id WHERE r.tournament_id <> p.tournament_id ORDER BY 1"},
    {.sentence = "a member of a group takes part in its tournament",
     .sql = "SELECT m.group_id || ' ' || m.hotkey FROM tournament_group_members m JOIN tournament_groups g"
            " ON g.group_id = m.group_id JOIN tournament_rounds r ON r.round_id = g.round_id WHERE NOT EXISTS"
            " (SELECT 1 FROM tournament_participants p WHERE p.tournament_id = r.tournament_id AND p.hotkey = m.hotkey)"
            " ORDER BY 1"},
    {.sentence = "an entrant is in one group of a round, and once",
     .sql = "SELECT g.round_id || ' ' || m.hotkey FROM tournament_group_members m JOIN tournament_groups g"
            " ON g.group_id = m.group_id GROUP BY g.round_id, m.hotkey HAVING COUNT(*) > 1 ORDER BY 1"},
    {.sentence = "a task of a tournament belongs to one of its rounds",
     .sql = "SELECT t.task_id FROM tournament_tasks t JOIN tournament_rounds r ON r.round_id = t.round_id"
            " WHERE r.tournament_id <> t.tournament_id ORDER BY 1"},
    {.sentence = "a task of a round belongs to one of its groups or pairs",
     .sql = "SELECT t.task_id FROM tournament_tasks t LEFT JOIN tournament_groups g ON g.group_id = t.group_id"
            " LEFT JOIN tournament_pairs p ON p.pair_id = t.pair_id"
            " WHERE COALESCE(g.round_id, p.round_id) <> t.round_id ORDER BY 1"},
    {.sentence = "who trains for a task is assigned to it",
     .sql = "SELECT w.task_id || ' ' || w.hotkey FROM tournament_task_hotkey_trainings w WHERE NOT EXISTS"
            " (SELECT 1 FROM task_nodes n WHERE n.task_id = w.task_id AND n.hotkey = w.hotkey) ORDER BY 1"},
    {.sentence = "a training that runs or succeeded was started",
     .sql = "SELECT task_id || ' ' || hotkey FROM tournament_task_hotkey_trainings"
            " WHERE training_status IN ('training', 'success') AND n_training_attempts = 0 ORDER BY 1"},
    {.sentence = "a job was claimed no more often than its fence says",
     .sql = "SELECT key FROM jobs WHERE attempts > fence OR attempts > attempts_max ORDER BY 1"},
};
enum { rules_count = sizeof rules / sizeof *rules };

static god_status check_rule(gdi_db *db, const rule *r, gdi_finding *finding, god_error *err)
{
    gdi_rows *rows = NULL;
    *finding = (gdi_finding){.rule = r->sentence};
    GOD_TRY(gdi_db_query(db, r->sql, NULL, 0, &rows, err));
    if (gdi_rows_next(rows)) {
        const char *text = gdi_rows_text(rows, 0);
        if (!r->answers_ok || strcmp(text, "ok") != 0) {
            finding->broken = gdi_rows_count(rows);
            (void)snprintf(finding->example, sizeof finding->example, "%s", text == NULL ? "?" : text);
        }
    }
    gdi_rows_free(rows);
    return GOD_OK;
}

god_status gdi_store_check(gdi_db *db, god_status (*each)(void *user, const gdi_finding *finding, god_error *err),
                           void *user, uint32_t *ret_broken, god_error *err)
{
    uint32_t broken = 0;
    for (size_t i = 0; i < rules_count; i++) {
        gdi_finding finding;
        if (rules[i].sqlite_only && gdi_db_engine(db) != GDI_ENGINE_SQLITE) {
            continue;
        }
        GOD_TRY(check_rule(db, &rules[i], &finding, err));
        broken += finding.broken != 0;
        GOD_TRY(each(user, &finding, err));
    }
    *ret_broken = broken;
    return GOD_OK;
}
