/* core/store/tournaments.h: rows of `tournaments`. Source: tournament specification, sections 5.1, 6 and 24. [one]
 *
 * Functions that end in _in write and belong inside the caller's transaction; the others only read. */
#ifndef GDI_STORE_TOURNAMENTS_H
#define GDI_STORE_TOURNAMENTS_H

#include "core/store/db.h"
#include "core/tournament/history.h"
#include "core/tournament/schedule.h"

enum { GDI_HOTKEY_BYTES = 128, GDI_TOURNAMENT_ID_BYTES = 128 };

enum { GDI_TOURNAMENT_PENDING = 1, GDI_TOURNAMENT_ACTIVE, GDI_TOURNAMENT_COMPLETED, GDI_TOURNAMENT_CANCELLED };

typedef struct gdi_tournament {
    char id[GDI_TOURNAMENT_ID_BYTES];
    uint32_t type;                             /* GDI_TEXT ... */
    uint32_t status;                           /* GDI_TOURNAMENT_... */
    char base_winner_hotkey[GDI_HOTKEY_BYTES]; /* empty: null, no champion */
    char winner_hotkey[GDI_HOTKEY_BYTES];      /* empty: not decided */
    int64_t created_us, updated_us;
    int64_t next_attempt_us; /* INT64_MAX: null */
} gdi_tournament;

const char *gdi_tournament_status_name(uint32_t status);    /* "pending"; static text */
uint32_t gdi_tournament_status_from_name(const char *name); /* 0: any other word */

/* GOD_E_NOT_FOUND when there is none. */
god_status gdi_tournament_read(gdi_db *db, const char *tournament_id, gdi_tournament *ret_tournament, god_error *err);

/* Every pending or active tournament, newest last. ret_tournaments is the caller's to free(). */
god_status gdi_tournaments_unfinished(gdi_db *db, gdi_tournament **ret_tournaments, size_t *ret_count, god_error *err);

#endif
