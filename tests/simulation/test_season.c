/* Whole seasons: a replay gives the same bytes, kills change nothing, and what is broken stops the season. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/base/layout.h"
#include "core/simulation/season.h"
#include "core/store/db.h"
#include "god/helpers/file.h"

#ifdef TEST_FEWER_SEASONS /* under sanitizers */
enum { SEEDS = 2, PLACES = 3 };
#else
enum { SEEDS = 7, PLACES = 12 };
#endif

static god_error err = GOD_ERROR_INIT;
static gdi_task_kinds *kinds;
static gdi_season_memory *memory;

static void set_up(void)
{
    kinds = calloc(1, sizeof *kinds);
    ck_assert_ptr_nonnull(kinds);
    ck_assert_msg(gdi_season_memory_open(&memory, &err) == GOD_OK, "%s", err.message);
}

static void tear_down(void)
{
    gdi_season_memory_close(memory);
    gdi_task_kinds_fini(kinds);
    free(kinds);
}

static gdi_season_result play(uint64_t seed, double per_1000_statements, uint64_t kill_at)
{
    gdi_season_options options = {.seed = seed,
                                  .days = 3,
                                  .miners = 9,
                                  .faults = 0.2,
                                  .wants_digest = true,
                                  .per_1000_statements = per_1000_statements,
                                  .kill_at = kill_at,
                                  .memory = memory,
                                  .kinds = kinds};
    gdi_season_result result = {0};
    ck_assert_msg(gdi_season_play(&options, &result, &err) == GOD_OK, "seed %llu, kills %g, kill at %llu: %s",
                  (unsigned long long)seed, per_1000_statements, (unsigned long long)kill_at, err.message);
    return result;
}

START_TEST(test_simulation_season__a_replay_gives_the_same_bytes)
{
    gdi_season_result first = play(1, 2, 0), other = play(2, 2, 0), again = play(1, 2, 0);
    ck_assert_str_eq(first.digest, again.digest);
    ck_assert_uint_eq(first.steps, again.steps);
    ck_assert_uint_eq(first.statements, again.statements);
    ck_assert_str_ne(first.digest, other.digest);
    ck_assert_uint_ge(first.completed, 3);
    ck_assert_uint_gt(first.kills, 0);
    ck_assert_uint_gt(first.store_errors, 0);
}
END_TEST

START_TEST(test_simulation_season__kills_and_store_errors_change_nothing)
{
    uint64_t seed = (uint64_t)_i;
    gdi_season_result quiet = play(seed, 0, 0), killed = play(seed, 20, 0);
    ck_assert_uint_eq(quiet.kills, 0);
    ck_assert_uint_gt(killed.kills, 50);
    ck_assert_str_eq(quiet.digest, killed.digest);
}
END_TEST

/* One kill before each of some statements, spread over the season; each time another remainder. */
START_TEST(test_simulation_season__one_kill_anywhere_changes_nothing)
{
    gdi_season_result quiet = play(3, 0, 0);
    for (uint64_t i = 0; i < PLACES; i++) {
        gdi_season_result killed = play(3, 0, 1 + i * quiet.statements / PLACES + 7 * i);
        ck_assert_uint_eq(killed.kills, 1);
        ck_assert_str_eq(quiet.digest, killed.digest);
    }
}
END_TEST

START_TEST(test_simulation_season__without_miners_nothing_begins)
{
    gdi_season_options options = {.seed = 1, .days = 3, .miners = 0, .memory = memory, .kinds = kinds};
    gdi_season_result result = {0};
    ck_assert_msg(gdi_season_play(&options, &result, &err) == GOD_OK, "%s", err.message);
    ck_assert_uint_eq(result.tournaments, 3);
    ck_assert_uint_eq(result.completed, 0);
}
END_TEST

/* ---- a store in a file ---- */

static uint32_t stop_soon(void *user)
{
    uint32_t *steps_left = user;
    return (*steps_left)-- == 0;
}

static void play_part(const char *url, uint32_t steps)
{
    gdi_season_result result = {0};
    gdi_season_options options = {.seed = 1,
                                  .days = 3,
                                  .miners = 9,
                                  .faults = 0.2,
                                  .store_url = url,
                                  .kinds = kinds,
                                  .stop_asked = stop_soon,
                                  .user = &steps};
    ck_assert_int_eq(gdi_season_play(&options, &result, &err), GOD_E_CANCELLED);
}

static void change(const char *url, const char *sql)
{
    gdi_db *db = NULL;
    gdi_db_options options = {.url = url};
    ck_assert_msg(gdi_db_open(&options, &db, &err) == GOD_OK, "%s", err.message);
    ck_assert_msg(gdi_db_run(db, sql, NULL, 0, NULL, &err) == GOD_OK, "%s", err.message);
    gdi_db_close(db);
}

START_TEST(test_simulation_season__goes_on_where_it_was_stopped)
{
    (void)unlink("part.db");
    play_part("sqlite:part.db", 40);
    play_part("sqlite:part.db", 1);
    gdi_season_result result = {0};
    gdi_season_options options = {.seed = 1,
                                  .days = 3,
                                  .miners = 9,
                                  .faults = 0.2,
                                  .wants_digest = true,
                                  .store_url = "sqlite:part.db",
                                  .kinds = kinds};
    ck_assert_msg(gdi_season_play(&options, &result, &err) == GOD_OK, "%s", err.message);
    gdi_season_result whole = play(1, 0, 0);
    ck_assert_str_eq(result.digest, whole.digest);
    ck_assert_uint_lt(result.steps, whole.steps);
    options.seed = 2;
    ck_assert_int_eq(gdi_season_play(&options, &result, &err), GOD_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "another simulation"));
}
END_TEST

START_TEST(test_simulation_season__a_broken_rule_prints_the_command_that_replays_it)
{
    gdi_layout layout;
    gdi_child *child = NULL;
    gdi_child_end end = {0};
    (void)unlink("broken.db");
    play_part("sqlite:broken.db", 40);
    change("sqlite:broken.db", "UPDATE coldkey_balances SET balance_rao = balance_rao + 1");
    ck_assert_int_eq(gdi_layout_find(&layout, &err), GOD_OK);
    const char *argv[] = {layout.god_path, "tournament", "simulate", "--seed", "1",       "--days",           "3",
                          "--miners",      "9",          "--kills",  "0",      "--store", "sqlite:broken.db", NULL};
    gdi_child_options options = {.argv = argv};
    ck_assert_int_eq(gdi_child_start(&options, &child, &err), GOD_OK);
    ck_assert_int_eq(gdi_child_wait(child, 60000, &end, &err), GOD_OK);
    const char *said = gdi_child_output(child);
    ck_assert_msg(end.how == GDI_CHILD_EXITED && end.code == 1, "%d: %s", end.code, said);
    ck_assert_msg(strstr(said, "balances: the balance of ") != NULL, "%s", said);
    ck_assert_msg(
        strstr(said, "\nreplay: god tournament simulate --seed 1 --days 3 --miners 9 --faults 0.2 --kills 0") != NULL,
        "%s", said);
    gdi_child_free(child);
}
END_TEST

Suite *suite_simulation_season(void)
{
    Suite *suite = suite_create("simulation season");
    TCase *cases = tcase_create("season");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_simulation_season__a_replay_gives_the_same_bytes);
    tcase_add_loop_test(cases, test_simulation_season__kills_and_store_errors_change_nothing, 1, SEEDS);
    tcase_add_test(cases, test_simulation_season__one_kill_anywhere_changes_nothing);
    tcase_add_test(cases, test_simulation_season__without_miners_nothing_begins);
    tcase_add_test(cases, test_simulation_season__goes_on_where_it_was_stopped);
    tcase_add_test(cases, test_simulation_season__a_broken_rule_prints_the_command_that_replays_it);
    suite_add_tcase(suite, cases);
    return suite;
}
