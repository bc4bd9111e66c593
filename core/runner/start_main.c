/* The program god-start: puts limits on itself and becomes another program, so that nobody else has to carry them for
 * a moment: a god-runner with sanitizers has more memory than a training may have.
 *
 *     god-start [--data N] [--fsize N] [--nofile N] [--nproc N] [--cgroup DIR]... [--die-with-parent] -- PROGRAM ARG...
 *
 * A limit above what this process may have is cut to that. Environment and open descriptors go through as they are;
 * core files are never written. --die-with-parent: see gdi_signals_die_with_parent. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/signals.h"
#include "god/helpers/file.h"

enum { exit_usage = 2, exit_not_started = 126, exit_not_found = 127 };

static const char usage[] = "usage: god-start [LIMIT VALUE]... -- PROGRAM [ARGUMENT]...\n"
                            "\n"
                            "starts a program with limits for other programs of god; not called by hand\n";

static int set_limit(int which, rlim_t value)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)which, &limit) != 0) {
        return 0;
    }
    const rlim_t most = value < limit.rlim_max ? value : limit.rlim_max;
    limit = (struct rlimit){.rlim_cur = most, .rlim_max = most};
    return setrlimit((__rlimit_resource_t)which, &limit) == 0;
}

static int limit_by_name(const char *name, const char *value)
{
    static const struct {
        const char *name;
        int which;
    } limits[] = {
        {"--data", RLIMIT_DATA}, {"--fsize", RLIMIT_FSIZE}, {"--nofile", RLIMIT_NOFILE}, {"--nproc", RLIMIT_NPROC}};
    char *end = NULL;
    unsigned long long number = strtoull(value, &end, 10);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (strcmp(limits[i].name, name) == 0) {
            return end != value && *end == '\0' && set_limit(limits[i].which, (rlim_t)number);
        }
    }
    return 0;
}

/* 0 means "whoever writes this". */
static int enter_cgroup(const char *dir)
{
    char path[GOD_PATH_MAX];
    god_error ignored = GOD_ERROR_INIT;
    if (god_path_join(dir, "cgroup.procs", path, &ignored) != GOD_OK) {
        return 0;
    }
    int file = open(path, O_WRONLY | O_CLOEXEC);
    int fine = file >= 0 && write(file, "0", 1) == 1;
    if (file >= 0) {
        (void)close(file);
    }
    return fine;
}

int main(int argc, char **argv)
{
    int at = 1;
    for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (strcmp(argv[at], "--die-with-parent") == 0) {
            gdi_signals_die_with_parent();
            continue;
        }
        const char *name = argv[at];
        const char *value = at + 1 < argc ? argv[++at] : "";
        if (strcmp(name, "--cgroup") == 0 ? !enter_cgroup(value) : !limit_by_name(name, value)) {
            (void)fprintf(stderr, "god-start: cannot keep to %s \"%s\"\n", name, value);
            return exit_usage;
        }
    }
    if (at + 1 >= argc) {
        (void)fputs(usage, stderr);
        return exit_usage;
    }
    (void)set_limit(RLIMIT_CORE, 0);
    (void)execv(argv[at + 1], argv + at + 1);
    const int why = errno;
    (void)fprintf(stderr, "god-start: cannot start \"%s\": %s\n", argv[at + 1], strerror(why));
    return why == ENOENT ? exit_not_found : exit_not_started;
}
