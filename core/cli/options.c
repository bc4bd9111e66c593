#include "core/cli/options.h"

#include <stdlib.h>

#include "core/base/nearest.h"
#include "core/cli/cli.h"

static const char help_name[] = "--help";
static const gdi_option help_option = {.name = help_name, .help = "print this text"};

static const gdi_option *find(const gdi_usage *usage, const char *arg, size_t name_bytes)
{
    for (const gdi_option *option = usage->options; option->name != NULL; option++) {
        if (strlen(option->name) == name_bytes && memcmp(option->name, arg, name_bytes) == 0) {
            return option;
        }
    }
    return NULL;
}

static god_status fail_unknown(const gdi_usage *usage, const char *arg, size_t name_bytes, god_error *err)
{
    enum { names_max = 64 };
    const char *names[names_max];
    size_t count = 0;
    for (const gdi_option *option = usage->options; option->name != NULL && count < names_max; option++) {
        names[count++] = option->name;
    }
    char name[GDI_NEAREST_NAME_BYTES_MAX + 1];
    (void)snprintf(name, sizeof name, "%.*s", (int)(name_bytes < sizeof name ? name_bytes : sizeof name - 1), arg);
    const char *nearest = gdi_nearest(name, names, count);
    if (nearest != NULL) {
        return god_fail(err, GOD_E_INVALID, "there is no option \"%s\", did you mean \"%s\"?", name, nearest);
    }
    return god_fail(err, GOD_E_INVALID, "there is no option \"%s\", see %s --help", name, usage->command);
}

/* Reads argv[*at], moving *at on when the next argument is its value. */
static god_status read_option(const gdi_usage *usage, int argc, char **argv, int *at, void *user, gdi_option_fn *each,
                              god_error *err)
{
    const char *arg = argv[*at];
    size_t name_bytes = strcspn(arg, "=");
    const gdi_option *option = find(usage, arg, name_bytes);
    if (option == NULL) {
        return fail_unknown(usage, arg, name_bytes, err);
    }
    const char *value = arg[name_bytes] == '=' ? arg + name_bytes + 1 : NULL;
    if (option->value == NULL && value != NULL) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" takes no value", option->name);
    }
    if (option->value != NULL && value == NULL) {
        if (*at + 1 == argc) {
            return god_fail(err, GOD_E_INVALID, "\"%s\" needs a value: %s %s", option->name, option->name,
                            option->value);
        }
        value = argv[++*at];
    }
    return each(user, option->name, value, err);
}

god_status gdi_options_read(const gdi_usage *usage, int argc, char **argv, void *user, gdi_option_fn *option,
                            uint32_t *ret_help, god_error *err)
{
    int options_ended = 0;
    *ret_help = 0;
    for (int i = 1; i < argc; i++) {
        if (!options_ended && strcmp(argv[i], "--") == 0) {
            options_ended = 1;
        } else if (options_ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            GOD_TRY(option(user, NULL, argv[i], err));
        } else if (strcmp(argv[i], help_name) == 0 || strcmp(argv[i], "-h") == 0) {
            *ret_help = 1;
            return GOD_OK;
        } else {
            GOD_TRY(read_option(usage, argc, argv, &i, user, option, err));
        }
    }
    return GOD_OK;
}

static int option_columns(const gdi_option *option)
{
    return (int)(strlen(option->name) + (option->value == NULL ? 0 : 1 + strlen(option->value)));
}

static void print_option(FILE *out, const gdi_option *option, int columns)
{
    (void)fprintf(out, "  %s%s%s%*s", option->name, option->value == NULL ? "" : " ",
                  option->value == NULL ? "" : option->value, columns - option_columns(option) + 2, "");
    for (const char *c = option->help; *c != '\0'; c++) {
        (void)fputc(*c, out);
        if (*c == '\n') {
            (void)fprintf(out, "%*s", columns + 4, "");
        }
    }
    (void)fputc('\n', out);
}

void gdi_usage_print(FILE *out, const gdi_usage *usage)
{
    (void)fprintf(out, "usage: %s %s\n\n%s\n\n", usage->command, usage->synopsis, usage->summary);
    int columns = option_columns(&help_option);
    for (const gdi_option *option = usage->options; option->name != NULL; option++) {
        columns = option_columns(option) > columns ? option_columns(option) : columns;
    }
    for (const gdi_option *option = usage->options; option->name != NULL; option++) {
        print_option(out, option, columns);
    }
    print_option(out, &help_option, columns);
    if (usage->notes != NULL) {
        (void)fprintf(out, "\n%s", usage->notes);
    }
}

uint32_t gdi_options_begin(const gdi_usage *usage, int argc, char **argv, void *user, gdi_option_fn *option,
                           const char *const *needed, int *ret_code)
{
    god_error err = GOD_ERROR_INIT;
    uint32_t help = 0;
    if (gdi_options_read(usage, argc, argv, user, option, &help, &err) != GOD_OK) {
        *ret_code = gdi_cli_fail(usage->command + strlen("god "), &err);
        return 0;
    }
    if (help || (needed != NULL && *needed == NULL)) {
        gdi_usage_print(help ? stdout : stderr, usage);
        *ret_code = help ? GDI_EXIT_OK : GDI_EXIT_USAGE;
        return 0;
    }
    return 1;
}

god_status gdi_option_int(const char *name, const char *value, int64_t lowest, int64_t highest, int64_t *ret,
                          god_error *err)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < lowest || number > highest) {
        return god_fail(err, GOD_E_INVALID, "\"%s\" is \"%s\", a whole number from %lld to %lld is needed", name, value,
                        (long long)lowest, (long long)highest);
    }
    *ret = number;
    return GOD_OK;
}
