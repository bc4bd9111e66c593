/* Any bytes as the result of a job of the first half: the first byte says of which kind, the rest is the result. The
 * turn takes it or leaves it, and what must always hold still holds: no balance below zero, one fee per entrant, no
 * boss eliminated, a tournament in one of its states. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cycles/cycles.h"
#include "core/cycles/steps.h"
#include "core/cycles/task_kinds.h"
#include "core/store/migrate.h"
#include "core/tournament/calendar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

const gdi_step_kind gdi_round_steps[] = {{.name = NULL}};

typedef struct fuzzed {
    gdi_db *db;
    gdi_rules rules;
    gdi_task_kinds kinds;
    int64_t now_us;
} fuzzed;

#define MUST(call)                                                                            \
    do {                                                                                      \
        god_error err = GOD_ERROR_INIT;                                                       \
        if ((call) != GOD_OK) {                                                               \
            (void)fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, err.message); \
            abort();                                                                          \
        }                                                                                     \
    } while (0)

static god_status random_bytes(void *user, const char *label, uint8_t *ret_bytes, size_t count, god_error *err)
{
    (void)user;
    (void)label;
    (void)err;
    (void)memset(ret_bytes, 7, count);
    return GOD_OK;
}

static void sql(fuzzed *f, const char *text)
{
    MUST(gdi_db_run(f->db, text, NULL, 0, NULL, &err));
}

#define MOMENT "'2026-06-15T09:00:00.000000Z'"
#define TOURNAMENT(status, winner)                                                                                    \
    "INSERT INTO tournaments (tournament_id, tournament_type, status, winner_hotkey, registration_pass, created_at, " \
    "updated_at) VALUES ('t', 'text', '" status "', " winner ", 1, " MOMENT ", " MOMENT ")"

/* Two entrants and the boss; one fee each from one balance. */
static void entrants(fuzzed *f)
{
    sql(f, "UPDATE coldkey_balances SET total_sent_rao = total_sent_rao + 400000000");
    sql(f,
        "INSERT INTO balance_events (tournament_id, coldkey, hotkey, event_type, amount_rao, created_at) VALUES ('t', "
        "'5C', '5A', 'participation_fee', -200000000, " MOMENT
        "), ('t', '5C', '5B', 'participation_fee', -200000000, " MOMENT ")");
    sql(f,
        "INSERT INTO tournament_participants (tournament_id, hotkey, training_repo, training_commit_hash, "
        "fee_event_id, "
        "created_at) VALUES ('t', '5A', 'https://github.com/a/r', '00000000000000000000000000000000000000aa', "
        "1, " MOMENT "), ('t', '5B', 'https://github.com/b/r', '00000000000000000000000000000000000000bb', 2, " MOMENT
        "), ('t', '5BURN', 'https://github.com/x/r', '00000000000000000000000000000000000000cc', NULL, " MOMENT ")");
}

typedef struct fuzz_scene {
    const char *kind, *key;
    void (*prepare)(fuzzed *f);
} fuzz_scene;

static void pending(fuzzed *f)
{
    sql(f, TOURNAMENT("pending", "NULL"));
    sql(f, "INSERT INTO tournament_participants (tournament_id, hotkey, created_at) VALUES ('t', '5BURN', " MOMENT ")");
}

static void pending_with_reply(fuzzed *f)
{
    pending(f);
    sql(f, "INSERT INTO jobs (kind, key, state, tournament_id, payload, result, not_before, created_at, updated_at, "
           "ended_at) VALUES ('ask_miners', 'ask_miners/t/1', 'done', 't', '{}', '{\"replies\": [{\"hotkey\": \"5A\", "
           "\"github_repo\": \"https://github.com/a/r\", \"commit_hash\": "
           "\"00000000000000000000000000000000000000aa\"}]}', " MOMENT ", " MOMENT ", " MOMENT ", " MOMENT ")");
}

static void after_round_one(fuzzed *f)
{
    sql(f, TOURNAMENT("active", "NULL"));
    entrants(f);
    sql(f, "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round, status, "
           "created_at) VALUES ('r', 't', 1, 'knockout', 0, 'completed', " MOMENT ")");
}

static void decided(fuzzed *f)
{
    sql(f, TOURNAMENT("active", "'5A'"));
    entrants(f);
}

static void idle(fuzzed *f)
{
    sql(f, "INSERT INTO periodic_work (kind, asked, applied, asked_at) VALUES ('refresh_nodes', 1, 0, " MOMENT
           "), ('read_transfers', 1, 0, " MOMENT "), ('set_weights', 1, 0, " MOMENT ")");
}

static const fuzz_scene scenes[] = {
    {"ask_miners", "ask_miners/t/1", pending},
    {"check_repository", "check_repository/t/5A/00000000000000000000000000000000000000aa", pending_with_reply},
    {"find_head", "find_head/t/1", pending},
    {"review_duplicates", "review_duplicates/r", after_round_one},
    {"publish_repository", "publish_repository/t/5A", decided},
    {"compare_sources", "compare_sources/t", decided},
    {"refresh_nodes", "refresh_nodes/1", idle},
    {"read_transfers", "read_transfers/1", idle},
    {"set_weights", "set_weights/1", idle},
};
enum { scene_count = sizeof scenes / sizeof *scenes };

/* Adds the job and ends it with the bytes; false when the store refuses them, since they are no JSON. */
static god_status put_result(gdi_db *db, void *user, god_error *err)
{
    const fuzz_scene *scene = ((const void **)user)[0];
    const char *result = ((const void **)user)[1];
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO jobs (kind, key, state, tournament_id, payload, result, not_before, created_at, "
                   "updated_at, ended_at) VALUES ($1, $2, 'done', $3, '{}', $4, $5, $5, $5, $5)",
                   gdi_text(scene->kind), gdi_text(scene->key), gdi_text(scene->prepare == idle ? NULL : "t"),
                   gdi_text(result), gdi_time(INT64_C(1781514000000000)));
}

static void must_be_empty(fuzzed *f, const char *query)
{
    gdi_rows *rows = NULL;
    MUST(gdi_db_query(f->db, query, NULL, 0, &rows, &err));
    if (gdi_rows_count(rows) != 0) {
        (void)fprintf(stderr, "not empty: %s\n", query);
        abort();
    }
    gdi_rows_free(rows);
}

static void check(fuzzed *f)
{
    must_be_empty(f, "SELECT 1 FROM coldkey_balances WHERE balance_rao < 0");
    must_be_empty(f, "SELECT 1 FROM tournament_participants p WHERE hotkey <> '5BURN' AND fee_event_id IS NULL");
    must_be_empty(
        f, "SELECT 1 FROM tournament_participants WHERE hotkey = '5BURN' AND eliminated_in_round_id IS NOT NULL");
    must_be_empty(f,
                  "SELECT 1 FROM tournament_participants p LEFT JOIN balance_events e ON e.id = p.fee_event_id WHERE "
                  "p.fee_event_id IS NOT NULL AND e.hotkey IS NOT p.hotkey");
    must_be_empty(f, "SELECT 1 FROM coldkey_balances b WHERE b.balance_rao <> b.total_sent_rao + COALESCE((SELECT "
                     "SUM(amount_rao) FROM balance_events e WHERE e.coldkey = b.coldkey), 0)");
}

static void open_once(fuzzed *f)
{
    if (f->db == NULL) {
        gdi_rules_default(&f->rules);
        f->rules.types[0].field_min = 1;
        f->kinds.path = GOD_SOURCE_DIR "/plugins/task-kinds.json";
        f->now_us = INT64_C(1781514000000000); /* 2026-06-15 09:00 */
        MUST(gdi_task_kinds_need(&f->kinds, &err));
        MUST(gdi_store_open_memory(NULL, &f->db, &err));
    }
    MUST(gdi_store_empty_memory(f->db, &err));
}

static void take_turns(fuzzed *f)
{
    gdi_cycles *cycles = NULL;
    gdi_turn turn = {.steps = 1};
    gdi_cycles_options options = {.db = f->db,
                                  .rules = &f->rules,
                                  .kinds = &f->kinds,
                                  .burn_hotkey = "5BURN",
                                  .netuid = 56,
                                  .default_repository = "https://github.com/x/r",
                                  .default_commit = "00000000000000000000000000000000000000cc",
                                  .auto_complete = 1,
                                  .publish = 1,
                                  .collection_address = "5FEES",
                                  .random = random_bytes};
    MUST(gdi_cycles_open(&options, &cycles, &err));
    for (int i = 0; i < 20 && turn.steps > 0; i++) {
        MUST(gdi_cycles_turn(cycles, f->now_us, &turn, &err));
    }
    gdi_cycles_close(cycles);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    enum { bytes_max = 1 << 14 };
    static fuzzed f;
    char result[bytes_max + 1];
    god_error refused = GOD_ERROR_INIT;
    if (bytes < 2 || bytes > bytes_max || memchr(data, '\0', bytes) != NULL) {
        return 0;
    }
    const fuzz_scene *scene = &scenes[data[0] % scene_count];
    (void)memcpy(result, data + 1, bytes - 1);
    result[bytes - 1] = '\0';
    open_once(&f);
    sql(&f,
        "INSERT INTO nodes (hotkey, netuid, coldkey, ip, port, last_updated) VALUES ('5A', 56, '5C', '10.0.0.1', "
        "1, " MOMENT "), ('5B', 56, '5C', '10.0.0.2', 1, " MOMENT "), ('5BURN', 56, '5D', '10.0.0.3', 1, " MOMENT ")");
    sql(&f, "INSERT INTO coldkey_balances (coldkey, balance_rao, total_sent_rao, created_at, updated_at) VALUES ('5C', "
            "300000000, 300000000, " MOMENT ", " MOMENT ")");
    scene->prepare(&f);
    const void *both[] = {scene, result};
    if (gdi_db_transact(f.db, put_result, both, &refused) == GOD_OK) {
        take_turns(&f);
        check(&f);
    }
    return 0;
}
