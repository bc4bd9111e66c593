/* tools/tools.h: `god model` and `god tokenize`, the commands for people who doubt a score.
 *
 * They need the evaluation library, which the host must not link, so they are a program of their own,
 * libexec/god/god-inspect, which `god` starts under these names. argv[0] is the command's name.
 * Exit codes: 0 fine, 1 the model or text has a fault that was named, 2 wrong usage. */
#ifndef GNN_TOOLS_H
#define GNN_TOOLS_H

enum { GNN_TOOL_OK = 0, GNN_TOOL_REFUSED = 1, GNN_TOOL_USAGE = 2 };

int gnn_tool_model(int argc, char **argv);
int gnn_tool_tokenize(int argc, char **argv);

#endif
