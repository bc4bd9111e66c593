/* core/store/tournaments.h: rows of `tournaments`. Source: tournament specification, sections 5.1, 6 and 24. [one]
 *
 * Functions that end in _in write and belong inside the caller's transaction. Structs hold their own texts. */
#ifndef GDI_STORE_TOURNAMENTS_H
#define GDI_STORE_TOURNAMENTS_H

#include "core/store/db.h"
#include "core/tournament/entrant.h"

enum { GDI_HOTKEY_BYTES = 128, GDI_TOURNAMENT_ID_BYTES = 128 };

enum { GDI_TOURNAMENT_PENDING = 1, GDI_TOURNAMENT_ACTIVE, GDI_TOURNAMENT_COMPLETED, GDI_TOURNAMENT_CANCELLED };

typedef struct gdi_tournament {
    char id[GDI_TOURNAMENT_ID_BYTES];
    uint32_t type;                             /* GDI_TEXT ... */
    uint32_t status;                           /* GDI_TOURNAMENT_... */
    char base_winner_hotkey[GDI_HOTKEY_BYTES]; /* empty: null, no champion */
    char winner_hotkey[GDI_HOTKEY_BYTES];      /* empty: not decided */
    int64_t created_us, updated_us;
    /* Pending: the next registration pass begins, INT64_MAX (null) while one is under way. Active: when an operator's
     * action wants every step to look, otherwise INT64_MAX. */
    int64_t next_attempt_us;
    uint32_t registration_pass; /* the one that was begun last, from 1; 0: none yet */
} gdi_tournament;

const char *gdi_tournament_status_name(uint32_t status);    /* "pending"; static text */
uint32_t gdi_tournament_status_from_name(const char *name); /* 0: any other word */

/* GOD_E_NOT_FOUND when there is none. */
god_status gdi_tournament_read(gdi_db *db, const char *tournament_id, gdi_tournament *ret_tournament, god_error *err);

/* Every pending or active tournament in the order of creation, then of ids; more than count_max: the oldest ones. Of
 * each row only id, type, status and next_attempt_us are read: this is asked in every turn. The list is the caller's to
 * free(). */
god_status gdi_tournaments_unfinished(gdi_db *db, size_t count_max, gdi_tournament **ret_tournaments, size_t *ret_count,
                                      god_error *err);

/* The newest of a type (greatest created_at, then id) that is not cancelled, GOD_E_NOT_FOUND when there is none. */
god_status gdi_tournament_newest(gdi_db *db, uint32_t type, gdi_tournament *ret_tournament, god_error *err);

/* How many of a type there ever were, cancelled ones included. */
god_status gdi_tournament_count(gdi_db *db, uint32_t type, uint32_t *ret_count, god_error *err);

/* A new row as given; registration_pass is 0. */
god_status gdi_tournament_add_in(gdi_db *db, const gdi_tournament *tournament, god_error *err);

/* Moves a tournament from one status to another and writes updated_at; nothing else touches that. *ret_moved is false
 * when it is not in `from` any more. */
god_status gdi_tournament_move_in(gdi_db *db, const char *tournament_id, uint32_t from, uint32_t to, int64_t now_us,
                                  bool *ret_moved, god_error *err);

/* Of a pending tournament: the pass that was begun last, and when the next one begins (INT64_MAX: under way). */
god_status gdi_tournament_pass_in(gdi_db *db, const char *tournament_id, uint32_t registration_pass,
                                  int64_t next_attempt_us, god_error *err);

/* An operator's action: every step of an active tournament is to look. */
god_status gdi_tournament_call_in(gdi_db *db, const char *tournament_id, int64_t now_us, god_error *err);
/* The call was heard. */
god_status gdi_tournament_calm_in(gdi_db *db, const char *tournament_id, int64_t now_us, god_error *err);

/* ---- history ---- */

typedef struct gdi_past_row {
    char tournament_id[GDI_TOURNAMENT_ID_BYTES];
    char winner_hotkey[GDI_HOTKEY_BYTES];      /* empty: null */
    char base_winner_hotkey[GDI_HOTKEY_BYTES]; /* empty: null */
    int64_t completed_us;
    double winning_performance_difference; /* GDI_NO_VALUE: null */
} gdi_past_row;

/* `completed` tournaments of a type, newest first, at most count_max. The list is the caller's to free(). */
god_status gdi_tournament_history(gdi_db *db, uint32_t type, size_t count_max, gdi_past_row **ret_rows,
                                  size_t *ret_count, god_error *err);

#endif
