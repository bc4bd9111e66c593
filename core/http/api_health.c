/* What watches the host reads: is it alive, can it work, how does it do. */
#include "core/http/api.h"
#include "core/http/metrics.h"
#include "core/http/openapi_text.h"
#include "core/http/view.h"
#include "core/store/migrate.h"
#include "god/helpers/text.h"

#include <stdlib.h>
#include <time.h>

enum { turn_age_max_s = 300 /* the backstop of the cycles is a minute */ };

static gdi_host_facts facts_of(const gdi_api *api)
{
    gdi_host_facts facts = {.started_us = 0};
    if (api->facts != NULL) {
        api->facts(api->user, &facts);
    }
    return facts;
}

static god_status handle_health(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    const gdi_api *api = context;
    answer->json = json_pack("{s:s, s:s}", "status", "ok", "version", api->version);
    return gdi_view_made(answer->json, err);
}

static god_status handle_openapi(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)context;
    (void)request;
    answer->text = strdup(gdi_openapi_text);
    answer->content_type = "application/json";
    answer->max_age_s = 3600;
    return answer->text != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for an answer");
}

/* ---- ready ---- */

/* Kinds of queued jobs that nobody here executes, each with its number and the reason. */
static god_status list_unexecuted(const gdi_api *api, json_t **ret_list, god_error *err)
{
    gdi_rows *rows = NULL;
    int failed = 0;
    GOD_TRY(gdi_db_query(api->db, "SELECT kind, count(*) FROM jobs WHERE state = 'queued' GROUP BY kind ORDER BY kind",
                         NULL, 0, &rows, err));
    json_t *list = json_array();
    while (gdi_rows_next(rows)) {
        const char *kind = gdi_rows_text(rows, 0);
        const char *reason = api->not_executed == NULL ? NULL : api->not_executed(api->user, kind);
        if (reason != NULL) {
            failed |= json_array_append_new(list, json_pack("{s:s, s:I, s:s}", "kind", kind, "queued",
                                                            (json_int_t)gdi_rows_int(rows, 1), "reason", reason));
        }
    }
    gdi_rows_free(rows);
    *ret_list = list;
    return failed ? gdi_view_made(NULL, err) : gdi_view_made(list, err);
}

/* The first reason why this host cannot do its work, "" when there is none. */
static void find_trouble(const gdi_api *api, const gdi_host_facts *facts, char ret_why[600])
{
    god_error why = GOD_ERROR_INIT;
    int64_t age_us = gdi_api_now(api) - (facts->last_turn_us > 0 ? facts->last_turn_us : facts->started_us);
    ret_why[0] = '\0';
    if (gdi_schema_check(api->db, &why) != GOD_OK) {
        (void)snprintf(ret_why, 600, "%s", why.message);
    } else if (facts->stopping) {
        (void)snprintf(ret_why, 600, "the host is stopping");
    } else if (facts->trouble[0] != '\0') {
        (void)snprintf(ret_why, 600, "%s", facts->trouble);
    } else if (facts->cycles_enabled && age_us > turn_age_max_s * (int64_t)1000000) {
        (void)snprintf(ret_why, 600, "the cycles have not had a turn for %lld s", (long long)(age_us / 1000000));
    }
}

static god_status handle_ready(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    const gdi_api *api = context;
    gdi_host_facts facts = facts_of(api);
    char why[600];
    json_t *unexecuted = NULL;
    find_trouble(api, &facts, why);
    if (list_unexecuted(api, &unexecuted, err) != GOD_OK) {
        unexecuted = json_array(); /* the store's trouble is in `why` already */
    }
    answer->status = why[0] == '\0' ? 200 : 503;
    answer->json = json_pack("{s:b, s:s?, s:b, s:o, s:{s:i, s:i}, s:{s:i, s:i}, s:i, s:o}", "ready", why[0] == '\0',
                             "reason", why[0] == '\0' ? NULL : why, "cycles", facts.cycles_enabled != 0, "last_turn_at",
                             gdi_view_moment(facts.last_turn_us > 0 ? facts.last_turn_us : INT64_MAX), "workers",
                             "running", (int)facts.workers_running, "max", (int)facts.workers_max, "executors",
                             "running", (int)facts.executors_running, "max", (int)facts.executors_max, "plugins",
                             (int)facts.plugins_ready, "not_executed", unexecuted);
    return gdi_view_made(answer->json, err);
}

/* ---- metrics ---- */

/* Names of kinds and states are words; a quotation mark in one would end the label. */
static god_status add_counts(const gdi_api *api, god_text *out, const char *name, const char *help,
                             const char *const labels[2], const char *sql, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_db_query(api->db, sql, NULL, 0, &rows, err));
    god_status status = gdi_metrics_head(out, name, "gauge", help, err);
    while (status == GOD_OK && gdi_rows_next(rows)) {
        const char *a = gdi_rows_text(rows, 0), *b = gdi_rows_text(rows, 1);
        if (strpbrk(a, "\"\\\n") == NULL && strpbrk(b, "\"\\\n") == NULL) {
            status = god_text_append_f(out, err, "%s{%s=\"%s\",%s=\"%s\"} %lld\n", name, labels[0], a, labels[1], b,
                                       (long long)gdi_rows_int(rows, 2));
        }
    }
    gdi_rows_free(rows);
    return status;
}

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
    return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

static god_status add_store(const gdi_api *api, god_text *out, god_error *err)
{
    static const char *const of_jobs[] = {"kind", "state"}, *const of_tournaments[] = {"type", "status"};
    struct timespec before, after;
    gdi_rows *rows = NULL;
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    GOD_TRY(gdi_db_query(api->db, "SELECT 1", NULL, 0, &rows, err));
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    gdi_rows_free(rows);
    GOD_TRY(gdi_metrics_value(out, "god_store_ping_seconds", "gauge", "Time of one small query.",
                              seconds_between(&before, &after), err));
    GOD_TRY(add_counts(api, out, "god_jobs", "Jobs in the store.", of_jobs,
                       "SELECT kind, state, count(*) FROM jobs GROUP BY kind, state ORDER BY kind, state", err));
    return add_counts(api, out, "god_tournaments", "Tournaments in the store.", of_tournaments,
                      "SELECT tournament_type, status, count(*) FROM tournaments GROUP BY tournament_type, status "
                      "ORDER BY tournament_type, status",
                      err);
}

static god_status add_host(const gdi_host_facts *f, god_text *out, god_error *err)
{
    const struct {
        const char *name, *type, *help;
        double value;
    } lines[] = {
        {"god_start_time_seconds", "gauge", "When the host started.", (double)f->started_us / 1e6},
        {"god_turns_total", "counter", "Turns of the cycles.", (double)f->turns},
        {"god_turn_steps_total", "counter", "Transactions of the cycles that changed something.", (double)f->steps},
        {"god_turn_errors_total", "counter", "Turns that ended with an error.", (double)f->turn_errors},
        {"god_turn_seconds_total", "counter", "Time spent in turns.", (double)f->turn_us / 1e6},
        {"god_last_turn_timestamp_seconds", "gauge", "When the last turn ended.", (double)f->last_turn_us / 1e6},
        {"god_workers_running", "gauge", "Worker processes at work.", f->workers_running},
        {"god_workers_max", "gauge", "Worker processes at a time.", f->workers_max},
        {"god_executors_running", "gauge", "Executors at work on a job.", f->executors_running},
        {"god_executors_max", "gauge", "Executors.", f->executors_max},
        {"god_executor_jobs_done_total", "counter", "Jobs that executors of this process finished.",
         (double)f->jobs_done},
        {"god_executor_jobs_failed_total", "counter", "Jobs that failed in executors of this process.",
         (double)f->jobs_failed},
        {"god_plugins_ready", "gauge", "Plug-ins that can be used.", f->plugins_ready},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        GOD_TRY(gdi_metrics_value(out, lines[i].name, lines[i].type, lines[i].help, lines[i].value, err));
    }
    return GOD_OK;
}

static god_status write_metrics(const gdi_api *api, god_text *out, god_error *err)
{
    const gdi_host_facts facts = facts_of(api);
    const char *engine = gdi_db_engine(api->db) == GDI_ENGINE_SQLITE ? "sqlite" : "postgres";
    GOD_TRY(gdi_metrics_head(out, "god_build_info", "gauge", "What is running.", err));
    GOD_TRY(god_text_append_f(out, err, "god_build_info{version=\"%s\",store=\"%s\"} 1\n", api->version, engine));
    if (api->facts != NULL) {
        GOD_TRY(add_host(&facts, out, err));
    }
    GOD_TRY(gdi_metrics_servers(out, api->servers, err));
    GOD_TRY(gdi_metrics_process(out, err));
    return add_store(api, out, err);
}

static god_status handle_metrics(void *context, const gdi_request *request, gdi_answer *answer, god_error *err)
{
    (void)request;
    god_text out = GOD_TEXT_INIT;
    return gdi_metrics_answer(write_metrics(context, &out, err), &out, answer);
}

const gdi_route gdi_api_health_routes[] = {
    {"GET", "/health", GDI_ACCESS_PUBLIC, handle_health},
    {"GET", "/ready", GDI_ACCESS_PUBLIC, handle_ready},
    {"GET", "/metrics", GDI_ACCESS_PUBLIC, handle_metrics},
    {"GET", "/openapi.json", GDI_ACCESS_PUBLIC, handle_openapi},
    {.method = NULL},
};
