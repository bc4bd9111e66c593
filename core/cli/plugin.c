/* `god plugin list|check|new`: finds the part and hands over. */
#include "core/cli/plugin.h"

#include "core/base/nearest.h"
#include "core/cli/cli.h"

static const char help[] = "usage: god plugin list | check FILE | new NAME\n"
                           "\n"
                           "  list   which plug-ins there are, and why one is refused\n"
                           "  check  does a plug-in keep the contract? the conformance suite\n"
                           "  new    begin a plug-in of your own from a template that works\n"
                           "\n"
                           "  god plugin list --help and so on explain each.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} parts[] = {{"list", gdi_plugin_list}, {"check", gdi_plugin_check}, {"new", gdi_plugin_new}};
enum { part_count = sizeof parts / sizeof *parts };

static int fail_unknown(const char *name)
{
    const char *names[part_count];
    for (int i = 0; i < part_count; i++) {
        names[i] = parts[i].name;
    }
    const char *nearest = gdi_nearest(name, names, part_count);
    if (nearest == NULL) {
        (void)fprintf(stderr, "god plugin: \"%s\" is none of list, check and new\n", name);
    } else {
        (void)fprintf(stderr, "god plugin: there is no \"%s\", did you mean \"%s\"?\n", name, nearest);
    }
    return GDI_EXIT_USAGE;
}

int gdi_cmd_plugin(int argc, char **argv)
{
    if (argc < 2) {
        (void)fputs(help, stderr);
        return GDI_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        (void)fputs(help, stdout);
        return GDI_EXIT_OK;
    }
    for (int i = 0; i < part_count; i++) {
        if (strcmp(argv[1], parts[i].name) == 0) {
            return parts[i].run(argc - 1, argv + 1);
        }
    }
    return fail_unknown(argv[1]);
}
