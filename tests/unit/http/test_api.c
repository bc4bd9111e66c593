/* What the addresses answer, over the store of seed.h. */
#include "core/http/api.h"

#include <math.h>
#include <stdlib.h>

#include "ask.h"
#include "core/store/jobs.h"
#include "god/helpers/json.h"
#include "seed.h"
#include "test_http.h"

static gdi_api api;
static gdi_rules rules;
static gdi_task_kinds kinds;
static gdi_server *server;
static const gdi_server *servers[2];
static gdi_host_facts facts;
static gdi_api_kept latest;
static int64_t now_us;

static const char key_header[] = "Authorization: Bearer the right key\r\n";

static int64_t read_now(void *user)
{
    (void)user;
    return now_us;
}

static void read_facts(void *user, gdi_host_facts *ret_facts)
{
    (void)user;
    *ret_facts = facts;
}

static const char *not_executed(void *user, const char *kind)
{
    (void)user;
    return strcmp(kind, "notify") == 0 ? NULL : "no executor for it";
}

static void set_up(void)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(setenv("GOD_TEST_API_KEY", "the right key", 1), 0);
    gdi_rules_default(&rules);
    now_us = SEED_NOW_US;
    facts = (gdi_host_facts){.started_us = SEED_NOW_US, .last_turn_us = SEED_NOW_US, .cycles_enabled = 1};
    kinds = (gdi_task_kinds){.path = GOD_SOURCE_DIR "/" TEST_TASK_KINDS};
    api = (gdi_api){.db = seed_open(),
                    .rules = &rules,
                    .kinds = &kinds,
                    .burn_hotkey = SEED_BURN,
                    .netuid = SEED_NETUID,
                    .version = "test",
                    .key = {.variable = "GOD_TEST_API_KEY"},
                    .training_logs_url = "https://logs.example/{task_id}/of/{hotkey}",
                    .now_us = read_now,
                    .facts = read_facts,
                    .not_executed = not_executed,
                    .latest = &latest,
                    .servers = servers};
    const gdi_server_options options = {
        .address = "127.0.0.1:0", .tables = gdi_api_public_tables, .context = &api, .check_key = gdi_api_check_key};
    ck_assert_msg(gdi_server_open(&options, &server, &err) == GOD_OK, "%s", err.message);
    servers[0] = server;
}

static void tear_down(void)
{
    gdi_server_close(server);
    gdi_api_kept_clear(&latest);
    gdi_db_close(api.db);
    gdi_task_kinds_fini(&kinds);
}

/* The JSON of a successful GET; the caller drops it. */
static json_t *get(const char *target)
{
    char what[1024];
    (void)snprintf(what, sizeof what, "GET %s", target);
    reply r = ask(server, what, key_header, NULL);
    ck_assert_msg(r.status == 200, "%s: %d %s", target, r.status, r.body);
    json_t *value = json_incref(r.json);
    ck_assert_ptr_nonnull(value);
    reply_clear(&r);
    return value;
}

static void fails(const char *what, const char *headers, int status)
{
    reply r = ask(server, what, headers, NULL);
    ck_assert_msg(r.status == status, "%s: %d %s", what, r.status, r.body);
    ck_assert_ptr_nonnull(json_object_get(r.json, "detail"));
    reply_clear(&r);
}

/* "a.b.0.c" */
static const json_t *at(const json_t *value, const char *path)
{
    char copy[256], *rest = copy;
    (void)snprintf(copy, sizeof copy, "%s", path);
    for (char *name = strsep(&rest, "."); name != NULL && value != NULL; name = strsep(&rest, ".")) {
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(name)) : json_object_get(value, name);
    }
    ck_assert_msg(value != NULL, "%s", path);
    return value;
}

static void is_text(const json_t *value, const char *path, const char *text)
{
    const char *found = json_string_value(at(value, path));
    ck_assert_msg(found != NULL && strcmp(found, text) == 0, "%s is %s", path, found);
}

static void is_number(const json_t *value, const char *path, double number)
{
    double found = json_number_value(at(value, path));
    ck_assert_msg(fabs(found - number) <= 1e-9 * fabs(number) + 1e-12, "%s is %.15g", path, found);
}

static void is_null(const json_t *value, const char *path)
{
    ck_assert_msg(json_is_null(at(value, path)), "%s", path);
}

START_TEST(test_http_api_tournaments__details_hold_everything_but_tokens)
{
    json_t *d = get("/v1/tournaments/" SEED_TEXT "/details");
    is_text(d, "tournament_type", "text");
    is_text(d, "winner_hotkey", "A");
    is_text(d, "base_winner_hotkey", "Z");
    is_text(d, "diff_report", "what changed");
    ck_assert_uint_eq(json_array_size(at(d, "participants")), 9);
    is_text(d, "participants.0.hotkey", "A");
    is_null(d, "participants.0.github_token");
    is_text(d, "participants.0.requested_datasets.0", "one");
    ck_assert_uint_eq(json_array_size(at(d, "rounds")), 4);
    ck_assert_uint_eq(json_array_size(at(d, "rounds.0.participants")), 8);
    ck_assert_uint_eq(json_array_size(at(d, "rounds.0.tasks")), 4);
    ck_assert(json_is_true(at(d, "rounds.3.is_final_round")));
    is_text(d, "rounds.0.tasks.0.winner", "A");
    is_number(d, "rounds.0.tasks.0.participant_scores.0.test_loss", 0.8);
    is_null(d, "rounds.0.tasks.0.group_id");
    ck_assert_uint_eq(json_array_size(at(d, "final_scores")), 3);
    is_text(d, "final_scores.0.hotkey", "B");
    is_number(d, "final_scores.0.score", 0.45);
    is_null(d, "sync_performance");
    char *text = json_dumps(d, 0);
    ck_assert_ptr_null(strstr(text, "sealed secret"));
    free(text);
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_tournaments__the_boss_round_is_compared_task_by_task)
{
    json_t *d = get("/v1/tournaments/" SEED_TEXT "/details");
    ck_assert_uint_eq(json_array_size(at(d, "boss_round_performance")), 6);
    is_number(d, "boss_round_performance.0.boss_score", 1.0);
    is_number(d, "boss_round_performance.0.challenger_score", 0.8);
    is_number(d, "boss_round_performance.0.performance_difference", 0.25);
    is_number(d, "boss_round_performance.0.threshold_used", 0.0625); /* nobody had won before */
    ck_assert(json_is_true(at(d, "boss_round_performance.0.challenger_won")));
    is_number(d, "boss_round_performance.1.boss_score", 0.8);
    ck_assert(json_is_false(at(d, "boss_round_performance.1.challenger_won")));
    json_decref(d);
    d = get("/v1/tournaments/" SEED_IMAGE "/details");
    is_null(d, "boss_round_performance");
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_tournaments__unknown_ones_are_not_found)
{
    fails("GET /v1/tournaments/tourn_none/details", key_header, 404);
    fails("GET /v1/benchmarks/timeline/tourn_none", key_header, 404);
    fails("POST /tournament/tourn_none/refund", key_header, 404);
    fails("GET /tournament/balance/nobody", "", 404);
    fails("GET /auditing/tasks/none", "", 404);
}
END_TEST

START_TEST(test_http_api_tournaments__need_the_key)
{
    static const char *const guarded[] = {"GET /v1/tournaments/" SEED_TEXT "/details",
                                          "GET /v1/tournaments/latest/details",
                                          "GET /v1/tournaments/history",
                                          "POST /tournament/" SEED_TEXT "/refund",
                                          "GET /v1/tournament_orchestrator/trainers",
                                          "DELETE /v1/tournament_orchestrator/remove_trainer/10.0.0.1"};
    for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++) {
        fails(guarded[i], "", 403);
        fails(guarded[i], "Authorization: Bearer the wrong key\r\n", 403);
    }
    ck_assert_int_eq(unsetenv("GOD_TEST_API_KEY"), 0);
    fails(guarded[0], key_header, 500);
}
END_TEST

START_TEST(test_http_api_tournaments__latest_shows_each_type_and_the_burn)
{
    json_t *d = get("/v1/tournaments/latest/details");
    is_text(d, "text.tournament_id", SEED_TEXT);
    is_text(d, "image.tournament_id", SEED_IMAGE);
    is_null(d, "environment");
    is_number(d, "burn_data.text_tournament_weight", 0.35);
    is_number(d, "burn_data.text_burn_proportion", (0.48 - 0.35) / 0.48);
    is_number(d, "burn_data.text_performance_diff", 0.15);
    is_null(d, "burn_data.image_performance_diff");
    is_number(d, "burn_data.burn_weight", 1 - (0.35 + 0.125 + 0.15));
    json_decref(d);
}
END_TEST

/* The winner of the text tournament as /latest shows it. */
static void latest_winner_is(const char *winner)
{
    json_t *d = get("/v1/tournaments/latest/details");
    is_text(d, "text.winner_hotkey", winner);
    json_decref(d);
}

START_TEST(test_http_api_tournaments__latest_is_kept_until_something_changes)
{
    latest_winner_is("A");
    seed_run(api.db, "UPDATE tournaments SET winner_hotkey = 'B'"); /* behind everybody's back */
    latest_winner_is("A");
    now_us += INT64_C(3601) * 1000000;
    latest_winner_is("B");
    seed_run(api.db, "UPDATE tournaments SET winner_hotkey = 'C', updated_at = '2026-06-18T20:00:01.000000Z'");
    latest_winner_is("C");
}
END_TEST

START_TEST(test_http_api_tournaments__lists_what_runs_and_what_ran)
{
    json_t *d = get("/v1/tournaments/active");
    is_null(d, "text");
    is_text(d, "image.tournament_id", SEED_IMAGE);
    ck_assert_uint_eq(json_array_size(at(d, "image.participants")), 3);
    is_text(d, "image.created_at", "2026-06-18T14:00:00Z");
    json_decref(d);
    d = get("/v1/tournaments/history");
    ck_assert_uint_eq(json_array_size(at(d, "tournaments")), 2);
    is_text(d, "tournaments.0.tournament_id", SEED_IMAGE);
    json_decref(d);
    d = get("/v1/tournaments/history?limit=1&offset=1");
    ck_assert_uint_eq(json_array_size(at(d, "tournaments")), 1);
    is_text(d, "tournaments.0.tournament_id", SEED_TEXT);
    json_decref(d);
    fails("GET /v1/tournaments/history?limit=0", key_header, 400);
}
END_TEST

START_TEST(test_http_api_tournaments__says_when_the_next_ones_start)
{
    json_t *d = get("/v1/tournaments/next-dates");
    is_text(d, "text.tournament_status", "waiting");
    is_text(d, "text.next_start_date", "2026-06-25T14:00:00Z");
    is_null(d, "text.current_round_number");
    is_number(d, "text.scheduled_day_of_week", 3);
    is_number(d, "text.interval_hours", 120);
    is_text(d, "image.tournament_status", "active");
    is_number(d, "image.current_round_number", 1);
    is_null(d, "image.next_start_date");
    is_text(d, "environment.next_start_date", "2026-06-18T20:00:00Z"); /* never held: at once */
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_tournaments__adds_up_what_open_tasks_need)
{
    json_t *d = get("/v1/tournaments/gpu-requirements");
    is_number(d, "total_tasks", 2);
    is_number(d, "total_hours", 3);
    is_text(d, "gpu_requirements.0.gpu_type", "1xH100");
    is_number(d, "gpu_requirements.0.count", 2);
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_tournaments__knows_the_logs_of_known_trainings)
{
    seed_run(api.db, "INSERT INTO tournament_task_hotkey_trainings (task_id, hotkey, created_at, updated_at) SELECT "
                     "task_id, 'A', created_at, created_at FROM tasks WHERE task_id = "
                     "'00000000-0000-4000-8001-000000000000'");
    json_t *d = get("/v1/tournaments/wandb-logs/00000000-0000-4000-8001-000000000000?hotkey=A");
    ck_assert_str_eq(json_string_value(d), "https://logs.example/00000000-0000-4000-8001-000000000000/of/A");
    json_decref(d);
    fails("GET /v1/tournaments/wandb-logs/00000000-0000-4000-8001-000000000000?hotkey=B", "", 404);
    fails("GET /v1/tournaments/wandb-logs/00000000-0000-4000-8001-000000000000", "", 400);
}
END_TEST

START_TEST(test_http_api_performance__pays_the_worked_example)
{
    json_t *d = get("/v1/performance/latest-tournament-weights");
    ck_assert_uint_eq(json_array_size(at(d, "text_top_miners")), 4);
    is_text(d, "text_top_miners.0.hotkey", "A");
    is_number(d, "text_top_miners.0.weight", 0.246951305575);
    is_text(d, "text_top_miners.1.hotkey", "B");
    is_number(d, "text_top_miners.1.weight", 0.031750882145);
    is_number(d, "text_top_miners.2.rank", 3.5);
    is_number(d, "text_top_miners.2.weight", 0.005217202312);
    is_number(d, "burn_data.burn_weight", 0.710663407656);
    ck_assert_uint_eq(json_array_size(at(d, "image_top_miners")), 0);
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_performance__decays_with_the_days)
{
    now_us += 30 * INT64_C(86400) * 1000000;
    json_t *d = get("/v1/performance/latest-tournament-weights");
    is_number(d, "burn_data.text_tournament_weight", 0.251);
    json_decref(d);
    d = get("/v1/performance/weight-projection?percentage_improvement=15");
    is_number(d, "text.current_champion_decay", 0.099);
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_performance__projects_an_improvement)
{
    json_t *d = get("/v1/performance/weight-projection?percentage_improvement=15");
    is_text(d, "text.placement", "champion");
    is_number(d, "text.dethrone_threshold", 0.05); /* one win */
    is_number(d, "text.emission_boost", 0.2);
    is_number(d, "text.projections.0.days", 7);
    is_text(d, "environment.placement", "runner_up");
    double share = 1 / ((1 - pow(0.3, 9)) / 0.7);
    is_number(d, "text.initial_weight", share * 0.35 * 0.9998);
    json_decref(d);
    d = get("/v1/performance/weight-projection-static");
    ck_assert_uint_eq(json_array_size(at(d, "image")), 4);
    is_number(d, "image.3.percentage_improvement", 20);
    json_decref(d);
    fails("GET /v1/performance/weight-projection", "", 400);
    fails("GET /v1/performance/weight-projection?percentage_improvement=nan", "", 400);
}
END_TEST

START_TEST(test_http_api_performance__shows_the_last_boss_round_of_each_type)
{
    json_t *d = get("/v1/performance/last-boss-battle");
    ck_assert_uint_eq(json_array_size(at(d, "text")), 6);
    is_null(d, "image");
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_balances__are_told_under_both_addresses)
{
    static const char *const both[] = {"/transfer/balance/" SEED_COLDKEY, "/tournament/balance/" SEED_COLDKEY};
    for (size_t i = 0; i < 2; i++) {
        json_t *d = get(both[i]);
        is_number(d, "balance_rao", 5);
        is_number(d, "transfer_count", 2);
        is_text(d, "last_transfer_at", "2026-06-18T20:00:00Z");
        json_decref(d);
    }
    json_t *d = get("/tournament/fees");
    is_number(d, "text_tournament_fee_rao", 250000000);
    is_number(d, "image_tournament_fee_rao", 200000000);
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_balances__refund_once)
{
    static const char what[] = "POST /tournament/" SEED_TEXT "/refund";
    reply r = ask(server, what, key_header, "");
    ck_assert_msg(r.status == 200, "%s", r.body);
    is_number(r.json, "refunds_processed", 1);
    is_text(r.json, "tournament_id", SEED_TEXT);
    reply_clear(&r);
    r = ask(server, what, key_header, "");
    is_number(r.json, "refunds_processed", 0);
    reply_clear(&r);
    json_t *d = get("/tournament/balance/" SEED_COLDKEY);
    is_number(d, "balance_rao", 500000005);
    json_decref(d);
    d = get("/balance/events/tournament/" SEED_TEXT);
    ck_assert_uint_eq(json_array_size(d), 3);
    is_text(d, "0.event_type", "refund");
    json_decref(d);
    d = get("/balance/events/coldkey/" SEED_COLDKEY "?limit=1&offset=2");
    ck_assert_uint_eq(json_array_size(d), 1);
    is_text(d, "0.hotkey", "A");
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_trainers__are_listed_and_removed)
{
    json_t *d = get("/v1/tournament_orchestrator/trainers");
    ck_assert_uint_eq(json_array_size(d), 2);
    ck_assert(json_is_true(at(d, "0.gpus.0.available")));
    ck_assert(json_is_false(at(d, "0.gpus.1.available")));
    is_text(d, "0.gpus.1.used_until", "2026-06-18T23:00:00Z");
    ck_assert(json_is_true(at(d, "1.gpus.0.available")));
    json_decref(d);
    reply r = ask(server, "DELETE /v1/tournament_orchestrator/remove_trainer/10.0.0.1", key_header, NULL);
    ck_assert_int_eq(r.status, 200);
    ck_assert_str_eq(json_string_value(r.json), "Trainer removed successfully");
    reply_clear(&r);
    fails("DELETE /v1/tournament_orchestrator/remove_trainer/10.0.0.1", key_header, 404);
    fails("POST /v1/tournament_orchestrator/add_trainer?trainer_ip=a/b", key_header, 400);
    fails("POST /v1/tournament_orchestrator/add_trainer", key_header, 400);
}
END_TEST

START_TEST(test_http_api_trainers__stats_are_always_complete)
{
    json_t *d = get("/v1/tournament_orchestrator/training_stats");
    is_number(d, "total_pairs", 0);
    is_number(d, "avg_attempts", 0);
    json_decref(d);
    seed_run(api.db, "INSERT INTO tournament_task_hotkey_trainings (task_id, hotkey, training_status, "
                     "n_training_attempts, created_at, updated_at) SELECT task_id, 'A', 'failure', 2, created_at, "
                     "created_at FROM tasks LIMIT 3");
    seed_run(api.db, "INSERT INTO tournament_task_hotkey_trainings (task_id, hotkey, training_status, "
                     "n_training_attempts, created_at, updated_at) SELECT task_id, 'B', 'success', 1, created_at, "
                     "created_at FROM tasks LIMIT 2");
    d = get("/v1/tournament_orchestrator/training_stats");
    is_number(d, "total_pairs", 5);
    is_number(d, "failure", 3);
    is_number(d, "success", 2);
    is_number(d, "pending", 0);
    is_number(d, "avg_attempts", 2);
    is_number(d, "max_attempts", 2);
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_auditing__shows_finished_tasks_only)
{
    json_t *d = get("/auditing/tasks?limit=500");
    ck_assert_uint_eq(json_array_size(d), 13);
    json_decref(d);
    d = get("/auditing/tasks/hotkey/B");
    ck_assert_uint_eq(json_array_size(d), 3);
    json_decref(d);
    d = get("/auditing/tasks/00000000-0000-4000-8001-000000000000");
    is_text(d, "tournament_id", SEED_TEXT);
    ck_assert_uint_eq(json_array_size(at(d, "scores")), 2);
    is_number(d, "scores.0.quality_score", 3);
    json_decref(d);
    fails("GET /auditing/tasks/00000000-0000-4000-8001-000000000011", "", 404); /* of the image tournament, open */
    d = get("/auditing/dedup");
    ck_assert_uint_eq(json_array_size(d), 0);
    json_decref(d);
    d = get("/auditing/scores-url");
    is_null(d, "url");
    json_decref(d);
}
END_TEST

static god_status add_job(gdi_db *db, void *kind, god_error *err)
{
    const gdi_job_add job = {.kind = kind, .key = kind, .payload_json = "{}", .now_us = SEED_NOW_US};
    return gdi_job_add_in(db, &job, NULL, err);
}

START_TEST(test_http_api_health__names_jobs_that_nobody_executes)
{
    god_error err = GOD_ERROR_INIT;
    ck_assert_int_eq(gdi_db_transact(api.db, add_job, "notify", &err), GOD_OK);
    ck_assert_int_eq(gdi_db_transact(api.db, add_job, "start_training", &err), GOD_OK);
    json_t *d = get("/ready");
    ck_assert(json_is_true(at(d, "ready")));
    is_null(d, "reason");
    ck_assert_uint_eq(json_array_size(at(d, "not_executed")), 1);
    is_text(d, "not_executed.0.kind", "start_training");
    is_text(d, "not_executed.0.reason", "no executor for it");
    json_decref(d);
}
END_TEST

START_TEST(test_http_api_health__is_not_ready_when_the_cycles_stand_still)
{
    now_us += INT64_C(301) * 1000000;
    reply r = ask(server, "GET /ready", "", NULL);
    ck_assert_int_eq(r.status, 503);
    is_text(r.json, "reason", "the cycles have not had a turn for 301 s");
    reply_clear(&r);
    json_t *d = get("/health");
    is_text(d, "status", "ok");
    json_decref(d);
    facts.last_turn_us = now_us;
    facts.stopping = 1;
    r = ask(server, "GET /ready", "", NULL);
    is_text(r.json, "reason", "the host is stopping");
    reply_clear(&r);
}
END_TEST

START_TEST(test_http_api_health__metrics_are_what_prometheus_reads)
{
    god_error err = GOD_ERROR_INIT;
    facts.turns = 7;
    ck_assert_int_eq(gdi_db_transact(api.db, add_job, "notify", &err), GOD_OK);
    reply r = ask(server, "GET /metrics", "", NULL);
    ck_assert_int_eq(r.status, 200);
    ck_assert_str_eq(reply_header(&r, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    ck_assert_ptr_nonnull(strstr(r.body, "\ngod_build_info{version=\"test\",store=\"sqlite\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(r.body, "\ngod_turns_total 7\n"));
    ck_assert_ptr_nonnull(strstr(r.body, "\ngod_jobs{kind=\"notify\",state=\"queued\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(r.body, "\ngod_tournaments{type=\"text\",status=\"completed\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(r.body, "\n# TYPE process_resident_memory_bytes gauge\n"));
    reply_clear(&r);
}
END_TEST

/* Every route has a line in openapi.json, and the other way round. */
START_TEST(test_http_api__is_the_one_that_openapi_json_describes)
{
    json_t *doc = get("/openapi.json");
    const json_t *paths = at(doc, "paths"), *methods = NULL;
    size_t described = 0, routes = 0;
    const char *path = NULL;
    json_object_foreach((json_t *)paths, path, methods)
    {
        described += json_object_size(methods);
    }
    for (const gdi_route *const *table = gdi_api_public_tables; *table != NULL; table++) {
        for (const gdi_route *route = *table; route->method != NULL; route++, routes++) {
            char method[8] = "";
            for (size_t i = 0; route->method[i] != '\0'; i++) {
                method[i] = (char)(route->method[i] | 0x20);
            }
            const json_t *entry = json_object_get(json_object_get(paths, route->pattern), method);
            ck_assert_msg(entry != NULL, "%s %s is not described", route->method, route->pattern);
            ck_assert_msg((json_object_get(entry, "security") != NULL) == (route->access == GDI_ACCESS_KEY),
                          "%s: the key", route->pattern);
        }
    }
    ck_assert_uint_eq(described, routes);
    json_decref(doc);
}
END_TEST

Suite *suite_http_api(void)
{
    Suite *suite = suite_create("http/api");
    TCase *tcase = tcase_create("api");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_http_api_tournaments__details_hold_everything_but_tokens);
    tcase_add_test(tcase, test_http_api_tournaments__the_boss_round_is_compared_task_by_task);
    tcase_add_test(tcase, test_http_api_tournaments__unknown_ones_are_not_found);
    tcase_add_test(tcase, test_http_api_tournaments__need_the_key);
    tcase_add_test(tcase, test_http_api_tournaments__latest_shows_each_type_and_the_burn);
    tcase_add_test(tcase, test_http_api_tournaments__latest_is_kept_until_something_changes);
    tcase_add_test(tcase, test_http_api_tournaments__lists_what_runs_and_what_ran);
    tcase_add_test(tcase, test_http_api_tournaments__says_when_the_next_ones_start);
    tcase_add_test(tcase, test_http_api_tournaments__adds_up_what_open_tasks_need);
    tcase_add_test(tcase, test_http_api_tournaments__knows_the_logs_of_known_trainings);
    tcase_add_test(tcase, test_http_api_performance__pays_the_worked_example);
    tcase_add_test(tcase, test_http_api_performance__decays_with_the_days);
    tcase_add_test(tcase, test_http_api_performance__projects_an_improvement);
    tcase_add_test(tcase, test_http_api_performance__shows_the_last_boss_round_of_each_type);
    tcase_add_test(tcase, test_http_api_balances__are_told_under_both_addresses);
    tcase_add_test(tcase, test_http_api_balances__refund_once);
    tcase_add_test(tcase, test_http_api_trainers__are_listed_and_removed);
    tcase_add_test(tcase, test_http_api_trainers__stats_are_always_complete);
    tcase_add_test(tcase, test_http_api_auditing__shows_finished_tasks_only);
    tcase_add_test(tcase, test_http_api_health__names_jobs_that_nobody_executes);
    tcase_add_test(tcase, test_http_api_health__is_not_ready_when_the_cycles_stand_still);
    tcase_add_test(tcase, test_http_api_health__metrics_are_what_prometheus_reads);
    tcase_add_test(tcase, test_http_api__is_the_one_that_openapi_json_describes);
    suite_add_tcase(suite, tcase);
    return suite;
}
