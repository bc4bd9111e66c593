/* `god cache list|fetch|prune|verify` */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/signals.h"
#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/cli/progress.h"
#include "core/base/clock.h"
#include "core/host/fetcher.h"

static const gdi_option options[] = {
    {.name = "--bytes-max", .value = "N", .help = "prune: until at most N bytes are left (\"paths.cache_bytes_max\")"},
    {.name = "--all", .value = NULL, .help = "prune: everything that nobody uses"},
    {.name = "--remove", .value = NULL, .help = "verify: remove what is damaged and not in use"},
    {.name = "--revision", .value = "REV", .help = "fetch: branch, tag or commit of a hub repository (main)"},
    {.name = "--sha256", .value = "HEX", .help = "fetch: the digest that a file must have"},
    {.name = "--json", .value = NULL, .help = "print one JSON object instead of the table"},
    {.name = "--config", .value = "FILE", .help = "god.yaml; see god config --help"},
    {.name = "--quiet", .value = NULL, .help = "show no progress"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god cache",
    .synopsis = "list | fetch ADDRESS | prune | verify [OPTION ...]",
    .summary = "What was downloaded and prepared, kept for all jobs: lists it, fetches something into it, makes room,\n"
               "checks every byte. What somebody uses is never removed.",
    .options = options,
    .notes = "addresses: hf://OWNER/NAME[@REVISION][/FILE], hf://datasets/OWNER/NAME[@REVISION][/FILE],\n"
             "           s3://BUCKET/KEY, https://... with --sha256\n"
             "\n"
             "examples:\n"
             "  god cache fetch hf://Qwen/Qwen3-0.6B\n"
             "  god cache prune --bytes-max 100000000000\n"
             "\n"
             "exit codes: 0 fine, 1 verify found damage, 2 the command line or an address is at fault,\n"
             "            3 the system or the network failed, 130 stopped by SIGINT or SIGTERM\n",
};

typedef struct arguments {
    const char *action, *address, *revision, *sha256, *config;
    int64_t bytes_max; /* -1: that of the configuration */
    uint32_t all, remove, json, quiet;
    gdi_progress progress;
    int exit_code;
} arguments;

static god_status take(void *user, const char *name, const char *value, god_error *err)
{
    arguments *args = user;
    const struct {
        const char *name, **text;
        uint32_t *flag;
    } simple[] = {{"--revision", &args->revision, NULL}, {"--sha256", &args->sha256, NULL},
                  {"--config", &args->config, NULL},     {"--all", NULL, &args->all},
                  {"--remove", NULL, &args->remove},     {"--json", NULL, &args->json},
                  {"--quiet", NULL, &args->quiet}};
    if (name == NULL) {
        const char **place = args->action == NULL ? &args->action : &args->address;
        if (*place != NULL) {
            return god_fail(err, GOD_E_INVALID, "\"%.200s\" is one argument too many", value);
        }
        *place = value;
        return GOD_OK;
    }
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++) {
        if (strcmp(name, simple[i].name) == 0 && simple[i].text != NULL) {
            *simple[i].text = value;
            return GOD_OK;
        }
        if (strcmp(name, simple[i].name) == 0) {
            *simple[i].flag = 1;
            return GOD_OK;
        }
    }
    return gdi_option_int(name, value, 0, INT64_MAX, &args->bytes_max, err);
}

static god_status print_json_take(json_t *value, god_error *err)
{
    if (value == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the answer");
    }
    (void)json_dumpf(value, stdout, JSON_INDENT(2));
    (void)fputc('\n', stdout);
    json_decref(value);
    return GOD_OK;
}

static void print_time(int64_t seconds, char buf[32])
{
    time_t at = (time_t)seconds;
    struct tm utc;
    (void)strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &utc));
}

/* ---- list ---- */

static json_t *entry_to_json(const gdi_cache_entry *entry)
{
    char used[32];
    print_time(entry->used_s, used);
    return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:b}", "owner", entry->owner, "key", entry->key, "bytes",
                     (json_int_t)entry->bytes, "files", (json_int_t)entry->files, "sha256", entry->sha256, "source",
                     entry->source, "used_at", used, "in_use", (int)entry->in_use);
}

static god_status list_json(const gdi_config *config, const gdi_cache_list *list, god_error *err)
{
    json_t *entries = json_array();
    for (size_t i = 0; i < list->count; i++) {
        (void)json_array_append_new(entries, entry_to_json(&list->entries[i]));
    }
    return print_json_take(json_pack("{s:s, s:I, s:I, s:o}", "cache_dir", config->paths_cache_dir, "bytes",
                                     (json_int_t)list->bytes, "bytes_max", (json_int_t)config->paths_cache_bytes_max,
                                     "entries", entries),
                           err);
}

static god_status list_entries(arguments *args, const gdi_config *config, god_error *err)
{
    gdi_cache_list list;
    GOD_TRY(gdi_cache_list_read(config->paths_cache_dir, &list, err));
    god_status status = GOD_OK;
    if (args->json) {
        status = list_json(config, &list, err);
    } else {
        (void)printf("%14s  %6s  %-20s  %-6s  %s\n", "bytes", "files", "last used", "in use", "what");
        for (size_t i = 0; i < list.count; i++) {
            const gdi_cache_entry *entry = &list.entries[i];
            char used[32];
            print_time(entry->used_s, used);
            (void)printf("%14" PRIu64 "  %6" PRIu64 "  %-20s  %-6s  %s%s%s\n", entry->bytes, entry->files, used,
                         entry->in_use ? "yes" : "", entry->source[0] != '\0' ? entry->source : entry->owner,
                         entry->source[0] != '\0' ? "" : " ", entry->source[0] != '\0' ? "" : entry->key);
        }
        (void)printf("%14" PRIu64 "  in %zu entries of %s\n", list.bytes, list.count, config->paths_cache_dir);
    }
    gdi_cache_list_clear(&list);
    return status;
}

/* ---- fetch ---- */

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count();
}

static void show_progress(void *user, const char *what, uint64_t done, uint64_t total)
{
    arguments *args = user;
    gdi_progress_show(&args->progress, gdi_clock_ms(), done, total, "bytes", what);
}

static god_status fetch_address(arguments *args, const gdi_config *config, god_error *err)
{
    gdi_fetcher *fetcher = NULL;
    gdi_fetched fetched;
    const gdi_fetcher_hooks hooks = {.stop_asked = stop_asked, .progress = show_progress, .user = args};
    if (args->address == NULL) {
        return god_fail(err, GOD_E_INVALID, "the address is missing, see god cache --help");
    }
    GOD_TRY(gdi_fetcher_open(config, &hooks, &fetcher, err));
    god_status status = gdi_fetcher_fetch(fetcher, args->address, args->revision, args->sha256, &fetched, err);
    gdi_progress_end(&args->progress);
    gdi_fetcher_close(fetcher);
    GOD_TRY(status);
    gdi_cache_release(&fetched.hold);
    if (args->json) {
        return print_json_take(json_pack("{s:s}", "path", fetched.path), err);
    }
    (void)printf("%s\n", fetched.path);
    return GOD_OK;
}

/* ---- prune and verify ---- */

static god_status prune(const arguments *args, const gdi_config *config, god_error *err)
{
    int64_t wanted = args->all ? 0 : args->bytes_max >= 0 ? args->bytes_max : config->paths_cache_bytes_max;
    uint64_t evicted = 0, bytes = 0;
    GOD_TRY(gdi_cache_sweep(config->paths_cache_dir, err));
    GOD_TRY(gdi_cache_prune(config->paths_cache_dir, (uint64_t)wanted, &evicted, &bytes, err));
    if (args->json) {
        return print_json_take(json_pack("{s:I, s:I}", "evicted", (json_int_t)evicted, "bytes", (json_int_t)bytes),
                               err);
    }
    (void)printf("%" PRIu64 " entries with %" PRIu64 " bytes were removed\n", evicted, bytes);
    return GOD_OK;
}

static god_status verify_entry(arguments *args, const gdi_config *config, const gdi_cache_entry *entry, json_t *damaged,
                               god_error *err)
{
    uint32_t good = 1, gone = 0;
    GOD_TRY(gdi_cache_verify(config->paths_cache_dir, entry, &good, err));
    if (good) {
        return GOD_OK;
    }
    args->exit_code = GDI_EXIT_NO;
    if (args->remove) {
        GOD_TRY(gdi_cache_evict(config->paths_cache_dir, entry->owner, entry->key, &gone, err));
    }
    if (!args->json) {
        (void)printf("damaged%s: %s %s %s\n", gone ? " and removed" : "", entry->owner, entry->key, entry->source);
    }
    json_t *item = entry_to_json(entry);
    (void)json_object_set_new(item, "removed", json_boolean(gone));
    return json_array_append_new(damaged, item) == 0 ? GOD_OK
                                                     : god_fail(err, GOD_E_NOMEM, "out of memory for the answer");
}

static god_status verify(arguments *args, const gdi_config *config, god_error *err)
{
    gdi_cache_list list;
    json_t *damaged = json_array();
    GOD_TRY(gdi_cache_list_read(config->paths_cache_dir, &list, err));
    god_status status = GOD_OK;
    for (size_t i = 0; status == GOD_OK && i < list.count; i++) {
        gdi_progress_show(&args->progress, gdi_clock_ms(), i, list.count, "entries", "checking");
        status = gdi_signals_stop_count() == 0 ? verify_entry(args, config, &list.entries[i], damaged, err)
                                               : god_fail(err, GOD_E_CANCELLED, "stopped");
    }
    gdi_progress_end(&args->progress);
    size_t checked = list.count, bad = json_array_size(damaged);
    gdi_cache_list_clear(&list);
    if (status == GOD_OK && args->json) {
        return print_json_take(json_pack("{s:I, s:o}", "checked", (json_int_t)checked, "damaged", damaged), err);
    }
    json_decref(damaged);
    if (status == GOD_OK) {
        (void)printf("%zu entries were checked, %zu are damaged\n", checked, bad);
    }
    return status;
}

static god_status act(arguments *args, god_error *err)
{
    gdi_config config;
    GOD_TRY(gdi_config_load(args->config, &config, err));
    god_status status = GOD_OK;
    if (strcmp(args->action, "list") == 0) {
        status = list_entries(args, &config, err);
    } else if (strcmp(args->action, "fetch") == 0) {
        status = fetch_address(args, &config, err);
    } else if (strcmp(args->action, "prune") == 0) {
        status = prune(args, &config, err);
    } else if (strcmp(args->action, "verify") == 0) {
        status = verify(args, &config, err);
    } else {
        status = god_fail(err, GOD_E_INVALID, "\"%.60s\" is none of list, fetch, prune and verify", args->action);
    }
    gdi_config_clear(&config);
    return status;
}

int gdi_cmd_cache(int argc, char **argv)
{
    arguments args = {.bytes_max = -1, .exit_code = GDI_EXIT_OK};
    god_error err = GOD_ERROR_INIT;
    int code = GDI_EXIT_OK;
    if (!gdi_options_begin(&usage, argc, argv, &args, take, &args.action, &code)) {
        return code;
    }
    gdi_signals_catch();
    gdi_progress_begin(&args.progress, args.quiet ? NULL : stderr);
    return act(&args, &err) == GOD_OK ? args.exit_code : gdi_cli_fail("cache", &err);
}
