#include "core/cli/parts.h"

#include <stdio.h>
#include <string.h>

#include "core/base/nearest.h"
#include "core/cli/cli.h"

static void print_help(FILE *out, const char *command, const gdi_part *parts)
{
    (void)fprintf(out, "usage: %s ", command);
    for (const gdi_part *part = parts; part->name != NULL; part++) {
        (void)fprintf(out, "%s%s%s", part == parts ? "" : " | ", part->name, part->arguments);
    }
    (void)fprintf(out, "\n\n");
    for (const gdi_part *part = parts; part->name != NULL; part++) {
        (void)fprintf(out, "  %-8s %s\n", part->name, part->summary);
    }
    (void)fprintf(out, "\n  %s %s --help and so on explain each.\n", command, parts->name);
}

static int fail_unknown(const char *command, const gdi_part *parts, const char *name)
{
    const char *names[GDI_PARTS_MAX];
    size_t count = 0;
    for (const gdi_part *part = parts; part->name != NULL && count < GDI_PARTS_MAX; part++) {
        names[count++] = part->name;
    }
    const char *nearest = gdi_nearest(name, names, count);
    if (nearest != NULL) {
        (void)fprintf(stderr, "%s: there is no \"%s\", did you mean \"%s\"?\n", command, name, nearest);
    } else {
        (void)fprintf(stderr, "%s: there is no \"%s\", see %s --help\n", command, name, command);
    }
    return GDI_EXIT_USAGE;
}

int gdi_parts_run(const char *command, const gdi_part *parts, int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr, command, parts);
        return GDI_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout, command, parts);
        return GDI_EXIT_OK;
    }
    for (const gdi_part *part = parts; part->name != NULL; part++) {
        if (strcmp(argv[1], part->name) == 0) {
            return part->run(argc - 1, argv + 1);
        }
    }
    return fail_unknown(command, parts, argv[1]);
}
