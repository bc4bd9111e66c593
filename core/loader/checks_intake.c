/* Checks of "god.intake/1": can a plan be followed, and are the same rows made of the same data set twice? */
#include <stdlib.h>

#include "core/loader/checks_host.h"
#include "god/helpers/text.h"

enum { refusals_max = 4 };

/* ---- the plan ---- */

static uint32_t is_ending(const char *ending)
{
    return ending[0] == '.' && ending[strcspn(ending, "ABCDEFGHIJKLMNOPQRSTUVWXYZ /\\")] == '\0';
}

static uint32_t can_be_followed(const god_intake_plan *plan, god_error *ret_why)
{
    if (plan->form < GOD_INTAKE_ROWS || plan->form > GOD_INTAKE_NOTHING) {
        return gdi_check_fails(ret_why, "plan states the form %u", plan->form);
    }
    if (plan->form == GOD_INTAKE_NOTHING) {
        return plan->placeholder != NULL && plan->placeholder[0] != '\0'
                   ? GDI_PASS
                   : gdi_check_fails(ret_why, "plan needs no data set and says nothing in its place");
    }
    if (plan->endings == NULL || plan->endings[0] == NULL) {
        return gdi_check_fails(ret_why, "plan names no file that is read");
    }
    for (const char *const *ending = plan->endings; *ending != NULL; ending++) {
        if (!is_ending(*ending)) {
            return gdi_check_fails(ret_why, "plan names the ending \"%.40s\": a dot and lower case are needed",
                                   *ending);
        }
    }
    return GDI_PASS;
}

static god_status plan_into(const gdi_checked *what, god_instance *instance, god_intake_plan *plan, god_error *err)
{
    *plan = (god_intake_plan){.size = GOD_SIZE_TO(god_intake_plan, placeholder)};
    return what->plugin.intake.plan(instance, what->spec_json, plan, err);
}

/* ---- reading ---- */

/* A sink that writes down what it is given, or refuses one of the calls. */
typedef struct notebook {
    god_text calls;
    uint32_t count, refuse_at; /* the call to refuse, from 1; 0: none */
} notebook;

static god_status note(notebook *book, const char *text, size_t bytes)
{
    if (++book->count == book->refuse_at) {
        return GOD_E_IO;
    }
    god_status status = god_text_append(&book->calls, text, bytes, NULL);
    return status == GOD_OK ? god_text_append(&book->calls, "\n", 1, NULL) : status;
}

static god_status note_row(void *ctx, const char *json_or_null, size_t bytes)
{
    return json_or_null == NULL ? note(ctx, "-", 1) : note(ctx, json_or_null, bytes);
}

static god_status note_pair(void *ctx, uint32_t picture, uint32_t text)
{
    const uint32_t pair[2] = {picture, text};
    return note(ctx, (const char *)pair, sizeof pair);
}

static god_status note_field(void *ctx, const char *name, const char *value)
{
    if (name == NULL || value == NULL) {
        return GOD_E_INVALID;
    }
    god_status status = note(ctx, name, strlen(name));
    return status == GOD_OK ? god_text_append_str(&((notebook *)ctx)->calls, value, NULL) : status;
}

static god_status read_into(const gdi_checked *what, god_instance *instance, notebook *book, god_error *err)
{
    const char *const paths[] = {what->data_path};
    const god_intake_sink sink = {.size = GOD_SIZE_TO(god_intake_sink, field),
                                  .ctx = book,
                                  .row = note_row,
                                  .pair = note_pair,
                                  .field = note_field};
    return what->plugin.intake.read(instance, what->spec_json, paths, 1, &sink, err);
}

static uint32_t reads_the_same_twice(const gdi_checked *what, god_instance *instance, uint32_t *ret_calls,
                                     god_error *ret_why)
{
    notebook books[2] = {{.count = 0}, {.count = 0}};
    uint32_t verdict = GDI_PASS;
    for (int i = 0; verdict == GDI_PASS && i < 2; i++) {
        god_error err = GOD_ERROR_INIT;
        god_status status = read_into(what, instance, &books[i], &err);
        verdict = status == GOD_OK ? GDI_PASS : gdi_check_explained("read", status, &err, ret_why);
    }
    if (verdict == GDI_PASS &&
        (books[0].calls.bytes != books[1].calls.bytes ||
         (books[0].calls.bytes > 0 && memcmp(books[0].calls.data, books[1].calls.data, books[0].calls.bytes) != 0))) {
        verdict = gdi_check_fails(ret_why, "read gives something else the second time");
    }
    *ret_calls = books[0].count;
    god_text_free(&books[0].calls);
    god_text_free(&books[1].calls);
    return verdict;
}

static uint32_t stops_when_refused(const gdi_checked *what, god_instance *instance, uint32_t calls, god_error *ret_why)
{
    for (uint32_t at = 1; at <= refusals_max && at <= calls; at++) {
        notebook book = {.refuse_at = at};
        god_error err = GOD_ERROR_INIT;
        god_status status = read_into(what, instance, &book, &err);
        god_text_free(&book.calls);
        if (book.count > at || status != GOD_E_IO) {
            return gdi_check_fails(ret_why, "call %u was refused with GOD_E_IO, read %s and returns %s", at,
                                   book.count > at ? "goes on" : "stops", god_status_name(status));
        }
    }
    return GDI_PASS;
}

static uint32_t check_with(const gdi_checked *what, god_instance *instance, god_error *ret_why)
{
    god_intake_plan plans[2];
    uint32_t calls = 0;
    for (int i = 0; i < 2; i++) {
        god_error err = GOD_ERROR_INIT;
        god_status status = plan_into(what, instance, &plans[i], &err);
        if (status != GOD_OK) { /* a task may be fit for scoring and lack what a new one needs */
            return gdi_check_explained("plan", status, &err, ret_why);
        }
    }
    if (plans[0].form != plans[1].form) {
        return gdi_check_fails(ret_why, "plan gives something else the second time");
    }
    uint32_t verdict = can_be_followed(&plans[0], ret_why);
    if (verdict == GDI_PASS && plans[0].form == GOD_INTAKE_ROWS && what->data_path != NULL) {
        verdict = reads_the_same_twice(what, instance, &calls, ret_why);
        verdict = verdict == GDI_PASS ? stops_when_refused(what, instance, calls, ret_why) : verdict;
    }
    return verdict;
}

uint32_t gdi_check_intake(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_session s;
    if (what->spec_json == NULL) {
        return gdi_check_skips(ret_why, "no --task was given");
    }
    uint32_t verdict = gdi_check_session_open(what, what->plugin.has_intake, GOD_INTAKE_ID, &s, ret_why);
    if (verdict == GDI_PASS) {
        verdict = check_with(what, s.instance, ret_why);
        gdi_check_session_close(what, &s);
    }
    return verdict;
}
