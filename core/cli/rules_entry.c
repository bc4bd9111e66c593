/* core/cli/rules_entry.c: vectors about the way in: the window, duplicates, and the training of what came in. */
#include "core/cli/rules_vector.h"
#include "core/tournament/calendar.h"
#include "core/tournament/duplicates.h"
#include "core/tournament/registration.h"
#include "core/tournament/schedule.h"
#include "core/tournament/training.h"

static god_status schedule(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    uint32_t type = 0;
    int64_t last_us = 0, now_us = 0;
    GOD_TRY(gdi_read_type(in, &type, err));
    GOD_TRY(gdi_read_time("\"last_completed\"", json_object_get(in, "last_completed"), &last_us, err));
    GOD_TRY(gdi_read_time("\"now\"", json_object_get(in, "now"), &now_us, err));
    if (last_us > INT64_C(9998) * 366 * GDI_DAY_US || now_us > INT64_C(9998) * 366 * GDI_DAY_US) {
        return god_fail(err, GOD_E_DATA, "in: a time after the year 9998 has no next window");
    }
    gdi_schedule next = gdi_schedule_next(gdi_rules_of(vector->rules, type), last_us, now_us);
    char text[GDI_TIME_TEXT];
    gdi_time_format(next.next_start_us, text);
    json_t *out = json_object();
    gdi_set(vector, out, "start_now", json_boolean(next.start_now));
    gdi_set(vector, out, "next_start", json_string(text));
    *ret_out = out;
    return GOD_OK;
}

/* ---- registration_dedupe ---- */

typedef struct answering_nodes {
    const char **hotkeys;
    gdi_candidate *candidates;
    uint32_t *order;
    gdi_registration_key *keys;
    uint32_t count;
} answering_nodes;

static bool lists(const json_t *array, const char *text)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *item = json_string_value(json_array_get(array, i));
        if (item != NULL && strcmp(item, text) == 0) {
            return true;
        }
    }
    return false;
}

static god_status read_node(const json_t *node, const json_t *good_tokens, const char **ret_hotkey,
                            gdi_candidate *ret_candidate, god_error *err)
{
    const char *token = NULL;
    const char *where = "in: \"nodes_in_order\"";
    GOD_TRY(god_json_get_str(where, node, "hotkey", ret_hotkey, err));
    GOD_TRY(god_json_get_str(where, node, "ip", &ret_candidate->ip, err));
    GOD_TRY(god_json_get_str(where, node, "github_repo", &ret_candidate->github_repo, err));
    GOD_TRY(god_json_opt_str(where, node, "github_token", &token, err));
    ret_candidate->has_token = token != NULL && lists(good_tokens, token);
    return GOD_OK;
}

static god_status read_nodes(gdi_vector *vector, const json_t *in, answering_nodes *nodes, god_error *err)
{
    json_t *list = NULL, *good_tokens = NULL;
    void *hotkeys = NULL, *candidates = NULL, *order = NULL, *keys = NULL;
    GOD_TRY(god_json_get_array("in", in, "nodes_in_order", &list, err));
    GOD_TRY(god_json_get_array("in", in, "tokens_that_pass_github_check", &good_tokens, err));
    nodes->count = (uint32_t)json_array_size(list);
    GOD_TRY(gdi_vector_alloc(vector, nodes->count, sizeof *nodes->hotkeys, &hotkeys, err));
    GOD_TRY(gdi_vector_alloc(vector, nodes->count, sizeof *nodes->candidates, &candidates, err));
    GOD_TRY(gdi_vector_alloc(vector, nodes->count, sizeof *nodes->order, &order, err));
    GOD_TRY(gdi_vector_alloc(vector, nodes->count, sizeof *nodes->keys, &keys, err));
    nodes->hotkeys = hotkeys;
    nodes->candidates = candidates;
    nodes->order = order;
    nodes->keys = keys;
    for (uint32_t i = 0; i < nodes->count; i++) {
        nodes->order[i] = i;
        GOD_TRY(read_node(json_array_get(list, i), good_tokens, &nodes->hotkeys[i], &nodes->candidates[i], err));
    }
    return GOD_OK;
}

static json_t *hotkeys_in_order(gdi_vector *vector, const answering_nodes *nodes, uint32_t count)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) {
        gdi_put(vector, list, json_string(nodes->hotkeys[nodes->order[i]]));
    }
    return list;
}

static god_status registration_dedupe(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    answering_nodes nodes = {0};
    GOD_TRY(read_nodes(vector, in, &nodes, err));
    json_t *out = json_object();
    uint32_t count = gdi_one_per_ip(nodes.candidates, nodes.order, nodes.count, nodes.keys);
    gdi_set(vector, out, "after_ip", hotkeys_in_order(vector, &nodes, count));
    count = gdi_one_per_account(nodes.candidates, nodes.order, count, nodes.keys);
    gdi_set(vector, out, "after_github_account", hotkeys_in_order(vector, &nodes, count));
    *ret_out = out;
    return GOD_OK;
}

/* ---- submission_dedup ---- */

typedef struct comparison {
    gdi_roster roster;
    gdi_reference *references; /* ascending: references[e].entrant == e */
    gdi_duplicate_link *links;
    uint32_t flagged_count;
} comparison;

static god_status begin_comparison(gdi_vector *vector, gdi_names *names, comparison *of, god_error *err)
{
    void *references = NULL, *links = NULL;
    gdi_roster_init(names->texts, names->count, GDI_BOSS_ENTRY, &of->roster);
    GOD_TRY(gdi_vector_alloc(vector, of->roster.count, sizeof *of->references, &references, err));
    GOD_TRY(gdi_vector_alloc(vector, of->roster.count, sizeof *of->links, &links, err));
    of->references = references;
    of->links = links;
    for (gdi_entrant e = 0; e < of->roster.count; e++) {
        of->references[e].entrant = e;
    }
    gdi_duplicates_init(of->links, of->roster.count);
    return GOD_OK;
}

static json_t *clusters_of(gdi_vector *vector, const comparison *of)
{
    json_t *clusters = json_array();
    for (uint32_t root = 0; root < of->roster.count; root++) {
        if (of->links[root].root != root || of->links[root].size < 2) {
            continue;
        }
        json_t *members = json_array();
        for (uint32_t i = root; i < of->roster.count; i++) {
            if (of->links[i].root == root) {
                gdi_put(vector, members, json_string(of->roster.hotkeys[i]));
            }
        }
        gdi_put(vector, clusters, members);
    }
    return clusters;
}

static json_t *flagged_of(gdi_vector *vector, const comparison *of)
{
    json_t *flagged = json_array();
    for (uint32_t i = 0; i < of->roster.count; i++) {
        if (of->links[i].flagged) {
            gdi_put(vector, flagged, json_string(of->roster.hotkeys[i]));
        }
    }
    return flagged;
}

/* Gate 9.3: T0 and T1. */
static god_status compare_by_hash(gdi_vector *vector, const json_t *in, comparison *of, god_error *err)
{
    json_t *candidates = NULL;
    gdi_names names = {0};
    void *keys = NULL;
    GOD_TRY(god_json_get_array("in", in, "r1_candidates", &candidates, err));
    for (size_t i = 0; i < json_array_size(candidates); i++) {
        const char *hotkey = NULL;
        GOD_TRY(god_json_get_str("in: \"r1_candidates\"", json_array_get(candidates, i), "hotkey", &hotkey, err));
        GOD_TRY(gdi_names_add(vector, &names, hotkey, err));
    }
    GOD_TRY(begin_comparison(vector, &names, of, err));
    if (of->roster.count != json_array_size(candidates)) {
        return god_fail(err, GOD_E_DATA, "in: \"r1_candidates\" names a hotkey twice");
    }
    for (size_t i = 0; i < json_array_size(candidates); i++) {
        const json_t *candidate = json_array_get(candidates, i);
        const char *hotkey = json_string_value(json_object_get(candidate, "hotkey"));
        gdi_reference *reference = &of->references[gdi_roster_find(&of->roster, hotkey)];
        GOD_TRY(god_json_opt_str("in: \"r1_candidates\"", candidate, "head_commit", &reference->commit, err));
        GOD_TRY(god_json_opt_str("in: \"r1_candidates\"", candidate, "normalized_digest", &reference->digest, err));
    }
    GOD_TRY(gdi_vector_alloc(vector, of->roster.count, sizeof(gdi_duplicate_key), &keys, err));
    gdi_duplicates_by_hash(of->references, of->roster.count, of->links, keys);
    of->flagged_count = gdi_duplicates_finish(of->references, of->roster.count, of->roster.boss, of->links);
    return GOD_OK;
}

static god_status read_verdict(const comparison *of, const json_t *row, gdi_verdict *ret_verdict, god_error *err)
{
    const char *a = NULL, *b = NULL, *word = NULL;
    GOD_TRY(gdi_read_row("r2_pair_verdicts", row, 3, err));
    GOD_TRY(gdi_read_text("r2_pair_verdicts", json_array_get(row, 0), &a, err));
    GOD_TRY(gdi_read_text("r2_pair_verdicts", json_array_get(row, 1), &b, err));
    GOD_TRY(gdi_read_text("r2_pair_verdicts", json_array_get(row, 2), &word, err));
    ret_verdict->a = gdi_roster_find(&of->roster, a);
    ret_verdict->b = gdi_roster_find(&of->roster, b);
    if (ret_verdict->a == GDI_NOBODY || ret_verdict->b == GDI_NOBODY || ret_verdict->a == ret_verdict->b) {
        return god_fail(err, GOD_E_DATA, "in: \"r2_pair_verdicts\": [\"%.40s\", \"%.40s\"] is no pair of r2_entrants",
                        a, b);
    }
    if (strcmp(word, "duplicate") == 0) {
        ret_verdict->relationship = GDI_VERDICT_DUPLICATE;
    } else if (strcmp(word, "distinct") == 0) {
        ret_verdict->relationship = GDI_VERDICT_DISTINCT;
    } else if (strcmp(word, "drop_evasion") == 0) {
        ret_verdict->relationship = GDI_VERDICT_DROP_EVASION;
    } else {
        return god_fail(err, GOD_E_DATA, "in: \"r2_pair_verdicts\": there is no relationship \"%.40s\"", word);
    }
    return GOD_OK;
}

/* Gate 9.4: the verdicts alone. The boss is always among the references. */
static god_status compare_by_verdict(gdi_vector *vector, const json_t *in, comparison *of, god_error *err)
{
    json_t *entrants = NULL, *rows = NULL, *chars = NULL;
    gdi_names names = {0};
    void *room = NULL;
    GOD_TRY(god_json_get_array("in", in, "r2_entrants", &entrants, err));
    GOD_TRY(god_json_get_array("in", in, "r2_pair_verdicts", &rows, err));
    GOD_TRY(god_json_opt_object("in", in, "content_chars", &chars, err));
    GOD_TRY(gdi_names_add_array(vector, &names, "r2_entrants", entrants, err));
    GOD_TRY(gdi_names_add(vector, &names, GDI_BOSS_ENTRY, err));
    GOD_TRY(begin_comparison(vector, &names, of, err));
    for (gdi_entrant e = 0; e < of->roster.count; e++) {
        int64_t count = 0;
        GOD_TRY(god_json_opt_int("in: \"content_chars\"", chars, of->roster.hotkeys[e], 0, INT64_MAX, &count, err));
        of->references[e].source_chars = (uint64_t)count;
    }
    uint32_t verdict_count = (uint32_t)json_array_size(rows);
    GOD_TRY(gdi_vector_alloc(vector, verdict_count, sizeof(gdi_verdict), &room, err));
    gdi_verdict *verdicts = room;
    for (uint32_t i = 0; i < verdict_count; i++) {
        GOD_TRY(read_verdict(of, json_array_get(rows, i), &verdicts[i], err));
    }
    gdi_duplicates_by_verdict(of->references, of->roster.boss, verdicts, verdict_count, of->links);
    of->flagged_count = gdi_duplicates_finish(of->references, of->roster.count, of->roster.boss, of->links);
    return GOD_OK;
}

static god_status submission_dedup(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    comparison r1 = {0}, r2 = {0};
    GOD_TRY(compare_by_hash(vector, in, &r1, err));
    GOD_TRY(compare_by_verdict(vector, in, &r2, err));
    json_t *out = json_object();
    gdi_set(vector, out, "r1_clusters", clusters_of(vector, &r1));
    gdi_set(vector, out, "r1_eliminated", flagged_of(vector, &r1));
    gdi_set(vector, out, "r2_clusters", clusters_of(vector, &r2));
    gdi_set(vector, out, "r2_flagged", flagged_of(vector, &r2));
    gdi_set(vector, out, "r2_gate", json_string(r2.flagged_count > 0 ? "pending_review" : "skipped"));
    *ret_out = out;
    return GOD_OK;
}

/* ---- training_trace ---- */

static const char *const training_words[] = {
    [GDI_TRAINING_PENDING] = "pending",
    [GDI_TRAINING_TRAINING] = "training",
    [GDI_TRAINING_SUCCESS] = "success",
    [GDI_TRAINING_FAILURE] = "failure",
};

static god_status read_poll(const json_t *states, gdi_training_poll *ret_poll, god_error *err)
{
    for (size_t i = 0; i < json_array_size(states); i++) {
        const char *state = NULL;
        GOD_TRY(gdi_read_text("traces", json_array_get(states, i), &state, err));
        if (strcmp(state, "success") == 0) {
            ret_poll->success_count++;
        } else if (strcmp(state, "training") == 0) {
            ret_poll->training_count++;
        } else if (strcmp(state, "failure") == 0) {
            ret_poll->failure_count++;
        } else {
            return god_fail(err, GOD_E_DATA, "in: \"traces\": a poll has no state \"%.40s\"", state);
        }
    }
    return GOD_OK;
}

static god_status play_event(const gdi_rules *rules, const json_t *event, gdi_training *row, god_error *err)
{
    static const struct {
        const char *name;
        uint32_t outcome;
    } starts[] = {
        {"no_gpu", GDI_START_NO_GPU},           {"start_ok", GDI_START_ACCEPTED},  {"start_failed", GDI_START_FAILED},
        {"start_no_retry", GDI_START_NO_RETRY}, {"schedule", GDI_START_NOT_TRIED},
    };
    gdi_training_poll poll = {0};
    const char *name = "";
    if (json_is_array(event)) {
        GOD_TRY(read_poll(event, &poll, err));
        *row = gdi_training_polled(*row, &poll);
        return GOD_OK;
    }
    GOD_TRY(gdi_read_text("traces", event, &name, err));
    if (strcmp(name, "no_response") == 0) {
        *row = gdi_training_polled(*row, &poll);
        return GOD_OK;
    }
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (strcmp(name, starts[i].name) == 0) {
            *row = gdi_training_start(rules, *row, starts[i].outcome);
            return GOD_OK;
        }
    }
    return god_fail(err, GOD_E_DATA, "in: \"traces\": there is no event \"%.40s\"", name);
}

static god_status play_trace(gdi_vector *vector, const gdi_rules *rules, const json_t *trace, json_t *states,
                             god_error *err)
{
    if (!json_is_array(trace)) {
        return god_fail(err, GOD_E_DATA, "in: \"traces\": an array of arrays of events is needed");
    }
    gdi_training row = {.status = GDI_TRAINING_PENDING};
    for (size_t i = 0; i < json_array_size(trace); i++) {
        GOD_TRY(play_event(rules, json_array_get(trace, i), &row, err));
        json_t *state = json_array();
        gdi_put(vector, state, json_string(training_words[row.status]));
        gdi_put(vector, state, json_integer(row.attempts));
        gdi_put(vector, states, state);
    }
    return GOD_OK;
}

static god_status training_trace(gdi_vector *vector, const json_t *in, json_t **ret_out, god_error *err)
{
    gdi_rules rules = *vector->rules;
    json_t *traces = NULL;
    GOD_TRY(gdi_read_count(in, "max_training_attempts", 0, &rules.training_attempts_max, err));
    GOD_TRY(god_json_get_array("in", in, "traces", &traces, err));
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(traces); i++) {
        json_t *states = json_array();
        gdi_put(vector, out, states);
        god_status status = play_trace(vector, &rules, json_array_get(traces, i), states, err);
        if (status != GOD_OK) {
            json_decref(out);
            return status;
        }
    }
    *ret_out = out;
    return GOD_OK;
}

const gdi_vector_kind gdi_rules_entry_kinds[] = {
    {.name = "registration_dedupe", .answer = registration_dedupe},
    {.name = "schedule", .answer = schedule},
    {.name = "submission_dedup", .answer = submission_dedup},
    {.name = "training_trace", .answer = training_trace},
    {.name = NULL},
};
