/* The program god-merge. */
#include <stdio.h>

#include "tools/merge.h"

enum { exit_fine = 0, exit_refused = 1, exit_usage = 2 };

int main(int argc, char **argv)
{
    god_error err = GOD_ERROR_INIT;
    if (argc != 4) {
        (void)fprintf(stderr, "usage: god-merge BASE_DIR ADAPTER_DIR OUT_DIR (started by a trainer)\n");
        return exit_usage;
    }
    if (gnn_merge(argv[1], argv[2], argv[3], &err) != GOD_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        return exit_refused;
    }
    return exit_fine;
}
