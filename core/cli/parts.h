/* core/cli/parts.h: a subcommand that has parts of its own, each with a --help: `god db migrate|check|backup`.
 *
 *     static const gdi_part parts[] = {{"list", gdi_plugin_list, "which plug-ins there are"}, {.name = NULL}};
 *     int gdi_cmd_plugin(int argc, char **argv) { return gdi_parts_run("god plugin", parts, argc, argv); }
 */
#ifndef GDI_CLI_PARTS_H
#define GDI_CLI_PARTS_H

typedef struct gdi_part {
    const char *name;                  /* NULL ends the table */
    int (*run)(int argc, char **argv); /* argv[0] is the name; returns the exit code of the program */
    const char *arguments;             /* what follows the name in the help, " FILE"; "" when nothing does */
    const char *summary;
} gdi_part;

enum { GDI_PARTS_MAX = 16 };

/* Hands over to the part that argv[1] names; prints the help, or the nearest name for one that is unknown. */
int gdi_parts_run(const char *command, const gdi_part *parts, int argc, char **argv);

#endif
