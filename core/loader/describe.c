/* The parent's side of describing: asks the memory, runs the child against a deadline, turns the way it ended into a
 * sentence, and remembers the answer. What the system is at fault for (GOD_E_IO, GOD_E_NOMEM) is not remembered,
 * because it may be mended without a change to the file. */
#include "core/loader/loader.h"

#include <stdlib.h>

#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/loader/ending.h"
#include "core/loader/info.h"
#include "core/loader/memory.h"
#include "core/loader/tables.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "god/helpers/sha256.h"

enum { stage_bytes = 64 };

typedef struct child_answer {
    char stage[stage_bytes]; /* the last one it told, "" before the first */
    json_t *description;     /* own; NULL until it came */
} child_answer;

static god_status take_frame(const char *frame, child_answer *answer, god_error *err)
{
    json_t *value = NULL;
    const char *stage = NULL;
    GOD_TRY(god_json_parse("frame", frame, strlen(frame), &value, err));
    god_status status = god_json_opt_str("frame", value, "stage", &stage, err);
    if (status == GOD_OK && stage != NULL) {
        (void)snprintf(answer->stage, sizeof answer->stage, "%s", stage);
    }
    if (status == GOD_OK && answer->description == NULL) {
        answer->description = json_incref(json_object_get(value, "description"));
    }
    json_decref(value);
    return status;
}

/* Reads frames until the description is there, the child has closed its end or the time is up. */
static god_status listen(gdi_child *child, uint64_t deadline_ms, child_answer *answer, uint32_t *ret_timed_out,
                         god_error *err)
{
    uint32_t closed = 0;
    while (answer->description == NULL && !closed) {
        const char *frame = NULL;
        uint64_t now = gdi_clock_ms();
        if (now >= deadline_ms) {
            *ret_timed_out = 1;
            return GOD_OK;
        }
        GOD_TRY(gdi_child_next_frame(child, deadline_ms - now, &frame, &closed, err));
        if (frame != NULL) {
            GOD_TRY(take_frame(frame, answer, err));
        }
    }
    *ret_timed_out = 0;
    return GOD_OK;
}

/* *ret_description is what the child said, or a refusal that says how it ended. */
static god_status ask_child(const char *path, const gdi_describe_options *options, json_t **ret_description,
                            god_error *err)
{
    const char *argv[] = {options->worker_path, "--describe", path, NULL};
    const gdi_child_options child_options = {.argv = argv, .frames = 1};
    gdi_child *child = NULL;
    child_answer answer = {.description = NULL};
    god_error reason = GOD_ERROR_INIT;
    uint32_t timed_out = 0;
    GOD_TRY(gdi_child_start(&child_options, &child, err));
    god_status status = listen(child, gdi_clock_ms() + options->time_limit_ms, &answer, &timed_out, &reason);
    if (status == GOD_E_NOMEM) {
        god_fail(err, status, "%s", reason.message);
        goto end_child;
    }
    if (status != GOD_OK) {
        status = gdi_info_from_refusal(GOD_E_INTERNAL, "writes to the descriptor that its description belongs on",
                                       ret_description, err);
    } else if (answer.description != NULL) {
        *ret_description = answer.description;
        answer.description = NULL;
    } else {
        god_status state = gdi_ending_explain(child, answer.stage, timed_out, options->time_limit_ms, &reason);
        status = answer.stage[0] == '\0'
                     ? god_fail(err, GOD_E_INTERNAL, "\"%s --describe\" cannot describe any plug-in: it %s",
                                options->worker_path, reason.message)
                     : gdi_info_from_refusal(state, reason.message, ret_description, err);
    }
end_child:
    json_decref(answer.description);
    gdi_child_free(child);
    return status;
}

static uint32_t may_be_remembered(const json_t *description)
{
    json_int_t state = json_integer_value(json_object_get(description, "state"));
    return state != GOD_E_IO && state != GOD_E_NOMEM;
}

/* Not being able to remember costs time at the next start, nothing else. */
static void remember(const gdi_describe_options *options, const char *sha256, json_t *memory, json_t *description)
{
    god_error err = GOD_ERROR_INIT;
    if (gdi_memory_add(memory, options->memory_path, sha256, description, &err) != GOD_OK) {
        gdi_log_write(options->log, GOD_LOG_WARNING, "cannot remember the description of a plug-in, going on", "reason",
                      err.message, NULL);
    }
}

static god_status describe_digest(const char *path, const char *sha256, const gdi_describe_options *options,
                                  gdi_plugin_info *ret_info, god_error *err)
{
    json_t *memory = NULL, *description = NULL;
    if (options->memory_path != NULL) {
        GOD_TRY(gdi_memory_read(options->memory_path, options->log, &memory, err));
    }
    god_status status = GOD_OK;
    const json_t *known = gdi_memory_find(memory, sha256);
    /* A remembered entry that makes no sense is treated like one that is not there. */
    if (known == NULL || gdi_info_read(known, path, ret_info, NULL) != GOD_OK) {
        status = ask_child(path, options, &description, err);
        if (status == GOD_OK) {
            status = gdi_info_read(description, path, ret_info, err);
        }
        if (status == GOD_OK && memory != NULL && may_be_remembered(description)) {
            remember(options, sha256, memory, description);
        }
    }
    json_decref(description);
    json_decref(memory);
    return status;
}

god_status gdi_plugin_describe(const char *path, const gdi_describe_options *options, gdi_plugin_info *ret_info,
                               god_error *err)
{
    char sha256[GOD_SHA256_HEX];
    char *absolute = realpath(path, NULL);
    if (absolute == NULL) {
        return errno == ENOMEM
                   ? god_fail(err, GOD_E_NOMEM, "out of memory for a path")
                   : god_fail_errno(err, errno == ENOENT ? GOD_E_NOT_FOUND : GOD_E_IO, "cannot find \"%s\"", path);
    }
    god_status status = god_sha256_file(absolute, sha256, err);
    if (status == GOD_OK) {
        status = describe_digest(absolute, sha256, options, ret_info, err);
    }
    if (status == GOD_OK) {
        memcpy(ret_info->sha256, sha256, sizeof ret_info->sha256);
    }
    free(absolute);
    return status;
}
