/* Can the invariants fail? A small store in which all hold is broken in one place, and the named one must see it. */
#include "suites.h"

#include <string.h>

#include "core/simulation/invariants.h"
#include "core/store/migrate.h"

#define X "'2026-06-15T12:00:00.000000Z'"

/* One text tournament in its second round: "b" and "d" lost to "a" and "c" in the first. */
static const char *const healthy[] = {
    "INSERT INTO tournaments (tournament_id, tournament_type, status, created_at, updated_at) "
    "VALUES ('t1', 'text', 'active', " X ", " X ")",
    "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, is_final_round, status, "
    "created_at) VALUES ('r1', 't1', 1, 'knockout', 0, 'completed', " X "), ('r2', 't1', 2, 'knockout', 0, 'active', "
    "" X ")",
    "INSERT INTO transfers (id, from_ss58, amount_rao, created_at) VALUES ('p1', 'k1', 300000000, " X "), "
    "('p2', 'k1', 200000000, " X "), ('p3', 'k2', 600000000, " X ")",
    "INSERT INTO coldkey_balances (coldkey, balance_rao, total_sent_rao, transfer_count, created_at, updated_at) "
    "VALUES ('k1', 0, 500000000, 2, " X ", " X "), ('k2', 100000000, 600000000, 1, " X ", " X ")",
    "INSERT INTO balance_events (id, tournament_id, coldkey, hotkey, event_type, amount_rao, created_at) VALUES "
    "(1, 't1', 'k1', 'a', 'participation_fee', -250000000, " X "), "
    "(2, 't1', 'k1', 'b', 'participation_fee', -250000000, " X "), "
    "(3, 't1', 'k2', 'c', 'participation_fee', -250000000, " X "), "
    "(4, 't1', 'k2', 'd', 'participation_fee', -250000000, " X ")",
    "INSERT INTO tournament_participants (tournament_id, hotkey, eliminated_in_round_id, fee_event_id, created_at) "
    "VALUES ('t1', 'BURN', NULL, NULL, " X "), ('t1', 'a', NULL, 1, " X "), ('t1', 'b', 'r1', 2, " X "), "
    "('t1', 'c', NULL, 3, " X "), ('t1', 'd', 'r1', 4, " X ")",
    "INSERT INTO tournament_pairs (pair_id, round_id, hotkey1, hotkey2, created_at) VALUES ('q1', 'r1', 'a', 'b', "
    "" X "), "
    "('q2', 'r1', 'c', 'd', " X "), ('q3', 'r2', 'a', 'c', " X ")",
    "INSERT INTO tasks (task_id, task_type, status, created_at, updated_at) "
    "VALUES ('k', 'InstructTextTask', 'training', " X ", " X ")",
    "INSERT INTO tournament_tasks (tournament_id, task_id, round_id, pair_id) VALUES ('t1', 'k', 'r2', 'q3')",
    "INSERT INTO tournament_task_hotkey_trainings (task_id, hotkey, training_status, trainer_ip, job_key, "
    "created_at, updated_at) VALUES ('k', 'a', 'training', 'ip', 'watch_training/k/a/1', " X ", " X "), "
    "('k', 'c', 'training', 'ip', 'watch_training/k/c/1', " X ", " X ")",
    "INSERT INTO evaluations (task_id, hotkey, netuid, evaluation_status) VALUES ('k', 'a', 56, 'evaluating')",
    "INSERT INTO trainers_gpus (trainer_ip, gpu_id, held_by, created_at, updated_at) VALUES "
    "('ip', 0, 'k/a', " X ", " X "), ('ip', 1, 'k/c', " X ", " X ")",
    "INSERT INTO jobs (kind, key, state, task_id, hotkey, payload, result, not_before, created_at, updated_at, "
    "ended_at) VALUES ('start_training', 'start_training/k/a/1', 'done', 'k', 'a', '{\"trainer_ip\":\"ip\", "
    "\"gpu_ids\":[0], \"training_data\":{\"hours_to_complete\":2}}', '{}', " X ", " X ", " X ", " X "), "
    "('start_training', 'start_training/k/c/1', 'done', 'k', 'c', '{\"trainer_ip\":\"ip\", \"gpu_ids\":[1], "
    "\"training_data\":{\"hours_to_complete\":2}}', '{}', " X ", " X ", " X ", " X "), "
    "('set_weights', 'w/1', 'done', NULL, NULL, '{\"weights\":{\"a\":0.25,\"BURN\":0.75}}', '{}', " X ", " X ", " X
    ", " X ")",
};

static const struct mutation {
    const char *invariant;
    const char *sql[4];
    int afresh; /* seen by somebody who did not see the rows before: another invariant would say so first */
} mutations[] = {
    {"state", {"UPDATE tournaments SET status = 'pending'"}, 0},
    {"state", {"UPDATE tournament_rounds SET status = 'pending' WHERE round_id = 'r2'"}, 0},
    {"state", {"UPDATE tasks SET status = 'looking_for_nodes'"}, 0},
    {"state", {"UPDATE tournament_task_hotkey_trainings SET training_status = 'made up' WHERE hotkey = 'a'"}, 0},
    {"state", {"UPDATE evaluations SET evaluation_status = 'made up'"}, 0},
    {"elimination", {"UPDATE tournament_participants SET eliminated_in_round_id = 'r2' WHERE hotkey = 'b'"}, 0},
    {"entrant_lost", {"UPDATE tournament_participants SET eliminated_in_round_id = NULL WHERE hotkey = 'b'"}, 1},
    {"fee_once",
     {"DROP INDEX balance_events_fee_once",
      "INSERT INTO balance_events (tournament_id, coldkey, hotkey, event_type, amount_rao, created_at) "
      "VALUES ('t1', 'k2', 'a', 'participation_fee', 0, " X ")"},
     0},
    {"fee_paid", {"UPDATE tournament_participants SET fee_event_id = NULL WHERE hotkey = 'a'"}, 0},
    {"fee_paid", {"UPDATE tournament_participants SET fee_event_id = 3 WHERE hotkey = 'a'"}, 0},
    {"fee_paid",
     {"INSERT INTO balance_events (tournament_id, coldkey, hotkey, event_type, amount_rao, created_at) "
      "VALUES ('t1', 'k2', 'z', 'participation_fee', 0, " X ")"},
     0},
    {"fee_paid",
     {"UPDATE balance_events SET amount_rao = -200000000",
      "UPDATE coldkey_balances SET balance_rao = balance_rao + 100000000"},
     0},
    {"balances", {"UPDATE coldkey_balances SET balance_rao = balance_rao + 1 WHERE coldkey = 'k1'"}, 0},
    {"balances", {"UPDATE coldkey_balances SET total_sent_rao = 1 WHERE coldkey = 'k1'"}, 0},
    {"balances", {"UPDATE coldkey_balances SET transfer_count = 3 WHERE coldkey = 'k1'"}, 0},
    {"balances", {"INSERT INTO transfers (id, from_ss58, amount_rao, created_at) VALUES ('p4', 'k3', 1, " X ")"}, 0},
    {"balances", {"DELETE FROM transfers WHERE id = 'p2'"}, 0},
    {"balances",
     {"UPDATE transfers SET amount_rao = 0 WHERE id = 'p2'",
      "UPDATE coldkey_balances SET balance_rao = -200000000, total_sent_rao = 300000000 WHERE coldkey = 'k1'"},
     0},
    {"rounds", {"UPDATE tournament_rounds SET round_number = 3 WHERE round_id = 'r2'"}, 0},
    {"rounds", {"UPDATE tournament_rounds SET is_final_round = 1 WHERE round_id = 'r1'"}, 0},
    {"rounds", {"UPDATE tournament_rounds SET status = 'active' WHERE round_id = 'r1'"}, 1},
    {"entrant_twice",
     {"INSERT INTO tournament_pairs (pair_id, round_id, hotkey1, hotkey2, created_at) "
      "VALUES ('q4', 'r2', 'BURN', 'a', " X ")"},
     0},
    {"entrant_twice", {"UPDATE tournament_pairs SET hotkey2 = 'stranger' WHERE pair_id = 'q3'"}, 0},
    {"entrant_lost", {"UPDATE tournament_pairs SET hotkey2 = 'BURN' WHERE pair_id = 'q3'"}, 0},
    {"entrant_back",
     {"UPDATE tournament_pairs SET hotkey2 = 'd' WHERE pair_id = 'q3'",
      "UPDATE tournament_participants SET eliminated_in_round_id = 'r1' WHERE hotkey = 'c'"},
     0},
    {"entrant_lost",
     {"INSERT INTO balance_events (id, tournament_id, coldkey, hotkey, event_type, amount_rao, created_at) "
      "VALUES (9, 't1', 'k2', 'e', 'participation_fee', -100000000, " X ")",
      "UPDATE coldkey_balances SET balance_rao = 0 WHERE coldkey = 'k2'",
      "INSERT INTO tournament_participants (tournament_id, hotkey, fee_event_id, created_at) VALUES ('t1', 'e', 9, "
      "" X ")"},
     0},
    {"one_winner", {"UPDATE tournaments SET status = 'completed'"}, 0},
    {"one_winner", {"UPDATE tournaments SET status = 'completed', winner_hotkey = 'b'"}, 0},
    {"one_winner", {"UPDATE tournaments SET status = 'completed', winner_hotkey = 'a'"}, 0},
    {"one_winner", {"UPDATE tournaments SET winner_hotkey = 'nobody'"}, 0},
    {"gpu_twice",
     {"INSERT INTO jobs (kind, key, task_id, hotkey, payload, not_before, created_at, updated_at) VALUES "
      "('start_training', 'start_training/k/c/2', 'k', 'c', '{\"trainer_ip\":\"ip\", \"gpu_ids\":[1, 0], "
      "\"training_data\":{\"hours_to_complete\":2}}', " X ", " X ", " X ")"},
     0},
    {"weights",
     {"INSERT INTO jobs (kind, key, payload, not_before, created_at, updated_at) VALUES ('set_weights', 'w/2', "
      "'{\"weights\":{\"a\":0.25,\"BURN\":0.7500001}}', " X ", " X ", " X ")"},
     0},
    {"weights",
     {"INSERT INTO jobs (kind, key, payload, not_before, created_at, updated_at) VALUES ('set_weights', 'w/2', "
      "'{\"weights\":{\"a\":-0.25,\"BURN\":0.75}}', " X ", " X ", " X ")"},
     0},
    {"weights",
     {"INSERT INTO jobs (kind, key, payload, not_before, created_at, updated_at) VALUES ('set_weights', 'w/2', "
      "'{\"weights\":{\"a\":null}}', " X ", " X ", " X ")"},
     0},
    {"job_twice",
     {"CREATE TABLE copy AS SELECT * FROM jobs", "DROP TABLE jobs", "ALTER TABLE copy RENAME TO jobs",
      "INSERT INTO jobs SELECT * FROM jobs WHERE key = 'w/1'"},
     0},
};
enum { MUTATION_COUNT = sizeof mutations / sizeof *mutations };

static gdi_db *db;
static gdi_invariants *invariants;
static god_error err = GOD_ERROR_INIT;

static void run(const char *sql)
{
    ck_assert_msg(gdi_db_run(db, sql, NULL, 0, NULL, &err) == GOD_OK, "%s: %s", sql, err.message);
}

static void set_up(void)
{
    ck_assert_msg(gdi_store_open_memory(NULL, &db, &err) == GOD_OK, "%s", err.message);
    for (size_t i = 0; i < sizeof healthy / sizeof *healthy; i++) {
        run(healthy[i]);
    }
    ck_assert_int_eq(gdi_invariants_new("BURN", NULL, &invariants, &err), GOD_OK);
}

static void tear_down(void)
{
    gdi_invariants_free(invariants);
    gdi_db_close(db);
}

START_TEST(test_simulation_invariants__hold_in_a_healthy_store)
{
    for (int i = 0; i < 3; i++) {
        ck_assert_msg(gdi_invariants_check(invariants, db, true, &err) == GOD_OK, "%s", err.message);
    }
    run("UPDATE tasks SET status = 'success'");
    run("UPDATE tournament_task_hotkey_trainings SET training_status = 'success'");
    run("UPDATE tournament_rounds SET status = 'completed'");
    run("UPDATE tournament_participants SET eliminated_in_round_id = 'r2' WHERE hotkey = 'c'");
    run("UPDATE tournaments SET status = 'completed', winner_hotkey = 'a'");
    ck_assert_msg(gdi_invariants_check(invariants, db, true, &err) == GOD_OK, "%s", err.message);
}
END_TEST

START_TEST(test_simulation_invariants__see_what_is_broken)
{
    const struct mutation *mutation = &mutations[_i / 2];
    bool is_followed = _i % 2 != 0; /* then only what was written is looked at */
    char prefix[64];
    gdi_invariants_follow(invariants, is_followed ? db : NULL);
    ck_assert_msg(gdi_invariants_check(invariants, db, true, &err) == GOD_OK, "%s", err.message);
    run("PRAGMA ignore_check_constraints = 1");
    run("PRAGMA foreign_keys = 0");
    for (size_t i = 0; i < 4 && mutation->sql[i] != NULL; i++) {
        run(mutation->sql[i]);
    }
    if (mutation->afresh) {
        gdi_invariants_free(invariants);
        ck_assert_int_eq(gdi_invariants_new("BURN", NULL, &invariants, &err), GOD_OK);
    }
    bool all = !is_followed || strcmp(mutation->invariant, "job_twice") == 0;
    ck_assert_int_eq(gdi_invariants_check(invariants, db, all, &err), GOD_E_INTERNAL);
    (void)snprintf(prefix, sizeof prefix, "%s: ", mutation->invariant);
    ck_assert_msg(strncmp(err.message, prefix, strlen(prefix)) == 0, "%s was to be broken by %s, this was: %s",
                  mutation->invariant, mutation->sql[0], err.message);
}
END_TEST

/* A number that a rolled back job had goes to the next one, which must be looked at all the same. */
START_TEST(test_simulation_invariants__see_the_job_after_one_that_was_rolled_back)
{
    static const char add[] = "INSERT INTO jobs (kind, key, payload, not_before, created_at, updated_at) VALUES "
                              "('set_weights', 'w/2', '{\"weights\":{\"a\":2}}', " X ", " X ", " X ")";
    gdi_invariants_follow(invariants, db);
    ck_assert_msg(gdi_invariants_check(invariants, db, true, &err) == GOD_OK, "%s", err.message);
    run("BEGIN");
    run(add);
    run("ROLLBACK");
    ck_assert_msg(gdi_invariants_check(invariants, db, false, &err) == GOD_OK, "%s", err.message);
    run(add);
    ck_assert_int_eq(gdi_invariants_check(invariants, db, false, &err), GOD_E_INTERNAL);
    ck_assert_ptr_nonnull(strstr(err.message, "weights: "));
}
END_TEST

START_TEST(test_simulation_invariants__a_winner_stays)
{
    run("UPDATE tournaments SET winner_hotkey = 'a'");
    ck_assert_msg(gdi_invariants_check(invariants, db, true, &err) == GOD_OK, "%s", err.message);
    run("UPDATE tournaments SET winner_hotkey = 'c'");
    ck_assert_int_eq(gdi_invariants_check(invariants, db, true, &err), GOD_E_INTERNAL);
    ck_assert_ptr_nonnull(strstr(err.message, "winner_changed: "));
}
END_TEST

Suite *suite_simulation_invariants(void)
{
    Suite *suite = suite_create("simulation invariants");
    TCase *cases = tcase_create("invariants");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_simulation_invariants__hold_in_a_healthy_store);
    tcase_add_loop_test(cases, test_simulation_invariants__see_what_is_broken, 0, 2 * MUTATION_COUNT);
    tcase_add_test(cases, test_simulation_invariants__see_the_job_after_one_that_was_rolled_back);
    tcase_add_test(cases, test_simulation_invariants__a_winner_stays);
    suite_add_tcase(suite, cases);
    return suite;
}
