#include "core/runner/confine.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "god/helpers/file.h"

enum { devices_max = 64 };

/* The text after "NAME:" of a line of /proc/PID/status; 0 when there is no such line. */
static int status_line(const char *status, const char *name, char *buf, size_t cap)
{
    size_t bytes = strlen(name);
    for (const char *line = status; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, bytes) == 0 && line[bytes] == ':') {
            const char *value = line + bytes + 1;
            value += strspn(value, " \t");
            (void)snprintf(buf, cap, "%.*s", (int)strcspn(value, "\n"), value);
            return 1;
        }
    }
    return 0;
}

static god_status check_status(const char *text, god_error *err)
{
    static const struct {
        const char *name, *wanted, *promise;
    } promises[] = {
        {"CapEff", "0000000000000000", "it has capabilities"},
        {"CapPrm", "0000000000000000", "it has capabilities"},
        {"CapBnd", "0000000000000000", "it could gain capabilities"},
        {"NoNewPrivs", "1", "it may gain privileges"},
        {"Seccomp", "2", "no system call filter is in force"},
    };
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++) {
        char value[64] = "";
        if (!status_line(text, promises[i].name, value, sizeof value) || strcmp(value, promises[i].wanted) != 0) {
            return god_fail(err, GOD_E_INTERNAL, "the training was stopped at once: %s (%s is \"%s\")",
                            promises[i].promise, promises[i].name, value);
        }
    }
    return GOD_OK;
}

/* The number of "nvidia3", or -1 for another name. */
static int gpu_number(const char *name)
{
    char *end = NULL;
    if (strncmp(name, "nvidia", 6) != 0 || !isdigit((unsigned char)name[6])) {
        return -1;
    }
    long number = strtol(name + 6, &end, 10);
    return *end == '\0' && number < devices_max ? (int)number : -1;
}

static god_status note_device(void *user, const char *name, god_error *err)
{
    uint32_t *seen = user;
    (void)err;
    if (gpu_number(name) >= 0) {
        seen[gpu_number(name)] = 1;
    }
    return GOD_OK;
}

/* Several parts of one GPU have one device. */
static god_status check_count(const uint32_t *seen, size_t assigned, god_error *err)
{
    size_t count = 0;
    for (int n = 0; n < devices_max; n++) {
        count += seen[n];
    }
    return count >= 1 && count <= assigned
               ? GOD_OK
               : god_fail(err, GOD_E_INTERNAL,
                          "the training was stopped at once: %zu GPUs are assigned, and %zu are "
                          "there inside",
                          assigned, count);
}

static god_status check_devices(pid_t pid, const json_t *gpu_ids, god_error *err)
{
    uint32_t seen[devices_max] = {0}, wanted[devices_max] = {0}, by_name = 0;
    char dir[64], name[32];
    size_t i = 0;
    const json_t *id = NULL;
    json_array_foreach(gpu_ids, i, id)
    {
        (void)snprintf(name, sizeof name, "nvidia%.16s", json_string_value(id));
        int number = gpu_number(name);
        if (number < 0) {
            by_name = 1; /* a UUID: its number inside is not known here */
        } else {
            wanted[number] = 1;
        }
    }
    (void)snprintf(dir, sizeof dir, "/proc/%ld/root/dev", (long)pid);
    GOD_TRY(god_dir_each(dir, seen, note_device, err));
    if (by_name) {
        return check_count(seen, json_array_size(gpu_ids), err);
    }
    for (int n = 0; n < devices_max; n++) {
        if (seen[n] != wanted[n]) {
            return god_fail(err, GOD_E_INTERNAL, "the training was stopped at once: GPU %d is %s, and it is %s", n,
                            wanted[n] ? "assigned" : "not assigned", seen[n] ? "there inside" : "not there inside");
        }
    }
    return GOD_OK;
}

god_status gdi_confine_check(pid_t pid, const json_t *gpu_ids, god_error *err)
{
    char path[64], text[8192];
    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = pid > 0 ? fopen(path, "re") : NULL;
    if (file == NULL) {
        return god_fail(err, GOD_E_NOT_FOUND, "process %ld is not to be seen here", (long)pid);
    }
    size_t bytes = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[bytes] = '\0';
    if (bytes == 0) {
        return god_fail(err, GOD_E_NOT_FOUND, "process %ld ended", (long)pid);
    }
    GOD_TRY(check_status(text, err));
    return check_devices(pid, gpu_ids, err);
}
