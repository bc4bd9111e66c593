/* `god model` and `god tokenize` of a text need the evaluation library, which this program does not link: it becomes
 * god-inspect, which does. */
#include <unistd.h>

#include "core/base/layout.h"
#include "core/cli/cli.h"

int gdi_cmd_inspect(int argc, char **argv)
{
    enum { arguments_max = 64 };
    const char *name = argv[0];
    god_error err = GOD_ERROR_INIT;
    gdi_layout layout;
    char *arguments[arguments_max + 2];
    if (argc > arguments_max) {
        (void)god_fail(&err, GOD_E_INVALID, "%d arguments, at most %d are taken", argc, arguments_max);
        return gdi_cli_fail(name, &err);
    }
    if (gdi_layout_find(&layout, &err) != GOD_OK) {
        return gdi_cli_fail(name, &err);
    }
    arguments[0] = layout.inspect_path;
    for (int i = 0; i <= argc; i++) { /* argv[argc] is NULL and ends the list */
        arguments[i + 1] = argv[i];
    }
    (void)execv(layout.inspect_path, arguments);
    (void)god_fail_errno(&err, GOD_E_IO, "cannot start \"%s\"", layout.inspect_path);
    return gdi_cli_fail(name, &err);
}
