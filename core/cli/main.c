/* The program `god`: finds the subcommand and hands over. */
#include <stdio.h>
#include <string.h>

#include "core/base/nearest.h"
#include "core/base/signals.h"
#include "core/cli/cli.h"

typedef struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
#ifdef GDI_HAS_EVALUATE
    {"evaluate", "rank a group of submitted models", gdi_cmd_evaluate},
#endif
#ifdef GDI_HAS_HOST
    {"host", "run the daemon: plug-ins and jobs", gdi_cmd_host},
#endif
#ifdef GDI_HAS_PLUGIN
    {"plugin", "list, check and begin plug-ins", gdi_cmd_plugin},
#endif
#ifdef GDI_HAS_INSPECT
    {"model", "show what a model folder holds and what would be refused", gdi_cmd_inspect},
#endif
#ifdef GDI_HAS_TOKENIZE
    {"tokenize", "show the token ids of a text, or what is scored of a row", gdi_cmd_tokenize},
#endif
#ifdef GDI_HAS_RULES
    {"rules", "check the tournament rules against a file of test vectors", gdi_cmd_rules},
#endif
#ifdef GDI_HAS_CONFIG
    {"config", "show, check and explain god.yaml", gdi_cmd_config},
#endif
#ifdef GDI_HAS_JOB
    {"job", "list, show, follow and cancel jobs", gdi_cmd_job},
#endif
#ifdef GDI_HAS_TOURNAMENT
    {"tournament", "list, show, create and simulate tournaments", gdi_cmd_tournament},
#endif
#ifdef GDI_HAS_DB
    {"db", "prepare, check and back up the store", gdi_cmd_db},
#endif
#ifdef GDI_HAS_TASK
    {"task", "show what a training is started with, upload its result", gdi_cmd_task},
#endif
#ifdef GDI_HAS_RUN_TASK
    {"run-task", "train a repository as a validator does, and judge the output", gdi_cmd_run_task},
#endif
#ifdef GDI_HAS_CACHE
    {"cache", "list, check and prune what was downloaded", gdi_cmd_cache},
#endif
    {NULL, NULL, NULL},
};

static void print_help(FILE *out)
{
    (void)fprintf(out, "usage: god COMMAND [OPTION ...]\n\n");
    for (const command *c = commands; c->name != NULL; c++) {
        (void)fprintf(out, "  %-10s %s\n", c->name, c->summary);
    }
    (void)fprintf(out, "\n  god COMMAND --help explains a command; god --version prints the version.\n");
}

static int fail_unknown(const char *name)
{
    const char *names[sizeof commands / sizeof *commands];
    size_t count = 0;
    for (const command *c = commands; c->name != NULL; c++) {
        names[count++] = c->name;
    }
    const char *nearest = gdi_nearest(name, names, count);
    if (nearest != NULL) {
        (void)fprintf(stderr, "god: there is no command \"%s\", did you mean \"%s\"?\n", name, nearest);
    } else {
        (void)fprintf(stderr, "god: there is no command \"%s\", see god --help\n", name);
    }
    return GDI_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    gdi_signals_die_with_parent(); /* of a god command that started this one; a shell does not say that it is one */
    if (argc < 2) {
        print_help(stderr);
        return GDI_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return GDI_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("god %s\n", GDI_VERSION);
        return GDI_EXIT_OK;
    }
    for (const command *c = commands; c->name != NULL; c++) {
        if (strcmp(argv[1], c->name) == 0) {
            return c->run(argc - 1, argv + 1);
        }
    }
    return fail_unknown(argv[1]);
}
