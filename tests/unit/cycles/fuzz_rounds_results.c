/* Any bytes as the result of a job of the half from the bracket to the winner: the first byte says of which kind, the
 * rest is the result. The turn takes it or leaves it, and what must always hold still holds: rows in one of their
 * states, attempts within their limits, finite values alone, and no GPU held by what is not under way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cycles/cycles.h"
#include "core/cycles/task_kinds.h"
#include "core/store/migrate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct fuzzed {
    gdi_db *db;
    gdi_rules rules;
    gdi_task_kinds kinds;
} fuzzed;

#define MUST(call)                                                                            \
    do {                                                                                      \
        god_error err = GOD_ERROR_INIT;                                                       \
        if ((call) != GOD_OK) {                                                               \
            (void)fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, err.message); \
            abort();                                                                          \
        }                                                                                     \
    } while (0)

static const char *const environments[] = {"gin_rummy", "intercode", NULL};
static const char *const models[] = {"model/a", "model/b", NULL};

static god_status random_bytes(void *user, const char *label, uint8_t *ret_bytes, size_t count, god_error *err)
{
    (void)user;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        ret_bytes[i] = (uint8_t)(label[i % strlen(label)] + (char)i);
    }
    return GOD_OK;
}

static void sql(fuzzed *f, const char *text)
{
    MUST(gdi_db_run(f->db, text, NULL, 0, NULL, &err));
}

#define MOMENT "'2026-06-15T09:00:00.000000Z'"
static const int64_t now_us = INT64_C(1781514000000000); /* the same */

/* ---- scenes ---- */

static void round_of(fuzzed *f, const char *status, const char *kind)
{
    char text[400];
    (void)snprintf(text, sizeof text,
                   "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round,"
                   " status, created_at) VALUES ('r', 't', 1, '%s', 0, '%s', " MOMENT ")",
                   kind, status);
    sql(f, text);
    if (strcmp(kind, "group") == 0) {
        sql(f, "INSERT INTO tournament_groups (group_id, round_id, created_at) VALUES ('s', 'r', " MOMENT ")");
        sql(f, "INSERT INTO tournament_group_members (group_id, hotkey, created_at) VALUES ('s', '5A', " MOMENT
               "), ('s', '5B', " MOMENT ")");
    } else {
        sql(f, "INSERT INTO tournament_pairs (pair_id, round_id, hotkey1, hotkey2, created_at) VALUES ('s', 'r', '5A',"
               " '5B', " MOMENT ")");
    }
}

static void task_of(fuzzed *f, const char *type, const char *status, const char *job_key)
{
    char text[700];
    bool group = strcmp(type, "EnvTask") == 0;
    round_of(f, "active", group ? "group" : "knockout");
    (void)snprintf(
        text, sizeof text,
        "INSERT INTO tasks (task_id, task_type, status, model_id, ds, details, hours_to_complete, job_key,"
        " n_eval_attempts, created_at, updated_at) VALUES ('k', '%s', '%s', 'm', 'd',"
        " '{\"environment_names\": [\"gin_rummy\", \"intercode\"], \"eval_seed\": 1}', 1.0, %s%s%s, %d, " MOMENT
        ", " MOMENT ")",
        type, status, job_key == NULL ? "" : "'", job_key == NULL ? "NULL" : job_key, job_key == NULL ? "" : "'",
        strcmp(status, "evaluating") == 0);
    sql(f, text);
    (void)snprintf(text, sizeof text,
                   "INSERT INTO tournament_tasks (tournament_id, task_id, round_id, %s) VALUES ('t', 'k', 'r', 's')",
                   group ? "group_id" : "pair_id");
    sql(f, text);
    sql(f, "INSERT INTO task_nodes (task_id, hotkey, netuid, expected_repo_name) VALUES ('k', '5A', 56, 'a'), ('k',"
           " '5B', 56, 'b')");
}

static void trainings_of(fuzzed *f, const char *status, const char *job_key)
{
    char text[600];
    (void)snprintf(text, sizeof text,
                   "INSERT INTO tournament_task_hotkey_trainings (task_id, hotkey, training_status,"
                   " n_training_attempts, starts, training_repo, trainer_ip, job_key, created_at, updated_at) VALUES"
                   " ('k', '5A', '%s', 1, 1, 'x', '10.1.0.1', %s%s%s, " MOMENT ", " MOMENT
                   "), ('k', '5B', 'success', 1,"
                   " 1, 'y', '10.1.0.1', NULL, " MOMENT ", " MOMENT ")",
                   status, job_key == NULL ? "" : "'", job_key == NULL ? "NULL" : job_key, job_key == NULL ? "" : "'");
    sql(f, text);
}

static void hold(fuzzed *f, const char *held_by)
{
    char text[200];
    (void)snprintf(
        text, sizeof text,
        "UPDATE trainers_gpus SET used_until = '2026-06-15T10:00:00.000000Z', held_by = '%s' WHERE gpu_id = 0",
        held_by);
    sql(f, text);
}

static void choosing(fuzzed *f)
{
    round_of(f, "pending", "knockout");
}

static void preparing(fuzzed *f)
{
    task_of(f, "InstructTextTask", "preparing_data", "prepare_task/k");
}

static void preparing_model(fuzzed *f)
{
    task_of(f, "InstructTextTask", "awaiting_model_prep", "prepare_model/k/1");
    hold(f, "k/model");
}

static void starting(fuzzed *f)
{
    task_of(f, "InstructTextTask", "training", NULL);
    trainings_of(f, "pending", "start_training/k/5A/1");
    hold(f, "k/5A");
}

static void watching(fuzzed *f)
{
    task_of(f, "InstructTextTask", "training", NULL);
    trainings_of(f, "training", "watch_training/k/5A/1");
    hold(f, "k/5A");
}

static void refreshing(fuzzed *f)
{
    sql(f, "INSERT INTO periodic_work (kind, asked, applied, asked_at) VALUES ('refresh_gpus', 1, 0, " MOMENT ")");
}

static void evaluating_as(fuzzed *f, const char *type, const char *job_key)
{
    task_of(f, type, "evaluating", job_key);
    trainings_of(f, "success", NULL);
    sql(f, "INSERT INTO evaluations (task_id, hotkey, netuid, evaluation_status) VALUES ('k', '5A', 56, 'evaluating'),"
           " ('k', '5B', 56, 'evaluating')");
}

static void evaluating(fuzzed *f)
{
    evaluating_as(f, "InstructTextTask", "evaluate/k/1");
}

static void evaluating_together(fuzzed *f)
{
    evaluating_as(f, "GrpoTask", "evaluate/k/1");
}

static void games_as(fuzzed *f, const char *pair_key, const char *alone_key)
{
    char text[600];
    evaluating_as(f, "EnvTask", NULL);
    (void)snprintf(text, sizeof text,
                   "INSERT INTO pvp_pair_results (task_id, hotkey_a, hotkey_b, environment_name, status, n_attempts,"
                   " job_key) VALUES ('k', '5A', '5B', 'gin_rummy', '%s', 1, %s)",
                   pair_key[0] == 'N' ? "complete" : "pending", pair_key);
    sql(f, text);
    (void)snprintf(text, sizeof text,
                   "INSERT INTO pvp_individual_scores (task_id, hotkey, environment_name, score, status, n_attempts,"
                   " job_key) VALUES ('k', '5A', 'intercode', NULL, '%s', 2, %s), ('k', '5B', 'intercode', 0.5,"
                   " 'complete', 1, NULL)",
                   alone_key[0] == 'N' ? "complete" : "pending", alone_key);
    sql(f, text);
}

static void playing_a_pair(fuzzed *f)
{
    games_as(f, "'play_pair/k/5A/5B/gin_rummy/1'", "NULL");
}

static void playing_alone(fuzzed *f)
{
    games_as(f, "NULL", "'play_alone/k/5A/intercode/1'");
}

typedef struct fuzz_scene {
    const char *kind, *key, *type;
    void (*prepare)(fuzzed *f);
} fuzz_scene;

static const fuzz_scene scenes[] = {
    {"choose_content", "choose_content/s/0/0/0", "text", choosing},
    {"prepare_task", "prepare_task/k", "text", preparing},
    {"prepare_model", "prepare_model/k/1", "text", preparing_model},
    {"start_training", "start_training/k/5A/1", "text", starting},
    {"watch_training", "watch_training/k/5A/1", "text", watching},
    {"refresh_gpus", "refresh_gpus/1", "text", refreshing},
    {"evaluate", "evaluate/k/1", "text", evaluating},
    {"evaluate", "evaluate/k/1", "text", evaluating_together},
    {"play_pair", "play_pair/k/5A/5B/gin_rummy/1", "environment", playing_a_pair},
    {"play_alone", "play_alone/k/5A/intercode/1", "environment", playing_alone},
};
enum { scene_count = sizeof scenes / sizeof *scenes };

/* ---- what must hold ---- */

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
    must_be_empty(f, "SELECT 1 FROM tournament_task_hotkey_trainings WHERE n_training_attempts > 2");
    must_be_empty(f,
                  "SELECT 1 FROM tasks WHERE n_eval_attempts > 4 OR hours_to_complete > 6 OR hours_to_complete < 0.5");
    must_be_empty(f, "SELECT 1 FROM task_nodes WHERE quality_score NOT IN (-1, 0, 3)");
    must_be_empty(f, "SELECT 1 FROM tasks t WHERE status IN ('success', 'failure') AND EXISTS (SELECT 1 FROM"
                     " tournament_task_hotkey_trainings r WHERE r.task_id = t.task_id AND r.training_status IN"
                     " ('pending', 'training'))");
    must_be_empty(f, "SELECT 1 FROM trainers_gpus g WHERE held_by IS NOT NULL AND NOT EXISTS (SELECT 1 FROM"
                     " tournament_task_hotkey_trainings r WHERE g.held_by = r.task_id || '/' || r.hotkey AND r.job_key"
                     " IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM tasks t WHERE g.held_by = t.task_id || '/model' AND"
                     " t.job_key IS NOT NULL)");
    must_be_empty(f, "SELECT 1 FROM tournament_participants WHERE hotkey = '5BURN' AND eliminated_in_round_id IS NOT"
                     " NULL");
}

/* ---- one input ---- */

static void open_once(fuzzed *f)
{
    if (f->db == NULL) {
        gdi_rules_default(&f->rules);
        f->kinds.path = GOD_SOURCE_DIR "/plugins/task-kinds.json";
        MUST(gdi_task_kinds_need(&f->kinds, &err));
        MUST(gdi_store_open_memory(NULL, &f->db, &err));
    }
    MUST(gdi_store_empty_memory(f->db, &err));
}

static void begin(fuzzed *f, const fuzz_scene *scene)
{
    char text[400];
    sql(f, "INSERT INTO nodes (hotkey, netuid, coldkey, ip, port, last_updated) VALUES ('5A', 56, '5C', '10.0.0.1', 1,"
           " " MOMENT "), ('5B', 56, '5C', '10.0.0.2', 1, " MOMENT ")");
    sql(f, "INSERT INTO trainers_gpus (trainer_ip, gpu_id, gpu_type, vram_gb, created_at, updated_at) VALUES"
           " ('10.1.0.1', 0, 'H100', 80, " MOMENT ", " MOMENT "), ('10.1.0.1', 1, 'H100', 80, " MOMENT ", " MOMENT ")");
    (void)snprintf(text, sizeof text,
                   "INSERT INTO tournaments (tournament_id, tournament_type, status, created_at, updated_at) VALUES"
                   " ('t', '%s', 'active', " MOMENT ", " MOMENT ")",
                   scene->type);
    sql(f, text);
    sql(f,
        "INSERT INTO tournament_participants (tournament_id, hotkey, training_repo, training_commit_hash, created_at)"
        " VALUES ('t', '5A', 'x', 'c', " MOMENT "), ('t', '5B', 'y', 'd', " MOMENT "), ('t', '5BURN', 'z', 'e',"
        " " MOMENT ")");
    scene->prepare(f);
}

/* Adds the job as one that ended with the bytes; refused by the store when they are no JSON. */
static god_status put_result(gdi_db *db, void *user, god_error *err)
{
    const fuzz_scene *scene = ((const void **)user)[0];
    const char *result = ((const void **)user)[1];
    return GDI_RUN(db, NULL, err,
                   "INSERT INTO jobs (kind, key, state, payload, result, not_before, created_at, updated_at, ended_at)"
                   " VALUES ($1, $2, 'done', '{}', $3, $4, $4, $4, $4)",
                   gdi_text(scene->kind), gdi_text(scene->key), gdi_text(result), gdi_time(now_us));
}

static void take_turns(fuzzed *f)
{
    gdi_cycles *cycles = NULL;
    gdi_turn turn = {.steps = 1};
    const gdi_cycles_options options = {.db = f->db,
                                        .rules = &f->rules,
                                        .kinds = &f->kinds,
                                        .burn_hotkey = "5BURN",
                                        .netuid = 56,
                                        .default_repository = "https://github.com/x/r",
                                        .default_commit = "00000000000000000000000000000000000000cc",
                                        .auto_complete = 1,
                                        .environments = environments,
                                        .environment_models = models,
                                        .environment_target_model = "model/a",
                                        .nodes_period_us = -1,
                                        .transfers_period_us = -1,
                                        .weights_period_us = -1,
                                        .random = random_bytes};
    MUST(gdi_cycles_open(&options, &cycles, &err));
    for (int i = 0; i < 20 && turn.steps > 0; i++) {
        MUST(gdi_cycles_turn(cycles, now_us + i, &turn, &err));
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
    begin(&f, scene);
    const void *both[] = {scene, result};
    if (gdi_db_transact(f.db, put_result, both, &refused) == GOD_OK) {
        take_turns(&f);
        check(&f);
    }
    return 0;
}
