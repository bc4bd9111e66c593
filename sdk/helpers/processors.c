#include "god/helpers/processors.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "god/helpers/file.h"

static uint32_t read_line(const char *path, char *line, int bytes)
{
    FILE *file = fopen(path, "re");
    uint32_t is_there = file != NULL && fgets(line, bytes, file) != NULL;
    if (file != NULL) {
        (void)fclose(file);
    }
    return is_there;
}

/* The first line of <root>/sys/fs/cgroup/<mount><group>/<name>. */
static uint32_t read_setting(const char *root, const char *mount, const char *group, const char *name, char line[64])
{
    char path[GOD_PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/sys/fs/cgroup/%s%s/%s", root, mount, group, name);
    return length > 0 && (size_t)length < sizeof path && read_line(path, line, 64);
}

static uint32_t lower(uint32_t count, int64_t quota_us, int64_t period_us)
{
    if (quota_us <= 0 || period_us <= 0) {
        return count; /* -1: no quota */
    }
    int64_t processors = quota_us / period_us + (quota_us % period_us != 0);
    return processors < count ? (uint32_t)processors : count;
}

/* One group's own quota. */
static uint32_t lower_by_group(const char *root, const char *mount, const char *group, uint32_t version, uint32_t count)
{
    char line[64];
    int64_t quota_us = -1, period_us = 0;
    if (version == 2) {
        if (read_setting(root, mount, group, "cpu.max", line) &&
            sscanf(line, "%" SCNd64 " %" SCNd64, &quota_us, &period_us) == 2) { /* "max 100000" is no number */
            count = lower(count, quota_us, period_us);
        }
    } else if (read_setting(root, mount, group, "cpu.cfs_quota_us", line) && sscanf(line, "%" SCNd64, &quota_us) == 1 &&
               read_setting(root, mount, group, "cpu.cfs_period_us", line) &&
               sscanf(line, "%" SCNd64, &period_us) == 1) {
        count = lower(count, quota_us, period_us);
    }
    return count;
}

/* The group and those above it. In a container the path may be the one outside, and only its last parts are there. */
static uint32_t lower_by_groups(const char *root, const char *mount, const char *group, uint32_t version,
                                uint32_t count)
{
    char path[GOD_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s", group);
    for (;;) {
        char *slash = strrchr(path, '/');
        count = lower_by_group(root, mount, strcmp(path, "/") == 0 ? "" : path, version, count);
        if (slash == NULL || path[0] == '\0') {
            return count;
        }
        *slash = '\0';
    }
}

/* "cpu" among "cpuset,cpu,cpuacct". */
static uint32_t names_cpu(const char *controllers)
{
    for (const char *at = controllers; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        size_t length = strcspn(at, ",");
        if (length == 3 && memcmp(at, "cpu", 3) == 0) {
            return 1;
        }
    }
    return 0;
}

/* "0::/group" (version 2) or "4:cpu,cpuacct:/group" (version 1). */
static uint32_t lower_by_line(const char *root, char *line, uint32_t count)
{
    char *controllers = strchr(line, ':'), *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (group == NULL) {
        return count;
    }
    *group++ = '\0';
    controllers++;
    group[strcspn(group, "\n")] = '\0';
    if (controllers[0] == '\0') {
        count = lower_by_groups(root, "", group, 2, count);
        return lower_by_groups(root, "unified", group, 2, count); /* beside version 1 */
    }
    if (names_cpu(controllers)) {
        count = lower_by_groups(root, controllers, group, 1, count);
        count = lower_by_groups(root, "cpu", group, 1, count); /* a link, or the folder where the names are apart */
    }
    return count;
}

uint32_t god_processors_by_quota(const char *root, uint32_t count)
{
    char path[GOD_PATH_MAX], line[GOD_PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        count = lower_by_line(root, line, count);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return count;
}

uint32_t god_processors(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return god_processors_by_quota("", count > 0 ? (uint32_t)count : 1);
}
