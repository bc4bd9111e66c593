/* Checks of "god.task/1". */
#include <stdlib.h>

#include "core/loader/checks_host.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

enum { nesting = 100000, enormous_bytes = 1 << 20, refusals_max = 64, command_bytes_max = 4 << 20 };

/* ---- check ---- */

/* Any answer will do, as long as a refusal is explained. */
static uint32_t survives(const gdi_checked *what, god_instance *instance, const char *spec_json, god_status *ret_status,
                         god_error *ret_why)
{
    god_error err = GOD_ERROR_INIT;
    *ret_status = what->plugin.task.check(instance, spec_json, &err);
    return *ret_status == GOD_OK ? GDI_PASS : gdi_check_explained("check", *ret_status, &err, ret_why);
}

static uint32_t is_refused(const gdi_checked *what, god_instance *instance, const char *spec_json, god_error *ret_why)
{
    god_status status = GOD_OK;
    uint32_t verdict = survives(what, instance, spec_json, &status, ret_why);
    if (verdict == GDI_PASS && status == GOD_OK) {
        return gdi_check_fails(ret_why, "check accepts %.60s%s", spec_json[0] == '\0' ? "an empty text" : spec_json,
                               strlen(spec_json) > 60 ? "..." : "");
    }
    return verdict;
}

static uint32_t refuses_rubbish(const gdi_checked *what, god_instance *instance, god_error *ret_why)
{
    static const char *const rubbish[] = {
        "",
        " ",
        "{",
        "[]",
        "null",
        "7",
        "\"text\"",
        "{\"\xff\": 1}",
        "{} {}",
        "{\"task_type\": 7}",
        "{\"task_type\": [\"a\"]}",
        "{\"task_type\": \"a task type that nobody has\"}",
    };
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        uint32_t verdict = is_refused(what, instance, rubbish[i], ret_why);
        if (verdict != GDI_PASS) {
            return verdict;
        }
    }
    char *deep = malloc(nesting + 1);
    if (deep == NULL) {
        return gdi_check_skips(ret_why, "out of memory");
    }
    memset(deep, '[', nesting);
    deep[nesting] = '\0';
    uint32_t verdict = is_refused(what, instance, deep, ret_why);
    free(deep);
    return verdict;
}

uint32_t gdi_check_task_rubbish(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_session s;
    uint32_t verdict = gdi_check_session_open(what, what->plugin.has_task, GOD_TASK_ID, &s, ret_why);
    if (verdict == GDI_PASS) {
        verdict = refuses_rubbish(what, s.instance, ret_why);
        gdi_check_session_close(what, &s);
    }
    return verdict;
}

/* The task with one member of `object` replaced; `object` is the task itself or a part of it. */
static uint32_t survives_replaced(const gdi_checked *what, god_instance *instance, json_t *spec, json_t *object,
                                  const char *key, json_t *take_value, god_error *ret_why)
{
    god_status status = GOD_OK;
    json_t *kept = json_incref(json_object_get(object, key));
    uint32_t verdict = GDI_PASS;
    int changed = take_value == NULL ? json_object_del(object, key) : json_object_set_new(object, key, take_value);
    char *text = changed == 0 ? json_dumps(spec, 0) : NULL;
    if (text != NULL) {
        verdict = survives(what, instance, text, &status, ret_why);
    }
    free(text);
    (void)json_object_set_new(object, key, kept);
    return verdict;
}

static json_t *enormous_string(void)
{
    char *text = malloc(enormous_bytes);
    if (text == NULL) {
        return NULL;
    }
    memset(text, 'x', enormous_bytes);
    json_t *value = json_stringn(text, enormous_bytes);
    free(text);
    return value;
}

static uint32_t survives_odd_values(const gdi_checked *what, god_instance *instance, json_t *spec, json_t *object,
                                    god_error *ret_why)
{
    const char *key = NULL;
    json_t *names = json_array(), *name = NULL, *value = NULL;
    json_object_foreach(object, key, value)
    {
        (void)json_array_append_new(names, json_string(key));
    }
    uint32_t verdict = GDI_PASS;
    size_t i = 0;
    json_array_foreach(names, i, name)
    {
        json_t *odd[] = {NULL,
                         json_null(),
                         json_integer(-7),
                         json_real(1e300),
                         json_true(),
                         json_string(""),
                         json_array(),
                         json_object(),
                         enormous_string(),
                         json_string("\xc3\xa9 \"quoted\" \\ \n {braces} %s"),
                         json_pack("[[[{s:n}]]]", "a")};
        for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
            if (verdict == GDI_PASS) {
                verdict = survives_replaced(what, instance, spec, object, json_string_value(name), odd[k], ret_why);
            } else {
                json_decref(odd[k]);
            }
        }
    }
    json_decref(names);
    return verdict;
}

static uint32_t survives_odd_tasks(const gdi_checked *what, god_instance *instance, god_error *ret_why)
{
    char least[512];
    const char *text = gdi_check_spec(what, least, sizeof least);
    json_t *spec = NULL, *part = NULL;
    const char *key = NULL;
    god_error err = GOD_ERROR_INIT;
    if (god_json_parse("task", text, strlen(text), &spec, &err) != GOD_OK) {
        return gdi_check_skips(ret_why, "%s", err.message);
    }
    uint32_t verdict = survives_odd_values(what, instance, spec, spec, ret_why);
    json_t *whole = json_copy(spec);
    json_object_foreach(whole, key, part)
    {
        if (verdict == GDI_PASS && json_is_object(part)) {
            verdict = survives_odd_values(what, instance, spec, part, ret_why);
        }
    }
    json_decref(whole);
    json_decref(spec);
    return verdict;
}

uint32_t gdi_check_task_odd(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_session s;
    uint32_t verdict = gdi_check_session_open(what, what->plugin.has_task, GOD_TASK_ID, &s, ret_why);
    if (verdict == GDI_PASS) {
        verdict = survives_odd_tasks(what, s.instance, ret_why);
        gdi_check_session_close(what, &s);
    }
    return verdict;
}

uint32_t gdi_check_task_given(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_session s;
    god_error err = GOD_ERROR_INIT;
    if (what->spec_json == NULL) {
        return gdi_check_skips(ret_why, "no --task was given");
    }
    uint32_t verdict = gdi_check_session_open(what, what->plugin.has_task, GOD_TASK_ID, &s, ret_why);
    if (verdict == GDI_PASS) {
        god_status status = what->plugin.task.check(s.instance, what->spec_json, &err);
        verdict = gdi_check_succeeded("check", status, &err, ret_why);
        gdi_check_session_close(what, &s);
    }
    return verdict;
}

/* ---- build_args ---- */

/* A sink that writes down what it is given, or refuses one of the calls. */
typedef struct notebook {
    god_text calls;
    uint32_t count, refuse_at; /* the call to refuse, from 1; 0: none */
    char broken[120];          /* the first call that the contract does not allow */
} notebook;

static god_status note_call(notebook *book, const char *kind, const char *name, const char *value)
{
    if (name == NULL || name[0] == '\0') {
        (void)snprintf(book->broken, sizeof book->broken, "build_args gives %s without a name", kind);
        return GOD_E_INVALID;
    }
    if (book->calls.bytes > command_bytes_max) {
        (void)snprintf(book->broken, sizeof book->broken, "build_args gives more than %d bytes", command_bytes_max);
        return GOD_E_INVALID;
    }
    if (++book->count == book->refuse_at) {
        return GOD_E_IO;
    }
    return god_text_append_f(&book->calls, NULL, "%s %s=%s\n", kind, name, value == NULL ? "(none)" : value);
}

static god_status note_arg(void *ctx, const char *name, const char *value_or_null)
{
    return note_call(ctx, "an argument", name, value_or_null);
}

static god_status note_env(void *ctx, const char *name, const char *value)
{
    notebook *book = ctx;
    if (value == NULL || (name != NULL && strchr(name, '=') != NULL)) {
        (void)snprintf(book->broken, sizeof book->broken, "build_args gives a variable without a value");
        return GOD_E_INVALID;
    }
    return note_call(book, "a variable", name, value);
}

static god_status note_mount(void *ctx, const char *artifact_key, const char *target, uint32_t read_only)
{
    notebook *book = ctx;
    if (target == NULL || target[0] != '/' || read_only > 1) {
        (void)snprintf(book->broken, sizeof book->broken, "build_args gives a mount whose target is not absolute");
        return GOD_E_INVALID;
    }
    return note_call(book, read_only ? "a read-only mount" : "a mount", artifact_key, target);
}

static god_status build_into(const gdi_checked *what, god_instance *instance, notebook *book, god_error *err)
{
    const god_args sink = {
        .size = GOD_SIZE_TO(god_args, mount), .ctx = book, .arg = note_arg, .env = note_env, .mount = note_mount};
    return what->plugin.task.build_args(instance, what->spec_json, &sink, err);
}

static uint32_t builds_the_same_twice(const gdi_checked *what, god_instance *instance, god_error *ret_why)
{
    notebook books[2] = {{.count = 0}, {.count = 0}};
    god_error err = GOD_ERROR_INIT;
    uint32_t verdict = GDI_PASS;
    for (int i = 0; verdict == GDI_PASS && i < 2; i++) {
        god_status status = build_into(what, instance, &books[i], &err);
        verdict = books[i].broken[0] != '\0' ? gdi_check_fails(ret_why, "%s", books[i].broken)
                                             : gdi_check_succeeded("build_args", status, &err, ret_why);
    }
    if (verdict == GDI_PASS && books[0].count == 0) {
        verdict = gdi_check_fails(ret_why, "build_args gives nothing");
    } else if (verdict == GDI_PASS && strcmp(books[0].calls.data, books[1].calls.data) != 0) {
        verdict = gdi_check_fails(ret_why, "build_args gives another command the second time");
    }
    god_text_free(&books[0].calls);
    god_text_free(&books[1].calls);
    return verdict;
}

uint32_t gdi_check_args_steady(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_session s;
    if (what->spec_json == NULL) {
        return gdi_check_skips(ret_why, "no --task was given");
    }
    uint32_t verdict = gdi_check_session_open(what, what->plugin.has_task, GOD_TASK_ID, &s, ret_why);
    if (verdict == GDI_PASS) {
        verdict = builds_the_same_twice(what, s.instance, ret_why);
        gdi_check_session_close(what, &s);
    }
    return verdict;
}

/* Refuses the first call, then the second, and so on, until a run comes through. */
static uint32_t stops_when_refused(const gdi_checked *what, god_instance *instance, god_error *ret_why)
{
    for (uint32_t at = 1; at <= refusals_max; at++) {
        notebook book = {.refuse_at = at};
        god_error err = GOD_ERROR_INIT;
        god_status status = build_into(what, instance, &book, &err);
        god_text_free(&book.calls);
        if (book.count < at) {
            return gdi_check_succeeded("build_args", status, &err, ret_why);
        }
        if (book.count > at) {
            return gdi_check_fails(ret_why, "build_args goes on after call %u was refused", at);
        }
        if (status != GOD_E_IO) {
            return gdi_check_fails(ret_why, "call %u of the sink returned GOD_E_IO, build_args returns %s", at,
                                   god_status_name(status));
        }
    }
    return GDI_PASS;
}

uint32_t gdi_check_args_refused(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_session s;
    if (what->spec_json == NULL) {
        return gdi_check_skips(ret_why, "no --task was given");
    }
    uint32_t verdict = gdi_check_session_open(what, what->plugin.has_task, GOD_TASK_ID, &s, ret_why);
    if (verdict == GDI_PASS) {
        verdict = stops_when_refused(what, s.instance, ret_why);
        gdi_check_session_close(what, &s);
    }
    return verdict;
}
