/* What lies on the hub or in an object store, brought here before a job: a worker has no tokens. */
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/signals.h"
#include "core/cli/evaluate.h"
#include "core/host/fetcher.h"

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count();
}

static void show_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    gdi_evaluation *e = user;
    char stage[120];
    (void)snprintf(stage, sizeof stage, "fetching %.100s", what);
    gdi_progress_show(&e->progress, gdi_clock_ms(), done, total, "bytes", stage);
}

god_status gdi_evaluation_fetch(gdi_evaluation *evaluation, const char *address, const char *revision,
                                const char *sha256, char ret_path[GOD_PATH_MAX], god_error *err)
{
    const gdi_fetcher_hooks hooks = {.stop_asked = stop_asked, .progress = show_progress, .user = evaluation};
    gdi_fetcher *fetcher = NULL;
    if (!gdi_fetcher_knows(address)) {
        if (strlen(address) >= GOD_PATH_MAX) {
            return god_fail(err, GOD_E_INVALID, "a path is longer than %d bytes", GOD_PATH_MAX - 1);
        }
        (void)snprintf(ret_path, GOD_PATH_MAX, "%s", address);
        return GOD_OK;
    }
    gdi_fetched *fetched = calloc(1, sizeof *fetched);
    if (fetched == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a download");
    }
    god_status status = gdi_fetcher_open(&evaluation->config, &hooks, &fetcher, err);
    if (status == GOD_OK) {
        status = gdi_fetcher_fetch(fetcher, address, revision, sha256, fetched, err);
    }
    if (status == GOD_OK) { /* the hold is not released: the kernel does it at the end of this process */
        (void)snprintf(ret_path, GOD_PATH_MAX, "%s", fetched->path);
    }
    gdi_fetcher_close(fetcher);
    free(fetched);
    return status;
}

static const char *fact(const json_t *facts, const char *key, const char *what)
{
    char name[64];
    (void)snprintf(name, sizeof name, "need.%s%s", key, what);
    return json_string_value(json_object_get(facts, name));
}

typedef god_status measure_fn(gdi_evaluation *evaluation, const char *path, god_error *err);

static god_status meet(gdi_evaluation *e, const json_t *facts, const char *key, measure_fn *measure, god_error *err)
{
    char path[GOD_PATH_MAX];
    const char *address = fact(facts, key, "");
    if (address == NULL) {
        return GOD_OK;
    }
    GOD_TRY(gdi_evaluation_fetch(e, address, fact(facts, key, ".revision"), fact(facts, key, ".sha256"), path, err));
    return measure(e, path, err);
}

god_status gdi_evaluation_meet_needs(gdi_evaluation *evaluation, const char *job_dir, god_error *err)
{
    gdi_evaluation *e = evaluation;
    json_t *facts = NULL;
    uint32_t accepted = 0;
    god_status status = GOD_OK;
    if ((e->args->data == NULL || e->args->base == NULL) && e->plugin.has_dataset && e->plugin.has_task) {
        status = gdi_evaluation_check(e, &e->plugin, job_dir, &accepted, &facts, err);
    }
    if (status == GOD_OK && e->args->base == NULL) {
        status = meet(e, facts, "base", gdi_evaluation_measure_base, err);
    }
    if (status == GOD_OK && e->args->data == NULL) {
        status = meet(e, facts, "data", gdi_evaluation_measure_data, err);
    }
    json_decref(facts);
    if (status == GOD_OK && e->data_path[0] == '\0') {
        status = god_fail(err, GOD_E_INVALID, "--data FILE is missing, see god evaluate --help");
    }
    return status;
}
