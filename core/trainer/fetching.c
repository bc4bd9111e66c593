#include "core/trainer/fetching.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/trainer/view.h"
#include "god/helpers/sha256.h"
#include "god/helpers/text.h"

static uint32_t stop_asked(void *user)
{
    const gdi_fetching *f = user;
    return gdi_job_stop_asked(f->job) != GDI_WORK_GO_ON || gdi_fetching_is_late(f);
}

static void tell(void *user, const char *what, uint64_t done, uint64_t total)
{
    const gdi_fetching *f = user;
    const gdi_work_calls *calls = f->job->work->calls;
    (void)what; /* an address, which may be signed */
    if (calls->progress != NULL) {
        calls->progress(calls->user, f->what, done, total);
    }
}

god_status gdi_fetching_open(gdi_job *job, uint64_t time_limit_s, gdi_fetching *ret_fetching, god_error *err)
{
    const gdi_fetcher_hooks hooks = {.stop_asked = stop_asked, .progress = tell, .user = ret_fetching};
    *ret_fetching = (gdi_fetching){
        .job = job, .what = "", .deadline_ms = time_limit_s == 0 ? 0 : gdi_clock_ms() + time_limit_s * 1000};
    return gdi_fetcher_open(job->work->config, &hooks, &ret_fetching->fetcher, err);
}

void gdi_fetching_close(gdi_fetching *fetching)
{
    gdi_fetcher_close(fetching->fetcher);
    fetching->fetcher = NULL;
}

uint32_t gdi_fetching_is_late(const gdi_fetching *fetching)
{
    return fetching->deadline_ms != 0 && gdi_clock_ms() >= fetching->deadline_ms;
}

/* Takes what was fetched. */
static god_status link_take(gdi_fetching *f, gdi_fetched *fetched, const char *name, god_error *err)
{
    god_status status = gdi_view_put(f->job->view_dir, name, fetched->path, err);
    gdi_cache_release(&fetched->hold);
    return status;
}

god_status gdi_fetching_put(gdi_fetching *fetching, const char *uri, const char *name, god_error *err)
{
    gdi_fetched fetched;
    if (gdi_view_has(fetching->job->view_dir, name)) {
        return GOD_OK;
    }
    fetching->what = name;
    GOD_TRY(gdi_fetcher_fetch(fetching->fetcher, uri, NULL, NULL, &fetched, err));
    return link_take(fetching, &fetched, name, err);
}

god_status gdi_fetching_web_key(const char *url, const char *task_id, char ret_key[GDI_CACHE_KEY_BYTES_MAX + 1],
                                god_error *err)
{
    char hex[GOD_SHA256_HEX];
    god_text text = GOD_TEXT_INIT;
    god_status status = god_text_append_f(&text, err, "%s %.*s", task_id, (int)strcspn(url, "?#"), url);
    if (status == GOD_OK) {
        god_sha256_bytes(text.data, text.bytes, hex);
        (void)snprintf(ret_key, GDI_CACHE_KEY_BYTES_MAX + 1, "task-%.32s", hex);
    }
    god_text_free(&text);
    return status;
}

god_status gdi_fetching_put_web(gdi_fetching *fetching, const char *url, const char *task_id, const char *name,
                                god_error *err)
{
    char key[GDI_CACHE_KEY_BYTES_MAX + 1];
    gdi_fetched fetched;
    if (gdi_view_has(fetching->job->view_dir, name)) {
        return GOD_OK;
    }
    fetching->what = name;
    GOD_TRY(gdi_fetching_web_key(url, task_id, key, err));
    GOD_TRY(gdi_fetcher_fetch_as(fetching->fetcher, url, key, &fetched, err));
    return link_take(fetching, &fetched, name, err);
}
