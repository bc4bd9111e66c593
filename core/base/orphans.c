#include "core/base/orphans.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { rounds_max = 100, pause_ms = 10 };

void gdi_orphans_adopt(void)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1UL);
}

/* The parent of a process, 0 when it is gone. The name in the second field may hold anything, so the last ')' counts.
 */
static pid_t parent_of(const char *pid_text)
{
    char path[64], line[512];
    (void)snprintf(path, sizeof path, "/proc/%.20s/stat", pid_text);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    char *read = fgets(line, sizeof line, file);
    (void)fclose(file);
    const char *name_end = read == NULL ? NULL : strrchr(line, ')');
    long parent = 0;
    return name_end != NULL && sscanf(name_end + 1, " %*c %ld", &parent) == 1 ? (pid_t)parent : 0;
}

static void kill_children(void)
{
    DIR *proc = opendir("/proc");
    if (proc == NULL) {
        return;
    }
    for (const struct dirent *entry; (entry = readdir(proc)) != NULL;) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && parent_of(entry->d_name) == getpid()) {
            (void)kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
        }
    }
    (void)closedir(proc);
}

void gdi_orphans_end(void)
{
    for (int i = 0; i < rounds_max; i++) {
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        siginfo_t none = {.si_pid = 0};
        if (waitid(P_ALL, 0, &none, WEXITED | WNOHANG | WNOWAIT) != 0) {
            return; /* ECHILD: there are no children, which is how it nearly always is */
        }
        kill_children();
        (void)poll(NULL, 0, pause_ms);
    }
}
