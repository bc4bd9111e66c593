/* core/store/rounds.h: rows of rounds, groups, pairs and of who is still in. Source: tournament specification, sections
 * 5.2, 5.3 and 24. [one]
 *
 * Functions that end in _in write and belong inside the caller's transaction; the others only read. Answers are rows
 * whose columns an enum names; the caller frees them.
 */
#ifndef GDI_STORE_ROUNDS_H
#define GDI_STORE_ROUNDS_H

#include "core/store/db.h"
#include "core/tournament/ids.h"

enum { GDI_ROUND_PENDING = 1, GDI_ROUND_ACTIVE, GDI_ROUND_FINISHED };

typedef struct gdi_round {
    char id[GDI_ID_BYTES];
    uint32_t number; /* from 1 */
    uint32_t type;   /* GDI_ROUND_GROUP or GDI_ROUND_KNOCKOUT (core/tournament/bracket.h) */
    uint32_t status; /* GDI_ROUND_PENDING ...; "pending", "active", "completed" in the row */
    bool is_final;
} gdi_round;

/* The newest round of a tournament; GOD_E_NOT_FOUND when it has none. */
god_status gdi_round_last(gdi_db *db, const char *tournament_id, gdi_round *ret_round, god_error *err);
/* GOD_E_NOT_FOUND when there is no such round. */
god_status gdi_round_read(gdi_db *db, const char *tournament_id, uint32_t number, gdi_round *ret_round, god_error *err);

god_status gdi_round_add_in(gdi_db *db, const char *tournament_id, const gdi_round *round, int64_t now_us,
                            god_error *err);
god_status gdi_group_add_in(gdi_db *db, const char *round_id, const char *group_id, int64_t now_us, god_error *err);
god_status gdi_group_member_add_in(gdi_db *db, const char *group_id, const char *hotkey, int64_t now_us,
                                   god_error *err);
god_status gdi_pair_add_in(gdi_db *db, const char *round_id, const char *pair_id, const char *hotkey1,
                           const char *hotkey2, int64_t now_us, god_error *err);
/* For display; NULL: nobody won the pair. */
god_status gdi_pair_finish_in(gdi_db *db, const char *pair_id, const char *winner_hotkey, int64_t now_us,
                              god_error *err);

god_status gdi_round_start_in(gdi_db *db, const char *round_id, int64_t now_us, god_error *err);
god_status gdi_round_finish_in(gdi_db *db, const char *round_id, int64_t now_us, god_error *err);
/* Takes a round away with its groups, pairs and links to tasks; clears what it and `previous_id` (NULL: none)
 * eliminated and opens that round again. The tasks themselves go before: gdi_tasks_of_round_remove_in. */
god_status gdi_round_remove_in(gdi_db *db, const gdi_round *round, const char *previous_id, god_error *err);

/* Members of all groups or pairs of a round: by group or pair, then hotkey ascending. */
enum { GDI_MEMBER_SLOT, GDI_MEMBER_HOTKEY };
god_status gdi_round_members(gdi_db *db, const gdi_round *round, gdi_rows **ret_rows, god_error *err);
/* How many members but the boss each round before `number` had, newest first. One column. */
god_status gdi_round_field_sizes(gdi_db *db, const char *tournament_id, uint32_t number, const char *burn_hotkey,
                                 gdi_rows **ret_rows, god_error *err);

/* Participants without an elimination, hotkey ascending, the boss among them; has_node tells whether the hotkey is a
 * node of the network now. */
enum { GDI_LIVING_HOTKEY, GDI_LIVING_HAS_NODE };
god_status gdi_round_living(gdi_db *db, const char *tournament_id, int64_t netuid, gdi_rows **ret_rows, god_error *err);
god_status gdi_round_eliminate_in(gdi_db *db, const char *tournament_id, const char *round_id, const char *hotkey,
                                  god_error *err);

#endif
