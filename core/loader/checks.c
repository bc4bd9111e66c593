#include "core/loader/checks.h"

#include <stdlib.h>

#include "god/helpers/file.h"

const gdi_check gdi_checks[] = {
    {"exports", "it exports god_plugin_entry and nothing else", gdi_check_exports, {NULL}},
    {"opening",
     "opening it and god_plugin_entry print nothing, start no thread, keep no file open",
     gdi_check_opening,
     {NULL}},
    {"open-close", "an instance can be opened and closed, twice in a row", gdi_check_open_close, {NULL}},
    {"close-null", "close accepts NULL", gdi_check_close_null, {NULL}},
    {"two-instances", "two instances can live side by side", gdi_check_two_instances, {"open-close"}},
    {"open-rubbish", "open survives a configuration that makes no sense", gdi_check_open_rubbish, {"open-close"}},
    {"query-unknown", "query answers NULL to an id that it does not know", gdi_check_query_unknown, {NULL}},
    {"task-rubbish", "check refuses what is no task, and says why", gdi_check_task_rubbish, {"open-close"}},
    {"task-odd", "check survives tasks with missing, wrong and enormous values", gdi_check_task_odd, {"open-close"}},
    {"task-given", "check accepts the given task", gdi_check_task_given, {"open-close"}},
    {"args-steady", "build_args gives the same well-formed command twice", gdi_check_args_steady, {"task-given"}},
    {"args-refused", "build_args stops when the host refuses an argument", gdi_check_args_refused, {"args-steady"}},
    {"claim", "claim takes a request once, or says why not", gdi_check_claim, {"open-close"}},
    {"plan", "plan can be followed, is the same twice and stops when refused", gdi_check_plan, {"task-given"}},
    {"intake",
     "an intake's plan can be followed, it reads the same twice and stops when refused",
     gdi_check_intake,
     {"task-given"}},
    {"score-spec", "score_spec states a direction, a primary metric and a range", gdi_check_score_spec, {"task-given"}},
    {"needs", "needs names the same well-formed files twice", gdi_check_needs, {"task-given"}},
    {"needs-refused", "needs stops when the host refuses a file", gdi_check_needs_refused, {"needs"}},
    {"cache-key", "cache_key gives the same well-formed name twice", gdi_check_cache_key, {"needs"}},
    {"cache-key-input", "cache_key changes when an input changes", gdi_check_cache_key_input, {"cache-key"}},
    {"cache-key-buffer", "cache_key refuses a buffer that is too small", gdi_check_cache_key_buffer, {"cache-key"}},
    {"prepare", "prepare writes the same bytes twice", gdi_check_prepare, {"needs"}},
    {"prepare-rubbish", "prepare survives inputs that make no sense", gdi_check_prepare_rubbish, {"prepare"}},
    {"device-bytes", "device_bytes, if it is there, gives an amount", gdi_check_device_bytes, {"prepare"}},
    {"run",
     "run gives every submission a finite score in the stated range, or says why not",
     gdi_check_run,
     {"prepare", "score-spec"}},
    {"explain", "explain shows a row in whole parts, the same twice", gdi_check_explain, {"prepare"}},
    {"explain-refused", "explain stops when the host refuses a part or token", gdi_check_explain_refused, {"explain"}},
    {"run-tidy", "run leaves no process behind", gdi_check_run_tidy, {"run"}},
    {"run-steady", "run gives the same digits twice, if GOD_CAP_BITWISE is set", gdi_check_run_steady, {"run"}},
    {"run-alone", "a submission that cannot be read fails alone", gdi_check_run_alone, {"run"}},
    {"run-no-data", "run says so when its prepared data is not there", gdi_check_run_no_data, {"run"}},
    {"run-refused", "run stops when the host refuses a report", gdi_check_run_refused, {"run"}},
    {"cancel-before",
     "run stops within two seconds when it is cancelled at once, if GOD_CAP_CANCEL is set",
     gdi_check_cancel_before,
     {"run"}},
    {"cancel-midway",
     "run stops within two seconds when it is cancelled halfway, if GOD_CAP_CANCEL is set",
     gdi_check_cancel_midway,
     {"run"}},
};
const uint32_t gdi_check_count = sizeof gdi_checks / sizeof *gdi_checks;

uint32_t gdi_check_fails(god_error *ret_why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)god_fail_v(ret_why, GOD_E_INVALID, format, args);
    va_end(args);
    return GDI_FAIL;
}

uint32_t gdi_check_skips(god_error *ret_why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)god_fail_v(ret_why, GOD_E_UNSUPPORTED, format, args);
    va_end(args);
    return GDI_SKIP;
}

uint32_t gdi_check_explained(const char *call, god_status status, const god_error *err, god_error *ret_why)
{
    if (status > GOD_OK || status < GOD_E_DEVICE) {
        return gdi_check_fails(ret_why, "%s returns %d, which is no status", call, status);
    }
    if (memchr(err->message, '\0', sizeof err->message) == NULL) {
        return gdi_check_fails(ret_why, "%s fails with a message that does not end", call);
    }
    if (err->message[0] == '\0') {
        return gdi_check_fails(ret_why, "%s returns %s without a message", call, god_status_name(status));
    }
    if (err->code != status) {
        return gdi_check_fails(ret_why, "%s returns %s but writes %s into the error", call, god_status_name(status),
                               god_status_name(err->code));
    }
    return GDI_PASS;
}

uint32_t gdi_check_succeeded(const char *call, god_status status, const god_error *err, god_error *ret_why)
{
    if (status == GOD_OK) {
        return GDI_PASS;
    }
    uint32_t verdict = gdi_check_explained(call, status, err, ret_why);
    return verdict != GDI_PASS
               ? verdict
               : gdi_check_fails(ret_why, "%s returns %s: %.400s", call, god_status_name(status), err->message);
}

const char *gdi_check_spec(const gdi_checked *what, char *buf, size_t buf_bytes)
{
    if (what->spec_json != NULL) {
        return what->spec_json;
    }
    (void)snprintf(buf, buf_bytes, "{\"task_id\": \"conformance\", \"task_type\": \"%s\", \"model\": \"none\"}",
                   what->plugin.plugin.task_types[0]);
    return buf;
}

uint32_t gdi_check_folder(const gdi_checked *what, const char *name, char *ret_path, god_error *ret_why)
{
    god_error err = GOD_ERROR_INIT;
    if (god_path_join(what->work_dir, name, ret_path, &err) != GOD_OK || god_dir_remove(ret_path, &err) != GOD_OK ||
        god_dir_make(ret_path, &err) != GOD_OK) {
        return gdi_check_skips(ret_why, "%s", err.message);
    }
    return GDI_PASS;
}
