#include "seed.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/store/migrate.h"

#define NOW "'2026-06-18T20:00:00.000000Z'"

/* Also for a program without Check. */
static void require(int condition, const char *what, const god_error *err)
{
    if (!condition) {
        (void)fprintf(stderr, "%s: %s\n", what, err->message);
        exit(1);
    }
}

void seed_run(gdi_db *db, const char *sql)
{
    god_error err = GOD_ERROR_INIT;
    require(gdi_db_run(db, sql, NULL, 0, NULL, &err) == GOD_OK, sql, &err);
}

static void run_f(gdi_db *db, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void run_f(gdi_db *db, const char *format, ...)
{
    char sql[4096];
    va_list args;
    va_start(args, format);
    god_error err = GOD_ERROR_INIT;
    require(vsnprintf(sql, sizeof sql, format, args) < (int)sizeof sql, "a statement is too long", &err);
    va_end(args);
    seed_run(db, sql);
}

static void add_round(gdi_db *db, const char *tournament, int number, int is_final, const char *status)
{
    run_f(db,
          "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round, status, "
          "created_at) VALUES ('%s_round_%03d', '%s', %d, 'knockout', %s, '%s', " NOW ")",
          tournament, number, tournament, number, is_final ? "TRUE" : "FALSE", status);
}

static void add_pair(gdi_db *db, const char *tournament, int round, int pair, const char *a, const char *b)
{
    run_f(db,
          "INSERT INTO tournament_pairs (pair_id, round_id, hotkey1, hotkey2, created_at) VALUES "
          "('%s_round_%03d_pair_%03d', '%s_round_%03d', '%s', '%s', " NOW ")",
          tournament, round, pair, tournament, round, a, b);
}

/* A task of a pair with its two entrants; winner NULL: not finished. */
static void add_task(gdi_db *db, const char *tournament, int round, int pair, int task, const char *task_type,
                     const char *winner, const char *loser)
{
    char id[64];
    (void)snprintf(id, sizeof id, "00000000-0000-4000-8%03d-%011d%d", round, task, tournament[20] == 'b');
    run_f(db,
          "INSERT INTO tasks (task_id, task_type, status, model_params_count, hours_to_complete, created_at, "
          "updated_at) VALUES ('%s', '%s', '%s', 7000000000, 1.5, " NOW ", " NOW ")",
          id, task_type, winner == NULL ? "training" : "success");
    run_f(db,
          "INSERT INTO tournament_tasks (tournament_id, task_id, round_id, pair_id, slot) VALUES "
          "('%s', '%s', '%s_round_%03d', '%s_round_%03d_pair_%03d', %d)",
          tournament, id, tournament, round, tournament, round, pair, task);
    if (winner != NULL) {
        run_f(db,
              "INSERT INTO task_nodes (task_id, hotkey, netuid, test_loss, quality_score) VALUES "
              "('%s', '%s', 56, 0.8, 3.0), ('%s', '%s', 56, 1.0, 0.0)",
              id, winner, id, loser);
    }
}

static void add_tournament(gdi_db *db, const char *id, const char *type, const char *status, const char *winner)
{
    run_f(db,
          "INSERT INTO tournaments (tournament_id, tournament_type, status, winner_hotkey, base_winner_hotkey, "
          "winning_performance_difference, diff_report, created_at, updated_at) VALUES ('%s', '%s', '%s', %s, %s, %s, "
          "%s, '2026-06-18T14:00:00.000000Z', " NOW ")",
          id, type, status, winner, winner[0] == 'N' ? "NULL" : "'Z'", winner[0] == 'N' ? "NULL" : "0.15",
          winner[0] == 'N' ? "NULL" : "'what changed'");
}

static void add_participant(gdi_db *db, const char *tournament, const char *hotkey, const char *eliminated)
{
    run_f(db,
          "INSERT INTO tournament_participants (tournament_id, hotkey, eliminated_in_round_id, training_repo, "
          "training_commit_hash, github_token, requested_datasets, created_at) VALUES ('%s', '%s', %s, "
          "'https://github.com/x/%s', '0123456789012345678901234567890123456789', 'sealed secret', '[\"one\"]', " NOW
          ")",
          tournament, hotkey, eliminated, hotkey);
}

static void add_text(gdi_db *db)
{
    static const char *const first[][2] = {{"A", "P"}, {"B", "Q"}, {"C", "R"}, {"D", "S"}};
    add_tournament(db, SEED_TEXT, "text", "completed", "'A'");
    for (int i = 1; i <= 4; i++) {
        add_round(db, SEED_TEXT, i, i == 4, "completed");
    }
    for (int i = 0; i < 4; i++) {
        add_pair(db, SEED_TEXT, 1, i + 1, first[i][0], first[i][1]);
        add_task(db, SEED_TEXT, 1, i + 1, i, "InstructTextTask", first[i][0], first[i][1]);
        add_participant(db, SEED_TEXT, first[i][0], "NULL");
        add_participant(db, SEED_TEXT, first[i][1], "'" SEED_TEXT "_round_001'");
    }
    add_participant(db, SEED_TEXT, SEED_BURN, "NULL");
    add_pair(db, SEED_TEXT, 2, 1, "A", "C");
    add_pair(db, SEED_TEXT, 2, 2, "B", "D");
    add_task(db, SEED_TEXT, 2, 1, 10, "DpoTask", "A", "C");
    add_task(db, SEED_TEXT, 2, 2, 11, "InstructTextTask", "B", "D");
    add_pair(db, SEED_TEXT, 3, 1, "A", "B");
    add_task(db, SEED_TEXT, 3, 1, 20, "InstructTextTask", "A", "B");
    add_pair(db, SEED_TEXT, 4, 1, "A", SEED_BURN);
    for (int i = 0; i < 6; i++) {
        int boss = i == 1 || i == 4;
        add_task(db, SEED_TEXT, 4, 1, 30 + i, "InstructTextTask", boss ? SEED_BURN : "A", boss ? "A" : SEED_BURN);
    }
}

static void add_image(gdi_db *db)
{
    add_tournament(db, SEED_IMAGE, "image", "active", "NULL");
    add_round(db, SEED_IMAGE, 1, 0, "active");
    add_pair(db, SEED_IMAGE, 1, 1, "C", "E");
    add_task(db, SEED_IMAGE, 1, 1, 1, "ImageTask", NULL, NULL);
    add_task(db, SEED_IMAGE, 1, 1, 2, "ImageTask", NULL, NULL);
    add_participant(db, SEED_IMAGE, "C", "NULL");
    add_participant(db, SEED_IMAGE, "E", "NULL");
    add_participant(db, SEED_IMAGE, "B", "'" SEED_IMAGE "_round_001'");
}

gdi_db *seed_open(void)
{
    gdi_db *db = NULL;
    god_error err = GOD_ERROR_INIT;
    require(gdi_store_open_memory(NULL, &db, &err) == GOD_OK, "a store in memory", &err);
    seed_fill(db);
    return db;
}

void seed_fill(gdi_db *db)
{
    static const char *const nodes[] = {"A", "B", "C", "D", "E", SEED_BURN};
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        run_f(db,
              "INSERT INTO nodes (hotkey, netuid, coldkey, last_updated) VALUES ('%s', 56, '" SEED_COLDKEY "', " NOW
              ")",
              nodes[i]);
    }
    add_text(db);
    add_image(db);
    seed_run(db, "INSERT INTO coldkey_balances (coldkey, balance_rao, total_sent_rao, transfer_count, "
                 "last_transfer_at, created_at, updated_at) VALUES ('" SEED_COLDKEY "', 5, 500000005, 2, " NOW ", " NOW
                 ", " NOW ")");
    seed_run(db,
             "INSERT INTO balance_events (tournament_id, coldkey, hotkey, event_type, amount_rao, created_at) VALUES "
             "('" SEED_TEXT "', '" SEED_COLDKEY "', 'A', 'participation_fee', -250000000, " NOW "), "
             "('" SEED_TEXT "', '" SEED_COLDKEY "', 'B', 'participation_fee', -250000000, " NOW ")");
    seed_run(db,
             "INSERT INTO trainers_gpus (trainer_ip, gpu_id, gpu_type, vram_gb, used_until, created_at, updated_at) "
             "VALUES ('10.0.0.1', 0, 'H100', 80, NULL, " NOW ", " NOW "), ('10.0.0.1', 1, 'H100', 80, "
             "'2026-06-18T23:00:00.000000Z', " NOW ", " NOW "), ('10.0.0.2', 0, 'H100', 80, "
             "'2026-06-18T19:00:00.000000Z', " NOW ", " NOW ")");
}
