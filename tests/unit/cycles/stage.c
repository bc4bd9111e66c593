#include "stage.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/balances.h"
#include "core/store/jobs.h"
#include "core/store/migrate.h"
#include "core/store/nodes.h"
#include "god/helpers/sha256.h"
#include "god/helpers/text.h"

#define OK(call, err)                                                                       \
    do {                                                                                    \
        god_status ok_status_ = (call);                                                     \
        if (ok_status_ != GOD_OK) {                                                         \
            ck_abort_msg("%s: %s: %s", #call, god_status_name(ok_status_), (err)->message); \
        }                                                                                   \
    } while (0)

static const char *const white_list[] = {"white/one", "white/three", "white/two", NULL};
static const char *const environments[] = {"gin_rummy", "intercode", "leduc_poker", "liars_dice", NULL};
static const char *const models[] = {"model/a", "model/b", "model/c", NULL};

int64_t stage_time(const char *text)
{
    int64_t time_us = 0;
    ck_assert_msg(gdi_time_parse(text, &time_us), "%s is no time", text);
    return time_us;
}

/* The same label always brings the same bytes, as after a replay. */
static god_status random_bytes(void *user, const char *label, uint8_t *ret_bytes, size_t count, god_error *err)
{
    (void)user;
    uint64_t state = 1469598103934665603u;
    for (const char *c = label; *c != '\0'; c++) {
        state = (state ^ (uint8_t)*c) * 1099511628211u;
    }
    for (size_t i = 0; i < count; i++) {
        state = (state ^ i) * 1099511628211u;
        ret_bytes[i] = (uint8_t)(state >> 32);
    }
    (void)err;
    return GOD_OK;
}

static god_status before(void *user, const char *sql, god_error *err)
{
    stage *s = user;
    s->statements++;
    if (s->fail_at != 0 && s->statements == s->fail_at) {
        s->failures++;
        return god_fail(err, GOD_E_IO, "the test breaks \"%.40s\"", sql);
    }
    return GOD_OK;
}

void stage_reopen(stage *s)
{
    god_error err = GOD_ERROR_INIT;
    gdi_cycles_close(s->cycles);
    s->cycles = NULL;
    s->options.db = s->db;
    s->options.rules = &s->rules;
    s->options.kinds = &s->kinds;
    OK(gdi_cycles_open(&s->options, &s->cycles, &err), &err);
}

static void set_the_stage(stage *s)
{
    gdi_rules_default(&s->rules);
    s->now_us = stage_time("2026-06-15T09:00:00Z");
    s->statements = s->fail_at = 0;
    s->failures = 0;
    s->options = (gdi_cycles_options){.burn_hotkey = STAGE_BURN,
                                      .netuid = 56,
                                      .default_repository = "https://github.com/default/boss",
                                      .default_commit = "00000000000000000000000000000000000000dd",
                                      .auto_complete = 1,
                                      .publish = 1,
                                      .environments = environments,
                                      .environment_models = models,
                                      .environment_target_model = "model/target",
                                      .dataset_white_list = white_list,
                                      .nodes_period_us = -1,
                                      .transfers_period_us = -1,
                                      .weights_period_us = -1,
                                      .random = random_bytes};
    stage_reopen(s);
}

void stage_open(stage *s)
{
    god_error err = GOD_ERROR_INIT;
    *s = (struct stage){.now_us = 0};
    s->kinds.path = GOD_SOURCE_DIR "/plugins/task-kinds.json";
    OK(gdi_task_kinds_need(&s->kinds, &err), &err);
    gdi_db_options options = {.before = before, .user = s};
    OK(gdi_store_open_memory(&options, &s->db, &err), &err);
    set_the_stage(s);
}

void stage_empty(stage *s)
{
    god_error err = GOD_ERROR_INIT;
    s->fail_at = 0;
    OK(gdi_store_empty_memory(s->db, &err), &err);
    set_the_stage(s);
}

void stage_close(stage *s)
{
    gdi_cycles_close(s->cycles);
    gdi_db_close(s->db);
    gdi_task_kinds_fini(&s->kinds);
}

god_status stage_try_turn(stage *s)
{
    god_error err = GOD_ERROR_INIT;
    return gdi_cycles_turn(s->cycles, s->now_us, &s->last, &err);
}

void stage_turn(stage *s)
{
    god_error err = GOD_ERROR_INIT;
    for (int i = 0; i < 100; i++) {
        OK(gdi_cycles_turn(s->cycles, s->now_us, &s->last, &err), &err);
        if (s->last.steps == 0) {
            return;
        }
    }
    ck_abort_msg("a hundred turns did not come to rest");
}

void stage_at(stage *s, const char *text)
{
    s->now_us = stage_time(text);
    stage_turn(s);
}

/* ---- the executor ---- */

uint32_t stage_open_jobs(stage *s, const char *kind)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM jobs WHERE kind = '%s' AND ended_at IS NULL", kind);
    return (uint32_t)stage_int(s, sql);
}

json_t *stage_payload(stage *s, const char *kind)
{
    char sql[200];
    (void)snprintf(sql, sizeof sql,
                   "SELECT payload FROM jobs WHERE kind = '%s' AND ended_at IS NULL ORDER BY job_id LIMIT 1", kind);
    json_t *payload = json_loads(stage_text(s, sql), 0, NULL);
    ck_assert_msg(payload != NULL, "no open job of the kind %s", kind);
    return payload;
}

static gdi_job_lease claim(stage *s, const char *kind)
{
    const char *const kinds[] = {kind, NULL};
    gdi_job_lease lease;
    god_error err = GOD_ERROR_INIT;
    OK(gdi_job_claim(s->db, kinds, "test", s->now_us, GDI_HOUR_US, &lease, &err), &err);
    return lease;
}

void stage_finish(stage *s, const char *kind, const char *result_json)
{
    god_error err = GOD_ERROR_INIT;
    gdi_job_lease lease = claim(s, kind);
    OK(gdi_job_finish(s->db, &lease, s->now_us, result_json, &err), &err);
    gdi_job_lease_clear(&lease);
}

void stage_answer(stage *s, const char *kind, const char *result_json)
{
    stage_finish(s, kind, result_json);
    stage_turn(s);
}

void stage_fail(stage *s, const char *kind, const char *message)
{
    god_error err = GOD_ERROR_INIT;
    gdi_job_lease lease = claim(s, kind);
    OK(gdi_job_fail(s->db, &lease, s->now_us, 0, message, &err), &err);
    gdi_job_lease_clear(&lease);
    stage_turn(s);
}

/* ---- rows ---- */

void stage_sql(stage *s, const char *sql)
{
    god_error err = GOD_ERROR_INIT;
    OK(gdi_db_run(s->db, sql, NULL, 0, NULL, &err), &err);
}

int64_t stage_int(stage *s, const char *sql)
{
    god_error err = GOD_ERROR_INIT;
    gdi_rows *rows = NULL;
    OK(gdi_db_query(s->db, sql, NULL, 0, &rows, &err), &err);
    int64_t number = gdi_rows_next(rows) ? gdi_rows_int(rows, 0) : -1;
    gdi_rows_free(rows);
    return number;
}

const char *stage_text(stage *s, const char *sql)
{
    static char text[65536];
    god_error err = GOD_ERROR_INIT;
    gdi_rows *rows = NULL;
    OK(gdi_db_query(s->db, sql, NULL, 0, &rows, &err), &err);
    const char *found = gdi_rows_next(rows) ? gdi_rows_text(rows, 0) : NULL;
    (void)snprintf(text, sizeof text, "%s", found == NULL ? "" : found);
    gdi_rows_free(rows);
    return text;
}

typedef struct node_and_time {
    gdi_node node;
    int64_t now_us;
} node_and_time;

static god_status put_node(gdi_db *db, void *user, god_error *err)
{
    const node_and_time *n = user;
    return gdi_node_put_in(db, 56, &n->node, n->now_us, err);
}

void stage_node(stage *s, const char *hotkey, const char *coldkey, const char *ip)
{
    god_error err = GOD_ERROR_INIT;
    node_and_time n = {{.hotkey = hotkey, .coldkey = coldkey, .ip = ip, .port = 7999}, s->now_us};
    OK(gdi_db_transact(s->db, put_node, &n, &err), &err);
}

static god_status deposit(gdi_db *db, void *user, god_error *err)
{
    bool is_new = false;
    const gdi_transfer *transfer = user;
    return gdi_transfer_add_in(db, transfer, transfer->timestamp_us, &is_new, err);
}

void stage_deposit(stage *s, const char *coldkey, int64_t amount_rao)
{
    char id[64];
    god_error err = GOD_ERROR_INIT;
    (void)snprintf(id, sizeof id, "transfer-%lld", (long long)stage_int(s, "SELECT COUNT(*) FROM transfers") + 1);
    gdi_transfer transfer = {
        .id = id, .from_ss58 = coldkey, .to_ss58 = "5FEES", .amount_rao = amount_rao, .timestamp_us = s->now_us};
    OK(gdi_db_transact(s->db, deposit, &transfer, &err), &err);
}

void stage_miners(stage *s, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char hotkey[16], coldkey[16], ip[24];
        (void)snprintf(hotkey, sizeof hotkey, "5M%02u", i);
        (void)snprintf(coldkey, sizeof coldkey, "5C%02u", i);
        (void)snprintf(ip, sizeof ip, "10.0.0.%u", i + 1);
        stage_node(s, hotkey, coldkey, ip);
        stage_deposit(s, coldkey, 1000000000);
    }
    stage_node(s, STAGE_BURN, "5BURNCOLD", "10.9.9.9");
}

const char *stage_replies(stage *s, uint32_t count)
{
    static char text[65536];
    size_t used = (size_t)snprintf(text, sizeof text, "{\"replies\": [");
    (void)s;
    for (uint32_t i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"hotkey\": \"5M%02u\", \"github_repo\": \"https://github.com/miner%02u/repo\", "
                                 "\"commit_hash\": \"%040x\", \"github_token\": null, \"requested_datasets\": null}",
                                 i == 0 ? "" : ", ", i, i, i + 1);
    }
    (void)snprintf(text + used, sizeof text - used, "]}");
    return text;
}

/* ---- everything ---- */

static void dump_table(stage *s, const char *table, god_text *text)
{
    char sql[256];
    god_error err = GOD_ERROR_INIT;
    gdi_rows *columns = NULL, *rows = NULL;
    (void)snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s')", table);
    OK(gdi_db_query(s->db, sql, NULL, 0, &columns, &err), &err);
    god_text select = GOD_TEXT_INIT;
    OK(god_text_append_str(&select, "SELECT ''", &err), &err);
    while (gdi_rows_next(columns)) {
        /* Which of the ended jobs the cycles know of is a hint, not a state. */
        if (strcmp(gdi_rows_text(columns, 0), "news") != 0) {
            OK(god_text_append_f(&select, &err, " || '|' || COALESCE(\"%s\", 'NULL')", gdi_rows_text(columns, 0)),
               &err);
        }
    }
    gdi_rows_free(columns);
    OK(god_text_append_f(&select, &err, " FROM %s ORDER BY 1", table), &err);
    OK(gdi_db_query(s->db, select.data, NULL, 0, &rows, &err), &err);
    OK(god_text_append_f(text, &err, "== %s\n", table), &err);
    while (gdi_rows_next(rows)) {
        OK(god_text_append_f(text, &err, "%s\n", gdi_rows_text(rows, 0)), &err);
    }
    gdi_rows_free(rows);
    god_text_free(&select);
}

char *stage_dump(stage *s)
{
    god_error err = GOD_ERROR_INIT;
    gdi_rows *tables = NULL;
    god_text text = GOD_TEXT_INIT;
    OK(gdi_db_query(s->db,
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1", NULL,
                    0, &tables, &err),
       &err);
    while (gdi_rows_next(tables)) {
        dump_table(s, gdi_rows_text(tables, 0), &text);
    }
    gdi_rows_free(tables);
    return text.data;
}

/* ---- longer ways ---- */

const char *stage_create(stage *s, uint32_t type)
{
    static char id[GDI_TOURNAMENT_ID_BYTES];
    god_error err = GOD_ERROR_INIT;
    OK(gdi_operator_create(s->cycles, type, s->now_us, id, &err), &err);
    stage_turn(s);
    return id;
}

void stage_accept_all(stage *s, const char *same_digest)
{
    while (stage_open_jobs(s, "check_repository") > 0) {
        json_t *payload = stage_payload(s, "check_repository");
        const char *commit = json_string_value(json_object_get(payload, "commit_hash"));
        char result[256];
        (void)snprintf(result, sizeof result, "{\"accepted\": true, \"reason\": null, \"source_digest\": \"%s\"}",
                       same_digest == NULL ? commit : same_digest);
        json_decref(payload);
        stage_finish(s, "check_repository", result);
    }
    stage_turn(s);
}

const char *stage_activate(stage *s, uint32_t type, uint32_t count)
{
    const char *id = stage_create(s, type);
    stage_answer(s, "ask_miners", stage_replies(s, count));
    stage_accept_all(s, NULL);
    ck_assert_str_eq(stage_text(s, "SELECT status FROM tournaments ORDER BY created_at DESC LIMIT 1"), "active");
    return id;
}
