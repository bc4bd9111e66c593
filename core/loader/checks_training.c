/* Checks of "god.training/1": are requests claimed at most once and refused with a reason, and is a plan one that a
 * trainer can follow, the same twice? */
#include <stdlib.h>

#include "core/loader/checks_host.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

enum { claims_keys_max = 100000, refusals_max = 64 };

/* ---- claim ---- */

/* What `claimed` was told. */
typedef struct claims {
    uint32_t count;
    char broken[120]; /* the first call that the contract does not allow */
} claims;

static god_status take_claim(void *user, const god_claim *claim)
{
    claims *c = user;
    c->count++;
    if (claim == NULL || !GOD_HAS(claim, god_claim, spec_json) || claim->spec_json == NULL) {
        (void)snprintf(c->broken, sizeof c->broken, "claim hands over a claim without a task");
    } else {
        json_t *spec = json_loads(claim->spec_json, 0, NULL);
        if (claim->keys > claims_keys_max || !json_is_object(spec)) {
            (void)snprintf(c->broken, sizeof c->broken, "claim hands over a task that is no JSON object");
        }
        json_decref(spec);
    }
    return GOD_OK;
}

/* Any answer will do, as long as it is the only one, and a refusal is explained. */
static uint32_t answers(const gdi_checked *what, god_instance *instance, const char *request, god_error *ret_why)
{
    claims c = {.count = 0};
    god_error err = GOD_ERROR_INIT;
    god_status status = what->plugin.training.claim(instance, request, &c, take_claim, &err);
    if (c.broken[0] != '\0') {
        return gdi_check_fails(ret_why, "%s", c.broken);
    }
    if (status == GOD_OK) {
        return c.count == 1 ? GDI_PASS : gdi_check_fails(ret_why, "claim succeeds and claims %u times", c.count);
    }
    return gdi_check_explained("claim", status, &err, ret_why);
}

uint32_t gdi_check_claim(const gdi_checked *what, god_error *ret_why)
{
    static const char *const requests[] = {
        "",
        "{",
        "[]",
        "7",
        "{}",
        "{\"dataset\": 5}",
        "{\"dataset_type\": []}",
        "{\"task_id\": [[[{}]]]}",
        "{\"dataset\": \"d\", \"dataset_type\": {\"a\": {\"b\": [1, null]}}, \"file_format\": \"s3\"}",
        "{\"dataset_zip\": {}, \"model_type\": 1e300}",
        "{\"\xff\": 1}"};
    gdi_check_session s;
    uint32_t verdict = gdi_check_session_open(what, what->plugin.has_training, GOD_TRAINING_ID, &s, ret_why);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    for (size_t i = 0; verdict == GDI_PASS && i < sizeof requests / sizeof requests[0]; i++) {
        verdict = answers(what, s.instance, requests[i], ret_why);
    }
    if (verdict == GDI_PASS && what->spec_json != NULL) {
        verdict = answers(what, s.instance, what->spec_json, ret_why);
    }
    gdi_check_session_close(what, &s);
    return verdict;
}

/* ---- plan ---- */

/* A sink that writes down what it is given, or refuses one of the calls. */
typedef struct notebook {
    god_text calls;
    uint32_t count, refuse_at; /* the call to refuse, from 1; 0: none */
} notebook;

static god_status note(void *ctx, const char *kind, const char *name, const char *value)
{
    notebook *book = ctx;
    if (name == NULL || name[0] == '\0') {
        return GOD_E_INVALID;
    }
    if (++book->count == book->refuse_at) {
        return GOD_E_IO;
    }
    return god_text_append_f(&book->calls, NULL, "%s %s=%s\n", kind, name, value == NULL ? "(none)" : value);
}

static god_status note_download(void *ctx, const char *name, const char *value_or_null)
{
    return note(ctx, "download", name, value_or_null);
}

static god_status note_label(void *ctx, const char *name, const char *value)
{
    return value == NULL ? GOD_E_INVALID : note(ctx, "label", name, value);
}

static god_status note_extra(void *ctx, const char *repository, const char *file_or_null)
{
    return note(ctx, "extra", repository, file_or_null);
}

static god_status plan_into(const gdi_checked *what, god_instance *instance, notebook *book, god_training_plan *plan,
                            god_error *err)
{
    const god_training_sink sink = {.size = GOD_SIZE_TO(god_training_sink, extra),
                                    .ctx = book,
                                    .download_arg = note_download,
                                    .label = note_label,
                                    .extra = note_extra};
    *plan = (god_training_plan){.size = GOD_SIZE_TO(god_training_plan, single_file_bytes_min)};
    return what->plugin.training.plan(instance, what->spec_json, &sink, plan, err);
}

static uint32_t can_be_followed(const god_training_plan *plan, god_error *ret_why)
{
    if (plan->dockerfile == NULL || plan->dockerfile[0] == '/' || strstr(plan->dockerfile, "..") != NULL) {
        return gdi_check_fails(ret_why, "plan names a Dockerfile that is not inside the repository");
    }
    if (plan->image == NULL || plan->container_prefix == NULL || plan->data_ending == NULL ||
        strchr(plan->data_ending, '/') != NULL) {
        return gdi_check_fails(ret_why, "plan leaves out a name: of the image, the container or the data file");
    }
    if ((plan->row_count > 0) != (plan->row_json != NULL)) {
        return gdi_check_fails(ret_why, "plan makes rows without saying which, or says which and makes none");
    }
    return GDI_PASS;
}

static uint32_t plans_the_same_twice(const gdi_checked *what, god_instance *instance, god_error *ret_why)
{
    notebook books[2] = {{.count = 0}, {.count = 0}};
    god_training_plan plans[2];
    god_error err = GOD_ERROR_INIT;
    uint32_t verdict = GDI_PASS;
    for (int i = 0; verdict == GDI_PASS && i < 2; i++) {
        god_status status = plan_into(what, instance, &books[i], &plans[i], &err);
        verdict = gdi_check_succeeded("plan", status, &err, ret_why);
    }
    if (verdict == GDI_PASS) {
        verdict = can_be_followed(&plans[0], ret_why);
    }
    if (verdict == GDI_PASS && (books[0].count != books[1].count ||
                                (books[0].count > 0 && strcmp(books[0].calls.data, books[1].calls.data) != 0))) {
        verdict = gdi_check_fails(ret_why, "plan gives something else the second time");
    }
    god_text_free(&books[0].calls);
    god_text_free(&books[1].calls);
    return verdict;
}

/* Refuses the first call, then the second, and so on, until a plan comes through. */
static uint32_t stops_when_refused(const gdi_checked *what, god_instance *instance, god_error *ret_why)
{
    for (uint32_t at = 1; at <= refusals_max; at++) {
        notebook book = {.refuse_at = at};
        god_training_plan plan;
        god_error err = GOD_ERROR_INIT;
        god_status status = plan_into(what, instance, &book, &plan, &err);
        god_text_free(&book.calls);
        if (book.count < at) {
            return GDI_PASS;
        }
        if (book.count > at || status != GOD_E_IO) {
            return gdi_check_fails(ret_why, "call %u was refused with GOD_E_IO, plan %s and returns %s", at,
                                   book.count > at ? "goes on" : "stops", god_status_name(status));
        }
    }
    return GDI_PASS;
}

uint32_t gdi_check_plan(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_session s;
    if (what->spec_json == NULL) {
        return gdi_check_skips(ret_why, "no --task was given");
    }
    uint32_t verdict = gdi_check_session_open(what, what->plugin.has_training, GOD_TRAINING_ID, &s, ret_why);
    if (verdict == GDI_PASS) {
        verdict = plans_the_same_twice(what, s.instance, ret_why);
        verdict = verdict == GDI_PASS ? stops_when_refused(what, s.instance, ret_why) : verdict;
        gdi_check_session_close(what, &s);
    }
    return verdict;
}
