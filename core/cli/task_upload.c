/* `god task upload FOLDER --repository OWNER/NAME`: a result onto the hub, as a trainer does it. */
#include "core/base/clock.h"
#include "core/base/signals.h"
#include "core/cli/progress.h"
#include "core/cli/task.h"
#include "core/host/publish.h"

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count();
}

static void show_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    gdi_progress_show(user, gdi_clock_ms(), done, total, "bytes", what);
}

static god_status check(const gdi_task_args *args, god_error *err)
{
    const char *missing = args->place == NULL        ? "FOLDER"
                          : args->repository == NULL ? "--repository OWNER/NAME"
                          : args->task_id == NULL    ? "--task-id ID"
                                                     : NULL;
    return missing == NULL ? GOD_OK : god_fail(err, GOD_E_INVALID, "%s is missing, see god task --help", missing);
}

god_status gdi_task_upload(const gdi_task_args *args, god_error *err)
{
    gdi_config config;
    gdi_progress progress;
    char commit[41] = "";
    GOD_TRY(check(args, err));
    GOD_TRY(gdi_config_load(args->config, &config, err));
    gdi_signals_catch();
    gdi_progress_begin(&progress, args->json ? NULL : stderr);
    const gdi_fetcher_hooks hooks = {.stop_asked = stop_asked, .progress = show_progress, .user = &progress};
    const gdi_publication publication = {.folder = args->place,
                                         .repository = args->repository,
                                         .task_id = args->task_id,
                                         .base_model = args->base_model,
                                         .subfolder = args->subfolder};
    god_status status = gdi_publish(&config, &hooks, &publication, commit, err);
    gdi_progress_end(&progress);
    if (status == GOD_OK && args->json) {
        (void)printf("{\"repository\": \"%s\", \"commit\": \"%s\"}\n", args->repository, commit);
    } else if (status == GOD_OK) {
        (void)printf("%s %s\n", args->repository, commit);
    }
    gdi_config_clear(&config);
    return status;
}
