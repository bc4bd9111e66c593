#include "core/simulation/watch.h"

#include <stdlib.h>

#include "core/simulation/arrows.h"

enum { FIELD = GDI_MOVED_FIELD, MONEY = GDI_MOVED_MONEY };
enum { ROWS_MAX = 1 << 16 }; /* of one table between two checks; with more of them all are read */

/* Tasks and what hangs on them only of rounds that are open; those of a tournament that was called off are ended from
 * any state. */
#define OF_OPEN_ROUND                                                                                        \
    " JOIN tournament_tasks l ON l.task_id = w.task_id JOIN tournament_rounds r ON r.round_id = l.round_id " \
    "JOIN tournaments o ON o.tournament_id = l.tournament_id WHERE r.status <> 'completed' AND o.status <> " \
    "'cancelled'"

/* The table, all its states, and that of one row. */
#define ALWAYS(table, name, state)                        \
    table, "SELECT " name ", " state " FROM " table " w", \
        "SELECT " name ", " state " FROM " table " w "    \
        "WHERE w.rowid = $1"
#define WHILE_OPEN(table, name, state)                                  \
    table, "SELECT " name ", " state " FROM " table " w" OF_OPEN_ROUND, \
        "SELECT " name ", " state " FROM " table " w" OF_OPEN_ROUND " AND w.rowid = $1"

/* How the states of a table may change, what is broken otherwise, and whose rules are run when one does. */
static const struct watched {
    uint32_t place; /* of the table in `written` */
    const char *invariant;
    uint32_t machine, subject;
    const char *table, *all_sql, *row_sql; /* name, state */
} watched[] = {
    {0, "state", GDI_ARROWS_TOURNAMENT, FIELD, ALWAYS("tournaments", "'tournament ' || w.tournament_id", "w.status")},
    {0, "winner_changed", GDI_ARROWS_SET_ONCE, FIELD,
     ALWAYS("tournaments", "'winner of ' || w.tournament_id", "COALESCE(w.winner_hotkey, '')")},
    {1, "elimination", GDI_ARROWS_SET_ONCE, FIELD,
     ALWAYS("tournament_participants", "'elimination of ' || w.hotkey || ' in ' || w.tournament_id",
            "COALESCE(w.eliminated_in_round_id, '')")},
    {2, "state", GDI_ARROWS_ROUND, FIELD, ALWAYS("tournament_rounds", "'round ' || w.round_id", "w.status")},
    {3, "state", GDI_ARROWS_REVIEW, FIELD, ALWAYS("tournament_dedup_reviews", "'review ' || w.round_id", "w.status")},
    {4, "state", GDI_ARROWS_TASK, 0, WHILE_OPEN("tasks", "'task ' || w.task_id", "w.status")},
    {5, "state", GDI_ARROWS_TRAINING, 0,
     WHILE_OPEN("tournament_task_hotkey_trainings", "'training ' || w.task_id || '/' || w.hotkey",
                "w.training_status")},
    {6, "state", GDI_ARROWS_EVALUATION, 0,
     WHILE_OPEN("evaluations", "'evaluation ' || w.task_id || '/' || w.hotkey", "w.evaluation_status")},
    {7, "state", GDI_ARROWS_GAMES, 0,
     WHILE_OPEN("pvp_pair_results",
                "'games ' || w.task_id || '/' || w.hotkey_a || '/' || w.hotkey_b || '/' || w.environment_name",
                "w.status")},
    {8, "state", GDI_ARROWS_GAMES, 0,
     WHILE_OPEN("pvp_individual_scores", "'games alone ' || w.task_id || '/' || w.hotkey || '/' || w.environment_name",
                "w.status")},
};
enum { WATCHED_COUNT = sizeof watched / sizeof *watched };

/* Tables without states: whose rules are run when they are written. */
static const struct other {
    const char *table;
    uint32_t subject;
} others[] = {
    {"tournament_participants", MONEY}, {"balance_events", MONEY},    {"transfers", MONEY},
    {"coldkey_balances", MONEY},        {"tournament_groups", FIELD}, {"tournament_group_members", FIELD},
    {"tournament_pairs", FIELD},
};

/* What changes with every fee, refund and transfer, for connections that do not tell. */
static const char money_sql[] =
    "SELECT 'money', (SELECT COUNT(*) || '/' || COALESCE(SUM(amount_rao), 0) FROM balance_events) || '/' || "
    "(SELECT COUNT(*) || '/' || COALESCE(SUM(amount_rao), 0) FROM transfers) || '/' || "
    "(SELECT COUNT(*) || '/' || COALESCE(SUM(balance_rao), 0) FROM coldkey_balances)";
static const struct watched money = {.invariant = "", .machine = GDI_ARROWS_ANY, .subject = MONEY};

/* ---- what is written ---- */

static void note(gdi_watch *watch, gdi_written *written, int64_t row_id)
{
    if (written->count > 0 && written->rows[written->count - 1] == row_id) {
        return;
    }
    if (written->count == written->capacity) {
        size_t capacity = written->capacity == 0 ? 64 : 2 * written->capacity;
        int64_t *rows = capacity > ROWS_MAX ? NULL : realloc(written->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            watch->has_missed = true;
            return;
        }
        written->rows = rows;
        written->capacity = capacity;
    }
    written->rows[written->count++] = row_id;
}

static void wrote(void *user, const char *table, int64_t row_id)
{
    gdi_watch *watch = user;
    if (strcmp(table, "jobs") == 0) {
        watch->newest_job = row_id > watch->newest_job ? row_id : watch->newest_job;
        return;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        watch->moved |= strcmp(table, others[i].table) == 0 ? others[i].subject : 0;
    }
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        if (strcmp(table, watched[i].table) == 0) {
            note(watch, &watch->written[watched[i].place], row_id);
            return;
        }
    }
}

void gdi_watch_follow(gdi_watch *watch, gdi_db *db)
{
    if (watch->db == db) {
        return;
    }
    if (watch->db != NULL) {
        (void)gdi_db_tell_writes(watch->db, NULL, NULL);
    }
    watch->db = db != NULL && gdi_db_tell_writes(db, wrote, watch) ? db : NULL;
    watch->has_missed = true;
}

/* ---- states ---- */

static god_status watch_row(gdi_watch *watch, const struct watched *w, const char *name, const char *now,
                            uint32_t *moved, god_error *err)
{
    const char *before = gdi_seen_get(&watch->seen, name);
    if (before != NULL && strcmp(before, now) == 0) {
        return GOD_OK;
    }
    if (before != NULL && !gdi_arrows_lead(w->machine, before, now)) {
        return god_fail(err, GOD_E_INTERNAL, "%s: %s went from \"%s\" to \"%s\"", w->invariant, name, before, now);
    }
    *moved |= w->subject;
    return gdi_seen_put(&watch->seen, name, now, err);
}

static god_status watch_rows(gdi_watch *watch, gdi_db *db, const struct watched *w, const char *sql,
                             const int64_t *row_id, uint32_t *moved, god_error *err)
{
    gdi_rows *rows = NULL;
    gdi_value value = gdi_int(row_id == NULL ? 0 : *row_id);
    god_status status = GOD_OK;
    GOD_TRY(gdi_db_query(db, sql, &value, row_id == NULL ? 0 : 1, &rows, err));
    while (status == GOD_OK && gdi_rows_next(rows)) {
        status = watch_row(watch, w, gdi_rows_text(rows, 0), gdi_rows_text(rows, 1), moved, err);
    }
    gdi_rows_free(rows);
    return status;
}

static god_status watch_all(gdi_watch *watch, gdi_db *db, uint32_t *moved, god_error *err)
{
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        GOD_TRY(watch_rows(watch, db, &watched[i], watched[i].all_sql, NULL, moved, err));
    }
    return watch_rows(watch, db, &money, money_sql, NULL, moved, err);
}

static god_status watch_written(gdi_watch *watch, uint32_t *moved, god_error *err)
{
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        const gdi_written *written = &watch->written[watched[i].place];
        for (size_t j = 0; j < written->count; j++) {
            GOD_TRY(watch_rows(watch, watch->db, &watched[i], watched[i].row_sql, &written->rows[j], moved, err));
        }
    }
    return GOD_OK;
}

god_status gdi_watch_check(gdi_watch *watch, gdi_db *db, bool all, uint32_t *moved, int64_t *ret_newest_job,
                           god_error *err)
{
    all = all || watch->db != db || watch->has_missed;
    GOD_TRY(all ? watch_all(watch, db, moved, err) : watch_written(watch, moved, err));
    *moved |= watch->moved;
    *ret_newest_job = all ? INT64_MAX : watch->newest_job;
    watch->moved = 0;
    watch->newest_job = 0;
    watch->has_missed = false;
    for (size_t i = 0; i < GDI_WATCH_TABLES; i++) {
        watch->written[i].count = 0;
    }
    return GOD_OK;
}

void gdi_watch_fini(gdi_watch *watch)
{
    gdi_watch_follow(watch, NULL);
    gdi_seen_free(&watch->seen);
    for (size_t i = 0; i < GDI_WATCH_TABLES; i++) {
        free(watch->written[i].rows);
    }
    *watch = (gdi_watch){.db = NULL};
}
