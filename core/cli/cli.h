/* core/cli/cli.h: the subcommands of `god`. One file each; main.c holds the table that names them.
 *
 * A subcommand is called once, from the main thread, with argv[0] its own name ("evaluate"), and returns the exit code
 * of the program. What it found goes to stdout; everything else goes to stderr, errors as "god evaluate: SENTENCE".
 */
#ifndef GDI_CLI_H
#define GDI_CLI_H

#include "god/error.h"

/* Exit codes with the same meaning everywhere. A subcommand that has more says so in its --help. */
enum {
    GDI_EXIT_OK = 0,
    GDI_EXIT_NO = 1,       /* it worked, and the answer is no */
    GDI_EXIT_USAGE = 2,    /* the command line or an input is at fault */
    GDI_EXIT_FAILED = 3,   /* a plug-in, a worker or the system failed */
    GDI_EXIT_STOPPED = 130 /* SIGINT or SIGTERM */
};

int gdi_cmd_cache(int argc, char **argv);
int gdi_cmd_config(int argc, char **argv);
int gdi_cmd_db(int argc, char **argv);
int gdi_cmd_evaluate(int argc, char **argv);
int gdi_cmd_host(int argc, char **argv);
int gdi_cmd_inspect(int argc, char **argv); /* `god model`, and `god tokenize` of a text */
int gdi_cmd_job(int argc, char **argv);
int gdi_cmd_plugin(int argc, char **argv);
int gdi_cmd_rules(int argc, char **argv);
int gdi_cmd_run_task(int argc, char **argv); /* `god run-task` */
int gdi_cmd_task(int argc, char **argv);
int gdi_cmd_tokenize(int argc, char **argv);
int gdi_cmd_tournament(int argc, char **argv);

/* Prints "god COMMAND: message" to stderr and returns the exit code that suits err->code: GDI_EXIT_USAGE for
 * GOD_E_INVALID, GOD_E_DATA and GOD_E_NOT_FOUND, GDI_EXIT_STOPPED for GOD_E_CANCELLED, otherwise GDI_EXIT_FAILED. */
int gdi_cli_fail(const char *command, const god_error *err);

#endif
