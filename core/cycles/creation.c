/* core/cycles/creation.c: a new tournament and the entry of the boss. Source: section 7.
 *
 * The boss runs, of what exists, from: the champion's public repository at its present head; the champion's own entry;
 * the default repository. The head is a question to the network, so the row is made with what comes after it and is
 * corrected when the answer comes, until activation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cycles/entry.h"
#include "core/store/participants.h"
#include "core/tournament/ids.h"

enum { HISTORY_MAX = 4096 };

static const char *text_or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

god_status gdi_step_history(gdi_step *step, uint32_t type, gdi_past **ret_past, const gdi_past_row **ret_rows,
                            uint32_t *ret_count, god_error *err)
{
    gdi_past_row *list = NULL, *rows = NULL;
    gdi_past *past = NULL;
    size_t count = 0;
    GOD_TRY(gdi_tournament_history(step->db, type, HISTORY_MAX, &list, &count, err));
    god_status status = GDI_STEP_NEW(step, count, &rows, err);
    if (status == GOD_OK) {
        (void)memcpy(rows, list, count * sizeof *rows);
        status = GDI_STEP_NEW(step, count, &past, err);
    }
    free(list);
    GOD_TRY(status);
    for (size_t i = 0; i < count; i++) {
        past[i] = (gdi_past){.winner_hotkey = text_or_null(rows[i].winner_hotkey),
                             .base_winner_hotkey = text_or_null(rows[i].base_winner_hotkey),
                             .completed_us = rows[i].completed_us,
                             .winning_performance_difference = rows[i].winning_performance_difference};
    }
    *ret_past = past;
    if (ret_rows != NULL) {
        *ret_rows = rows;
    }
    *ret_count = (uint32_t)count;
    return GOD_OK;
}

god_status gdi_champion_entry(gdi_step *step, uint32_t type, const char **ret_champion, gdi_rows **ret_rows,
                              god_error *err)
{
    gdi_past *past = NULL;
    const gdi_past_row *rows = NULL;
    uint32_t count = 0;
    const char *burn = step->options->burn_hotkey;
    GOD_TRY(gdi_step_history(step, type, &past, &rows, &count, err));
    const char *champion = count == 0 ? NULL : gdi_past_champion(&past[0], burn);
    *ret_champion = champion;
    *ret_rows = NULL;
    if (champion == NULL) {
        return GOD_OK;
    }
    const gdi_past *began = gdi_reign_start(past, count, burn);
    gdi_rows *entry = NULL;
    GOD_TRY(gdi_participant_read(step->db, rows[began - past].tournament_id, champion, &entry, err));
    GOD_TRY(gdi_step_keep_rows_take(step, entry, err));
    *ret_rows = gdi_rows_next(entry) ? entry : NULL;
    return GOD_OK;
}

static god_status add_boss(gdi_step *step, const char *tournament_id, const gdi_rows *entry, god_error *err)
{
    gdi_participant boss = {.hotkey = step->options->burn_hotkey,
                            .repo = step->options->default_repository,
                            .commit = step->options->default_commit};
    if (entry != NULL && !gdi_rows_is_null(entry, GDI_PARTICIPANT_REPO) &&
        !gdi_rows_is_null(entry, GDI_PARTICIPANT_COMMIT)) {
        boss.repo = gdi_rows_text(entry, GDI_PARTICIPANT_REPO);
        boss.commit = gdi_rows_text(entry, GDI_PARTICIPANT_COMMIT);
        boss.token = gdi_rows_text(entry, GDI_PARTICIPANT_TOKEN);
    }
    return gdi_participant_add_in(step->db, tournament_id, &boss, step->now_us, err);
}

/* The label numbers the tournaments of a type, so that a season that is replayed names them alike. */
static god_status new_id(gdi_step *step, uint32_t type, char ret_id[GDI_TOURNAMENT_ID_BYTES], god_error *err)
{
    uint8_t bytes[8];
    uint64_t random = 0;
    uint32_t earlier = 0;
    const char *label = NULL;
    GOD_TRY(gdi_tournament_count(step->db, type, &earlier, err));
    GOD_TRY(gdi_step_format(step, &label, err, "tournament/%s/%u", gdi_type_name(type), earlier + 1));
    GOD_TRY(gdi_step_random(step, label, bytes, sizeof bytes, err));
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random << 8 | bytes[i];
    }
    return gdi_tournament_id(random, step->now_us, ret_id, GDI_TOURNAMENT_ID_BYTES)
               ? GOD_OK
               : god_fail(err, GOD_E_INTERNAL, "the id of a tournament does not fit");
}

god_status gdi_create_tournament(gdi_step *step, uint32_t type, char ret_id[GDI_TOURNAMENT_ID_BYTES], god_error *err)
{
    const char *champion = NULL;
    gdi_rows *entry = NULL;
    gdi_tournament tournament = {.type = type,
                                 .status = GDI_TOURNAMENT_PENDING,
                                 .created_us = step->now_us,
                                 .updated_us = step->now_us,
                                 .next_attempt_us = step->now_us};
    GOD_TRY(gdi_champion_entry(step, type, &champion, &entry, err));
    GOD_TRY(new_id(step, type, tournament.id, err));
    if (champion != NULL) {
        (void)snprintf(tournament.base_winner_hotkey, sizeof tournament.base_winner_hotkey, "%s", champion);
    }
    GOD_TRY(gdi_tournament_add_in(step->db, &tournament, err));
    GOD_TRY(add_boss(step, tournament.id, entry, err));
    step->changed = true;
    gdi_step_raise(step, GDI_ON_CREATED);
    gdi_log_write(step->options->log, GOD_LOG_INFO, "created a tournament", "tournament", tournament.id, "type",
                  gdi_type_name(type), "champion", champion == NULL ? "" : champion, NULL);
    (void)memcpy(ret_id, tournament.id, GDI_TOURNAMENT_ID_BYTES);
    return GOD_OK;
}

/* ---- the head of the champion's public repository ---- */

/* NULL: there is none, or the boss runs from it already. */
static god_status wanted_repository(gdi_step *step, const char **ret_repository, god_error *err)
{
    const char *champion = NULL, *public_repository = NULL;
    gdi_rows *entry = NULL, *boss = NULL;
    *ret_repository = NULL;
    GOD_TRY(gdi_champion_entry(step, step->tournament.type, &champion, &entry, err));
    if (entry == NULL || gdi_rows_is_null(entry, GDI_PARTICIPANT_BACKUP_REPO)) {
        return GOD_OK;
    }
    public_repository = gdi_rows_text(entry, GDI_PARTICIPANT_BACKUP_REPO);
    GOD_TRY(gdi_participant_read(step->db, step->tournament.id, step->options->burn_hotkey, &boss, err));
    GOD_TRY(gdi_step_keep_rows_take(step, boss, err));
    if (!gdi_rows_next(boss)) {
        return GOD_OK;
    }
    const char *present = gdi_rows_text(boss, GDI_PARTICIPANT_REPO);
    if (present == NULL || strcmp(present, public_repository) != 0) {
        *ret_repository = public_repository;
    }
    return GOD_OK;
}

static god_status head_key(gdi_step *step, uint32_t pass, const char **ret_key, god_error *err)
{
    return gdi_step_format(step, ret_key, err, "%s/%u", step->tournament.id, pass);
}

god_status gdi_ask_boss_head(gdi_step *step, uint32_t pass, god_error *err)
{
    const char *repository = NULL;
    gdi_work work = {.kind = GDI_WORK_FIND_HEAD, .hotkey = step->options->burn_hotkey};
    GOD_TRY(wanted_repository(step, &repository, err));
    if (repository == NULL) {
        return GOD_OK;
    }
    GOD_TRY(head_key(step, pass, &work.key, err));
    work.payload = json_pack("{s:s, s:s}", "github_repo", repository, "branch", "main");
    return gdi_step_add_job(step, &work, err);
}

god_status gdi_step_boss_repository(gdi_step *step, god_error *err)
{
    const char *key = NULL, *repository = NULL;
    gdi_outcome outcome;
    GOD_TRY(head_key(step, step->tournament.registration_pass, &key, err));
    GOD_TRY(gdi_step_look(step, GDI_WORK_FIND_HEAD, key, &outcome, err));
    const char *commit = json_string_value(json_object_get(outcome.result, "commit_hash"));
    if (commit == NULL || !gdi_is_commit(commit)) {
        return GOD_OK; /* the next pass asks again */
    }
    GOD_TRY(wanted_repository(step, &repository, err));
    if (repository == NULL) {
        return GOD_OK;
    }
    gdi_participant boss = {.hotkey = step->options->burn_hotkey, .repo = repository, .commit = commit};
    step->changed = true;
    return gdi_participant_update_in(step->db, step->tournament.id, &boss, err);
}
