/* core/cli/tournament.c: `god tournament COMMAND`. */
#include <stdio.h>
#include <string.h>

#include "core/cli/cli.h"
#include "core/cli/tournament_simulate.h"

int gdi_cmd_tournament(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "simulate") == 0) {
        return gdi_cmd_tournament_simulate(argc - 1, argv + 1);
    }
    (void)fprintf(stderr, "usage: god tournament simulate [OPTION ...]\n");
    return GDI_EXIT_USAGE;
}
