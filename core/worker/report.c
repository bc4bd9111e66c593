#include "core/worker/report.h"

#include <math.h>
#include <stdlib.h>

#include "core/worker/collect.h"
#include "god/helpers/file.h"

/* Remembers why, for the case that the plug-in passes the status on without a word. */
GOD_PRINTF(2, 3) static god_status refuse(gdi_reporter *reporter, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)pthread_mutex_lock(&reporter->lock);
    (void)vsnprintf(reporter->refusal, sizeof reporter->refusal, format, args);
    (void)pthread_mutex_unlock(&reporter->lock);
    va_end(args);
    return GOD_E_INVALID;
}

static god_status check_index(gdi_reporter *reporter, uint32_t submission)
{
    return submission < reporter->submission_count
               ? GOD_OK
               : refuse(reporter, "it reported something for submission %u of a job with %u", submission,
                        reporter->submission_count);
}

static god_status check_name(gdi_reporter *reporter, const char *what, const char *name)
{
    return name != NULL && gdi_collect_is_name(name)
               ? GOD_OK
               : refuse(reporter, "it named %s \"%.40s\", 1 to %d letters, digits, '.', '_' and '-' are needed", what,
                        name == NULL ? "" : name, GDI_METRIC_NAME_BYTES_MAX);
}

/* One text member of a frame, by taking what json_pack has built so far. */
static json_t *with_text(json_t *frame, const char *key, const char *text)
{
    if (frame != NULL && json_object_set_new(frame, key, gdi_outbox_text(text, GDI_MESSAGE_BYTES_MAX - 1)) != 0) {
        json_decref(frame);
        return NULL;
    }
    return frame;
}

static json_t *value_to_json(double value)
{
    if (isnan(value)) {
        return json_string("nan");
    }
    return isfinite(value) ? json_real(value) : json_string(value > 0 ? "inf" : "-inf");
}

static god_status report_metric(void *ctx, uint32_t submission, const char *name, double value, uint64_t items)
{
    gdi_reporter *reporter = ctx;
    GOD_TRY(check_index(reporter, submission));
    GOD_TRY(check_name(reporter, "a metric", name));
    if (items > INT64_MAX) {
        return refuse(reporter, "it reported \"%s\" over %llu items", name, (unsigned long long)items);
    }
    json_t *frame = json_pack("{s:s, s:I, s:s, s:o, s:I}", "frame", "metric", "submission", (json_int_t)submission,
                              "name", name, "value", value_to_json(value), "items", (json_int_t)items);
    return gdi_outbox_send_take(reporter->outbox, frame, NULL);
}

static god_status report_failed(void *ctx, uint32_t submission, god_status why, const char *message)
{
    gdi_reporter *reporter = ctx;
    GOD_TRY(check_index(reporter, submission));
    json_t *frame = json_pack("{s:s, s:I, s:i}", "frame", "failed", "submission", (json_int_t)submission, "why", why);
    frame = with_text(frame, "message", message == NULL || *message == '\0' ? "it failed without a reason" : message);
    return gdi_outbox_send_take(reporter->outbox, frame, NULL);
}

static god_status report_excluded(void *ctx, uint32_t submission, const char *status, const char *message)
{
    gdi_reporter *reporter = ctx;
    GOD_TRY(check_index(reporter, submission));
    GOD_TRY(check_name(reporter, "a status", status));
    if (strcmp(status, "ok") == 0) {
        return refuse(reporter, "it excluded a submission with the status \"ok\"");
    }
    json_t *frame =
        json_pack("{s:s, s:I, s:s}", "frame", "excluded", "submission", (json_int_t)submission, "status", status);
    return gdi_outbox_send_take(reporter->outbox, with_text(frame, "message", message == NULL ? "" : message), NULL);
}

static god_status report_note(void *ctx, uint32_t submission, const char *message)
{
    gdi_reporter *reporter = ctx;
    GOD_TRY(check_index(reporter, submission));
    json_t *frame = json_pack("{s:s, s:I}", "frame", "note", "submission", (json_int_t)submission);
    return gdi_outbox_send_take(reporter->outbox, with_text(frame, "message", message == NULL ? "" : message), NULL);
}

/* 1 when path, with every link followed, lies below dir. */
static uint32_t lies_below(const char *path, const char *dir)
{
    char *real_path = realpath(path, NULL), *real_dir = realpath(dir, NULL);
    size_t bytes = real_dir == NULL ? 0 : strlen(real_dir);
    uint32_t below =
        real_path != NULL && real_dir != NULL && strncmp(real_path, real_dir, bytes) == 0 && real_path[bytes] == '/';
    free(real_path);
    free(real_dir);
    return below;
}

static god_status report_artifact(void *ctx, uint32_t submission, const char *name, const char *path)
{
    gdi_reporter *reporter = ctx;
    char relative[GDI_METRIC_NAME_BYTES_MAX + 32], dir[GOD_PATH_MAX], to[GOD_PATH_MAX];
    GOD_TRY(check_index(reporter, submission));
    GOD_TRY(check_name(reporter, "an artifact", name));
    if (path == NULL || !lies_below(path, reporter->work_dir)) {
        return refuse(reporter, "its artifact \"%s\" is not in its work folder", name);
    }
    (void)snprintf(relative, sizeof relative, "artifacts/%u-%s", submission, name);
    GOD_TRY(god_path_join(reporter->job_dir, "artifacts", dir, NULL));
    GOD_TRY(god_dir_make(dir, NULL));
    GOD_TRY(god_path_join(reporter->job_dir, relative, to, NULL));
    GOD_TRY(god_file_copy(path, to, NULL));
    json_t *frame = json_pack("{s:s, s:I, s:s, s:s}", "frame", "artifact", "submission", (json_int_t)submission, "name",
                              name, "path", relative);
    return gdi_outbox_send_take(reporter->outbox, frame, NULL);
}

static god_status report_fact(void *ctx, const char *name, const char *value)
{
    gdi_reporter *reporter = ctx;
    GOD_TRY(check_name(reporter, "a fact", name));
    if (value == NULL) {
        return refuse(reporter, "its fact \"%s\" has no value", name);
    }
    json_t *frame = json_pack("{s:s, s:s}", "frame", "fact", "name", name);
    return gdi_outbox_send_take(reporter->outbox, with_text(frame, "value", value), NULL);
}

void gdi_reporter_init(gdi_reporter *reporter, gdi_outbox *outbox, const gdi_job *job, const char *job_dir,
                       const char *work_dir)
{
    *reporter = (gdi_reporter){
        .report =
            {
                .size = GOD_SIZE_TO(god_report, fact),
                .ctx = reporter,
                .metric = report_metric,
                .failed = report_failed,
                .excluded = report_excluded,
                .note = report_note,
                .artifact = report_artifact,
                .fact = report_fact,
            },
        .outbox = outbox,
        .submission_count = job->submission_count,
        .job_dir = job_dir,
        .work_dir = work_dir,
    };
    (void)pthread_mutex_init(&reporter->lock, NULL);
}
