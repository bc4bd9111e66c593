/* core/cli/tournament_simulate.c: `god tournament simulate`: seasons on a virtual clock, checked after each step. */
#include "core/cli/tournament_simulate.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/signals.h"
#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/simulation/mix.h"
#include "core/simulation/season.h"
#include "god/helpers/sha256.h"
#include "god/helpers/text.h"

enum { SEASONS_MAX = 100000000, WEEKS_MAX = 520, MINERS_MAX = 4096, DAYS = 7, MINERS = 10 };
static const double usual_faults = 0.2;

typedef struct simulate_command {
    int64_t seed, seasons, kill_at;
    int64_t days, miners; /* these and the next two are below 0 while nobody says */
    double faults, kills;
    const char *store_url, *dump_path;
    uint32_t is_mixed, wants_digest, as_json, is_verbose;
} simulate_command;

typedef struct totals {
    uint64_t seasons, steps, turns, jobs, refused, kills, store_errors, statements, tournaments, completed, defended;
    god_text digests; /* of all seasons; of one season its own */
    uint64_t elapsed_ms;
} totals;

static const gdi_option options[] = {
    {.name = "--seed", .value = "S", .help = "the season's seed (default 1); with --seasons K also S+1 ... S+K-1"},
    {.name = "--weeks", .value = "W", .help = "virtual weeks (default 1)"},
    {.name = "--days", .value = "D", .help = "virtual days, when it is not whole weeks"},
    {.name = "--miners", .value = "N", .help = "miners of the network (default 10)"},
    {.name = "--faults",
     .value = "P",
     .help = "from 0 to 1 (default 0.2): how often miners cheat, executors fail, vanish, come late,\n"
             "answer twice or nonsense, and the clock is set"},
    {.name = "--kills",
     .value = "R",
     .help = "kills of the process and errors of the store per 1,000 statements\n(default: 10 times the faults)"},
    {.name = "--mixed",
     .help = "days (2 to 7), types of tournaments, miners (2 to 40), faults (to 0.4) and kills (to 3)\n"
             "drawn from the seed, small seasons more often than large ones"},
    {.name = "--kill-at", .value = "K", .help = "one kill exactly before statement K"},
    {.name = "--seasons", .value = "K", .help = "play so many seasons (default 1)"},
    {.name = "--digest", .help = "with --seasons: also one digest of all tables of all seasons"},
    {.name = "--store",
     .value = "URL",
     .help = "an empty store, or one in which this very season was interrupted: it goes on\n"
             "(default: memory, gone afterwards)"},
    {.name = "--dump", .value = "FILE", .help = "write all rows of all tables at the end (one season)"},
    {.name = "--verbose", .help = "the log of the cycles on stderr, with lines of the real time"},
    {.name = "--json", .help = "print one JSON object"},
    {.name = NULL},
};

static const gdi_usage usage = {
    .command = "god tournament simulate",
    .synopsis = "[--seed S] [--weeks W] [--miners N] [--faults P]",
    .summary = "Plays whole seasons of all tournament types on a virtual clock, with the production rules, cycles and "
               "store,\nand checks after each step that nothing is lost, doubled or made up.",
    .options = options,
    .notes =
        "The same seed and options give the same tables, byte for byte, however often the season was interrupted.\n"
        "A season that breaks a rule prints the one command that replays it.\n\n"
        "Exit codes: 0 all rules held; 1 one was broken; 2 the command line is at fault; 3 anything else;\n"
        "130 stopped by SIGINT or SIGTERM, after the table of the seasons that were played.\n",
};

static god_status read_share(const char *name, const char *value, double highest, double *ret, god_error *err)
{
    char *end = NULL;
    double number = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(number) || number < 0 || number > highest) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is \"%s\", a number from 0 to %g is needed", name, value, highest);
    }
    *ret = number;
    return GOD_OK;
}

static god_status read_option(void *user, const char *name, const char *value, god_error *err)
{
    simulate_command *command = user;
    if (name == NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is no option, see god tournament simulate --help", value);
    }
    if (strcmp(name, "--seed") == 0) {
        return gdi_option_int(name, value, 0, INT64_MAX / 2, &command->seed, err);
    }
    if (strcmp(name, "--weeks") == 0) {
        GOD_TRY(gdi_option_int(name, value, 1, WEEKS_MAX, &command->days, err));
        command->days *= 7;
        return GOD_OK;
    }
    if (strcmp(name, "--days") == 0) {
        return gdi_option_int(name, value, 1, 7 * WEEKS_MAX, &command->days, err);
    }
    if (strcmp(name, "--miners") == 0) {
        return gdi_option_int(name, value, 0, MINERS_MAX, &command->miners, err);
    }
    if (strcmp(name, "--faults") == 0) {
        return read_share(name, value, 1, &command->faults, err);
    }
    if (strcmp(name, "--kills") == 0) {
        return read_share(name, value, 100, &command->kills, err);
    }
    if (strcmp(name, "--kill-at") == 0) {
        return gdi_option_int(name, value, 1, INT64_MAX, &command->kill_at, err);
    }
    if (strcmp(name, "--seasons") == 0) {
        return gdi_option_int(name, value, 1, SEASONS_MAX, &command->seasons, err);
    }
    if (strcmp(name, "--store") == 0) {
        command->store_url = value;
    } else if (strcmp(name, "--dump") == 0) {
        command->dump_path = value;
    } else if (strcmp(name, "--verbose") == 0) {
        command->is_verbose = 1;
    } else if (strcmp(name, "--mixed") == 0) {
        command->is_mixed = 1;
    } else if (strcmp(name, "--digest") == 0) {
        command->wants_digest = 1;
    } else {
        command->as_json = 1;
    }
    return GOD_OK;
}

/* ---- playing ---- */

static uint32_t stop_asked(void *user)
{
    (void)user;
    return gdi_signals_stop_count() != 0;
}

static god_status add(totals *sum, const gdi_season_result *result, god_error *err)
{
    sum->seasons++;
    sum->steps += result->steps;
    sum->turns += result->turns;
    sum->jobs += result->jobs;
    sum->refused += result->refused;
    sum->kills += result->kills;
    sum->store_errors += result->store_errors;
    sum->statements += result->statements;
    sum->tournaments += result->tournaments;
    sum->completed += result->completed;
    sum->defended += result->defended;
    return result->digest[0] == '\0' ? GOD_OK : god_text_append_f(&sum->digests, err, "%s\n", result->digest);
}

static gdi_season_options season_of(const simulate_command *command, uint64_t seed)
{
    gdi_season_options season = {.seed = seed,
                                 .days = (uint32_t)command->days,
                                 .miners = (uint32_t)command->miners,
                                 .faults = command->faults,
                                 .per_1000_statements = command->kills,
                                 .kill_at = (uint64_t)command->kill_at,
                                 .store_url = command->store_url,
                                 .dump_path = command->dump_path,
                                 .wants_digest = command->wants_digest != 0,
                                 .stop_asked = stop_asked};
    if (command->is_mixed) {
        gdi_rules rules;
        gdi_rules_default(&rules);
        gdi_mix mix = gdi_mix_of(&rules, seed);
        season.days = mix.days;
        season.types = mix.types;
        season.miners = mix.miners;
        season.faults = mix.faults;
        season.per_1000_statements = mix.per_1000_statements;
    }
    return season;
}

static god_status play_all(const simulate_command *command, gdi_task_kinds *kinds, totals *sum, uint64_t *ret_seed,
                           god_error *err)
{
    gdi_log log = {.fd = 2, .lowest_level = GOD_LOG_DEBUG};
    gdi_season_memory *memory = NULL;
    uint64_t start_ms = gdi_clock_ms();
    god_status status = command->store_url == NULL ? gdi_season_memory_open(&memory, err) : GOD_OK;
    for (int64_t i = 0; status == GOD_OK && i < command->seasons; i++) {
        gdi_season_result result = {0};
        gdi_season_options season = season_of(command, (uint64_t)(command->seed + i));
        season.memory = memory;
        season.kinds = kinds;
        season.log = command->is_verbose ? &log : NULL;
        *ret_seed = season.seed;
        status = gdi_season_play(&season, &result, err);
        if (status == GOD_OK) {
            status = add(sum, &result, err);
        }
    }
    sum->elapsed_ms = gdi_clock_ms() - start_ms;
    gdi_season_memory_close(memory);
    return status;
}

/* ---- what came of it ---- */

static void digest_of_all(const totals *sum, char ret_digest[GOD_SHA256_HEX])
{
    if (sum->digests.bytes == 0) {
        ret_digest[0] = '\0';
    } else if (sum->seasons == 1) {
        (void)snprintf(ret_digest, GOD_SHA256_HEX, "%.64s", sum->digests.data);
    } else {
        god_sha256_bytes(sum->digests.data, sum->digests.bytes, ret_digest);
    }
}

static god_status print_json(const totals *sum, god_error *err)
{
    char digest[GOD_SHA256_HEX];
    digest_of_all(sum, digest);
    json_t *out = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s?}", "seasons",
                            (json_int_t)sum->seasons, "tournaments", (json_int_t)sum->tournaments, "completed",
                            (json_int_t)sum->completed, "defended", (json_int_t)sum->defended, "steps",
                            (json_int_t)sum->steps, "turns", (json_int_t)sum->turns, "jobs", (json_int_t)sum->jobs,
                            "refused", (json_int_t)sum->refused, "kills", (json_int_t)sum->kills, "store_errors",
                            (json_int_t)sum->store_errors, "statements", (json_int_t)sum->statements, "elapsed_ms",
                            (json_int_t)sum->elapsed_ms, "digest", digest[0] == '\0' ? NULL : digest);
    char *text = out == NULL ? NULL : json_dumps(out, JSON_INDENT(2));
    json_decref(out);
    if (text == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the report");
    }
    (void)puts(text);
    free(text);
    return GOD_OK;
}

static void print_table(const totals *sum)
{
    char digest[GOD_SHA256_HEX];
    digest_of_all(sum, digest);
    (void)printf("%llu season%s, no rule broken\n", (unsigned long long)sum->seasons, sum->seasons == 1 ? "" : "s");
    (void)printf("  tournaments  %llu, of which %llu completed, %llu defended by the boss\n",
                 (unsigned long long)sum->tournaments, (unsigned long long)sum->completed,
                 (unsigned long long)sum->defended);
    (void)printf("  jobs         %llu claims, %llu answers refused as too late\n", (unsigned long long)sum->jobs,
                 (unsigned long long)sum->refused);
    (void)printf("  steps        %llu, %llu turns, %llu statements\n", (unsigned long long)sum->steps,
                 (unsigned long long)sum->turns, (unsigned long long)sum->statements);
    (void)printf("  faults       %llu kills, %llu store errors\n", (unsigned long long)sum->kills,
                 (unsigned long long)sum->store_errors);
    (void)printf("  time         %.1f ms a season\n", (double)sum->elapsed_ms / (double)sum->seasons);
    if (digest[0] != '\0') {
        (void)printf("  digest       %s\n", digest);
    }
}

static void print_replay(const simulate_command *command, uint64_t seed)
{
    (void)fprintf(stderr, "replay: god tournament simulate --seed %llu", (unsigned long long)seed);
    if (command->is_mixed) {
        (void)fprintf(stderr, " --mixed");
    } else {
        (void)fprintf(stderr, " --days %lld --miners %lld --faults %g --kills %g", (long long)command->days,
                      (long long)command->miners, command->faults, command->kills);
    }
    if (command->kill_at != 0) {
        (void)fprintf(stderr, " --kill-at %lld", (long long)command->kill_at);
    }
    (void)fprintf(stderr, " --verbose\n");
}

static god_status read_command(int argc, char **argv, simulate_command *command, uint32_t *ret_help, god_error *err)
{
    GOD_TRY(gdi_options_read(&usage, argc, argv, command, read_option, ret_help, err));
    bool is_said = command->days > 0 || command->miners >= 0 || command->faults >= 0 || command->kills >= 0;
    if (command->is_mixed && is_said) {
        return god_fail(err, GOD_E_INVALID,
                        "--mixed draws days, miners, faults and kills from the seed, none of them "
                        "can be given beside it");
    }
    command->days = command->days < 0 ? DAYS : command->days;
    command->miners = command->miners < 0 ? MINERS : command->miners;
    command->faults = command->faults < 0 ? usual_faults : command->faults;
    command->kills = command->kills < 0 ? 10 * command->faults : command->kills;
    command->wants_digest |= command->seasons == 1;
    if (command->seasons > 1 && (command->store_url != NULL || command->dump_path != NULL)) {
        return god_fail(err, GOD_E_INVALID, "--store and --dump are for one season, --seasons is %lld",
                        (long long)command->seasons);
    }
    return GOD_OK;
}

int gdi_cmd_tournament_simulate(int argc, char **argv)
{
    god_error err = GOD_ERROR_INIT;
    simulate_command command = {.seed = 1, .seasons = 1, .days = -1, .miners = -1, .faults = -1, .kills = -1};
    gdi_task_kinds *kinds = calloc(1, sizeof *kinds);
    totals sum = {.digests = GOD_TEXT_INIT};
    uint64_t seed = 0;
    uint32_t help = 0;
    int code = GDI_EXIT_OK;
    god_status status =
        kinds == NULL ? god_fail(&err, GOD_E_NOMEM, "out of memory") : read_command(argc, argv, &command, &help, &err);
    if (status == GOD_OK && help) {
        gdi_usage_print(stdout, &usage);
        goto end;
    }
    gdi_signals_catch();
    if (status == GOD_OK) {
        status = play_all(&command, kinds, &sum, &seed, &err);
    }
    if (status == GOD_E_CANCELLED && sum.seasons > 0) { /* what was played until then counts */
        print_table(&sum);
    } else if (status == GOD_OK && command.as_json) {
        status = print_json(&sum, &err);
    } else if (status == GOD_OK) {
        print_table(&sum);
    }
    if (status != GOD_OK) {
        code = gdi_cli_fail("tournament simulate", &err);
    }
    if (status == GOD_E_INTERNAL) {
        print_replay(&command, seed);
        code = GDI_EXIT_NO;
    }
end:
    god_text_free(&sum.digests);
    if (kinds != NULL) {
        gdi_task_kinds_fini(kinds);
    }
    free(kinds);
    return code;
}
