#include "core/host/services.h"

#include "core/base/clock.h"
#include "core/base/layout.h"
#include "core/base/signals.h"
#include "core/jail/render.h"

enum { progress_every_ms = 100, text_bytes_max = 500, template_time_limit_ms = 10 * 60 * 1000 };

static void service_log(void *ctx, uint32_t level, const char *message)
{
    gdi_services *services = ctx;
    uint32_t known = level < GOD_LOG_DEBUG ? GOD_LOG_DEBUG : level > GOD_LOG_ERROR ? GOD_LOG_ERROR : level;
    json_t *frame = json_pack("{s:s, s:I, s:o}", "frame", "log", "level", (json_int_t)known, "message",
                              gdi_outbox_text(message == NULL ? "" : message, text_bytes_max));
    (void)gdi_outbox_send_take(services->outbox, frame, NULL); /* without a listener there is nobody to tell */
}

static uint32_t service_cancelled(void *ctx)
{
    (void)ctx;
    return gdi_signals_stop_count() > 0;
}

/* 1 when this report is worth a frame: a new stage, the end of one, or the first after a little while. */
static uint32_t is_due(gdi_services *services, uint64_t done, uint64_t total, const char *stage)
{
    uint64_t now = gdi_clock_ms();
    (void)pthread_mutex_lock(&services->progress_lock);
    uint32_t same_stage = strncmp(services->progress_stage, stage, sizeof services->progress_stage - 1) == 0;
    uint32_t due = !same_stage || (total > 0 && done >= total) || now - services->progress_sent_ms >= progress_every_ms;
    if (due) {
        services->progress_sent_ms = now;
        (void)snprintf(services->progress_stage, sizeof services->progress_stage, "%s", stage);
    }
    (void)pthread_mutex_unlock(&services->progress_lock);
    return due;
}

static void service_progress(void *ctx, uint64_t done, uint64_t total, const char *unit, const char *stage)
{
    gdi_services *services = ctx;
    const char *unit_text = unit == NULL ? "" : unit, *stage_text = stage == NULL ? "" : stage;
    if (!is_due(services, done, total, stage_text) || done > INT64_MAX || total > INT64_MAX) {
        return;
    }
    json_t *frame = json_pack("{s:s, s:I, s:I, s:o, s:o}", "frame", "progress", "done", (json_int_t)done, "total",
                              (json_int_t)total, "unit", gdi_outbox_text(unit_text, text_bytes_max), "stage",
                              gdi_outbox_text(stage_text, text_bytes_max));
    (void)gdi_outbox_send_take(services->outbox, frame, NULL);
}

static god_status service_download(void *ctx, const god_http_request *request, god_error *err)
{
    gdi_services *services = ctx;
    return gdi_http_download(services->http, request, err);
}

static god_status service_render(void *ctx, const god_template_request *request, void *user, gdi_rendered rendered,
                                 god_error *err)
{
    gdi_services *services = ctx;
    gdi_layout layout;
    GOD_TRY(gdi_layout_find(&layout, err));
    const gdi_render_options options = {
        .jail_path = layout.jail_path, .work_dir = services->host.work_dir, .time_limit_ms = template_time_limit_ms};
    return gdi_render(&options, request, user, rendered, err);
}

static const void *service_extension(void *ctx, const char *id)
{
    static const god_http http = {.size = GOD_SIZE_TO(god_http, download), .download = service_download};
    static const god_template templates = {.size = GOD_SIZE_TO(god_template, render), .render = service_render};
    gdi_services *services = ctx;
    if (id != NULL && strcmp(id, GOD_TEMPLATE_ID) == 0) {
        return &templates;
    }
    return services->http != NULL && id != NULL && strcmp(id, GOD_HTTP_ID) == 0 ? &http : NULL;
}

static god_status open_http(gdi_services *services, const gdi_job *job, god_error *err)
{
    if (job->http_allow == NULL || json_array_size(job->http_allow) == 0) {
        return GOD_OK;
    }
    const gdi_http_options options = {.allow = job->http_allow,
                                      .bytes_max = job->http_bytes_max,
                                      .time_limit_ms = job->http_time_limit_ms,
                                      .stop_asked = service_cancelled,
                                      .user = services};
    return gdi_http_open(&options, &services->http, err);
}

god_status gdi_services_open(gdi_services *services, gdi_outbox *outbox, const gdi_job *job, const char *work_dir,
                             god_error *err)
{
    *services = (gdi_services){
        .host =
            {
                .size = GOD_SIZE_TO(god_host, extension),
                .abi_minor = GOD_ABI_MINOR,
                .ctx = services,
                .log = service_log,
                .cancelled = service_cancelled,
                .progress = service_progress,
                .cache_dir = job->cache_dir,
                .work_dir = work_dir,
                .extension = service_extension,
            },
        .outbox = outbox,
    };
    (void)pthread_mutex_init(&services->progress_lock, NULL);
    return open_http(services, job, err);
}

void gdi_services_progress(gdi_services *services, const char *stage)
{
    service_progress(services, 0, 0, "", stage);
}
