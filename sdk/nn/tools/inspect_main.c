#include <stdio.h>
#include <string.h>

#include "tools/tools.h"

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "model") == 0) {
        return gnn_tool_model(argc - 1, argv + 1);
    }
    if (argc >= 2 && strcmp(argv[1], "tokenize") == 0) {
        return gnn_tool_tokenize(argc - 1, argv + 1);
    }
    (void)fprintf(stderr, "usage: god-inspect model|tokenize ... (started by god)\n");
    return GNN_TOOL_USAGE;
}
