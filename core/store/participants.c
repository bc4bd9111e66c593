#include "core/store/participants.h"

#define COLUMNS                                                                                                 \
    "hotkey, training_repo, training_commit_hash, github_token, backup_repo, ip, source_digest, fee_event_id, " \
    "eliminated_in_round_id"

god_status gdi_participants_read(gdi_db *db, const char *tournament_id, gdi_rows **ret_rows, god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT " COLUMNS " FROM tournament_participants WHERE tournament_id = $1 ORDER BY hotkey",
                     gdi_text(tournament_id));
}

god_status gdi_participant_read(gdi_db *db, const char *tournament_id, const char *hotkey, gdi_rows **ret_rows,
                                god_error *err)
{
    return GDI_QUERY(db, ret_rows, err,
                     "SELECT " COLUMNS " FROM tournament_participants WHERE tournament_id = $1 AND hotkey = $2",
                     gdi_text(tournament_id), gdi_text(hotkey));
}

god_status gdi_participant_add_in(gdi_db *db, const char *tournament_id, const gdi_participant *p, int64_t now_us,
                                  god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO tournament_participants (tournament_id, hotkey, training_repo, training_commit_hash, "
                   "github_token, requested_datasets, ip, source_digest, fee_event_id, created_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   gdi_text(tournament_id), gdi_text(p->hotkey), gdi_text(p->repo), gdi_text(p->commit),
                   gdi_text(p->token), gdi_text(p->requested_datasets_json), gdi_text(p->ip),
                   gdi_text(p->source_digest), p->fee_event_id == 0 ? gdi_null() : gdi_int(p->fee_event_id),
                   gdi_time(now_us));
}

god_status gdi_participant_update_in(gdi_db *db, const char *tournament_id, const gdi_participant *p, god_error *err)
{
    return GDI_RUN(
        db, NULL, err,
        "UPDATE tournament_participants SET training_repo = $1, training_commit_hash = $2, github_token = $3, "
        "requested_datasets = $4, source_digest = $5 WHERE tournament_id = $6 AND hotkey = $7",
        gdi_text(p->repo), gdi_text(p->commit), gdi_text(p->token), gdi_text(p->requested_datasets_json),
        gdi_text(p->source_digest), gdi_text(tournament_id), gdi_text(p->hotkey));
}

god_status gdi_participant_set_backup_in(gdi_db *db, const char *tournament_id, const char *hotkey,
                                         const char *backup_repo, god_error *err)
{
    return GDI_RUN(db, NULL, err,
                   "UPDATE tournament_participants SET backup_repo = $1 WHERE tournament_id = $2 AND hotkey = $3",
                   gdi_text(backup_repo), gdi_text(tournament_id), gdi_text(hotkey));
}

god_status gdi_participants_active(gdi_db *db, gdi_rows **ret_rows, god_error *err)
{
    return gdi_db_query(db,
                        "SELECT DISTINCT p.hotkey FROM tournaments t JOIN tournament_participants p "
                        "ON p.tournament_id = t.tournament_id WHERE t.status = 'active' AND "
                        "p.eliminated_in_round_id IS NULL ORDER BY p.hotkey",
                        NULL, 0, ret_rows, err);
}
