/* tests/simulation/kill_season.c: a season whose process is killed with SIGKILL again and again must end in the tables
 * of one that was left alone.
 *
 *     kill-season sqlite|postgres KILLS SECONDS [SEED]
 *
 * Plays a season undisturbed, then the same one on a fresh store while its process is killed at random instants and
 * started again; on PostgreSQL every tenth kill takes the server too. When a season ends before all kills are spent,
 * the next seed goes on. The dumps of all tables must be equal, byte for byte (core/simulation/dump.h says what is left
 * out). Fails, too, when fewer kills than asked fitted into the seconds. Exit code 77: no PostgreSQL on this machine.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/base/clock.h"
#include "core/base/layout.h"
#include "core/simulation/draw.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"
#include "tests/store/server.h"

enum { KILLS_A_SEASON = 100, DUMP_BYTES_MAX = 1 << 28, EXIT_SKIPPED = 77 };

typedef struct test {
    char god[GOD_PATH_MAX], folder[64];
    test_server *server; /* NULL: SQLite */
    uint32_t wanted, kills, server_kills, stores, seasons;
    uint64_t seed, deadline_ms;
    uint64_t startup_ms, season_ms; /* of the undisturbed one */
} test;

static void fail(const test *t, const char *what, const char *more)
{
    (void)printf("seed %llu, after %u kills: %s: %s\n", (unsigned long long)t->seed, t->kills, what, more);
    test_server_stop(t->server);
    exit(EXIT_FAILURE);
}

static void new_store(test *t, char url[512])
{
    char name[32];
    (void)snprintf(name, sizeof name, "season_%u", t->stores++);
    if (t->server == NULL) {
        (void)snprintf(url, 512, "sqlite:%s/%s.db", t->folder, name);
    } else if (!test_server_database(t->server, name, url, 512)) {
        fail(t, "no new database", name);
    }
}

static gdi_child *begin(test *t, const char *url, const char *dump)
{
    char seed[32];
    god_error err = GOD_ERROR_INIT;
    gdi_child *child = NULL;
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->seed);
    const char *argv[] = {t->god, "tournament", "simulate", "--seed",  seed, "--miners",
                          "9",    "--faults",   "0.2",      "--kills", "0",  "--store",
                          url,    "--dump",     dump,       "--json",  NULL};
    gdi_child_options options = {.argv = argv};
    if (gdi_child_start(&options, &child, &err) != GOD_OK) {
        fail(t, "cannot start", err.message);
    }
    return child;
}

/* Waits at most this long; true when it ended by itself, and well. */
static bool ends_within(test *t, gdi_child *child, uint64_t timeout_ms)
{
    gdi_child_end end = {0};
    god_error err = GOD_ERROR_INIT;
    god_status status = gdi_child_wait(child, timeout_ms, &end, &err);
    if (status == GOD_E_TIMEOUT) {
        return false;
    }
    if (status != GOD_OK || end.how != GDI_CHILD_EXITED || end.code != 0) {
        fail(t, "the season failed", gdi_child_output(child));
    }
    return true;
}

static void play_alone(test *t, const char *dump)
{
    char url[512];
    god_error err = GOD_ERROR_INIT;
    json_t *result = NULL;
    int64_t elapsed_ms = 0;
    uint64_t start_ms = gdi_clock_ms();
    new_store(t, url);
    gdi_child *child = begin(t, url, dump);
    if (!ends_within(t, child, 600000)) {
        fail(t, "the season does not end", "600 s");
    }
    t->season_ms = gdi_clock_ms() - start_ms;
    const char *text = gdi_child_output(child);
    if (god_json_parse("result", text, strlen(text), &result, &err) != GOD_OK ||
        god_json_get_int("result", result, "elapsed_ms", 0, INT64_MAX, &elapsed_ms, &err) != GOD_OK) {
        fail(t, "no result", err.message);
    }
    t->startup_ms = t->season_ms - (uint64_t)elapsed_ms;
    json_decref(result);
    gdi_child_free(child);
}

static void kill_once(test *t, gdi_child *child)
{
    bool with_server = t->server != NULL && t->kills % 10 == 9;
    gdi_child_end end;
    god_error err = GOD_ERROR_INIT;
    if (with_server && t->kills % 20 == 9) { /* the server first, then its client; or both the other way round */
        test_server_kill(t->server);
    }
    gdi_child_signal(child, SIGKILL);
    (void)gdi_child_wait(child, 60000, &end, &err);
    if (with_server) {
        if (t->kills % 20 != 9) {
            test_server_kill(t->server);
        }
        if (!test_server_restart(t->server)) {
            fail(t, "the server", "does not come up again");
        }
        t->server_kills++;
    }
    t->kills++;
}

static void play_killed(test *t, const char *dump)
{
    char url[512];
    uint32_t before = t->kills;
    /* Short enough for a hundred kills in a season, long enough to get on. */
    int64_t pause_max_ms = (int64_t)(2 * t->season_ms / KILLS_A_SEASON) + 5;
    new_store(t, url);
    for (uint64_t life = 0;; life++) {
        uint64_t pause_ms = t->startup_ms + (uint64_t)gdi_draw_range(t->seed, "pause", "", life, 0, pause_max_ms);
        gdi_child *child = begin(t, url, dump);
        bool ended = ends_within(t, child, t->kills < t->wanted ? pause_ms : 600000);
        if (!ended) {
            kill_once(t, child);
        }
        gdi_child_free(child);
        if (ended) {
            break;
        }
        if (gdi_clock_ms() > t->deadline_ms) {
            fail(t, "not enough kills", "the seconds are over");
        }
    }
    (void)printf("seed %llu: %u kills\n", (unsigned long long)t->seed, t->kills - before);
    (void)fflush(stdout);
}

static void compare(const test *t, const char *alone, const char *killed)
{
    god_error err = GOD_ERROR_INIT;
    char *a = NULL, *b = NULL;
    size_t a_bytes = 0, b_bytes = 0, line = 0;
    if (god_file_read(alone, DUMP_BYTES_MAX, &a, &a_bytes, &err) != GOD_OK ||
        god_file_read(killed, DUMP_BYTES_MAX, &b, &b_bytes, &err) != GOD_OK) {
        fail(t, "no dump", err.message);
    }
    for (size_t i = 0; i <= a_bytes; i++) {
        if (a[i] != b[i]) {
            (void)printf("undisturbed: %.*s\nkilled:      %.*s\n", (int)strcspn(a + line, "\n"), a + line,
                         (int)strcspn(b + line, "\n"), b + line);
            fail(t, "the tables differ", "see the two rows");
        }
        line = a[i] == '\n' ? i + 1 : line;
    }
    free(a);
    free(b);
}

int main(int argc, char **argv)
{
    test t = {.folder = "/tmp/god-kill.XXXXXX"};
    gdi_layout layout;
    god_error err = GOD_ERROR_INIT;
    char why[256], alone[128], killed[128];
    if (argc < 4) {
        (void)fprintf(stderr, "usage: kill-season sqlite|postgres KILLS SECONDS [SEED]\n");
        return EXIT_FAILURE;
    }
    if (gdi_layout_find(&layout, &err) != GOD_OK || mkdtemp(t.folder) == NULL) {
        (void)fprintf(stderr, "%s\n", err.message);
        return EXIT_FAILURE;
    }
    (void)memcpy(t.god, layout.god_path, sizeof t.god);
    t.wanted = (uint32_t)strtoul(argv[2], NULL, 10);
    t.deadline_ms = gdi_clock_ms() + 1000 * strtoul(argv[3], NULL, 10);
    t.seed = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
    if (strcmp(argv[1], "postgres") == 0) {
        t.server = test_server_start(why, sizeof why);
        if (t.server == NULL) {
            (void)printf("skipped: %s\n", why);
            return EXIT_SKIPPED;
        }
    }
    (void)snprintf(alone, sizeof alone, "%s/alone", t.folder);
    (void)snprintf(killed, sizeof killed, "%s/killed", t.folder);
    for (; t.kills < t.wanted; t.seed++, t.seasons++) {
        play_alone(&t, alone);
        play_killed(&t, killed);
        compare(&t, alone, killed);
    }
    (void)printf("%u kills, %u of them with the server, in %u seasons: the same tables each time\n", t.kills,
                 t.server_kills, t.seasons);
    test_server_stop(t.server);
    (void)god_dir_remove(t.folder, &err);
    return EXIT_SUCCESS;
}
