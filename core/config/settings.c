#include "core/config/settings.h"

#include <pwd.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/nearest.h"
#include "god/helpers/file.h"

enum { threads_max = 1024 };

static god_status default_int(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)err;
    *(int64_t *)ret_value = setting->default_int;
    return GOD_OK;
}

static god_status default_threads(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    (void)err;
    cpu_set_t allowed;
    int count = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
    *(int64_t *)ret_value = count < 1 ? 1 : count > threads_max ? threads_max : count;
    return GOD_OK;
}

static god_status default_empty(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    (void)err;
    *(gdi_strings *)ret_value = (gdi_strings){.items = NULL};
    return GOD_OK;
}

static god_status default_text(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    char *text = strdup("");
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a setting");
    }
    *(char **)ret_value = text;
    return GOD_OK;
}

static god_status default_sections(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    json_t *sections = json_object();
    if (sections == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a setting");
    }
    *(json_t **)ret_value = sections;
    return GOD_OK;
}

static const char *home_dir(void)
{
    const char *home = getenv("HOME");
    if (home != NULL && home[0] == '/') {
        return home;
    }
    const struct passwd *user = getpwuid(getuid()); /* settings are read before there are threads */
    return user != NULL && user->pw_dir[0] == '/' ? user->pw_dir : "/tmp";
}

/* $variable/god, or ~/fallback/god. */
static god_status default_dir(const char *variable, const char *fallback, void *ret_value, god_error *err)
{
    const char *dir = getenv(variable);
    char *path = NULL;
    int count = dir != NULL && dir[0] == '/' ? asprintf(&path, "%s/god", dir)
                                             : asprintf(&path, "%s/%s/god", home_dir(), fallback);
    if (count < 0) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a path");
    }
    *(char **)ret_value = path;
    return GOD_OK;
}

static god_status default_cache_dir(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    return default_dir("XDG_CACHE_HOME", ".cache", ret_value, err);
}

static god_status default_state_dir(const gdi_setting *setting, void *ret_value, god_error *err)
{
    (void)setting;
    return default_dir("XDG_STATE_HOME", ".local/state", ret_value, err);
}

#define AT(field) offsetof(gdi_config, field)
enum { minute_ms = 60 * 1000, hour_ms = 60 * minute_ms, day_ms = 24 * hour_ms };

const gdi_setting gdi_settings[] = {
    {.name = "plugins.folders",
     .type = GDI_SETTING_PATHS,
     .offset = AT(plugins_folders),
     .set_default = default_empty,
     .help = "Folders whose *.so files are plug-ins, beside the folder of this installation."},
    {.name = "plugins.files",
     .type = GDI_SETTING_PATHS,
     .offset = AT(plugins_files),
     .set_default = default_empty,
     .help = "Single plug-in files."},
    {.name = "plugins.disabled",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(plugins_disabled),
     .set_default = default_empty,
     .help = "Ids of plug-ins that are not used though they are there."},
    {.name = "plugins.describe_time_limit_ms",
     .type = GDI_SETTING_INT,
     .offset = AT(plugins_describe_time_limit_ms),
     .lowest = 10,
     .highest = 10 * minute_ms,
     .set_default = default_int,
     .default_int = 10 * 1000,
     .help = "How long a plug-in may take to say what it is."},
    {.name = "plugins.config",
     .type = GDI_SETTING_SECTIONS,
     .offset = AT(plugins_config),
     .set_default = default_sections,
     .help = "One section per plug-in id, handed to that plug-in when it is opened."},
    {.name = "paths.cache_dir",
     .type = GDI_SETTING_PATH,
     .offset = AT(paths_cache_dir),
     .set_default = default_cache_dir,
     .help = "Prepared data and the folders of running evaluations. May be deleted when nothing runs."},
    {.name = "paths.state_dir",
     .type = GDI_SETTING_PATH,
     .offset = AT(paths_state_dir),
     .set_default = default_state_dir,
     .help = "What must be remembered: the jobs of the daemon, what is known about plug-ins."},
    {.name = "worker.time_limit_ms",
     .type = GDI_SETTING_INT,
     .offset = AT(worker_time_limit_ms),
     .lowest = 1,
     .highest = 30 * (int64_t)day_ms,
     .set_default = default_int,
     .default_int = 6 * hour_ms,
     .help = "How long one run of a worker may take."},
    {.name = "worker.grace_ms",
     .type = GDI_SETTING_INT,
     .offset = AT(worker_grace_ms),
     .lowest = 0,
     .highest = 10 * minute_ms,
     .set_default = default_int,
     .default_int = 10 * 1000,
     .help = "How long a worker that was asked to stop may take before it is killed."},
    {.name = "worker.threads",
     .type = GDI_SETTING_INT,
     .offset = AT(worker_threads),
     .lowest = 1,
     .highest = threads_max,
     .set_default = default_threads,
     .help = "Processor threads of one worker. Default: all that this machine lends to this process."},
    {.name = "http.allow",
     .type = GDI_SETTING_STRINGS,
     .offset = AT(http_allow),
     .set_default = default_empty,
     .help = "Beginnings of the addresses that plug-ins may download from, e.g. https://data.example.org/.\n"
             "None: plug-ins have no network."},
    {.name = "http.bytes_max",
     .type = GDI_SETTING_INT,
     .offset = AT(http_bytes_max),
     .lowest = 1,
     .highest = INT64_C(1) << 50,
     .set_default = default_int,
     .default_int = INT64_C(64) << 30,
     .help = "Size limit of one download."},
    {.name = "http.time_limit_ms",
     .type = GDI_SETTING_INT,
     .offset = AT(http_time_limit_ms),
     .lowest = 1,
     .highest = day_ms,
     .set_default = default_int,
     .default_int = hour_ms,
     .help = "Time limit of one download, repeats included."},
    {.name = "host.jobs_max",
     .type = GDI_SETTING_INT,
     .offset = AT(host_jobs_max),
     .lowest = 1,
     .highest = 64,
     .set_default = default_int,
     .default_int = 1,
     .help = "How many jobs the daemon runs at a time."},
    {.name = "store.url",
     .type = GDI_SETTING_TEXT,
     .offset = AT(store_url),
     .set_default = default_text,
     .help = "Where tournaments, tasks, jobs and balances are kept: sqlite:/path/to/god.db or\n"
             "postgres://user@host/database. Empty: sqlite:<paths.state_dir>/god.db. A password does not belong here:\n"
             "PostgreSQL's own ~/.pgpass and PGPASSWORD are read."},
    {.name = NULL},
};

const gdi_setting *gdi_setting_find(const char *name)
{
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        if (strcmp(setting->name, name) == 0) {
            return setting;
        }
    }
    return NULL;
}

const char *gdi_setting_nearest(const char *name)
{
    const char *names[sizeof gdi_settings / sizeof *gdi_settings];
    size_t count = 0;
    for (const gdi_setting *setting = gdi_settings; setting->name != NULL; setting++) {
        names[count++] = setting->name;
    }
    return gdi_nearest(name, names, count);
}

void *gdi_setting_value(const gdi_setting *setting, gdi_config *config)
{
    return (char *)config + setting->offset;
}
