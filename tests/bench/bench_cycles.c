/* tests/bench/bench_cycles.c: what a turn costs in a store in memory. Prints a table; nothing is asserted.
 *
 *     idle turn         10,000 ended and 1,000 open jobs, three active tournaments: what the daemon does when woken for
 *                       nothing
 *     first turn        the same store after a start, when every step looks
 *     charging turn     the turn that takes the answers of 256 repository checks, charges and activates
 *     weight vector     256 nodes, nobody has played yet
 *
 * Processor time of one thread. usage: bench-cycles
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/cycles/cycles.h"
#include "core/cycles/emissions.h"
#include "core/cycles/operator.h"
#include "core/cycles/task_kinds.h"
#include "core/store/jobs.h"
#include "core/store/migrate.h"
#include "core/tournament/calendar.h"

enum { ended_jobs = 10000, open_jobs = 1000, miners = 256, idle_turns = 20000, vectors = 200 };
#define BURN "5BURN"
#define START_US INT64_C(1781514000000000) /* 2026-06-15 09:00 */

#define MUST(call)                                                 \
    do {                                                           \
        god_error err = GOD_ERROR_INIT;                            \
        if ((call) != GOD_OK) {                                    \
            (void)fprintf(stderr, "%s: %s\n", #call, err.message); \
            exit(EXIT_FAILURE);                                    \
        }                                                          \
    } while (0)

static double now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static god_status random_bytes(void *user, const char *label, uint8_t *ret_bytes, size_t count, god_error *err)
{
    (void)user;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        ret_bytes[i] = (uint8_t)(label[i % strlen(label)] + (char)i);
    }
    return GOD_OK;
}

typedef struct bench_host {
    gdi_db *db;
    gdi_rules rules;
    gdi_task_kinds kinds;
    gdi_cycles *cycles;
} bench_host;

static void start(bench_host *host)
{
    static const char *const environments[] = {"gin_rummy", NULL};
    gdi_cycles_options options = {.db = host->db,
                                  .rules = &host->rules,
                                  .kinds = &host->kinds,
                                  .burn_hotkey = BURN,
                                  .netuid = 56,
                                  .default_repository = "https://github.com/x/r",
                                  .default_commit = "00000000000000000000000000000000000000cc",
                                  .auto_complete = 1,
                                  .environments = environments,
                                  .environment_models = environments,
                                  .environment_target_model = "model/target",
                                  .nodes_period_us = -1,
                                  .transfers_period_us = -1,
                                  .weights_period_us = -1,
                                  .random = random_bytes};
    gdi_cycles_close(host->cycles);
    MUST(gdi_cycles_open(&options, &host->cycles, &err));
}

static void rest(bench_host *host)
{
    gdi_turn turn = {.steps = 1};
    while (turn.steps > 0) {
        MUST(gdi_cycles_turn(host->cycles, START_US, &turn, &err));
    }
}

static void open_host(bench_host *host)
{
    *host = (bench_host){.kinds.path = GOD_SOURCE_DIR "/plugins/task-kinds.json"};
    gdi_rules_default(&host->rules);
    MUST(gdi_task_kinds_need(&host->kinds, &err));
    MUST(gdi_store_open_memory(NULL, &host->db, &err));
    start(host);
}

static void close_host(bench_host *host)
{
    gdi_cycles_close(host->cycles);
    gdi_db_close(host->db);
    gdi_task_kinds_fini(&host->kinds);
}

/* ---- idle ---- */

static god_status fill(gdi_db *db, void *user, god_error *err)
{
    (void)user;
    for (int i = 0; i < ended_jobs + open_jobs; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "notify/%d", i);
        gdi_job_add job = {.kind = "notify", .key = key, .payload_json = "{\"content\": \"x\"}", .now_us = START_US};
        GOD_TRY(gdi_job_add_in(db, &job, NULL, err));
    }
    for (int type = 0; type < 3; type++) {
        static const char *const types[] = {"text", "image", "environment"};
        GOD_TRY(GDI_RUN(db, NULL, err,
                        "INSERT INTO tournaments (tournament_id, tournament_type, status, winner_hotkey, diff_report, "
                        "created_at, updated_at) VALUES ($1, $2, 'active', NULL, NULL, $3, $4)",
                        gdi_text(types[type]), gdi_text(types[type]), gdi_time(START_US), gdi_time(START_US)));
        GOD_TRY(GDI_RUN(db, NULL, err,
                        "INSERT INTO tournament_rounds (round_id, tournament_id, round_number, round_type, "
                        "is_final_round, status, created_at) VALUES ($1, $2, 1, 'group', $3, 'active', $4)",
                        gdi_text(types[type]), gdi_text(types[type]), gdi_bool(false), gdi_time(START_US)));
    }
    return GDI_RUN(db, NULL, err, "UPDATE jobs SET state = 'done', result = '{}', ended_at = $1 WHERE job_id <= $2",
                   gdi_time(START_US), gdi_int(ended_jobs));
}

static void idle(void)
{
    bench_host host;
    gdi_turn turn;
    open_host(&host);
    MUST(gdi_db_transact(host.db, fill, NULL, &err));
    rest(&host);
    double begin_us = now_us();
    for (int i = 0; i < idle_turns; i++) {
        MUST(gdi_cycles_turn(host.cycles, START_US, &turn, &err));
    }
    (void)printf("%-16s %10.1f us\n", "idle turn", (now_us() - begin_us) / idle_turns);
    start(&host);
    begin_us = now_us();
    MUST(gdi_cycles_turn(host.cycles, START_US, &turn, &err));
    (void)printf("%-16s %10.1f us\n", "first turn", now_us() - begin_us);
    close_host(&host);
}

/* ---- registration ---- */

static god_status add_miners(gdi_db *db, void *user, god_error *err)
{
    (void)user;
    for (int i = 0; i < miners; i++) {
        char hotkey[16], ip[24];
        (void)snprintf(hotkey, sizeof hotkey, "5M%03d", i);
        (void)snprintf(ip, sizeof ip, "10.0.%d.%d", i / 250, i % 250 + 1);
        GOD_TRY(
            GDI_RUN(db, NULL, err,
                    "INSERT INTO nodes (hotkey, netuid, coldkey, ip, port, last_updated) VALUES ($1, 56, $2, $3, 1, "
                    "$4)",
                    gdi_text(hotkey), gdi_text(hotkey), gdi_text(ip), gdi_time(START_US)));
        GOD_TRY(GDI_RUN(db, NULL, err,
                        "INSERT INTO coldkey_balances (coldkey, balance_rao, created_at, updated_at) VALUES ($1, "
                        "1000000000, $2, $3)",
                        gdi_text(hotkey), gdi_time(START_US), gdi_time(START_US)));
    }
    return GOD_OK;
}

static void answer(bench_host *host, const char *kind, const char *result)
{
    const char *const kinds[] = {kind, NULL};
    gdi_job_lease lease;
    MUST(gdi_job_claim(host->db, kinds, "bench", START_US, GDI_HOUR_US, &lease, &err));
    MUST(gdi_job_finish(host->db, &lease, START_US, result, &err));
    gdi_job_lease_clear(&lease);
}

static void answer_miners(bench_host *host)
{
    static char text[miners * 160];
    size_t used = (size_t)snprintf(text, sizeof text, "{\"replies\": [");
    for (int i = 0; i < miners; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"hotkey\": \"5M%03d\", \"github_repo\": \"https://github.com/m%03d/r\", "
                                 "\"commit_hash\": \"%040x\"}",
                                 i == 0 ? "" : ", ", i, i, i + 1);
    }
    (void)snprintf(text + used, sizeof text - used, "]}");
    answer(host, "ask_miners", text);
}

static void charging(void)
{
    bench_host host;
    gdi_turn turn;
    char id[GDI_TOURNAMENT_ID_BYTES];
    open_host(&host);
    MUST(gdi_db_transact(host.db, add_miners, NULL, &err));
    MUST(gdi_operator_create(host.cycles, GDI_TEXT, START_US, id, &err));
    rest(&host);
    answer_miners(&host);
    rest(&host);
    for (int i = 0; i < miners; i++) {
        answer(&host, "check_repository", "{\"accepted\": true, \"source_digest\": null}");
    }
    double begin_us = now_us();
    MUST(gdi_cycles_turn(host.cycles, START_US, &turn, &err));
    (void)printf("%-16s %10.1f us, also draws round 1\n", "charging turn", now_us() - begin_us);
    begin_us = now_us();
    for (int i = 0; i < vectors; i++) {
        gdi_emissions emissions;
        gdi_emissions_input input = {
            .db = host.db, .rules = &host.rules, .burn_hotkey = BURN, .netuid = 56, .now_us = START_US};
        MUST(gdi_emissions_read(&input, &emissions, &err));
        gdi_emissions_fini(&emissions);
    }
    (void)printf("%-16s %10.1f us\n", "weight vector", (now_us() - begin_us) / vectors);
    close_host(&host);
}

int main(void)
{
    idle();
    charging();
    return EXIT_SUCCESS;
}
