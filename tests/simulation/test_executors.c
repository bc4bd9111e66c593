/* Executors on the real job table: every fate, and what they do after a kill. */
#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "core/cycles/work.h"
#include "core/simulation/executors.h"
#include "core/simulation/faults.h"
#include "core/store/migrate.h"
#include "core/tournament/calendar.h"

enum { JOBS = 60 };

static god_error err = GOD_ERROR_INIT;

typedef struct stage {
    gdi_db *db;
    gdi_faults faults;
    gdi_people people;
    gdi_world world;
    gdi_virtual_clock clock;
    gdi_sim_executors executors;
} stage;

static god_status add_jobs_in(gdi_db *db, void *user, god_error *e)
{
    const stage *s = user;
    for (int i = 0; i < JOBS; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "find_head/t/%d", i);
        gdi_job_add job = {.kind = GDI_WORK_FIND_HEAD,
                           .key = key,
                           .payload_json = "{\"github_repo\":\"https://github.com/a/b\"}",
                           .now_us = s->people.start_us};
        GOD_TRY(gdi_job_add_in(db, &job, NULL, e));
    }
    return GOD_OK;
}

static void set_stage(stage *s, double faults)
{
    *s = (stage){0};
    gdi_people_options people = {.seed = 11,
                                 .miner_count = 4,
                                 .honest_count = 4,
                                 .faults = faults,
                                 .start_us = 20000 * GDI_DAY_US,
                                 .burn_hotkey = "B"};
    ck_assert_int_eq(gdi_people_init(&s->people, &people, &err), GOD_OK);
    gdi_faults_init(&s->faults, 11, 0);
    gdi_db_options options = {.before = gdi_faults_before, .user = &s->faults};
    ck_assert_msg(gdi_store_open_memory(&options, &s->db, &err) == GOD_OK, "%s", err.message);
    s->world = (gdi_world){.people = &s->people};
    s->clock = (gdi_virtual_clock){.seed = 11, .start_us = people.start_us};
    s->executors = (gdi_sim_executors){.world = &s->world, .clock = &s->clock, .db = s->db};
    ck_assert_msg(gdi_db_transact(s->db, add_jobs_in, s, &err) == GOD_OK, "%s", err.message);
}

static void clear_stage(stage *s)
{
    gdi_sim_executors_free(&s->executors);
    gdi_people_fini(&s->people);
    gdi_db_close(s->db);
}

/* From event to event until nothing is left; `forget` drops all memory of the claims before each one. */
static void play(stage *s, bool forget)
{
    int64_t now_us = s->people.start_us, due_us = 0;
    for (int i = 0; i < 10000; i++) {
        if (forget) {
            gdi_sim_executors_free(&s->executors);
            s->executors.db = s->db;
            ck_assert_int_eq(gdi_sim_executors_take_over(&s->executors, now_us, &err), GOD_OK);
        }
        ck_assert_int_eq(gdi_job_reap(s->db, now_us, NULL, &err), GOD_OK);
        ck_assert_msg(gdi_sim_executors_answer(&s->executors, now_us, &err) == GOD_OK, "%s", err.message);
        ck_assert_msg(gdi_sim_executors_claim(&s->executors, now_us, &err) == GOD_OK, "%s", err.message);
        ck_assert_int_eq(gdi_job_next_due(s->db, &due_us, &err), GOD_OK);
        int64_t event_us = gdi_agenda_next_us(&s->executors.agenda);
        due_us = event_us < due_us ? event_us : due_us;
        if (due_us == INT64_MAX) {
            return;
        }
        now_us = due_us;
    }
    ck_abort_msg("the executors never come to rest");
}

static int64_t count(stage *s, const char *where)
{
    char sql[128];
    gdi_rows *rows = NULL;
    (void)snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM jobs WHERE %s", where);
    ck_assert_msg(gdi_db_query(s->db, sql, NULL, 0, &rows, &err) == GOD_OK, "%s", err.message);
    ck_assert(gdi_rows_next(rows));
    int64_t number = gdi_rows_int(rows, 0);
    gdi_rows_free(rows);
    return number;
}

START_TEST(test_simulation_executors__every_job_ends_whatever_its_fate)
{
    stage s;
    set_stage(&s, 1);
    play(&s, false);
    ck_assert_int_eq(count(&s, "state IN ('done', 'failed')"), JOBS);
    ck_assert_int_gt(count(&s, "state = 'failed'"), 0);
    ck_assert_int_gt(count(&s, "attempts > 1"), 5);
    ck_assert_uint_gt(s.executors.refused, 0);
    clear_stage(&s);
}
END_TEST

START_TEST(test_simulation_executors__without_faults_everything_is_done_at_once)
{
    stage s;
    set_stage(&s, 0);
    play(&s, false);
    ck_assert_int_eq(count(&s, "state = 'done' AND attempts = 1"), JOBS);
    ck_assert_uint_eq(s.executors.refused, 0);
    clear_stage(&s);
}
END_TEST

/* Names every row that matters, so that two runs can be compared. */
static char *story(stage *s)
{
    gdi_rows *rows = NULL;
    char *text = calloc(1, JOBS * 300);
    ck_assert_msg(gdi_db_query(s->db, "SELECT key, state, attempts, fence, ended_at, result FROM jobs ORDER BY key",
                               NULL, 0, &rows, &err) == GOD_OK,
                  "%s", err.message);
    for (size_t used = 0; gdi_rows_next(rows);) {
        const char *result = gdi_rows_text(rows, 5);
        used += (size_t)sprintf(text + used, "%s %s %lld %lld %s %.150s\n", gdi_rows_text(rows, 0),
                                gdi_rows_text(rows, 1), (long long)gdi_rows_int(rows, 2),
                                (long long)gdi_rows_int(rows, 3), gdi_rows_text(rows, 4), result == NULL ? "" : result);
    }
    gdi_rows_free(rows);
    return text;
}

START_TEST(test_simulation_executors__a_new_process_goes_on_with_the_same_story)
{
    stage whole, forgetful;
    set_stage(&whole, 1);
    set_stage(&forgetful, 1);
    play(&whole, false);
    play(&forgetful, true);
    char *expected = story(&whole), *got = story(&forgetful);
    ck_assert_str_eq(expected, got);
    free(expected);
    free(got);
    clear_stage(&whole);
    clear_stage(&forgetful);
}
END_TEST

START_TEST(test_simulation_executors__an_answer_waits_for_a_store_that_failed)
{
    stage s;
    set_stage(&s, 0);
    ck_assert_int_eq(gdi_sim_executors_claim(&s.executors, s.people.start_us, &err), GOD_OK);
    int64_t later_us = s.people.start_us + GDI_HOUR_US;
    s.faults.kill_at = s.faults.statements + 8;
    ck_assert_int_eq(gdi_sim_executors_answer(&s.executors, later_us, &err), GOD_E_IO);
    gdi_faults_revive(&s.faults);
    ck_assert_int_gt(count(&s, "state = 'running'"), 0);
    ck_assert_int_eq(gdi_sim_executors_answer(&s.executors, later_us, &err), GOD_OK);
    ck_assert_int_eq(count(&s, "state = 'done'"), JOBS);
    clear_stage(&s);
}
END_TEST

Suite *suite_simulation_executors(void)
{
    Suite *suite = suite_create("simulation executors");
    TCase *cases = tcase_create("executors");
    tcase_add_test(cases, test_simulation_executors__every_job_ends_whatever_its_fate);
    tcase_add_test(cases, test_simulation_executors__without_faults_everything_is_done_at_once);
    tcase_add_test(cases, test_simulation_executors__a_new_process_goes_on_with_the_same_story);
    tcase_add_test(cases, test_simulation_executors__an_answer_waits_for_a_store_that_failed);
    suite_add_tcase(suite, cases);
    return suite;
}
