/* `god plugin list|check|new`: finds the part and hands over. */
#include "core/cli/plugin.h"

#include "core/cli/cli.h"
#include "core/cli/parts.h"

static const gdi_part parts[] = {
    {"list", gdi_plugin_list, "", "which plug-ins there are, and why one is refused"},
    {"check", gdi_plugin_check, " FILE", "does a plug-in keep the contract? the conformance suite"},
    {"new", gdi_plugin_new, " NAME", "begin a plug-in of your own from a template that works"},
    {.name = NULL},
};

int gdi_cmd_plugin(int argc, char **argv)
{
    return gdi_parts_run("god plugin", parts, argc, argv);
}
