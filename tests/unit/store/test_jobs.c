#include "core/store/jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/store/stores.h"

static god_error failed;
static const char *const kinds[] = {"a", "b", NULL};

/* ---- short forms ---- */

typedef struct adding {
    gdi_job_add job;
    bool added;
} adding;

static god_status add_in(gdi_db *db, void *user, god_error *err)
{
    adding *a = user;
    return gdi_job_add_in(db, &a->job, &a->added, err);
}

static bool add(gdi_db *db, gdi_job_add job)
{
    job.payload_json = job.payload_json == NULL ? "{}" : job.payload_json;
    adding a = {.job = job};
    ck_ok(gdi_db_transact(db, add_in, &a, err));
    return a.added;
}

static gdi_job_lease claim(gdi_db *db, int64_t now_us)
{
    gdi_job_lease lease = {.job_id = 0};
    ck_ok(gdi_job_claim(db, kinds, "me", now_us, 100, &lease, err));
    return lease;
}

/* The key of what is claimed next, "" when there is nothing. */
static const char *next_key(gdi_db *db, int64_t now_us)
{
    static char key[64];
    god_error said = GOD_ERROR_INIT;
    gdi_job_lease lease = {.job_id = 0};
    god_status status = gdi_job_claim(db, kinds, "me", now_us, 100, &lease, &said);
    ck_assert_msg(status == GOD_OK || status == GOD_E_NOT_FOUND, "%s", said.message);
    (void)snprintf(key, sizeof key, "%s", status == GOD_OK ? lease.key : "");
    gdi_job_lease_clear(&lease);
    return key;
}

static uint32_t state_of(gdi_db *db, const char *key)
{
    gdi_job_view view;
    ck_ok(gdi_job_look(db, key, &view, err));
    uint32_t state = view.state;
    gdi_job_view_clear(&view);
    return state;
}

static god_status cancel_in(gdi_db *db, void *user, god_error *err)
{
    return gdi_job_cancel_in(db, user, 50, "nobody wants it", err);
}

/* ---- adding and claiming ---- */

START_TEST(test_store_jobs__adds_a_key_once)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    ck_assert(add(db, (gdi_job_add){.kind = "a", .key = "k", .payload_json = "{\"n\":1}", .now_us = 1}));
    ck_assert(!add(db, (gdi_job_add){.kind = "b", .key = "k", .payload_json = "{\"n\":2}", .now_us = 2}));
    gdi_job_lease lease = claim(db, 3);
    ck_assert_str_eq(lease.kind, "a");
    ck_assert_str_eq(lease.payload_json, "{\"n\":1}");
    ck_assert_ptr_null(lease.tournament_id);
    ck_assert_uint_eq(lease.attempt, 1);
    ck_assert_int_eq(lease.fence, 1);
    ck_assert(!add(db, (gdi_job_add){.kind = "a", .key = "k", .now_us = 4})); /* running: still there */
    gdi_job_lease_clear(&lease);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_jobs__claims_in_order_of_priority_age_and_key)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    (void)add(db, (gdi_job_add){.kind = "a", .key = "4", .now_us = 2});
    (void)add(db, (gdi_job_add){.kind = "b", .key = "3", .now_us = 1});
    (void)add(db, (gdi_job_add){.kind = "a", .key = "2b", .now_us = 0});
    (void)add(db, (gdi_job_add){.kind = "a", .key = "2B", .now_us = 0}); /* by bytes: before 2b */
    (void)add(db, (gdi_job_add){.kind = "a", .key = "1", .now_us = 9, .priority = -1});
    (void)add(db, (gdi_job_add){.kind = "a", .key = "5", .now_us = 1, .not_before_us = 20});
    (void)add(db, (gdi_job_add){.kind = "other", .key = "0", .now_us = 0, .priority = -9});
    static const char *const wanted[] = {"1", "2B", "2b", "3", "4", ""};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        ck_assert_str_eq(next_key(db, 19), wanted[i]);
    }
    ck_assert_str_eq(next_key(db, 20), "5");
    static const char *const none[] = {NULL};
    gdi_job_lease lease = {.job_id = 0};
    ck_fails(GOD_E_NOT_FOUND, gdi_job_claim(db, none, "me", 50, 100, &lease, err));
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_jobs__carries_what_it_was_given)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    (void)add(db,
              (gdi_job_add){.kind = "a", .key = "k", .tournament_id = "t", .task_id = "u", .hotkey = "h", .now_us = 1});
    gdi_job_lease lease = claim(db, 1);
    ck_assert_str_eq(lease.tournament_id, "t");
    ck_assert_str_eq(lease.task_id, "u");
    ck_assert_str_eq(lease.hotkey, "h");
    gdi_job_lease_clear(&lease);
    gdi_job_lease_clear(&lease);
    gdi_db_close(db);
}
END_TEST

/* ---- leases and fences ---- */

START_TEST(test_store_jobs__refuses_a_stale_fence)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    (void)add(db, (gdi_job_add){.kind = "a", .key = "k", .now_us = 0});
    gdi_job_lease stale = claim(db, 0);
    uint32_t count = 0;
    ck_ok(gdi_job_reap(db, 100, &count, err)); /* the lease lasted from 0 to 100 */
    ck_assert_uint_eq(count, 1);
    ck_fails(GOD_E_CANCELLED, gdi_job_renew(db, &stale, 101, 100, NULL, err));
    gdi_job_lease fresh = claim(db, 110);
    ck_assert_int_gt(fresh.fence, stale.fence);
    ck_assert_uint_eq(fresh.attempt, 2);
    ck_fails(GOD_E_CANCELLED, gdi_job_finish(db, &stale, 111, "{\"by\":\"stale\"}", err));
    ck_fails(GOD_E_CANCELLED, gdi_job_fail(db, &stale, 111, 0, "stale", err));
    ck_fails(GOD_E_CANCELLED, gdi_job_fail(db, &stale, 111, 120, "stale", err));
    ck_fails(GOD_E_CANCELLED, gdi_job_release(db, &stale, 111, err));
    ck_fails(GOD_E_CANCELLED, gdi_job_renew(db, &stale, 111, 1000, NULL, err));
    ck_ok(gdi_job_finish(db, &fresh, 112, "{\"by\":\"fresh\"}", err));
    ck_fails(GOD_E_CANCELLED, gdi_job_finish(db, &stale, 113, "{\"by\":\"stale\"}", err));
    gdi_job_view view;
    ck_ok(gdi_job_look(db, "k", &view, err));
    ck_assert_str_eq(view.result_json, "{\"by\":\"fresh\"}");
    ck_assert_int_eq(view.ended_us, 112);
    ck_assert_uint_eq(view.attempts, 2);
    gdi_job_view_clear(&view);
    gdi_job_lease_clear(&stale);
    gdi_job_lease_clear(&fresh);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_jobs__gives_up_after_the_last_attempt)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    (void)add(db, (gdi_job_add){.kind = "a", .key = "k", .now_us = 0, .attempts_max = 2});
    uint32_t count = 0;
    for (int64_t now_us = 0; now_us < 400; now_us += 200) {
        gdi_job_lease lease = claim(db, now_us);
        ck_ok(gdi_job_reap(db, now_us + 99, &count, err));
        ck_assert_uint_eq(count, 0);
        ck_ok(gdi_job_renew(db, &lease, now_us + 50, 100, "{\"done\":0.5}", err));
        ck_ok(gdi_job_reap(db, now_us + 100, &count, err)); /* renewed to +150 */
        ck_assert_uint_eq(count, 0);
        ck_ok(gdi_job_reap(db, now_us + 150, &count, err));
        ck_assert_uint_eq(count, 1);
        gdi_job_lease_clear(&lease);
    }
    gdi_job_view view;
    ck_ok(gdi_job_look(db, "k", &view, err));
    ck_assert_uint_eq(view.state, GDI_JOB_FAILED);
    ck_assert_uint_eq(view.attempts, 2);
    ck_assert_ptr_nonnull(view.message);
    gdi_job_view_clear(&view);
    ck_assert_str_eq(next_key(db, 999), "");
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_jobs__does_not_count_an_attempt_that_was_released)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    (void)add(db, (gdi_job_add){.kind = "a", .key = "k", .now_us = 0, .attempts_max = 1});
    gdi_job_lease lease = claim(db, 0);
    ck_ok(gdi_job_release(db, &lease, 1, err));
    ck_ok(gdi_job_release(db, &lease, 1, err)); /* the answer got lost */
    ck_fails(GOD_E_CANCELLED, gdi_job_finish(db, &lease, 2, "{}", err));
    gdi_job_lease_clear(&lease);
    lease = claim(db, 3);
    ck_assert_uint_eq(lease.attempt, 1);
    ck_assert_int_eq(lease.fence, 2);
    gdi_job_lease_clear(&lease);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_jobs__repeats_a_failure_while_attempts_are_left)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    (void)add(db, (gdi_job_add){.kind = "a", .key = "k", .now_us = 0, .attempts_max = 2});
    gdi_job_lease lease = claim(db, 0);
    ck_ok(gdi_job_fail(db, &lease, 1, 30, "once", err));
    ck_ok(gdi_job_fail(db, &lease, 1, 30, "once", err)); /* the answer got lost */
    gdi_job_lease_clear(&lease);
    ck_assert_str_eq(next_key(db, 29), "");
    lease = claim(db, 30);
    ck_ok(gdi_job_fail(db, &lease, 31, 60, "t\xffwice", err));
    gdi_job_lease_clear(&lease);
    gdi_job_view view;
    ck_ok(gdi_job_look(db, "k", &view, err));
    ck_assert_uint_eq(view.state, GDI_JOB_FAILED);
    ck_assert_str_eq(view.message, "t?wice");
    ck_assert_ptr_null(view.result_json);
    ck_assert_int_eq(view.ended_us, 31);
    gdi_job_view_clear(&view);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_jobs__fails_at_once_when_asked_to)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    char message[6000];
    (void)memset(message, 'm', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    (void)add(db, (gdi_job_add){.kind = "a", .key = "k", .now_us = 0});
    gdi_job_lease lease = claim(db, 0);
    ck_fails(GOD_E_INVALID, gdi_job_finish(db, &lease, 1, "{not json", err));
    ck_ok(gdi_job_fail(db, &lease, 1, 0, message, err));
    gdi_job_lease_clear(&lease);
    gdi_job_view view;
    ck_ok(gdi_job_look(db, "k", &view, err));
    ck_assert_uint_eq(view.state, GDI_JOB_FAILED);
    ck_assert_uint_eq(strlen(view.message), 4000);
    gdi_job_view_clear(&view);
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_jobs__cancels_what_has_not_ended)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    char queued[] = "queued", running[] = "running", done[] = "done";
    (void)add(db, (gdi_job_add){.kind = "a", .key = running, .now_us = 0});
    (void)add(db, (gdi_job_add){.kind = "a", .key = done, .now_us = 1});
    (void)add(db, (gdi_job_add){.kind = "a", .key = queued, .now_us = 2});
    gdi_job_lease first = claim(db, 10), second = claim(db, 10);
    ck_ok(gdi_job_finish(db, &second, 11, "{}", err));
    ck_ok(gdi_db_transact(db, cancel_in, queued, err));
    ck_ok(gdi_db_transact(db, cancel_in, running, err));
    ck_ok(gdi_db_transact(db, cancel_in, done, err));
    ck_ok(gdi_db_transact(db, cancel_in, (char[]){"nothing"}, err));
    ck_assert_uint_eq(state_of(db, queued), GDI_JOB_CANCELLED);
    ck_assert_uint_eq(state_of(db, running), GDI_JOB_CANCELLED);
    ck_assert_uint_eq(state_of(db, done), GDI_JOB_DONE);
    ck_fails(GOD_E_CANCELLED, gdi_job_renew(db, &first, 12, 100, NULL, err));
    ck_fails(GOD_E_CANCELLED, gdi_job_finish(db, &first, 12, "{}", err));
    gdi_job_lease_clear(&first);
    gdi_job_lease_clear(&second);
    gdi_db_close(db);
}
END_TEST

/* ---- looking ---- */

START_TEST(test_store_jobs__says_when_something_is_due)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    int64_t due_us = 0;
    ck_ok(gdi_job_next_due(db, &due_us, err));
    ck_assert_int_eq(due_us, INT64_MAX);
    (void)add(db, (gdi_job_add){.kind = "a", .key = "late", .now_us = 0, .not_before_us = 500});
    ck_ok(gdi_job_next_due(db, &due_us, err));
    ck_assert_int_eq(due_us, 500);
    (void)add(db, (gdi_job_add){.kind = "a", .key = "now", .now_us = 1});
    gdi_job_lease lease = claim(db, 2);
    ck_ok(gdi_job_next_due(db, &due_us, err));
    ck_assert_int_eq(due_us, 102);
    ck_ok(gdi_job_finish(db, &lease, 3, "{}", err));
    gdi_job_lease_clear(&lease);
    ck_ok(gdi_job_next_due(db, &due_us, err));
    ck_assert_int_eq(due_us, 500);
    gdi_job_view view;
    ck_fails(GOD_E_NOT_FOUND, gdi_job_look(db, "nothing", &view, err));
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_jobs__prunes_the_oldest_ended_ones)
{
    gdi_db *db = stores_open_migrated(_i, NULL);
    char key[8];
    for (int i = 0; i < 6; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        (void)add(db, (gdi_job_add){.kind = "a", .key = key, .now_us = i});
        gdi_job_lease lease = claim(db, 10);
        if (i < 5) {
            ck_ok(gdi_job_finish(db, &lease, 100 + i, "{}", err));
        }
        gdi_job_lease_clear(&lease);
    }
    uint32_t count = 0;
    ck_ok(gdi_job_prune(db, 104, 3, &count, err));
    ck_assert_uint_eq(count, 3);
    ck_ok(gdi_job_prune(db, 104, 3, &count, err));
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(state_of(db, "4"), GDI_JOB_DONE);
    ck_assert_uint_eq(state_of(db, "5"), GDI_JOB_RUNNING);
    int64_t last = stores_int(db, "SELECT MAX(job_id) FROM jobs");
    ck_ok(gdi_db_run(db, "DELETE FROM jobs", NULL, 0, NULL, err));
    (void)add(db, (gdi_job_add){.kind = "a", .key = "new", .now_us = 0});
    ck_assert_int_gt(stores_int(db, "SELECT job_id FROM jobs"), last); /* an id is never given out twice */
    gdi_db_close(db);
}
END_TEST

START_TEST(test_store_jobs__names_its_states)
{
    ck_assert_str_eq(gdi_job_state_name(GDI_JOB_QUEUED), "queued");
    ck_assert_str_eq(gdi_job_state_name(GDI_JOB_CANCELLED), "cancelled");
    ck_assert_str_eq(gdi_job_state_name(0), "unknown");
}
END_TEST

/* ---- many at once ---- */

enum { jobs_count = 1000, claimers_count = 2 };

typedef struct claimer {
    const char *url;
    uint8_t *claimed; /* of all: how often job n was claimed by this one */
    int count;
} claimer;

static void *claim_all(void *user)
{
    claimer *c = user;
    gdi_db *db = stores_open(c->url);
    for (;;) {
        god_error said = GOD_ERROR_INIT;
        gdi_job_lease lease = {.job_id = 0};
        god_status status = gdi_job_claim(db, kinds, "me", 10, 1000, &lease, &said);
        if (status == GOD_E_NOT_FOUND) {
            break;
        }
        ck_assert_msg(status == GOD_OK, "%s", said.message);
        c->claimed[atoi(lease.key)]++;
        c->count++;
        ck_ok(gdi_job_finish(db, &lease, 11, "{}", err));
        gdi_job_lease_clear(&lease);
    }
    gdi_db_close(db);
    return NULL;
}

static god_status add_all(gdi_db *db, void *user, god_error *err)
{
    char key[16];
    (void)user;
    for (int i = 0; i < jobs_count; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        gdi_job_add job = {.kind = i % 2 == 0 ? "a" : "b", .key = key, .payload_json = "{}", .now_us = i % 7};
        GOD_TRY(gdi_job_add_in(db, &job, NULL, err));
    }
    return GOD_OK;
}

START_TEST(test_store_jobs__two_connections_never_claim_one_job)
{
    const char *url = NULL;
    gdi_db *db = stores_open_migrated(_i, &url);
    pthread_t threads[claimers_count];
    claimer claimers[claimers_count];
    ck_ok(gdi_db_transact(db, add_all, NULL, err));
    for (size_t i = 0; i < claimers_count; i++) {
        claimers[i] = (claimer){.url = url, .claimed = calloc(jobs_count, 1)};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, claim_all, &claimers[i]), 0);
    }
    for (size_t i = 0; i < claimers_count; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    ck_assert_int_eq(claimers[0].count + claimers[1].count, jobs_count);
    for (size_t n = 0; n < jobs_count; n++) {
        ck_assert_uint_eq(claimers[0].claimed[n] + claimers[1].claimed[n], 1);
    }
    ck_assert_int_eq(stores_int(db, "SELECT COUNT(*) FROM jobs WHERE state = 'done' AND attempts = 1 AND fence = 1"),
                     jobs_count);
    for (size_t i = 0; i < claimers_count; i++) {
        free(claimers[i].claimed);
    }
    gdi_db_close(db);
}
END_TEST

Suite *suite_store_jobs(void)
{
    Suite *suite = suite_create("store_jobs");
    TCase *tcase = tcase_create("both engines");
    int engines = stores_engine_count();
    tcase_add_loop_test(tcase, test_store_jobs__adds_a_key_once, 0, engines);
    tcase_add_loop_test(tcase, test_store_jobs__claims_in_order_of_priority_age_and_key, 0, engines);
    tcase_add_loop_test(tcase, test_store_jobs__carries_what_it_was_given, 0, engines);
    tcase_add_loop_test(tcase, test_store_jobs__refuses_a_stale_fence, 0, engines);
    tcase_add_loop_test(tcase, test_store_jobs__gives_up_after_the_last_attempt, 0, engines);
    tcase_add_loop_test(tcase, test_store_jobs__does_not_count_an_attempt_that_was_released, 0, engines);
    tcase_add_loop_test(tcase, test_store_jobs__repeats_a_failure_while_attempts_are_left, 0, engines);
    tcase_add_loop_test(tcase, test_store_jobs__fails_at_once_when_asked_to, 0, engines);
    tcase_add_loop_test(tcase, test_store_jobs__cancels_what_has_not_ended, 0, engines);
    tcase_add_loop_test(tcase, test_store_jobs__says_when_something_is_due, 0, engines);
    tcase_add_loop_test(tcase, test_store_jobs__prunes_the_oldest_ended_ones, 0, engines);
    tcase_add_test(tcase, test_store_jobs__names_its_states);
    tcase_add_loop_test(tcase, test_store_jobs__two_connections_never_claim_one_job, 0, engines);
    suite_add_tcase(suite, tcase);
    return suite;
}
