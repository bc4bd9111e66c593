/* The life of a job and of a secret with one allocation failing: first the first, then the second, and so on. Each time
 * the call says GOD_E_NOMEM, or does without; nothing is left behind, and the store is as it was or as it should be. */
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "../loader/failing_alloc.h"
#include "core/store/check.h"
#include "core/store/jobs.h"
#include "core/store/leases.h"
#include "core/store/migrate.h"
#include "core/store/seal.h"

enum { allocations_max = 20000 };

static const char *const kinds[] = {"a", NULL};

static god_status add(gdi_db *db, void *user, god_error *err)
{
    (void)user;
    gdi_job_add job = {.kind = "a",
                       .key = "k",
                       .payload_json = "{}",
                       .now_us = 1,
                       .tournament_id = "t",
                       .task_id = "u",
                       .hotkey = "h"};
    return gdi_job_add_in(db, &job, NULL, err);
}

static god_status none(void *user, const gdi_finding *finding, god_error *err)
{
    (void)user;
    return finding->broken == 0 ? GOD_OK : god_fail(err, GOD_E_INTERNAL, "broken: %s", finding->rule);
}

static god_status live(gdi_db *db, god_error *err)
{
    gdi_job_lease lease = {.job_id = 0};
    gdi_job_view view = {.job_id = 0};
    gdi_lease held;
    uint32_t broken = 0;
    GOD_TRY(gdi_db_listen(db, "jobs", err));
    GOD_TRY(gdi_db_transact(db, add, NULL, err));
    GOD_TRY(gdi_job_claim(db, kinds, "me", 2, 100, &lease, err));
    god_status status = gdi_job_finish(db, &lease, 3, "{\"n\":1}", err);
    gdi_job_lease_clear(&lease);
    GOD_TRY(status);
    GOD_TRY(gdi_job_look(db, "k", &view, err));
    gdi_job_view_clear(&view);
    GOD_TRY(gdi_lease_take(db, "cycles", "me", 4, 100, &held, err));
    return gdi_store_check(db, none, NULL, &broken, err);
}

static god_status seal(god_error *err)
{
    gdi_secrets *secrets = NULL;
    char *sealed = NULL, *secret = NULL;
    GOD_TRY(gdi_secrets_open("nomem-state", &secrets, err));
    god_status status = gdi_secret_seal(secrets, "token", &sealed, err);
    if (status == GOD_OK) {
        status = gdi_secret_open(secrets, sealed, &secret, err);
    }
    free(sealed);
    gdi_secret_free(secret);
    gdi_secrets_close(secrets);
    return status;
}

static god_status run_once(god_error *err)
{
    gdi_db *db = NULL;
    GOD_TRY(gdi_store_open_memory(NULL, &db, err));
    god_status status = live(db, err);
    if (status == GOD_OK) {
        status = gdi_store_empty_memory(db, err);
    }
    gdi_db_close(db);
    return status == GOD_OK ? seal(err) : status;
}

START_TEST(test_store_nomem__each_allocation_may_fail)
{
    god_error err = GOD_ERROR_INIT;
    size_t failures = 0, made = allocations_max;
    ck_assert_msg(run_once(&err) == GOD_OK, "%s", err.message);
    for (size_t at = 1; made >= at - 1; at++) {
        ck_assert_uint_lt(at, allocations_max);
        size_t before = failing_alloc_live();
        god_error problem = GOD_ERROR_INIT;
        failing_alloc_begin(at);
        god_status status = run_once(&problem);
        made = failing_alloc_end();
        ck_assert_msg(status == GOD_OK || status == GOD_E_NOMEM, "allocation %zu: %s, \"%s\"", at,
                      god_status_name(status), problem.message);
        ck_assert_msg((status == GOD_OK) == (problem.message[0] == '\0'), "allocation %zu: %s, \"%s\"", at,
                      god_status_name(status), problem.message);
        ck_assert_msg(failing_alloc_live() == before, "allocation %zu: %zu blocks are left, \"%s\"", at,
                      failing_alloc_live() - before, problem.message);
        failures += status != GOD_OK;
    }
    ck_assert_uint_gt(failures, 50);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_nomem");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_store_nomem__each_allocation_may_fail);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures == 0 ? 0 : 1;
}
