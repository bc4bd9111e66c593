#include "core/runner/container/sidecars.h"

#include <string.h>

#include "core/runner/watch.h"
#include "god/helpers/json.h"

enum { usual_time_limit_s = 1800, time_limit_s_max = 86400 };

static god_status pull(gdi_run *run, gdi_engine *engine, const char *image, gdi_run_watch *watch, god_error *err)
{
    const gdi_engine_calls calls = {
        .stop_asked = gdi_run_watch_stop_asked, .printed = gdi_run_watch_printed, .user = watch};
    int64_t time_limit_s = usual_time_limit_s;
    god_error why = GOD_ERROR_INIT;
    GOD_TRY(god_json_opt_int("runner", run->config, "pull_time_limit_s", 1, time_limit_s_max, &time_limit_s, err));
    god_status status = gdi_engine_pull(engine, image, (uint64_t)time_limit_s * 1000, &calls, &why);
    if (status == GOD_E_CANCELLED) {
        gdi_run_end_with(run, GDI_RUN_CANCELLED, "cancelled while the image of an environment server was pulled");
        return GOD_OK;
    }
    return status == GOD_OK
               ? GOD_OK
               : god_fail(err, GOD_E_IO,
                          "the image \"%.120s\" of an environment server could not be pulled: %.200s; pull "
                          "it by hand (podman pull, docker pull), or name another one in "
                          "trainer.environments",
                          image, why.message);
}

static god_status pull_missing(gdi_run *run, gdi_engine *engine, gdi_run_watch *watch, god_error *err)
{
    const char *last = "";
    const json_t *sidecar = NULL;
    size_t i = 0;
    json_array_foreach(run->spec->sidecars, i, sidecar)
    {
        const char *image = NULL;
        uint32_t has = 0;
        GOD_TRY(god_json_get_str("run.json: a sidecar", sidecar, "image", &image, err));
        if (strcmp(image, last) == 0) {
            continue; /* one server per GPU, all of one image */
        }
        GOD_TRY(gdi_engine_has_image(engine, image, &has, err));
        if (!has) {
            GOD_TRY(pull(run, engine, image, watch, err));
        }
        if (run->state.outcome != 0) {
            return GOD_OK;
        }
        last = image;
    }
    return GOD_OK;
}

god_status gdi_sidecars_pull(gdi_run *run, gdi_engine *engine, god_error *err)
{
    gdi_run_watch watch;
    if (json_array_size(run->spec->sidecars) == 0) {
        return GOD_OK;
    }
    GOD_TRY(gdi_run_watch_open(run, "pull.log", &watch, err));
    god_status status = pull_missing(run, engine, &watch, err);
    gdi_run_watch_close(&watch);
    return status;
}
