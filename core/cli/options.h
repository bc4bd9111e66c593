/* core/cli/options.h: a command line as a table: reading it, and printing its --help from the same lines.
 *
 *     static const gdi_option options[] = {
 *         {.name = "--out", .value = "FILE", .help = "write the result to FILE"},
 *         {.name = "--json", .help = "print one JSON object instead of the table"},
 *         {.name = NULL},
 *     };
 *
 * `--name VALUE` and `--name=VALUE` are the same. `--` ends the options. --help is always known. [any]
 */
#ifndef GDI_CLI_OPTIONS_H
#define GDI_CLI_OPTIONS_H

#include <stdio.h>

#include "god/error.h"

typedef struct gdi_option {
    const char *name;  /* with its dashes; NULL ends the table */
    const char *value; /* what the help calls its value; NULL: it takes none */
    const char *help;  /* one line, or several with '\n' between them */
} gdi_option;

typedef struct gdi_usage {
    const char *command;  /* "god evaluate" */
    const char *synopsis; /* what follows the command on the first line of the help */
    const char *summary;  /* a sentence or two */
    const gdi_option *options;
    const char *notes; /* examples, exit codes; printed as they are; may be NULL */
} gdi_usage;

/* Called for each option in the order of the command line; `name` as in the table, NULL for an argument that is not
 * an option; `value` is NULL for an option that takes none. A failure ends the reading and is passed on. */
typedef god_status gdi_option_fn(void *user, const char *name, const char *value, god_error *err);

/* GOD_E_INVALID for an unknown option (the nearest known one is suggested) or a missing value. *ret_help is 1 when
 * --help was there; reading ends at it. */
god_status gdi_options_read(const gdi_usage *usage, int argc, char **argv, void *user, gdi_option_fn *option,
                            uint32_t *ret_help, god_error *err);
void gdi_usage_print(FILE *out, const gdi_usage *usage);

/* How every subcommand begins: reads the command line with gdi_options_read. 1: go on. 0: the help or an error was
 * printed, and *ret_code is the exit code of the program. `needed` is where `option` leaves an argument that must be
 * there, without which the usage is printed to stderr; may be NULL. */
uint32_t gdi_options_begin(const gdi_usage *usage, int argc, char **argv, void *user, gdi_option_fn *option,
                           const char *const *needed, int *ret_code);

/* A whole number for `name`, or GOD_E_INVALID: `"--threads" is "many", a whole number from 1 to 1024 is needed`. */
god_status gdi_option_int(const char *name, const char *value, int64_t lowest, int64_t highest, int64_t *ret,
                          god_error *err);

#endif
