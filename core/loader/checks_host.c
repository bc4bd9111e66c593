#include "core/loader/checks_host.h"

#include "core/base/clock.h"
#include "core/base/layout.h"
#include "core/jail/render.h"

enum { render_ms_max = 60 * 1000 };

static void note_broken(gdi_check_host *host, const char *promise)
{
    (void)pthread_mutex_lock(&host->lock);
    if (host->broken[0] == '\0') {
        (void)snprintf(host->broken, sizeof host->broken, "%s", promise);
    }
    (void)pthread_mutex_unlock(&host->lock);
}

static void take_log(void *ctx, uint32_t level, const char *message)
{
    if (message == NULL || level < GOD_LOG_DEBUG || level > GOD_LOG_ERROR) {
        note_broken(ctx, "it calls log without a message or with an unknown level");
    }
}

static uint32_t answer_cancelled(void *ctx)
{
    gdi_check_host *host = ctx;
    (void)pthread_mutex_lock(&host->lock);
    host->asked++;
    uint32_t cancelled = host->cancel_at != 0 && host->asked >= host->cancel_at;
    if (cancelled && host->raised_ms == 0) {
        host->raised_ms = gdi_clock_ms();
    }
    (void)pthread_mutex_unlock(&host->lock);
    return cancelled;
}

static void take_progress(void *ctx, uint64_t done, uint64_t total, const char *unit, const char *stage)
{
    if (unit == NULL || stage == NULL) {
        note_broken(ctx, "it calls progress without a unit or without a stage");
    } else if (total != 0 && done > total) {
        note_broken(ctx, "it calls progress with more done than there is in total");
    }
}

static god_status render(void *ctx, const god_template_request *request, void *user, gdi_rendered rendered,
                         god_error *err)
{
    gdi_check_host *host = ctx;
    gdi_layout layout;
    GOD_TRY(gdi_layout_find(&layout, err));
    const gdi_render_options options = {
        .jail_path = layout.jail_path, .work_dir = host->job_dir, .time_limit_ms = render_ms_max};
    return gdi_render(&options, request, user, rendered, err);
}

/* Templates, but no network: what is checked must not depend on the weather. */
static const void *lend_extension(void *ctx, const char *id)
{
    static const god_template templates = {.size = GOD_SIZE_TO(god_template, render), .render = render};
    if (id == NULL) {
        note_broken(ctx, "it asks for an extension without an id");
        return NULL;
    }
    return strcmp(id, GOD_TEMPLATE_ID) == 0 ? &templates : NULL;
}

uint32_t gdi_check_host_init(const gdi_checked *what, gdi_check_host *ret_host, god_error *ret_why)
{
    *ret_host = (gdi_check_host){.asked = 0};
    uint32_t verdict = gdi_check_folder(what, "cache", ret_host->cache_dir, ret_why);
    if (verdict == GDI_PASS) {
        verdict = gdi_check_folder(what, "job", ret_host->job_dir, ret_why);
    }
    if (verdict != GDI_PASS) {
        return verdict;
    }
    (void)pthread_mutex_init(&ret_host->lock, NULL);
    ret_host->host = (god_host){.size = GOD_SIZE_TO(god_host, extension),
                                .abi_minor = GOD_ABI_MINOR,
                                .ctx = ret_host,
                                .log = take_log,
                                .cancelled = answer_cancelled,
                                .progress = take_progress,
                                .cache_dir = ret_host->cache_dir,
                                .work_dir = ret_host->job_dir,
                                .extension = lend_extension};
    return GDI_PASS;
}

void gdi_check_host_fini(gdi_check_host *host)
{
    (void)pthread_mutex_destroy(&host->lock);
}

uint32_t gdi_check_host_open(gdi_check_host *host, const gdi_checked *what, god_instance **ret_instance,
                             god_error *ret_why)
{
    god_error err = GOD_ERROR_INIT;
    god_instance *instance = NULL;
    god_status status = what->plugin.plugin.open(&host->host, "{}", &instance, &err);
    if (status == GOD_OK && instance == NULL) {
        return gdi_check_fails(ret_why, "open succeeds without an instance");
    }
    *ret_instance = instance;
    return gdi_check_succeeded("open", status, &err, ret_why);
}

uint32_t gdi_check_session_open(const gdi_checked *what, uint32_t has_interface, const char *interface_id,
                                gdi_check_session *ret_session, god_error *ret_why)
{
    if (!has_interface) {
        return gdi_check_skips(ret_why, "it does not offer %s", interface_id);
    }
    uint32_t verdict = gdi_check_host_init(what, &ret_session->host, ret_why);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    verdict = gdi_check_host_open(&ret_session->host, what, &ret_session->instance, ret_why);
    if (verdict != GDI_PASS) {
        gdi_check_host_fini(&ret_session->host);
    }
    return verdict;
}

void gdi_check_session_close(const gdi_checked *what, gdi_check_session *session)
{
    what->plugin.plugin.close(session->instance);
    gdi_check_host_fini(&session->host);
}
