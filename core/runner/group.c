#include "core/runner/group.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { rounds_max = 200, round_pause_ns = 20 * 1000 * 1000, file_bytes = 64 << 10, depth_max = 4 };
enum { cpu_period_us = 100000, periods_per_s = 10 };
static const char top[] = "/sys/fs/cgroup";

/* ---- files of a group ---- */

/* 1 when the file took it. */
static uint32_t write_value(const char *dir, const char *name, const char *value)
{
    char path[GOD_PATH_MAX];
    god_error ignored = GOD_ERROR_INIT;
    int file = god_path_join(dir, name, path, &ignored) == GOD_OK ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    const uint32_t fine = file >= 0 && write(file, value, strlen(value)) == (ssize_t)strlen(value);
    if (file >= 0) {
        (void)close(file);
    }
    return fine;
}

/* "" when it cannot be read. */
static void read_text(const char *dir, const char *name, char *buf, size_t cap)
{
    char path[GOD_PATH_MAX];
    god_error ignored = GOD_ERROR_INIT;
    int file = god_path_join(dir, name, path, &ignored) == GOD_OK ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t bytes = file >= 0 ? read(file, buf, cap - 1) : 0;
    buf[bytes > 0 ? bytes : 0] = '\0';
    if (file >= 0) {
        (void)close(file);
    }
}

/* ---- making ---- */

/* `kind`: a tree of cgroup v1; NULL: the one of v2. NULL when it cannot be made. */
static const char *add_dir(gdi_group *group, const char *kind, const char *name)
{
    char *dir = group->dirs[group->count];
    (void)snprintf(dir, GOD_PATH_MAX, "%s%s%s/%s", top, kind != NULL ? "/" : "", kind != NULL ? kind : "", name);
    if (mkdir(dir, 0755) != 0) {
        return NULL;
    }
    group->count++;
    return dir;
}

void gdi_group_make(const char *name, const gdi_run_spec *spec, gdi_group *ret_group)
{
    gdi_group group = {.count = 0};
    char memory[32], pids[32], quota[32], cpu[64], controllers[256];
    (void)snprintf(memory, sizeof memory, "%lld", (long long)spec->memory_bytes);
    (void)snprintf(pids, sizeof pids, "%lld", (long long)spec->pids_max);
    (void)snprintf(quota, sizeof quota, "%lld", (long long)(spec->nano_cpus / 1000 / periods_per_s));
    (void)snprintf(cpu, sizeof cpu, "%s %d", quota, cpu_period_us);
    read_text(top, "cgroup.controllers", controllers, sizeof controllers);
    const struct {
        const char *kind, *file, *value;
    } limits[] = {
        {"memory", controllers[0] != '\0' ? "memory.max" : "memory.limit_in_bytes", memory},
        {"pids", "pids.max", pids},
        {"cpu", controllers[0] != '\0' ? "cpu.max" : "cpu.cfs_quota_us", controllers[0] != '\0' ? cpu : quota},
    };
    const char *dir = controllers[0] != '\0' ? add_dir(&group, NULL, name) : NULL;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        dir = controllers[0] != '\0' ? dir : add_dir(&group, limits[i].kind, name);
        if (dir != NULL) {
            (void)write_value(dir, limits[i].file, limits[i].value);
        }
    }
    *ret_group = group;
}

/* "oom_kill 1" of memory.events or memory.oom_control. */
uint32_t gdi_group_out_of_memory(const gdi_group *group)
{
    static const char *const names[] = {"memory.events", "memory.oom_control"};
    for (size_t i = 0; i < group->count; i++) {
        for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
            char text[1024];
            read_text(group->dirs[i], names[n], text, sizeof text);
            const char *at = strstr(text, "oom_kill ");
            if (at != NULL && strtoull(at + strlen("oom_kill "), NULL, 10) > 0) {
                return 1;
            }
        }
    }
    return 0;
}

/* ---- ending ---- */

/* How many processes were there. */
static size_t kill_members(const char *group)
{
    char text[file_bytes];
    size_t count = 0;
    read_text(group, "cgroup.procs", text, sizeof text);
    for (char *at = text, *end = NULL; *at != '\0'; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at || pid <= 1) {
            break;
        }
        (void)kill((pid_t)pid, SIGKILL);
        count++;
        end += *end == '\n';
    }
    return count;
}

/* A group and the groups in it. */
static size_t kill_group(const char *group, int depth)
{
    size_t count = kill_members(group);
    DIR *entries = depth > 0 ? opendir(group) : NULL;
    for (const struct dirent *entry = NULL; entries != NULL && (entry = readdir(entries)) != NULL;) {
        char path[GOD_PATH_MAX];
        god_error ignored = GOD_ERROR_INIT;
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
            god_path_join(group, entry->d_name, path, &ignored) == GOD_OK) {
            count += kill_group(path, depth - 1);
        }
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
    if (rmdir(group) != 0 && errno == EBUSY) {
        count++; /* somebody is still on the way out */
    }
    return count;
}

static size_t kill_everywhere(const char *name)
{
    char path[GOD_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", top, name);
    size_t count = kill_group(path, depth_max);
    DIR *kinds = opendir(top);
    for (const struct dirent *kind = NULL; kinds != NULL && (kind = readdir(kinds)) != NULL;) {
        if (kind->d_type == DT_DIR && kind->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s/%s", top, kind->d_name, name);
            count += kill_group(path, depth_max);
        }
    }
    if (kinds != NULL) {
        (void)closedir(kinds);
    }
    return count;
}

void gdi_group_end(const char *name)
{
    const struct timespec pause = {.tv_nsec = round_pause_ns};
    for (int i = 0; i < rounds_max && kill_everywhere(name) > 0; i++) {
        (void)nanosleep(&pause, NULL);
    }
}
