#include "core/http/process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void read_stat(gdi_process_facts *facts)
{
    unsigned long long pages = 0, threads = 0;
    char line[1024];
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL) {
        return;
    }
    if (fgets(line, sizeof line, file) != NULL) {
        const char *rest = strrchr(line, ')'); /* behind the name, which may hold anything; field 3 follows */
        if (rest != NULL && sscanf(rest + 1,
                                   " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %*s "
                                   "%*s %*s %llu",
                                   &threads, &pages) == 2) {
            facts->threads = (uint32_t)threads;
            facts->resident_bytes = pages * (unsigned long long)sysconf(_SC_PAGESIZE);
        }
    }
    (void)fclose(file);
}

static uint32_t count_fds(void)
{
    uint32_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL) {
        return 0;
    }
    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count < 3 ? 0 : count - 3; /* without ".", ".." and the folder itself */
}

gdi_process_facts gdi_process_look(void)
{
    gdi_process_facts facts = {.open_fds = count_fds()};
    struct rusage used;
    read_stat(&facts);
    if (getrusage(RUSAGE_SELF, &used) == 0) {
        facts.cpu_seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                            (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    }
    return facts;
}
