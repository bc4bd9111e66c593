#include "core/store/tournaments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tournament/rules.h"

#define COLUMNS                                                                                           \
    "tournament_id, tournament_type, status, base_winner_hotkey, winner_hotkey, created_at, updated_at, " \
    "next_attempt_at, "                                                                                   \
    "registration_pass"

static const char *const status_names[] = {[GDI_TOURNAMENT_PENDING] = "pending",
                                           [GDI_TOURNAMENT_ACTIVE] = "active",
                                           [GDI_TOURNAMENT_COMPLETED] = "completed",
                                           [GDI_TOURNAMENT_CANCELLED] = "cancelled"};

const char *gdi_tournament_status_name(uint32_t status)
{
    return status_names[status];
}

uint32_t gdi_tournament_status_from_name(const char *name)
{
    for (uint32_t i = GDI_TOURNAMENT_PENDING; i <= GDI_TOURNAMENT_CANCELLED; i++) {
        if (strcmp(name, status_names[i]) == 0) {
            return i;
        }
    }
    return 0;
}

static god_status copy_text(const char *what, const char *text, char *buf, size_t cap, god_error *err)
{
    int length = snprintf(buf, cap, "%s", text == NULL ? "" : text);
    if (length < 0 || (size_t)length >= cap) {
        return god_fail(err, GOD_E_DATA, "%s in the table tournaments has %d bytes, more than %zu", what, length,
                        cap - 1);
    }
    return GOD_OK;
}

static god_status read_row(const gdi_rows *rows, gdi_tournament *ret_tournament, god_error *err)
{
    gdi_tournament t = {.type = gdi_type_from_name(gdi_rows_text(rows, 1)),
                        .status = gdi_tournament_status_from_name(gdi_rows_text(rows, 2)),
                        .created_us = gdi_rows_time(rows, 5),
                        .updated_us = gdi_rows_time(rows, 6),
                        .next_attempt_us = gdi_rows_is_null(rows, 7) ? INT64_MAX : gdi_rows_time(rows, 7),
                        .registration_pass = (uint32_t)gdi_rows_int(rows, 8)};
    GOD_TRY(copy_text("tournament_id", gdi_rows_text(rows, 0), t.id, sizeof t.id, err));
    GOD_TRY(copy_text("base_winner_hotkey", gdi_rows_text(rows, 3), t.base_winner_hotkey, sizeof t.base_winner_hotkey,
                      err));
    GOD_TRY(copy_text("winner_hotkey", gdi_rows_text(rows, 4), t.winner_hotkey, sizeof t.winner_hotkey, err));
    if (t.type == 0 || t.status == 0) {
        return god_fail(err, GOD_E_DATA, "tournament %s has the unknown %s \"%s\"", t.id,
                        t.type == 0 ? "type" : "status", gdi_rows_text(rows, t.type == 0 ? 1 : 2));
    }
    *ret_tournament = t;
    return GOD_OK;
}

static god_status read_first(gdi_rows *rows, gdi_tournament *ret_tournament, god_error *err)
{
    god_status status = gdi_rows_next(rows) ? read_row(rows, ret_tournament, err)
                                            : god_fail(err, GOD_E_NOT_FOUND, "there is no such tournament");
    gdi_rows_free(rows);
    return status;
}

god_status gdi_tournament_read(gdi_db *db, const char *tournament_id, gdi_tournament *ret_tournament, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err, "SELECT " COLUMNS " FROM tournaments WHERE tournament_id = $1",
                      gdi_text(tournament_id)));
    return read_first(rows, ret_tournament, err);
}

god_status gdi_tournament_newest(gdi_db *db, uint32_t type, gdi_tournament *ret_tournament, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT " COLUMNS " FROM tournaments WHERE tournament_type = $1 AND status <> 'cancelled' "
                      "ORDER BY created_at DESC, tournament_id DESC LIMIT 1",
                      gdi_text(gdi_type_name(type))));
    return read_first(rows, ret_tournament, err);
}

god_status gdi_tournament_count(gdi_db *db, uint32_t type, uint32_t *ret_count, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err, "SELECT COUNT(*) FROM tournaments WHERE tournament_type = $1",
                      gdi_text(gdi_type_name(type))));
    *ret_count = gdi_rows_next(rows) ? (uint32_t)gdi_rows_int(rows, 0) : 0;
    gdi_rows_free(rows);
    return GOD_OK;
}

static god_status read_unfinished(const gdi_rows *rows, gdi_tournament *ret_tournament, god_error *err)
{
    gdi_tournament t = {.type = gdi_type_from_name(gdi_rows_text(rows, 1)),
                        .status = gdi_tournament_status_from_name(gdi_rows_text(rows, 2)),
                        .next_attempt_us = gdi_rows_is_null(rows, 3) ? INT64_MAX : gdi_rows_time(rows, 3),
                        .created_us = gdi_rows_time(rows, 4)};
    GOD_TRY(copy_text("tournament_id", gdi_rows_text(rows, 0), t.id, sizeof t.id, err));
    *ret_tournament = t;
    return GOD_OK;
}

static int by_creation(const void *a, const void *b)
{
    const gdi_tournament *first = a, *second = b;
    if (first->created_us != second->created_us) {
        return first->created_us < second->created_us ? -1 : 1;
    }
    return strcmp(first->id, second->id);
}

/* Two halves: for IN, SQLite builds a temporary table each time. */
#define UNFINISHED_COLUMNS "tournament_id, tournament_type, status, next_attempt_at, created_at"

god_status gdi_tournaments_unfinished(gdi_db *db, size_t count_max, gdi_tournament **ret_tournaments, size_t *ret_count,
                                      god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT " UNFINISHED_COLUMNS " FROM tournaments WHERE status = 'active' UNION ALL "
                      "SELECT " UNFINISHED_COLUMNS " FROM tournaments WHERE status = 'pending' LIMIT $1",
                      gdi_int((int64_t)count_max)));
    size_t count = gdi_rows_count(rows);
    gdi_tournament *list = calloc(count == 0 ? 1 : count, sizeof *list);
    god_status status = list == NULL ? god_fail(err, GOD_E_NOMEM, "no memory for %zu tournaments", count) : GOD_OK;
    for (size_t i = 0; status == GOD_OK && gdi_rows_next(rows); i++) {
        status = read_unfinished(rows, &list[i], err);
    }
    gdi_rows_free(rows);
    if (status != GOD_OK) {
        free(list);
        return status;
    }
    qsort(list, count, sizeof *list, by_creation);
    *ret_tournaments = list;
    *ret_count = count;
    return GOD_OK;
}

static gdi_value text_or_null(const char *text)
{
    return gdi_text(text[0] == '\0' ? NULL : text);
}

static gdi_value time_or_null(int64_t time_us)
{
    return time_us == INT64_MAX ? gdi_null() : gdi_time(time_us);
}

god_status gdi_tournament_add_in(gdi_db *db, const gdi_tournament *t, god_error *err)
{
    return GDI_RUN(db, NULL, err, "INSERT INTO tournaments (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
                   gdi_text(t->id), gdi_text(gdi_type_name(t->type)), gdi_text(gdi_tournament_status_name(t->status)),
                   text_or_null(t->base_winner_hotkey), text_or_null(t->winner_hotkey), gdi_time(t->created_us),
                   gdi_time(t->updated_us), time_or_null(t->next_attempt_us));
}

god_status gdi_tournament_move_in(gdi_db *db, const char *tournament_id, uint32_t from, uint32_t to, int64_t now_us,
                                  bool *ret_moved, god_error *err)
{
    uint64_t changed = 0;
    GOD_TRY(GDI_RUN(db, &changed, err,
                    "UPDATE tournaments SET status = $1, updated_at = $2, next_attempt_at = NULL "
                    "WHERE tournament_id = $3 AND status = $4",
                    gdi_text(gdi_tournament_status_name(to)), gdi_time(now_us), gdi_text(tournament_id),
                    gdi_text(gdi_tournament_status_name(from))));
    *ret_moved = changed > 0;
    return GOD_OK;
}

god_status gdi_tournament_pass_in(gdi_db *db, const char *tournament_id, uint32_t registration_pass,
                                  int64_t next_attempt_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournaments SET registration_pass = $1, next_attempt_at = $2 "
                   "WHERE tournament_id = $3 AND status = 'pending'",
                   gdi_int(registration_pass), time_or_null(next_attempt_us), gdi_text(tournament_id));
}

god_status gdi_tournament_call_in(gdi_db *db, const char *tournament_id, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournaments SET next_attempt_at = $1 WHERE tournament_id = $2 AND status = 'active'",
                   gdi_time(now_us), gdi_text(tournament_id));
}

god_status gdi_tournament_calm_in(gdi_db *db, const char *tournament_id, int64_t now_us, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournaments SET next_attempt_at = NULL "
                   "WHERE tournament_id = $1 AND status = 'active' AND next_attempt_at <= $2",
                   gdi_text(tournament_id), gdi_time(now_us));
}

static god_status read_past(const gdi_rows *rows, gdi_past_row *past, god_error *err)
{
    *past = (gdi_past_row){.completed_us = gdi_rows_time(rows, 3),
                           .winning_performance_difference =
                               gdi_rows_is_null(rows, 4) ? GDI_NO_VALUE : gdi_rows_real(rows, 4)};
    GOD_TRY(copy_text("tournament_id", gdi_rows_text(rows, 0), past->tournament_id, sizeof past->tournament_id, err));
    GOD_TRY(copy_text("winner_hotkey", gdi_rows_text(rows, 1), past->winner_hotkey, sizeof past->winner_hotkey, err));
    return copy_text("base_winner_hotkey", gdi_rows_text(rows, 2), past->base_winner_hotkey,
                     sizeof past->base_winner_hotkey, err);
}

god_status gdi_tournament_history(gdi_db *db, uint32_t type, size_t count_max, gdi_past_row **ret_rows,
                                  size_t *ret_count, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(db, &rows, err,
                      "SELECT tournament_id, winner_hotkey, base_winner_hotkey, updated_at, "
                      "winning_performance_difference FROM tournaments WHERE tournament_type = $1 AND "
                      "status = 'completed' ORDER BY created_at DESC, tournament_id DESC LIMIT $2",
                      gdi_text(gdi_type_name(type)), gdi_int((int64_t)count_max)));
    size_t count = gdi_rows_count(rows);
    gdi_past_row *list = calloc(count == 0 ? 1 : count, sizeof *list);
    god_status status = list == NULL ? god_fail(err, GOD_E_NOMEM, "no memory for %zu tournaments", count) : GOD_OK;
    for (size_t i = 0; status == GOD_OK && gdi_rows_next(rows); i++) {
        status = read_past(rows, &list[i], err);
    }
    gdi_rows_free(rows);
    if (status != GOD_OK) {
        free(list);
        return status;
    }
    *ret_rows = list;
    *ret_count = count;
    return GOD_OK;
}
