#include "core/simulation/executors.h"

#include <stdlib.h>

#include "core/cycles/work.h"
#include "core/simulation/draw.h"
#include "core/tournament/calendar.h"

enum { FIRST_ANSWER = 1, SECOND_ANSWER = 2 };

#define OWNER "simulation@" /* and the true moment of the claim in microseconds */

typedef struct claim {
    gdi_job_lease lease;
    gdi_fate fate;
    json_t *payload; /* own; NULL while nobody needs it */
} claim;

/* Kinds whose claims hold equally long are claimed together. */
static const char *const quick_kinds[] = {GDI_WORK_REFRESH_NODES,
                                          GDI_WORK_READ_TRANSFERS,
                                          GDI_WORK_SET_WEIGHTS,
                                          GDI_WORK_ASK_MINERS,
                                          GDI_WORK_CHECK_REPOSITORY,
                                          GDI_WORK_FIND_HEAD,
                                          GDI_WORK_CHOOSE_CONTENT,
                                          GDI_WORK_START_TRAINING,
                                          GDI_WORK_REFRESH_GPUS,
                                          GDI_WORK_COMPARE_SOURCES,
                                          GDI_WORK_PUBLISH_REPOSITORY,
                                          GDI_WORK_READ_MODEL_BASE,
                                          GDI_WORK_NOTIFY,
                                          NULL};
static const char *const slow_kinds[] = {GDI_WORK_REVIEW_DUPLICATES,
                                         GDI_WORK_PREPARE_TASK,
                                         GDI_WORK_PREPARE_MODEL,
                                         GDI_WORK_EVALUATE,
                                         GDI_WORK_PLAY_PAIR,
                                         GDI_WORK_PLAY_ALONE,
                                         NULL};
static const char *const training_kinds[] = {GDI_WORK_WATCH_TRAINING, NULL};

static const char *const *const groups[] = {quick_kinds, slow_kinds, training_kinds};
enum { GROUP_COUNT = sizeof groups / sizeof *groups };

static void claim_free(claim *c)
{
    if (c != NULL) {
        gdi_job_lease_clear(&c->lease);
        json_decref(c->payload);
        free(c);
    }
}

static god_status read_payload(claim *c, god_error *err)
{
    if (c->payload == NULL) {
        c->payload = json_loads(c->lease.payload_json != NULL ? c->lease.payload_json : "", 0, NULL);
    }
    return c->payload != NULL ? GOD_OK : god_fail(err, GOD_E_INTERNAL, "the payload of %s is no JSON", c->lease.key);
}

/* `until` of a watch: a moment in the host's time, read as a length from the claim; 0 for other jobs. */
static god_status until_us(const gdi_sim_executors *executors, claim *c, int64_t claimed_us, int64_t *ret_us,
                           god_error *err)
{
    int64_t until_host_us = 0;
    *ret_us = 0;
    if (strcmp(c->lease.kind, GDI_WORK_WATCH_TRAINING) != 0) {
        return GOD_OK;
    }
    GOD_TRY(read_payload(c, err));
    if (gdi_time_parse(gdi_world_text(c->payload, "until"), &until_host_us)) {
        *ret_us = until_host_us - (gdi_virtual_host_us(executors->clock, claimed_us) - claimed_us);
    }
    return GOD_OK;
}

static god_status on_agenda(gdi_sim_executors *executors, claim *c, uint32_t what, int64_t at_us, god_error *err)
{
    gdi_agenda_item item = {.at_us = at_us, .order = c->lease.key, .what = what, .subject = c};
    return gdi_agenda_add(&executors->agenda, &item, err);
}

/* Takes `c`. */
static god_status begin_take(gdi_sim_executors *executors, claim *c, int64_t claimed_us, god_error *err)
{
    int64_t ends_by_us = 0;
    god_status status = until_us(executors, c, claimed_us, &ends_by_us, err);
    if (status == GOD_OK) {
        c->fate = gdi_fate_of(executors->world->people, c->lease.kind, c->lease.key, c->lease.attempt, claimed_us,
                              ends_by_us);
        status = on_agenda(executors, c, FIRST_ANSWER, c->fate.ends_us, err);
    }
    if (status != GOD_OK) {
        claim_free(c);
    }
    return status;
}

static god_status claim_one(gdi_sim_executors *executors, const char *const *kinds, int64_t true_us, god_error *err)
{
    char owner[64];
    (void)snprintf(owner, sizeof owner, OWNER "%lld", (long long)true_us);
    claim *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a claim");
    }
    god_status status = gdi_job_claim(executors->db, kinds, owner, gdi_virtual_host_us(executors->clock, true_us),
                                      gdi_fate_lease_us(kinds[0]), &c->lease, err);
    if (status != GOD_OK) {
        claim_free(c);
        return status;
    }
    executors->claims++;
    return begin_take(executors, c, true_us, err);
}

static bool has_kind(const char *const *kinds, const char *kind)
{
    while (*kinds != NULL && strcmp(*kinds, kind) != 0) {
        kinds++;
    }
    return *kinds != NULL;
}

/* How many jobs are due, by group: asking costs less than a claim in vain. */
static god_status count_due(const gdi_sim_executors *executors, int64_t true_us, uint64_t ret_counts[GROUP_COUNT],
                            god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(executors->db, &rows, err,
                      "SELECT kind, COUNT(*) FROM jobs WHERE state = 'queued' AND not_before <= $1 GROUP BY kind",
                      gdi_time(gdi_virtual_host_us(executors->clock, true_us))));
    god_status status = GOD_OK;
    while (status == GOD_OK && gdi_rows_next(rows)) {
        const char *kind = gdi_rows_text(rows, 0);
        size_t at = 0;
        while (at < GROUP_COUNT && !has_kind(groups[at], kind)) {
            at++;
        }
        if (at == GROUP_COUNT) {
            status = god_fail(err, GOD_E_INTERNAL, "nobody: no executor takes jobs of kind \"%s\"", kind);
        } else {
            ret_counts[at] += (uint64_t)gdi_rows_int(rows, 1);
        }
    }
    gdi_rows_free(rows);
    return status;
}

god_status gdi_sim_executors_claim(gdi_sim_executors *executors, int64_t true_us, god_error *err)
{
    uint64_t due[GROUP_COUNT] = {0};
    GOD_TRY(count_due(executors, true_us, due, err));
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        for (; due[i] > 0; due[i]--) {
            GOD_TRY(claim_one(executors, groups[i], true_us, err));
        }
    }
    return GOD_OK;
}

/* What trainers are at work on: the store knows, as they would. */
static god_status read_busy(const gdi_sim_executors *executors, json_t **ret_busy, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(gdi_db_query(executors->db, "SELECT trainer_ip, gpu_id FROM trainers_gpus WHERE held_by IS NOT NULL", NULL,
                         0, &rows, err));
    json_t *busy = json_object();
    int failed = busy == NULL;
    while (gdi_rows_next(rows)) {
        char name[64];
        (void)snprintf(name, sizeof name, "%.40s#%lld", gdi_rows_text(rows, 0), (long long)gdi_rows_int(rows, 1));
        failed |= json_object_set_new(busy, name, json_true());
    }
    gdi_rows_free(rows);
    if (failed) {
        json_decref(busy);
        return god_fail(err, GOD_E_NOMEM, "out of memory for the GPUs");
    }
    *ret_busy = busy;
    return GOD_OK;
}

static god_status answer_text(const gdi_sim_executors *executors, claim *c, uint32_t what, int64_t true_us,
                              char **ret_text, god_error *err)
{
    if (gdi_world_reads_payload(c->lease.kind)) {
        GOD_TRY(read_payload(c, err));
    }
    /* A second answer is another one: it must not replace the first. */
    gdi_question question = {.kind = c->lease.kind,
                             .key = c->lease.key,
                             .payload = c->payload,
                             .attempt = c->lease.attempt + (what == SECOND_ANSWER ? 1000 : 0),
                             .answered_us = true_us};
    json_t *answer = NULL, *busy = NULL;
    if (strcmp(c->lease.kind, GDI_WORK_REFRESH_GPUS) == 0) {
        GOD_TRY(read_busy(executors, &busy, err));
        question.busy = busy;
    }
    god_status status = gdi_world_answer(executors->world, &question, &answer, err);
    json_decref(busy);
    GOD_TRY(status);
    char *text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the answer to %s", c->lease.key);
    }
    *ret_text = text;
    return GOD_OK;
}

/* The store may refuse with GOD_E_CANCELLED: the job is not this claim's any more. */
static god_status give(gdi_sim_executors *executors, claim *c, uint32_t what, int64_t true_us, god_error *err)
{
    int64_t host_us = gdi_virtual_host_us(executors->clock, true_us);
    if (what == FIRST_ANSWER && (c->fate.how == GDI_FATE_FAILS || c->fate.how == GDI_FATE_GIVES_UP)) {
        int64_t retry_us = c->fate.how == GDI_FATE_FAILS ? host_us + 60 * GDI_SECOND_US : 0;
        return gdi_job_fail(executors->db, &c->lease, host_us, retry_us, "the simulated executor failed", err);
    }
    char *text = NULL;
    GOD_TRY(answer_text(executors, c, what, true_us, &text, err));
    god_status status = gdi_job_finish(executors->db, &c->lease, host_us, text, err);
    free(text);
    return status;
}

static god_status check_second(gdi_sim_executors *executors, claim *c, int64_t true_us, god_error *err)
{
    gdi_job_view before = {0}, after = {0};
    god_status status = gdi_job_look(executors->db, c->lease.key, &before, err);
    if (status == GOD_OK) {
        status = give(executors, c, SECOND_ANSWER, true_us, err);
        status = status == GOD_E_CANCELLED ? GOD_OK : status;
    }
    if (status == GOD_OK) {
        status = gdi_job_look(executors->db, c->lease.key, &after, err);
    }
    if (status == GOD_OK && before.result_json != NULL &&
        (after.result_json == NULL || strcmp(before.result_json, after.result_json) != 0)) {
        status = god_fail(err, GOD_E_INTERNAL, "second_answer: a second answer to %s changed its result", c->lease.key);
    }
    gdi_job_view_clear(&before);
    gdi_job_view_clear(&after);
    return status == GOD_E_NOT_FOUND ? GOD_OK : status; /* pruned meanwhile */
}

static god_status check_first(gdi_sim_executors *executors, claim *c, int64_t true_us, god_error *err)
{
    god_status status = give(executors, c, FIRST_ANSWER, true_us, err);
    if (status == GOD_E_CANCELLED) {
        executors->refused++;
        return GOD_OK;
    }
    if (status == GOD_OK && c->fate.how == GDI_FATE_TOO_LATE) {
        return god_fail(err, GOD_E_INTERNAL, "stale_fence: an answer to %s was taken after its lease had run out",
                        c->lease.key);
    }
    return status;
}

/* One item; when the store fails it goes back onto the agenda. */
static god_status handle(gdi_sim_executors *executors, const gdi_agenda_item *item, int64_t true_us, god_error *err)
{
    enum { AGAIN_AFTER_S = 600 };
    claim *c = item->subject;
    god_status status = GOD_OK;
    if (item->what == SECOND_ANSWER) {
        status = check_second(executors, c, true_us, err);
    } else if (c->fate.how != GDI_FATE_VANISHES) {
        status = check_first(executors, c, true_us, err);
    }
    if (status != GOD_OK) {
        god_error full = GOD_ERROR_INIT;
        god_status again = on_agenda(executors, c, item->what, item->at_us, &full);
        if (again != GOD_OK) {
            claim_free(c);
        }
        return status;
    }
    if (item->what == FIRST_ANSWER && c->fate.how == GDI_FATE_ANSWERS && c->fate.answers_twice) {
        status = on_agenda(executors, c, SECOND_ANSWER,
                           (true_us / (AGAIN_AFTER_S * GDI_SECOND_US) + 1) * AGAIN_AFTER_S * GDI_SECOND_US, err);
        if (status == GOD_OK) {
            return GOD_OK;
        }
    }
    claim_free(c);
    return status;
}

god_status gdi_sim_executors_answer(gdi_sim_executors *executors, int64_t true_us, god_error *err)
{
    gdi_agenda_item item;
    while (gdi_agenda_take(&executors->agenda, true_us, &item)) {
        GOD_TRY(handle(executors, &item, true_us, err));
    }
    return GOD_OK;
}

/* ---- a process that starts ---- */

enum { JOB_ID, FENCE, ATTEMPT, KIND, KEY, PAYLOAD, TOURNAMENT, TASK, HOTKEY, OWNER_NAME };

static char *copy(const gdi_rows *rows, size_t column)
{
    return gdi_rows_is_null(rows, column) ? NULL : strdup(gdi_rows_text(rows, column));
}

static god_status take_over_row(gdi_sim_executors *executors, const gdi_rows *rows, int64_t true_us, god_error *err)
{
    long long claimed_us = true_us;
    claim *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a claim");
    }
    (void)sscanf(gdi_rows_text(rows, OWNER_NAME), OWNER "%lld", &claimed_us);
    c->lease = (gdi_job_lease){.job_id = gdi_rows_int(rows, JOB_ID),
                               .fence = gdi_rows_int(rows, FENCE),
                               .attempt = (uint32_t)gdi_rows_int(rows, ATTEMPT),
                               .kind = copy(rows, KIND),
                               .key = copy(rows, KEY),
                               .payload_json = copy(rows, PAYLOAD),
                               .tournament_id = copy(rows, TOURNAMENT),
                               .task_id = copy(rows, TASK),
                               .hotkey = copy(rows, HOTKEY)};
    if (c->lease.kind == NULL || c->lease.key == NULL) {
        claim_free(c);
        return god_fail(err, GOD_E_NOMEM, "out of memory for a claim");
    }
    return begin_take(executors, c, claimed_us, err);
}

god_status gdi_sim_executors_take_over(gdi_sim_executors *executors, int64_t true_us, god_error *err)
{
    gdi_rows *rows = NULL;
    GOD_TRY(GDI_QUERY(executors->db, &rows, err,
                      "SELECT job_id, fence, attempts, kind, key, payload, tournament_id, task_id, hotkey, owner "
                      "FROM jobs WHERE state = $1 ORDER BY key",
                      gdi_text("running")));
    god_status status = GOD_OK;
    while (status == GOD_OK && gdi_rows_next(rows)) {
        status = take_over_row(executors, rows, true_us, err);
    }
    gdi_rows_free(rows);
    return status;
}

void gdi_sim_executors_free(gdi_sim_executors *executors)
{
    gdi_agenda_item item;
    while (gdi_agenda_take(&executors->agenda, INT64_MAX, &item)) {
        claim_free(item.subject); /* each claim is on the agenda at most once */
    }
    gdi_agenda_free(&executors->agenda);
}
