/* core/cycles/applicants.c: who answered, who is in already, and whose turn it is. Source: sections 8.1 and 8.3. */
#include <stdlib.h>
#include <string.h>

#include "core/cycles/registration.h"
#include "core/store/nodes.h"
#include "core/store/participants.h"
#include "core/tournament/ascii.h"
#include "core/tournament/registration.h"

enum { REPOSITORY_BYTES_MAX = 1024 };

static int by_hotkey(const void *a, const void *b)
{
    return strcmp(((const gdi_applicant *)a)->hotkey, ((const gdi_applicant *)b)->hotkey);
}

static int find_by_hotkey(const void *hotkey, const void *applicant)
{
    return strcmp(hotkey, ((const gdi_applicant *)applicant)->hotkey);
}

static gdi_applicant *find(const gdi_pass *pass, const char *hotkey)
{
    return pass->count == 0 ? NULL
                            : bsearch(hotkey, pass->applicants, pass->count, sizeof *pass->applicants, find_by_hotkey);
}

/* ---- reading ---- */

static god_status read_nodes(gdi_step *step, gdi_pass *pass, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_nodes_read(step->db, step->options->netuid, &rows, err));
    GOD_TRY(gdi_step_keep_rows_take(step, rows, err));
    while (gdi_rows_next(rows)) {
        const char *hotkey = gdi_rows_text(rows, GDI_NODES_HOTKEY);
        if (strcmp(hotkey, step->options->burn_hotkey) != 0) {
            pass->applicants[pass->count++] = (gdi_applicant){.hotkey = hotkey,
                                                              .coldkey = gdi_rows_text(rows, GDI_NODES_COLDKEY),
                                                              .ip = gdi_rows_text(rows, GDI_NODES_IP)};
        }
    }
    qsort(pass->applicants, pass->count, sizeof *pass->applicants, by_hotkey);
    return GOD_OK;
}

/* Entrants that left the network meanwhile are applicants without a node. */
static void read_entries(gdi_step *step, gdi_rows *rows, gdi_pass *pass)
{
    uint32_t known = pass->count;
    while (gdi_rows_next(rows)) {
        const char *hotkey = gdi_rows_text(rows, GDI_PARTICIPANT_HOTKEY);
        if (strcmp(hotkey, step->options->burn_hotkey) == 0) {
            continue;
        }
        gdi_pass nodes = {.applicants = pass->applicants, .count = known};
        gdi_applicant *applicant = find(&nodes, hotkey);
        if (applicant == NULL) {
            applicant = &pass->applicants[pass->count++];
            *applicant = (gdi_applicant){.hotkey = hotkey};
        }
        applicant->is_entrant = true;
        applicant->entered_repo = gdi_rows_text(rows, GDI_PARTICIPANT_REPO);
        applicant->entered_commit = gdi_rows_text(rows, GDI_PARTICIPANT_COMMIT);
        applicant->entered_ip = gdi_rows_text(rows, GDI_PARTICIPANT_IP);
    }
    qsort(pass->applicants, pass->count, sizeof *pass->applicants, by_hotkey);
}

/* An invalid reply is dropped silently, like no reply; so are a second one and one of a stranger. */
static void read_reply(const gdi_pass *pass, const json_t *reply)
{
    const char *hotkey = json_string_value(json_object_get(reply, "hotkey"));
    const char *repo = json_string_value(json_object_get(reply, "github_repo"));
    const char *commit = json_string_value(json_object_get(reply, "commit_hash"));
    const json_t *datasets = json_object_get(reply, "requested_datasets");
    gdi_applicant *applicant = hotkey == NULL ? NULL : find(pass, hotkey);
    if (applicant == NULL || applicant->ip == NULL || applicant->repo != NULL || repo == NULL || commit == NULL ||
        strlen(repo) > REPOSITORY_BYTES_MAX) {
        return;
    }
    applicant->repo = repo;
    applicant->commit = commit;
    applicant->token = json_string_value(json_object_get(reply, "github_token"));
    applicant->requested_datasets = json_is_array(datasets) ? datasets : NULL;
}

god_status gdi_pass_read(gdi_step *step, const json_t *replies, gdi_pass *pass, god_error *err)
{
    gdi_rows *nodes = NULL, *entries = NULL;
    GOD_TRY(gdi_nodes_read(step->db, step->options->netuid, &nodes, err));
    GOD_TRY(gdi_step_keep_rows_take(step, nodes, err));
    GOD_TRY(gdi_participants_read(step->db, step->tournament.id, &entries, err));
    GOD_TRY(gdi_step_keep_rows_take(step, entries, err));
    pass->count = 0;
    GOD_TRY(GDI_STEP_NEW(step, gdi_rows_count(nodes) + gdi_rows_count(entries), &pass->applicants, err));
    GOD_TRY(read_nodes(step, pass, err));
    read_entries(step, entries, pass);
    for (size_t i = 0; i < json_array_size(replies); i++) {
        read_reply(pass, json_array_get(replies, i));
    }
    return GOD_OK;
}

/* ---- choosing ---- */

/* Candidates of the two rules against duplicates: whoever answered, and every entrant with what it entered with. */
static uint32_t list_candidates(const gdi_pass *pass, gdi_candidate *candidates, uint32_t *order)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < pass->count; i++) {
        const gdi_applicant *a = &pass->applicants[i];
        if (a->is_entrant) {
            const char *ip = a->entered_ip != NULL ? a->entered_ip : a->ip;
            candidates[i] = (gdi_candidate){.ip = ip != NULL ? ip : a->hotkey,
                                            .github_repo = a->entered_repo == NULL ? "" : a->entered_repo,
                                            .has_token = a->token != NULL,
                                            .entered = true};
        } else if (a->repo != NULL) {
            candidates[i] = (gdi_candidate){.ip = a->ip, .github_repo = a->repo, .has_token = a->token != NULL};
        } else {
            continue;
        }
        order[count++] = i;
    }
    return count;
}

static bool same_account(const char *a, const char *b)
{
    const char *owner_a = NULL, *owner_b = NULL;
    size_t length_a = a == NULL ? 0 : gdi_github_owner(a, &owner_a);
    size_t length_b = b == NULL ? 0 : gdi_github_owner(b, &owner_b);
    return length_a > 0 && length_a == length_b && gdi_ascii_compare(owner_a, owner_b, length_a) == 0;
}

/* An entrant that answers with something new may change its entry, but not to an account that another one uses. */
static bool may_change(const gdi_pass *pass, const gdi_applicant *applicant)
{
    if (applicant->repo == NULL || (applicant->entered_repo != NULL && applicant->entered_commit != NULL &&
                                    strcmp(applicant->repo, applicant->entered_repo) == 0 &&
                                    strcmp(applicant->commit, applicant->entered_commit) == 0)) {
        return false;
    }
    for (uint32_t i = 0; i < pass->count; i++) {
        const gdi_applicant *other = &pass->applicants[i];
        if (other == applicant) {
            continue;
        }
        const char *present = other->is_entrant ? other->entered_repo : other->is_wanted ? other->repo : NULL;
        const char *wished = other->is_entrant && other->is_wanted ? other->repo : NULL;
        if (same_account(applicant->repo, present) || same_account(applicant->repo, wished)) {
            return false;
        }
    }
    return true;
}

/* Survivors go on in the order of the rules: their places are sorted back into the list. */
static god_status reorder(gdi_step *step, gdi_pass *pass, const uint32_t *order, uint32_t count, god_error *err)
{
    gdi_applicant *ordered = NULL;
    GOD_TRY(GDI_STEP_NEW(step, count, &ordered, err));
    for (uint32_t i = 0; i < count; i++) {
        ordered[i] = pass->applicants[order[i]];
    }
    pass->applicants = ordered;
    pass->count = count;
    return GOD_OK;
}

god_status gdi_pass_select(gdi_step *step, gdi_pass *pass, god_error *err)
{
    gdi_candidate *candidates = NULL;
    gdi_registration_key *keys = NULL;
    uint32_t *order = NULL;
    GOD_TRY(GDI_STEP_NEW(step, pass->count, &candidates, err));
    GOD_TRY(GDI_STEP_NEW(step, pass->count, &keys, err));
    GOD_TRY(GDI_STEP_NEW(step, pass->count, &order, err));
    uint32_t count = list_candidates(pass, candidates, order);
    count = gdi_one_per_ip(candidates, order, count, keys);
    count = gdi_one_per_account(candidates, order, count, keys);
    GOD_TRY(reorder(step, pass, order, count, err));
    for (uint32_t i = 0; i < count; i++) {
        pass->applicants[i].is_wanted = !pass->applicants[i].is_entrant;
    }
    for (uint32_t i = 0; i < count; i++) {
        gdi_applicant *applicant = &pass->applicants[i];
        applicant->is_wanted |= applicant->is_entrant && may_change(pass, applicant);
    }
    return GOD_OK;
}
