#include "core/store/rounds.h"

#include <stdio.h>
#include <string.h>

#include "core/tournament/bracket.h"

static const char *const status_names[] = {"", "pending", "active", "completed"};

static uint32_t status_from_name(const char *name)
{
    for (uint32_t status = GDI_ROUND_PENDING; status <= GDI_ROUND_FINISHED; status++) {
        if (name != NULL && strcmp(status_names[status], name) == 0) {
            return status;
        }
    }
    return 0;
}

static god_status take_round(gdi_rows *rows, gdi_round *ret_round, god_error *err)
{
    if (!gdi_rows_next(rows)) {
        return god_fail(err, GOD_E_NOT_FOUND, "the tournament has no such round");
    }
    gdi_round round = {.number = (uint32_t)gdi_rows_int(rows, 1),
                       .is_final = gdi_rows_bool(rows, 3),
                       .status = status_from_name(gdi_rows_text(rows, 4))};
    const char *type = gdi_rows_text(rows, 2);
    round.type = type != NULL && strcmp(type, "group") == 0 ? GDI_ROUND_GROUP : GDI_ROUND_KNOCKOUT;
    (void)snprintf(round.id, sizeof round.id, "%s", gdi_rows_text(rows, 0));
    if (round.status == 0) {
        return god_fail(err, GOD_E_DATA, "round %s has an unknown status", round.id);
    }
    *ret_round = round;
    return GOD_OK;
}

god_status gdi_round_last(gdi_db *db, const char *tournament_id, gdi_round *ret_round, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT round_id, round_number, round_type, is_final_round, status FROM tournament_rounds"
                      " WHERE tournament_id = $1 ORDER BY round_number DESC LIMIT 1",
                      gdi_text(tournament_id)));
    god_status status = take_round(rows, ret_round, err);
    gdi_rows_free(rows);
    return status;
}

god_status gdi_round_read(gdi_db *db, const char *tournament_id, uint32_t number, gdi_round *ret_round, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT round_id, round_number, round_type, is_final_round, status FROM tournament_rounds"
                      " WHERE tournament_id = $1 AND round_number = $2",
                      gdi_text(tournament_id), gdi_int(number)));
    god_status status = take_round(rows, ret_round, err);
    gdi_rows_free(rows);
    return status;
}

god_status gdi_round_add_in(gdi_db *db, const char *tournament_id, const gdi_round *round, int64_t now_us,
                            god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round,"
                   " status, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   gdi_text(round->id), gdi_text(tournament_id), gdi_int(round->number),
                   gdi_text(round->type == GDI_ROUND_GROUP ? "group" : "knockout"), gdi_bool(round->is_final),
                   gdi_text(status_names[round->status]), gdi_time(now_us));
}

god_status gdi_group_add_in(gdi_db *db, const char *round_id, const char *group_id, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err, "INSERT INTO tournament_groups (group_id, round_id, created_at) VALUES ($1, $2, $3)",
                   gdi_text(group_id), gdi_text(round_id), gdi_time(now_us));
}

god_status gdi_group_member_add_in(gdi_db *db, const char *group_id, const char *hotkey, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO tournament_group_members (group_id, hotkey, created_at) VALUES ($1, $2, $3)",
                   gdi_text(group_id), gdi_text(hotkey), gdi_time(now_us));
}

god_status gdi_pair_add_in(gdi_db *db, const char *round_id, const char *pair_id, const char *hotkey1,
                           const char *hotkey2, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO tournament_pairs (pair_id, round_id, hotkey1, hotkey2, created_at)"
                   " VALUES ($1, $2, $3, $4, $5)",
                   gdi_text(pair_id), gdi_text(round_id), gdi_text(hotkey1), gdi_text(hotkey2), gdi_time(now_us));
}

god_status gdi_pair_finish_in(gdi_db *db, const char *pair_id, const char *winner_hotkey, int64_t now_us,
                              god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_pairs SET winner_hotkey = $2, completed_at = $3 WHERE pair_id = $1",
                   gdi_text(pair_id), gdi_text(winner_hotkey), gdi_time(now_us));
}

god_status gdi_round_start_in(gdi_db *db, const char *round_id, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_rounds SET status = 'active', started_at = $2"
                   " WHERE round_id = $1 AND status = 'pending'",
                   gdi_text(round_id), gdi_time(now_us));
}

god_status gdi_round_finish_in(gdi_db *db, const char *round_id, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_rounds SET status = 'completed', completed_at = $2"
                   " WHERE round_id = $1 AND status = 'active'",
                   gdi_text(round_id), gdi_time(now_us));
}

god_status gdi_round_remove_in(gdi_db *db, const gdi_round *round, const char *previous_id, god_error *err)
{
    GOD_TRY(GDI_RUN(db, NULL, err, "DELETE FROM tournament_rounds WHERE round_id = $1", gdi_text(round->id)));
    GOD_TRY(
        GDI_RUN(db, NULL, err,
                "UPDATE tournament_participants SET eliminated_in_round_id = NULL WHERE eliminated_in_round_id = $1",
                gdi_text(previous_id)));
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_rounds SET status = 'active', completed_at = NULL WHERE round_id = $1",
                   gdi_text(previous_id));
}

god_status gdi_round_members(gdi_db *db, const gdi_round *round, gdi_rows **ret_rows, god_error *err)
{
    if (round->type == GDI_ROUND_GROUP) {
        return GDI_QUERY(db, ret_rows, err,
                         "SELECT g.group_id, m.hotkey FROM tournament_groups g JOIN tournament_group_members m"
                         " ON m.group_id = g.group_id WHERE g.round_id = $1 ORDER BY g.group_id, m.hotkey",
                         gdi_text(round->id));
    }
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT pair_id, hotkey1 AS hotkey FROM tournament_pairs WHERE round_id = $1 UNION ALL"
                     " SELECT pair_id, hotkey2 AS hotkey FROM tournament_pairs WHERE round_id = $1"
                     " ORDER BY pair_id, hotkey",
                     gdi_text(round->id));
}

god_status gdi_round_field_sizes(gdi_db *db, const char *tournament_id, uint32_t number, const char *burn_hotkey,
                                 gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT count(m.hotkey) FROM tournament_rounds r JOIN tournament_groups g ON g.round_id ="
                     " r.round_id JOIN tournament_group_members m ON m.group_id = g.group_id WHERE r.tournament_id = $1"
                     " AND r.round_number < $2 AND m.hotkey <> $3 GROUP BY r.round_number ORDER BY r.round_number DESC",
                     gdi_text(tournament_id), gdi_int(number), gdi_text(burn_hotkey));
}

god_status gdi_round_living(gdi_db *db, const char *tournament_id, int64_t netuid, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT p.hotkey, CASE WHEN n.hotkey IS NULL THEN 0 ELSE 1 END FROM tournament_participants p"
                     " LEFT JOIN nodes n ON n.hotkey = p.hotkey AND n.netuid = $2 WHERE p.tournament_id = $1"
                     " AND p.eliminated_in_round_id IS NULL ORDER BY p.hotkey",
                     gdi_text(tournament_id), gdi_int(netuid));
}

god_status gdi_round_eliminate_in(gdi_db *db, const char *tournament_id, const char *round_id, const char *hotkey,
                                  god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_participants SET eliminated_in_round_id = $3"
                   " WHERE tournament_id = $1 AND hotkey = $2 AND eliminated_in_round_id IS NULL",
                   gdi_text(tournament_id), gdi_text(hotkey), gdi_text(round_id));
}
