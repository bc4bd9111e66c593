/* bench-store [URL]: what the store's common statements cost, in microseconds: the best of several rounds, because a
 * round in which another process had the processor says nothing. Without a URL: a store in memory. The store must be
 * empty; it is left with rows in it. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/store/jobs.h"
#include "core/store/migrate.h"

enum { rounds = 9, per_round = 400 };

typedef struct bench {
    gdi_db *db;
    int round;
    int at; /* within the round */
} bench;

static double now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static god_status add_in(gdi_db *db, void *user, god_error *err)
{
    const bench *b = user;
    char key[32];
    (void)snprintf(key, sizeof key, "a/%d/%d", b->round, b->at);
    gdi_job_add job = {.kind = "a", .key = key, .payload_json = "{\"task_id\":\"t\"}", .now_us = b->round};
    return gdi_job_add_in(db, &job, NULL, err);
}

static god_status add(bench *b, god_error *err)
{
    return gdi_db_transact(b->db, add_in, b, err);
}

static god_status claim_and_finish(bench *b, god_error *err)
{
    static const char *const kinds[] = {"a", NULL};
    gdi_job_lease lease = {.job_id = 0};
    GOD_TRY(gdi_job_claim(b->db, kinds, "bench", 1000, 1000, &lease, err));
    god_status status = gdi_job_finish(b->db, &lease, 1001, "{\"score\":0.5}", err);
    gdi_job_lease_clear(&lease);
    return status;
}

static god_status claim_nothing(bench *b, god_error *err)
{
    static const char *const kinds[] = {"none", NULL};
    gdi_job_lease lease = {.job_id = 0};
    god_status status = gdi_job_claim(b->db, kinds, "bench", 1000, 1000, &lease, err);
    return status == GOD_E_NOT_FOUND ? GOD_OK : god_fail(err, GOD_E_INTERNAL, "a job was there");
}

static god_status look(bench *b, god_error *err)
{
    gdi_job_view view = {.job_id = 0};
    GOD_TRY(gdi_job_look(b->db, "a/0/7", &view, err));
    gdi_job_view_clear(&view);
    return GOD_OK;
}

static god_status nothing_in(gdi_db *db, void *user, god_error *err)
{
    (void)db;
    (void)user;
    (void)err;
    return GOD_OK;
}

static god_status transact_nothing(bench *b, god_error *err)
{
    return gdi_db_transact(b->db, nothing_in, NULL, err);
}

static const struct part {
    const char *name;
    god_status (*run)(bench *b, god_error *err);
} parts[] = {
    {"a transaction without statements", transact_nothing},
    {"add a job", add},
    {"look at a job", look},
    {"find no job among 400 others", claim_nothing},
    {"claim a job and finish it", claim_and_finish},
};
enum { parts_count = sizeof parts / sizeof *parts };

static god_status run_part(bench *b, const struct part *part, double *best_us, god_error *err)
{
    double from_us = now_us();
    for (b->at = 0; b->at < per_round; b->at++) {
        GOD_TRY(part->run(b, err));
    }
    double us = (now_us() - from_us) / per_round;
    *best_us = *best_us == 0 || us < *best_us ? us : *best_us;
    return GOD_OK;
}

static god_status run_all(const char *url, god_error *err)
{
    double best_us[parts_count] = {0};
    bench b = {.db = NULL};
    double from_us = now_us();
    GOD_TRY(gdi_db_open(&(gdi_db_options){.url = url}, &b.db, err));
    god_status status = gdi_schema_migrate(b.db, 0, NULL, NULL, err);
    double open_us = now_us() - from_us;
    for (b.round = 0; status == GOD_OK && b.round < rounds; b.round++) {
        for (size_t i = 0; status == GOD_OK && i < parts_count; i++) {
            status = run_part(&b, &parts[i], &best_us[i], err);
        }
    }
    for (size_t i = 0; status == GOD_OK && i < parts_count; i++) {
        (void)printf("%-34s %9.1f us\n", parts[i].name, best_us[i]);
    }
    (void)printf("%-34s %9.1f us\n", "open it and make the schema", open_us);
    gdi_db_close(b.db);
    return status;
}

int main(int argc, char **argv)
{
    god_error err = GOD_ERROR_INIT;
    if (run_all(argc > 1 ? argv[1] : "sqlite::memory:", &err) != GOD_OK) {
        (void)fprintf(stderr, "bench-store: %s\n", err.message);
        return 1;
    }
    return 0;
}
