#include "core/worker/intake.h"

#include <stdlib.h>

#include "core/worker/collect.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "god/helpers/text.h"

GOD_PRINTF(2, 3) static god_status refuse(gdi_intake *intake, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(intake->refusal, sizeof intake->refusal, format, args);
    va_end(args);
    return GOD_E_INVALID;
}

static god_status tell(gdi_intake *intake, const char *name, const char *value, god_error *err)
{
    return gdi_outbox_send_take(intake->outbox,
                                json_pack("{s:s, s:s, s:s}", "frame", "fact", "name", name, "value", value), err);
}

/* ---- the sink ---- */

static god_status write_line(gdi_intake *intake, const json_t *value)
{
    int failed = value != NULL && json_dumpf(value, intake->file, JSON_COMPACT) != 0;
    failed |= putc('\n', intake->file) == EOF;
    intake->count++;
    return failed ? refuse(intake, "its row %llu could not be written", (unsigned long long)intake->count) : GOD_OK;
}

static god_status sink_row(void *ctx, const char *json_or_null, size_t bytes)
{
    gdi_intake *intake = ctx;
    json_t *row = NULL;
    if (intake->form != GOD_INTAKE_ROWS) {
        return refuse(intake, "it gave a row, and its plan says that it has none");
    }
    if (json_or_null == NULL) {
        return write_line(intake, NULL);
    }
    if (bytes <= GDI_INTAKE_ROW_BYTES_MAX) {
        row = json_loadb(json_or_null, bytes, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    }
    if (!json_is_object(row)) {
        json_decref(row);
        return refuse(intake, "its row %llu is no JSON object of at most %d bytes",
                      (unsigned long long)intake->count + 1, GDI_INTAKE_ROW_BYTES_MAX);
    }
    god_status status = write_line(intake, row);
    json_decref(row);
    return status;
}

static god_status sink_pair(void *ctx, uint32_t picture, uint32_t text)
{
    gdi_intake *intake = ctx;
    if (intake->form != GOD_INTAKE_PAIRS || picture >= intake->path_count || text >= intake->path_count) {
        return refuse(intake, "it gave the pair %u and %u of %u files", picture, text, intake->path_count);
    }
    json_t *pair = json_pack("[I, I]", (json_int_t)picture, (json_int_t)text);
    god_status status = pair == NULL ? GOD_E_NOMEM : write_line(intake, pair);
    json_decref(pair);
    return status;
}

static god_status sink_field(void *ctx, const char *name, const char *value)
{
    gdi_intake *intake = ctx;
    char fact[GDI_METRIC_NAME_BYTES_MAX + 16];
    int bytes = snprintf(fact, sizeof fact, "field.%s", name == NULL ? "" : name);
    if (name == NULL || value == NULL || intake->fields == GDI_INTAKE_FIELDS_MAX || bytes < 0 ||
        bytes > GDI_METRIC_NAME_BYTES_MAX || !gdi_collect_is_name(fact)) {
        return refuse(intake, "it gave the field \"%.60s\", which is none, or too many of them",
                      name == NULL ? "" : name);
    }
    intake->fields++;
    return tell(intake, fact, value, NULL);
}

/* ---- the plan ---- */

static god_status tell_endings(gdi_intake *intake, const char *const *endings, god_error *err)
{
    god_text text = GOD_TEXT_INIT;
    god_status status = god_text_append_str(&text, "", err);
    for (; status == GOD_OK && endings != NULL && *endings != NULL; endings++) {
        status = god_text_append_f(&text, err, "%s%s", text.bytes == 0 ? "" : " ", *endings);
    }
    if (status == GOD_OK) {
        status = tell(intake, "intake.endings", text.data, err);
    }
    god_text_free(&text);
    return status;
}

static god_status tell_plan(gdi_intake *intake, const god_intake_plan *plan, god_error *err)
{
    static const char *const forms[] = {NULL, "rows", "pairs", "nothing"};
    if (plan->form < GOD_INTAKE_ROWS || plan->form > GOD_INTAKE_NOTHING ||
        (plan->form == GOD_INTAKE_NOTHING ? plan->placeholder == NULL : plan->endings == NULL)) {
        return god_fail(err, GOD_E_INTERNAL, "the plug-in's plan has the form %u, and lacks what belongs to it",
                        plan->form);
    }
    intake->form = plan->form;
    GOD_TRY(tell(intake, "intake.form", forms[plan->form], err));
    return plan->form == GOD_INTAKE_NOTHING ? tell(intake, "intake.placeholder", plan->placeholder, err)
                                            : tell_endings(intake, plan->endings, err);
}

/* ---- the data set ---- */

static god_status find_paths(const gdi_job *job, const char **paths, god_error *err)
{
    for (uint32_t i = 0; i < job->input_count; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%u", i);
        for (uint32_t k = 0; k < job->input_count; k++) {
            paths[i] = strcmp(job->inputs[k].key, key) == 0 ? job->inputs[k].path : paths[i];
        }
        if (paths[i] == NULL) {
            return god_fail(err, GOD_E_INVALID, "the input \"%s\" is missing", key);
        }
    }
    return GOD_OK;
}

static god_status read_into_file(gdi_intake *intake, const gdi_job *job, const gdi_plugin *plugin,
                                 god_instance *instance, const char *job_dir, god_error *err)
{
    const char *paths[GDI_JOB_INPUTS_MAX] = {NULL};
    char path[GOD_PATH_MAX], count[32];
    const god_intake_sink sink = {.size = GOD_SIZE_TO(god_intake_sink, field),
                                  .ctx = intake,
                                  .row = sink_row,
                                  .pair = sink_pair,
                                  .field = sink_field};
    GOD_TRY(find_paths(job, paths, err));
    GOD_TRY(god_path_join(job_dir, intake->form == GOD_INTAKE_PAIRS ? GDI_INTAKE_PAIRS_FILE : GDI_INTAKE_ROWS_FILE,
                          path, err));
    intake->path_count = job->input_count;
    intake->file = fopen(path, "we");
    if (intake->file == NULL) {
        return god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", path);
    }
    god_status status = plugin->intake.read(instance, job->spec_json, paths, job->input_count, &sink, err);
    if (fclose(intake->file) != 0 && status == GOD_OK) {
        status = god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", path);
    }
    (void)snprintf(count, sizeof count, "%llu", (unsigned long long)intake->count);
    return status == GOD_OK ? tell(intake, "intake.count", count, err) : status;
}

god_status gdi_intake_run(gdi_intake *intake, const gdi_job *job, const gdi_plugin *plugin, god_instance *instance,
                          gdi_outbox *outbox, const char *job_dir, god_error *err)
{
    god_intake_plan plan = {.size = GOD_SIZE_TO(god_intake_plan, placeholder)};
    intake->outbox = outbox;
    GOD_TRY(plugin->intake.plan(instance, job->spec_json, &plan, err));
    GOD_TRY(tell_plan(intake, &plan, err));
    return job->input_count == 0 ? GOD_OK : read_into_file(intake, job, plugin, instance, job_dir, err);
}
