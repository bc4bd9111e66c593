/* core/cycles/gate_second.c: are survivors of round 1 the same work? Sources: sections 5.8 and 9.4.
 *
 *     round 1 completed ──► review_duplicates ──► no flags ──────────────────────► skipped ──► round 2
 *                                  │              flags ──► pending_review ──┬──► skipped ────►
 *                                  └─ failed ─────────────► (with notes) ────┴──► approved: eliminated, published
 *
 * pending_review waits for a person (core/cycles/operator.h); nothing asks again by itself.
 */
#include <string.h>

#include "core/cycles/entry.h"
#include "core/store/participants.h"
#include "core/store/reviews.h"
#include "core/store/rounds.h"
#include "core/tournament/duplicates.h"

/* Survivors and the boss, hotkey ascending; the place in the list is the entrant. */
typedef struct review_cohort {
    const char *round_id;
    gdi_rows *rows; /* of participants */
    const char **hotkeys;
    gdi_reference *references;
    json_t *list; /* for the job and the row; github_token left out of the row */
    uint32_t count, boss;
} review_cohort;

static god_status add_member(gdi_step *step, review_cohort *cohort, god_error *err)
{
    const gdi_rows *rows = cohort->rows;
    const char *hotkey = gdi_rows_text(rows, GDI_PARTICIPANT_HOTKEY);
    json_t *member =
        json_pack("{s:s, s:s?, s:s?, s:s?}", "hotkey", hotkey, "github_repo", gdi_rows_text(rows, GDI_PARTICIPANT_REPO),
                  "commit_hash", gdi_rows_text(rows, GDI_PARTICIPANT_COMMIT), "github_token",
                  gdi_rows_text(rows, GDI_PARTICIPANT_TOKEN));
    if (json_array_append_new(cohort->list, member) != 0) {
        return god_fail(err, GOD_E_NOMEM, "no memory for a review");
    }
    if (strcmp(hotkey, step->options->burn_hotkey) == 0) {
        cohort->boss = cohort->count;
    }
    cohort->hotkeys[cohort->count] = hotkey;
    cohort->references[cohort->count] =
        (gdi_reference){.entrant = cohort->count, .commit = gdi_rows_text(rows, GDI_PARTICIPANT_COMMIT)};
    cohort->count++;
    return GOD_OK;
}

static god_status read_cohort(gdi_step *step, review_cohort *cohort, god_error *err)
{
    GOD_TRY(gdi_participants_read(step->db, step->tournament.id, &cohort->rows, err));
    GOD_TRY(gdi_step_keep_rows_take(step, cohort->rows, err));
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(cohort->rows), &cohort->hotkeys, err));
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(cohort->rows), &cohort->references, err));
    cohort->list = json_array();
    GOD_TRY(gdi_step_keep_json_take(step, cohort->list, err));
    cohort->boss = GDI_NOBODY;
    while (gdi_rows_next(cohort->rows)) {
        if (gdi_rows_is_null(cohort->rows, GDI_PARTICIPANT_ELIMINATED_IN)) {
            GOD_TRY(add_member(step, cohort, err));
        }
    }
    return GOD_OK;
}

/* ---- what the review says ---- */

static uint32_t find(const review_cohort *cohort, const char *hotkey)
{
    uint32_t place = 0;
    while (place < cohort->count && (hotkey == NULL || strcmp(cohort->hotkeys[place], hotkey) != 0)) {
        place++;
    }
    return place;
}

static uint32_t relationship_of(const json_t *verdict)
{
    const char *word = json_string_value(json_object_get(verdict, "verdict"));
    if (word != NULL && strcmp(word, "DUPLICATE") == 0) {
        return GDI_VERDICT_DUPLICATE;
    }
    return word != NULL && strcmp(word, "DROP_EVASION") == 0 ? GDI_VERDICT_DROP_EVASION : GDI_VERDICT_DISTINCT;
}

/* One verdict at a time, since the sizes that were counted belong to the pair. */
static void apply_verdict(review_cohort *cohort, const json_t *entry, gdi_duplicate_link *links)
{
    gdi_verdict verdict = {.a = find(cohort, json_string_value(json_object_get(entry, "a"))),
                           .b = find(cohort, json_string_value(json_object_get(entry, "b"))),
                           .relationship = relationship_of(entry)};
    if (verdict.a == cohort->count || verdict.b == cohort->count || verdict.a == verdict.b) {
        return;
    }
    json_int_t characters_a = json_integer_value(json_object_get(entry, "characters_a"));
    json_int_t characters_b = json_integer_value(json_object_get(entry, "characters_b"));
    cohort->references[verdict.a].source_chars = characters_a > 0 ? (uint64_t)characters_a : 0;
    cohort->references[verdict.b].source_chars = characters_b > 0 ? (uint64_t)characters_b : 0;
    gdi_duplicates_by_verdict(cohort->references, cohort->boss, &verdict, 1, links);
}

static god_status compare(gdi_step *step, review_cohort *cohort, const json_t *result, gdi_duplicate_link **ret_links,
                          uint32_t *ret_flagged_count, god_error *err)
{
    gdi_duplicate_link *links = NULL;
    gdi_duplicate_key *keys = NULL;
    const json_t *digests = json_object_get(result, "digests"), *verdicts = json_object_get(result, "verdicts");
    GOD_TRY(GDI_STEP_NEW(step, cohort->count, &links, err));
    GOD_TRY(GDI_STEP_NEW(step, cohort->count, &keys, err));
    for (uint32_t i = 0; i < cohort->count; i++) {
        cohort->references[i].digest = json_string_value(json_object_get(digests, cohort->hotkeys[i]));
    }
    gdi_duplicates_init(links, cohort->count);
    gdi_duplicates_by_hash(cohort->references, cohort->count, links, keys);
    for (size_t i = 0; i < json_array_size(verdicts); i++) {
        apply_verdict(cohort, json_array_get(verdicts, i), links);
    }
    *ret_flagged_count = gdi_duplicates_finish(cohort->references, cohort->count, cohort->boss, links);
    *ret_links = links;
    return GOD_OK;
}

/* The flagged ones, and the clusters of two and more by their first member. */
static god_status list_flagged(gdi_step *step, const review_cohort *cohort, const gdi_duplicate_link *links,
                               json_t **ret_flagged, json_t **ret_clusters, god_error *err)
{
    json_t *flagged = json_array(), *clusters = json_array();
    GOD_TRY(gdi_step_keep_json_take(step, flagged, err));
    GOD_TRY(gdi_step_keep_json_take(step, clusters, err));
    int failed = 0;
    for (uint32_t i = 0; i < cohort->count; i++) {
        if (links[i].flagged) {
            failed |= json_array_append_new(flagged, json_string(cohort->hotkeys[i]));
        }
        if (links[i].root != i || links[i].size < 2) {
            continue;
        }
        json_t *cluster = json_array();
        for (uint32_t j = i; j < cohort->count; j++) {
            if (links[j].root == i) {
                failed |= json_array_append_new(cluster, json_string(cohort->hotkeys[j]));
            }
        }
        failed |= json_array_append_new(clusters, cluster);
    }
    *ret_flagged = flagged;
    *ret_clusters = clusters;
    return failed == 0 ? GOD_OK : god_fail(err, GOD_E_NOMEM, "no memory for a review");
}

/* ---- the row ---- */

static god_status store(gdi_step *step, const review_cohort *cohort, gdi_review *review, god_error *err)
{
    for (size_t i = 0; i < json_array_size(cohort->list); i++) {
        (void)json_object_del(json_array_get(cohort->list, i), "github_token");
    }
    review->round_id = cohort->round_id;
    review->tournament_id = step->tournament.id;
    review->tournament_type = gdi_type_name(step->tournament.type);
    GOD_TRY(gdi_step_dump(step, cohort->list, &review->cohort_json, err));
    step->changed = true;
    return gdi_review_add_in(step->db, review, step->now_us, err);
}

static god_status pass(gdi_step *step, const review_cohort *cohort, gdi_review *review, god_error *err)
{
    review->status = GDI_REVIEW_SKIPPED;
    review->resolved = true;
    gdi_step_raise(step, GDI_ON_GATE_PASSED);
    return store(step, cohort, review, err);
}

static god_status halt(gdi_step *step, const review_cohort *cohort, gdi_review *review, const char *why, god_error *err)
{
    const char *event = NULL;
    review->status = GDI_REVIEW_PENDING;
    GOD_TRY(store(step, cohort, review, err));
    GOD_TRY(gdi_step_format(step, &event, err, "%s/review", cohort->round_id));
    gdi_step_log(step, GOD_LOG_WARNING, "the tournament halts for a review", "reason", why);
    return gdi_step_notify(step, event, err, "tournament %s waits for a review of %s: %s", step->tournament.id,
                           cohort->round_id, why);
}

static god_status judge(gdi_step *step, review_cohort *cohort, const json_t *result, god_error *err)
{
    gdi_duplicate_link *links = NULL;
    uint32_t flagged_count = 0;
    json_t *flagged = NULL, *clusters = NULL;
    json_t *verdicts = json_object_get(result, "verdicts");
    gdi_review review = {.status = 0};
    const char *why = NULL;
    GOD_TRY(compare(step, cohort, result, &links, &flagged_count, err));
    GOD_TRY(list_flagged(step, cohort, links, &flagged, &clusters, err));
    GOD_TRY(gdi_step_dump(step, flagged, &review.flagged_json, err));
    GOD_TRY(gdi_step_dump(step, clusters, &review.clusters_json, err));
    if (verdicts != NULL) {
        GOD_TRY(gdi_step_dump(step, verdicts, &review.verdicts_json, err));
    }
    if (flagged_count == 0) {
        return pass(step, cohort, &review, err);
    }
    GOD_TRY(gdi_step_format(step, &why, err, "flagged are %s", review.flagged_json));
    return halt(step, cohort, &review, why, err);
}

static god_status ask(gdi_step *step, const review_cohort *cohort, god_error *err)
{
    gdi_work work = {.kind = GDI_WORK_REVIEW_DUPLICATES,
                     .key = cohort->round_id,
                     .payload = json_pack("{s:O, s:b}", "cohort", cohort->list, "read",
                                          step->options->review_with_reader != 0 ? 1 : 0)};
    return gdi_step_add_job(step, &work, err);
}

static god_status review(gdi_step *step, const char *round_id, god_error *err)
{
    review_cohort cohort = {.round_id = round_id};
    gdi_review nothing = {.flagged_json = "[]", .clusters_json = "[]"};
    gdi_outcome outcome;
    GOD_TRY(read_cohort(step, &cohort, err));
    if (cohort.count < 2) {
        return pass(step, &cohort, &nothing, err);
    }
    GOD_TRY(gdi_step_look(step, GDI_WORK_REVIEW_DUPLICATES, round_id, &outcome, err));
    if (outcome.state == 0) {
        return ask(step, &cohort, err);
    }
    if (gdi_outcome_open(&outcome)) {
        return GOD_OK;
    }
    if (outcome.result != NULL) {
        return judge(step, &cohort, outcome.result, err);
    }
    nothing.notes = outcome.message == NULL ? "the review failed" : outcome.message;
    return halt(step, &cohort, &nothing, nothing.notes, err);
}

/* ---- what a person said ---- */

static god_status publish_evidence(gdi_step *step, const char *hotkey, god_error *err)
{
    gdi_rows *rows = NULL;
    char name[GDI_REPOSITORY_BYTES];
    gdi_work work = {.kind = GDI_WORK_PUBLISH_REPOSITORY, .hotkey = hotkey};
    GOD_TRY(gdi_participant_read(step->db, step->tournament.id, hotkey, &rows, err));
    GOD_TRY(gdi_step_keep_rows_take(step, rows, err));
    if (!gdi_rows_next(rows) ||
        !gdi_duplicate_repository(step->tournament.type, step->tournament.id, hotkey, name, sizeof name)) {
        return GOD_OK;
    }
    GOD_TRY(gdi_step_format(step, &work.key, err, GDI_EVIDENCE_KEY, step->tournament.id, hotkey));
    work.payload = json_pack("{s:s?, s:s?, s:s?, s:s}", "github_repo", gdi_rows_text(rows, GDI_PARTICIPANT_REPO),
                             "commit_hash", gdi_rows_text(rows, GDI_PARTICIPANT_COMMIT), "github_token",
                             gdi_rows_text(rows, GDI_PARTICIPANT_TOKEN), "name", name);
    return gdi_step_add_job(step, &work, err);
}

static god_status eliminate(gdi_step *step, const char *round_id, const char *approved_json, god_error *err)
{
    json_t *approved = NULL;
    GOD_TRY(gdi_step_parse(step, "approved_eliminations", approved_json, &approved, err));
    for (size_t i = 0; i < json_array_size(approved); i++) {
        const char *hotkey = json_string_value(json_array_get(approved, i));
        if (hotkey == NULL || strcmp(hotkey, step->options->burn_hotkey) == 0) {
            continue; /* the boss is never flagged */
        }
        GOD_TRY(gdi_round_eliminate_in(step->db, step->tournament.id, round_id, hotkey, err));
        if (step->options->publish != 0) {
            GOD_TRY(publish_evidence(step, hotkey, err));
        }
    }
    return GOD_OK;
}

static god_status resolve(gdi_step *step, const char *round_id, const gdi_rows *row, god_error *err)
{
    const char *status = gdi_rows_text(row, GDI_REVIEW_STATUS), *event = NULL;
    if (strcmp(status, gdi_review_status_name(GDI_REVIEW_PENDING)) == 0) {
        return GOD_OK;
    }
    if (strcmp(status, gdi_review_status_name(GDI_REVIEW_APPROVED)) == 0) {
        GOD_TRY(eliminate(step, round_id, gdi_rows_text(row, GDI_REVIEW_APPROVED_ELIMINATIONS), err));
    }
    GOD_TRY(gdi_review_resolve_in(step->db, round_id, step->now_us, err));
    GOD_TRY(gdi_step_format(step, &event, err, "%s/resolved", round_id));
    step->changed = true;
    gdi_step_raise(step, GDI_ON_GATE_PASSED);
    return gdi_step_notify(step, event, err, "the review of %s is resolved: %s", round_id, status);
}

/* ---- the step, and the gate as the next round sees it ---- */

god_status gdi_step_gate_second(gdi_step *step, god_error *err)
{
    gdi_round round;
    gdi_rows *row = NULL;
    if (step->tournament.winner_hotkey[0] != '\0') {
        return GOD_OK;
    }
    god_status status = gdi_round_read(step->db, step->tournament.id, 1, &round, err);
    if (status == GOD_E_NOT_FOUND || (status == GOD_OK && round.status != GDI_ROUND_FINISHED)) {
        return GOD_OK;
    }
    GOD_TRY(status);
    GOD_TRY(gdi_review_read(step->db, round.id, &row, err));
    GOD_TRY(gdi_step_keep_rows_take(step, row, err));
    if (!gdi_rows_next(row)) {
        return review(step, round.id, err);
    }
    return gdi_rows_is_null(row, GDI_REVIEW_RESOLVED_AT) ? resolve(step, round.id, row, err) : GOD_OK;
}

god_status gdi_gate_second_open(gdi_step *step, const char *round_id, bool *ret_open, god_error *err)
{
    gdi_rows *row = NULL;
    GOD_TRY(gdi_review_read(step->db, round_id, &row, err));
    *ret_open = gdi_rows_next(row) && !gdi_rows_is_null(row, GDI_REVIEW_RESOLVED_AT);
    gdi_rows_free(row);
    return GOD_OK;
}
