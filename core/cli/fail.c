#include "core/cli/cli.h"

int gdi_cli_fail(const char *command, const god_error *err)
{
    (void)fprintf(stderr, "god %s: %s\n", command, err->message);
    switch (err->code) {
    case GOD_E_INVALID:
    case GOD_E_DATA:
    case GOD_E_NOT_FOUND: return GDI_EXIT_USAGE;
    case GOD_E_CANCELLED: return GDI_EXIT_STOPPED;
    default: return GDI_EXIT_FAILED;
    }
}
