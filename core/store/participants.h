/* core/store/participants.h: rows of `tournament_participants`. Source: sections 7, 8 and 24. [one]
 *
 * Functions that end in _in write and belong inside the caller's transaction. Tokens are sealed texts
 * (core/store/seal.h) that nobody here reads. Who is out of the tournament: core/store/rounds.h. */
#ifndef GDI_STORE_PARTICIPANTS_H
#define GDI_STORE_PARTICIPANTS_H

#include "core/store/db.h"

/* Columns of what the two reading functions answer. */
enum {
    GDI_PARTICIPANT_HOTKEY,
    GDI_PARTICIPANT_REPO,
    GDI_PARTICIPANT_COMMIT,
    GDI_PARTICIPANT_TOKEN, /* sealed */
    GDI_PARTICIPANT_BACKUP_REPO,
    GDI_PARTICIPANT_IP,
    GDI_PARTICIPANT_SOURCE_DIGEST,
    GDI_PARTICIPANT_FEE_EVENT,    /* NULL: the boss */
    GDI_PARTICIPANT_ELIMINATED_IN /* NULL: alive */
};

/* Everybody, hotkey ascending; or one hotkey, no row when it does not take part. The rows are the caller's. */
god_status gdi_participants_read(gdi_db *db, const char *tournament_id, gdi_rows **ret_rows, god_error *err);
god_status gdi_participant_read(gdi_db *db, const char *tournament_id, const char *hotkey, gdi_rows **ret_rows,
                                god_error *err);

typedef struct gdi_participant {
    const char *hotkey, *repo, *commit;
    const char *token;                   /* sealed; NULL: public */
    const char *requested_datasets_json; /* NULL: none */
    const char *ip, *source_digest;      /* NULL for the boss, and where not known */
    int64_t fee_event_id;                /* 0: pays none, the boss */
} gdi_participant;

god_status gdi_participant_add_in(gdi_db *db, const char *tournament_id, const gdi_participant *participant,
                                  int64_t now_us, god_error *err);
/* What an entrant may change until activation (8.3): repo, commit, token, data sets and the digest that follows. */
god_status gdi_participant_update_in(gdi_db *db, const char *tournament_id, const gdi_participant *participant,
                                     god_error *err);
god_status gdi_participant_set_backup_in(gdi_db *db, const char *tournament_id, const char *hotkey,
                                         const char *backup_repo, god_error *err);

/* Hotkeys of not yet eliminated participants of all active tournaments, each once, ascending: A of 20.4. One column. */
god_status gdi_participants_active(gdi_db *db, gdi_rows **ret_rows, god_error *err);

#endif
