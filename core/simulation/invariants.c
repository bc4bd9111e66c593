#include "core/simulation/invariants.h"

#include <stdlib.h>

#include "core/simulation/promises.h"
#include "core/simulation/watch.h"
#include "core/tournament/rules.h"

struct gdi_invariants {
    const char *burn_hotkey;
    const gdi_people *people; /* NULL: nobody leaves */
    gdi_rules rules;
    gdi_watch watch;
    int64_t last_job; /* promises up to this one were checked */
    uint64_t checks;
};

/* What a rule is about. A rule is run when its subject moved, and every ALL_EACH checks in any case. */
enum { FIELD = GDI_MOVED_FIELD, MONEY = GDI_MOVED_MONEY, JOBS = 4, ALL = FIELD | MONEY | JOBS, ALL_EACH = 64 };

/* ---- answers that must be empty ---- */

enum { MAY_LEAVE = 1 }; /* hotkeys that leave the network are excepted: the second column is one */

typedef struct rule {
    const char *name;
    uint32_t subject;
    const char *sql; /* first column: what to say; $1 is the burn hotkey where it is used */
    uint32_t uses_burn, except;
} rule;

/* Who plays in which round: groups and pairs as one list. */
#define MEMBERS                                                                                              \
    "(SELECT g.round_id, m.hotkey FROM tournament_groups g JOIN tournament_group_members m ON m.group_id = " \
    "g.group_id "                                                                                            \
    "UNION ALL SELECT round_id, hotkey1 FROM tournament_pairs "                                              \
    "UNION ALL SELECT round_id, hotkey2 FROM tournament_pairs)"
/* The same as a condition, which looks up one of them. */
#define PLAYS_IN(round, hotkey)                                                                             \
    "(EXISTS (SELECT 1 FROM tournament_pairs x WHERE x.round_id = " round " AND (x.hotkey1 = " hotkey       \
    " OR x.hotkey2 = " hotkey ")) OR EXISTS (SELECT 1 FROM tournament_groups x "                            \
    "JOIN tournament_group_members y ON y.group_id = x.group_id WHERE x.round_id = " round " AND y.hotkey " \
    "= " hotkey "))"

static const rule rules[] = {
    {"fee_once", MONEY,
     "SELECT tournament_id || ' charged ' || hotkey || ' more than once' FROM balance_events "
     "WHERE event_type = 'participation_fee' GROUP BY tournament_id, hotkey HAVING COUNT(*) > 1",
     0, 0},
    {"fee_paid", MONEY,
     "SELECT p.hotkey || ' takes part in ' || p.tournament_id || ' without a fee' FROM tournament_participants p "
     "LEFT JOIN balance_events e ON e.id = p.fee_event_id AND e.event_type = 'participation_fee' "
     "AND e.tournament_id = p.tournament_id AND e.hotkey = p.hotkey WHERE p.hotkey <> $1 AND e.id IS NULL",
     1, 0},
    {"fee_paid", MONEY,
     "SELECT e.hotkey || ' paid for ' || e.tournament_id || ' and takes no part' FROM balance_events e "
     "LEFT JOIN tournament_participants p ON p.fee_event_id = e.id "
     "WHERE e.event_type = 'participation_fee' AND p.hotkey IS NULL",
     0, 0},
    {"balances", MONEY,
     "SELECT 'the balance of ' || b.coldkey || ' is not what was sent and charged' FROM coldkey_balances b "
     "LEFT JOIN (SELECT from_ss58, SUM(amount_rao) AS sent, COUNT(*) AS count FROM transfers GROUP BY from_ss58) t "
     "ON t.from_ss58 = b.coldkey "
     "LEFT JOIN (SELECT coldkey, SUM(amount_rao) AS booked FROM balance_events GROUP BY coldkey) e "
     "ON e.coldkey = b.coldkey "
     "WHERE b.balance_rao <> COALESCE(t.sent, 0) + COALESCE(e.booked, 0) OR b.balance_rao < 0 "
     "OR b.total_sent_rao <> COALESCE(t.sent, 0) OR b.transfer_count <> COALESCE(t.count, 0)",
     0, 0},
    {"balances", MONEY,
     "SELECT 'transfer ' || t.id || ' was credited to nobody' FROM transfers t "
     "LEFT JOIN coldkey_balances b ON b.coldkey = t.from_ss58 WHERE b.coldkey IS NULL",
     0, 0},
    {"balances", MONEY,
     "SELECT e.coldkey || ' was charged and has no balance' FROM balance_events e "
     "LEFT JOIN coldkey_balances b ON b.coldkey = e.coldkey WHERE b.coldkey IS NULL",
     0, 0},
    {"rounds", FIELD,
     "SELECT 'the rounds of ' || tournament_id || ' are not numbered one after the other' FROM tournament_rounds "
     "GROUP BY tournament_id HAVING MIN(round_number) <> 1 OR MAX(round_number) <> COUNT(*)",
     0, 0},
    {"rounds", FIELD,
     "SELECT r.round_id || ' is followed by another round' FROM tournament_rounds r JOIN tournament_rounds n "
     "ON n.tournament_id = r.tournament_id AND n.round_number = r.round_number + 1 "
     "WHERE r.status <> 'completed' OR r.is_final_round",
     0, 0},
    {"entrant_twice", FIELD,
     "SELECT m.hotkey || ' is in ' || m.round_id || ' more than once' FROM " MEMBERS " m "
     "GROUP BY m.round_id, m.hotkey HAVING COUNT(*) > 1",
     0, 0},
    {"entrant_twice", FIELD,
     "SELECT m.hotkey || ' is in ' || m.round_id || ' and does not take part' FROM " MEMBERS " m "
     "JOIN tournament_rounds r ON r.round_id = m.round_id LEFT JOIN tournament_participants p "
     "ON p.tournament_id = r.tournament_id AND p.hotkey = m.hotkey WHERE p.hotkey IS NULL",
     0, 0},
    {"entrant_lost", FIELD,
     "SELECT p.hotkey || ' was in ' || r.round_id || ' and is neither in ' || n.round_id || ' nor eliminated', "
     "p.hotkey "
     "FROM tournament_participants p JOIN tournament_rounds r ON r.tournament_id = p.tournament_id "
     "JOIN tournament_rounds n ON n.tournament_id = r.tournament_id AND n.round_number = r.round_number + 1 "
     "WHERE p.eliminated_in_round_id IS NULL AND p.hotkey <> $1 "
     "AND " PLAYS_IN("r.round_id", "p.hotkey") " AND NOT " PLAYS_IN("n.round_id", "p.hotkey"),
     1, MAY_LEAVE},
    {"entrant_lost", FIELD,
     "SELECT p.hotkey || ' takes part in ' || p.tournament_id || ' and is neither in its first round nor eliminated', "
     "p.hotkey FROM tournament_participants p "
     "JOIN tournament_rounds r ON r.tournament_id = p.tournament_id AND r.round_number = 1 "
     "WHERE p.eliminated_in_round_id IS NULL AND p.hotkey <> $1 AND NOT " PLAYS_IN("r.round_id", "p.hotkey"),
     1, MAY_LEAVE},
    {"entrant_back", FIELD,
     "SELECT p.hotkey || ' is in ' || r.round_id || ' although ' || p.eliminated_in_round_id || ' was its last' "
     "FROM tournament_participants p JOIN tournament_rounds e ON e.round_id = p.eliminated_in_round_id "
     "JOIN tournament_rounds r ON r.tournament_id = p.tournament_id AND r.round_number > e.round_number "
     "WHERE " PLAYS_IN("r.round_id", "p.hotkey"),
     0, 0},
    {"one_winner", FIELD,
     "SELECT t.tournament_id || ' is completed without a winner' FROM tournaments t "
     "WHERE t.status = 'completed' AND t.winner_hotkey IS NULL",
     0, 0},
    {"one_winner", FIELD,
     "SELECT t.winner_hotkey || ' won ' || t.tournament_id || ' without being in it' FROM tournaments t "
     "LEFT JOIN tournament_participants p ON p.tournament_id = t.tournament_id AND p.hotkey = t.winner_hotkey "
     "WHERE t.winner_hotkey IS NOT NULL AND (p.hotkey IS NULL OR p.eliminated_in_round_id IS NOT NULL)",
     0, 0},
    {"one_winner", FIELD,
     "SELECT p.hotkey || ' is still in ' || t.tournament_id || ', which somebody else won', p.hotkey "
     "FROM tournaments t JOIN tournament_participants p ON p.tournament_id = t.tournament_id "
     "WHERE t.status = 'completed' AND p.hotkey <> t.winner_hotkey AND p.eliminated_in_round_id IS NULL "
     "AND p.hotkey <> $1 AND EXISTS (SELECT 1 FROM tournament_rounds r WHERE r.tournament_id = t.tournament_id)",
     1, MAY_LEAVE},
    {"job_twice", JOBS, "SELECT 'job ' || key || ' is there twice' FROM jobs GROUP BY key HAVING COUNT(*) > 1", 0, 0},
};

static bool is_excepted(const gdi_invariants *invariants, const rule *r, const gdi_rows *rows)
{
    if (r->except != MAY_LEAVE || invariants->people == NULL) {
        return false;
    }
    const gdi_miner *miner = gdi_people_find(invariants->people, gdi_rows_text(rows, 1));
    return miner != NULL && miner->leaves_us != INT64_MAX;
}

static god_status check_rule(gdi_invariants *invariants, gdi_db *db, const rule *r, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_value burn = gdi_text(invariants->burn_hotkey);
    god_status status = GOD_OK;
    GOD_TRY(gdi_db_query(db, r->sql, &burn, r->uses_burn, &rows, err));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        if (!is_excepted(invariants, r, rows)) {
            status = god_fail(err, GOD_E_INTERNAL, "%s: %s", r->name, gdi_rows_text(rows, 0));
        }
    }
    gdi_rows_free(rows);
    return status;
}

/* ---- the amount of a fee ---- */

static god_status check_fee_amounts(gdi_invariants *invariants, gdi_db *db, god_error *err)
{
    gdi_rows *rows = NULL;
    god_status status = GOD_OK;
    GOD_TRY(gdi_db_query(db,
                         "SELECT DISTINCT t.tournament_type, e.amount_rao FROM balance_events e "
                         "JOIN tournaments t ON t.tournament_id = e.tournament_id "
                         "WHERE e.event_type = 'participation_fee'",
                         NULL, 0, &rows, err));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        uint32_t type = gdi_type_from_name(gdi_rows_text(rows, 0));
        if (gdi_rows_int(rows, 1) != -gdi_rules_of(&invariants->rules, type)->fee_rao) {
            status = god_fail(err, GOD_E_INTERNAL, "fee_paid: a %s tournament charged %lld RAO", gdi_rows_text(rows, 0),
                              (long long)-gdi_rows_int(rows, 1));
        }
    }
    gdi_rows_free(rows);
    return status;
}

/* ---- all of them ---- */

god_status gdi_invariants_new(const char *burn_hotkey, const gdi_people *people, gdi_invariants **ret_invariants,
                              god_error *err)
{
    gdi_invariants *invariants = calloc(1, sizeof *invariants);
    if (invariants == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the invariants");
    }
    invariants->burn_hotkey = burn_hotkey;
    invariants->people = people;
    gdi_rules_default(&invariants->rules);
    *ret_invariants = invariants;
    return GOD_OK;
}

void gdi_invariants_follow(gdi_invariants *invariants, gdi_db *db)
{
    if (invariants != NULL) {
        gdi_watch_follow(&invariants->watch, db);
    }
}

god_status gdi_invariants_check(gdi_invariants *invariants, gdi_db *db, bool all, god_error *err)
{
    uint32_t moved = 0;
    int64_t newest_job = 0;
    all = all || invariants->checks++ % ALL_EACH == 0;
    GOD_TRY(gdi_watch_check(&invariants->watch, db, all, &moved, &newest_job, err));
    moved = all ? ALL : moved;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if ((rules[i].subject & moved) != 0) {
            GOD_TRY(check_rule(invariants, db, &rules[i], err));
        }
    }
    if ((moved & MONEY) != 0) {
        GOD_TRY(check_fee_amounts(invariants, db, err));
    }
    return newest_job > invariants->last_job
               ? gdi_promises_check(db, &invariants->watch.seen, &invariants->last_job, err)
               : GOD_OK;
}

void gdi_invariants_free(gdi_invariants *invariants)
{
    if (invariants != NULL) {
        gdi_watch_fini(&invariants->watch);
        free(invariants);
    }
}
