#include "core/runner/container/builders.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/runner/container/context.h"
#include "core/runner/container/engine_parts.h"
#include "god/helpers/json.h"

enum { description_bytes_max = 4 << 20, empty_age_s = 1 };

void gdi_builders_mark(const char *run_id, char ret_mark[GDI_GROUP_NAME_BYTES])
{
    (void)snprintf(ret_mark, GDI_GROUP_NAME_BYTES, "god-build-%.64s", run_id);
}

/* ---- finding ---- */

/* In fields that the engine writes, not anywhere in the text: a Dockerfile has a say in the rest. */
static uint32_t carries(const json_t *description, const char *mark)
{
    const json_t *options = json_object_get(description, "CommonBuildOpts"), *host = NULL;
    const char *group = json_string_value(json_object_get(options, "CgroupParent"));
    const size_t bytes = strlen(mark);
    size_t i = 0;
    uint32_t found = group != NULL && group[0] == '/' && strcmp(group + 1, mark) == 0;
    json_array_foreach(json_object_get(options, "AddHost"), i, host)
    {
        const char *text = json_string_value(host);
        found = found || (text != NULL && strncmp(text, mark, bytes) == 0 && text[bytes] == ':');
    }
    return found;
}

/* "<storage>/overlay/<layer>/merged" is where the builder is mounted, ".../diff" beside it what it has written. */
static void find_written(const gdi_engine *engine, const json_t *description, char ret_dir[GOD_PATH_MAX])
{
    static const char merged[] = "/merged";
    const char *mount = json_string_value(json_object_get(description, "mountpoint"));
    const size_t bytes = mount == NULL ? 0 : strlen(mount), top = strlen(engine->storage);
    ret_dir[0] = '\0';
    if (bytes > top + sizeof merged && bytes < GOD_PATH_MAX && strncmp(mount, engine->storage, top) == 0 &&
        mount[top] == '/' && strcmp(mount + bytes - (sizeof merged - 1), merged) == 0) {
        (void)snprintf(ret_dir, GOD_PATH_MAX, "%.*s/diff", (int)(bytes - (sizeof merged - 1)), mount);
    }
}

/* One that cannot be read is somebody else's, or was removed just now. */
static void take_if_ours(const gdi_engine *engine, const char *id, const char *mark, gdi_builders *builders)
{
    char path[GOD_PATH_MAX];
    json_t *description = NULL;
    int count =
        snprintf(path, sizeof path, "%s/%s-containers/%s/userdata/buildah.json", engine->storage, engine->driver, id);
    if (count < 0 || (size_t)count >= sizeof path || strchr(id, '/') != NULL || builders->count == GDI_BUILDERS_MAX ||
        god_json_read(path, description_bytes_max, &description, NULL) != GOD_OK) {
        return;
    }
    if (carries(description, mark)) {
        gdi_builder *builder = &builders->items[builders->count++];
        (void)snprintf(builder->id, sizeof builder->id, "%s", id);
        find_written(engine, description, builder->written_dir);
    }
    json_decref(description);
}

static uint32_t may_be_builder(const json_t *container)
{
    const char *name = json_string_value(json_array_get(json_object_get(container, "Names"), 0));
    return name != NULL && strstr(name, "-working-container") != NULL;
}

god_status gdi_builders_find(gdi_engine *engine, const char *run_id, gdi_builders *ret_builders, god_error *err)
{
    char mark[GDI_GROUP_NAME_BYTES];
    json_t *list = NULL;
    const json_t *item = NULL;
    const char *storage = NULL;
    size_t i = 0;
    god_status status = GOD_OK;
    ret_builders->count = 0;
    if (!gdi_engine_is_podman(engine)) {
        return GOD_OK;
    }
    gdi_builders_mark(run_id, mark);
    GOD_TRY(gdi_engine_ask(engine, "list containers", "GET", "/v4.0.0/libpod/containers/json?all=true&external=true",
                           NULL, &list, err));
    json_array_foreach(list, i, item)
    {
        const char *id = json_string_value(json_object_get(item, "Id"));
        if (status == GOD_OK && id != NULL && may_be_builder(item)) {
            status = gdi_engine_storage(engine, &storage, err);
            if (status == GOD_OK) {
                take_if_ours(engine, id, mark, ret_builders);
            }
        }
    }
    json_decref(list);
    return status;
}

/* ---- removing ---- */

typedef struct sweep {
    const char *run_id, *written_dir;
    char mark[GDI_GROUP_NAME_BYTES];
    char dir[GOD_PATH_MAX]; /* the engine's temporary folder */
} sweep;

/* 1 when a line of the file holds the word. */
static uint32_t line_with(const char *path, const char *word)
{
    char line[GOD_PATH_MAX * 2];
    uint32_t found = 0;
    FILE *file = fopen(path, "re");
    while (!found && file != NULL && fgets(line, sizeof line, file) != NULL) {
        found = strstr(line, word) != NULL;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return found;
}

/* What is mounted below a folder would be removed with it: then it is left alone. */
static uint32_t is_mounted_below(const char *dir)
{
    char word[GOD_PATH_MAX + 2];
    (void)snprintf(word, sizeof word, " %s/", dir);
    return line_with("/proc/self/mountinfo", word);
}

/* The number of a step's first process, the others end with it; 0 when it does not run. The number may have become
 * somebody else's, whose root is another. */
static pid_t find_step(const char *dir, const sweep *s)
{
    char path[GOD_PATH_MAX], root[GOD_PATH_MAX + 16], *text = NULL;
    size_t bytes = 0;
    if (s->written_dir[0] == '\0' || god_path_join(dir, "pid", path, NULL) != GOD_OK ||
        god_file_read(path, 32, &text, &bytes, NULL) != GOD_OK) {
        return 0;
    }
    const long pid = strtol(text, NULL, 10);
    free(text);
    (void)snprintf(path, sizeof path, "/proc/%ld/mountinfo", pid);
    (void)snprintf(root, sizeof root, "upperdir=%s,", s->written_dir);
    return pid > 1 && line_with(path, root) ? (pid_t)pid : 0;
}

/* The description of a step names its control group. */
static uint32_t is_in_group(const char *dir, const char *mark)
{
    char path[GOD_PATH_MAX];
    json_t *description = NULL;
    const size_t bytes = strlen(mark);
    if (god_path_join(dir, "config.json", path, NULL) != GOD_OK ||
        god_json_read(path, description_bytes_max, &description, NULL) != GOD_OK) {
        return 0;
    }
    const char *group = json_string_value(json_object_get(json_object_get(description, "linux"), "cgroupsPath"));
    const uint32_t found = group != NULL && group[0] == '/' && strncmp(group + 1, mark, bytes) == 0 &&
                           (group[bytes + 1] == '\0' || group[bytes + 1] == '/');
    json_decref(description);
    return found;
}

/* One that was made for a step and not filled: whoever is alive fills it at once. */
static void remove_empty(const char *dir)
{
    struct stat info;
    if (lstat(dir, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
        time(NULL) - info.st_mtime > empty_age_s) {
        (void)rmdir(dir);
    }
}

static god_status remove_step(void *user, const char *name, god_error *err)
{
    static const char *const states[] = {"/run/runc", "/run/crun"};
    const sweep *s = user;
    char dir[GOD_PATH_MAX], state[GOD_PATH_MAX], group[GDI_GROUP_NAME_BYTES];
    if (strncmp(name, "buildah", 7) != 0 || god_path_join(s->dir, name, dir, NULL) != GOD_OK) {
        return GOD_OK;
    }
    remove_empty(dir);
    const pid_t step = find_step(dir, s);
    if ((step == 0 && !is_in_group(dir, s->mark)) || is_mounted_below(dir)) {
        return GOD_OK;
    }
    (void)(step > 0 ? kill(step, SIGKILL) : 0);
    (void)snprintf(group, sizeof group, "buildah-%.100s", name);
    gdi_group_end(group);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        int count = snprintf(state, sizeof state, "%s/buildah-%s", states[i], name);
        if (count > 0 && (size_t)count < sizeof state) {
            GOD_TRY(god_dir_remove(state, err));
        }
    }
    return god_dir_remove(dir, err);
}

static god_status remove_context(void *user, const char *name, god_error *err)
{
    const sweep *s = user;
    char dir[GOD_PATH_MAX], tar[GOD_PATH_MAX];
    if (strncmp(name, "libpod_builder", 14) != 0 || god_path_join(s->dir, name, dir, NULL) != GOD_OK ||
        god_path_join(dir, "tarBall", tar, NULL) != GOD_OK || !gdi_context_is_of(tar, s->run_id) ||
        is_mounted_below(dir)) {
        return GOD_OK;
    }
    return god_dir_remove(dir, err);
}

/* Where Podman keeps what it needs for a moment; one that cannot be read is not ours. */
static void sweep_folders(sweep *s, god_status (*each)(void *user, const char *name, god_error *err))
{
    const char *const dirs[] = {getenv("TMPDIR"), "/var/tmp"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        if (dirs[i] != NULL && dirs[i][0] == '/' && strlen(dirs[i]) < sizeof s->dir) {
            (void)snprintf(s->dir, sizeof s->dir, "%s", dirs[i]);
            (void)god_dir_each(s->dir, s, each, NULL);
        }
    }
}

god_status gdi_builders_remove(gdi_engine *engine, const char *run_id, const gdi_builder *builder, god_error *err)
{
    char path[GDI_ENGINE_PATH_BYTES];
    god_error refused = GOD_ERROR_INIT;
    sweep s = {.run_id = run_id, .written_dir = builder->written_dir};
    gdi_builders_mark(run_id, s.mark);
    sweep_folders(&s, remove_step);
    gdi_engine_path(path, "/v1.41/containers/", builder->id, "?force=1&v=1");
    god_status status = gdi_engine_ask(engine, "remove a builder", "DELETE", path, NULL, NULL, &refused);
    return status == GOD_OK || status == GOD_E_NOT_FOUND ? GOD_OK : god_fail(err, status, "%s", refused.message);
}

void gdi_builders_remove_contexts(const char *run_id)
{
    sweep s = {.run_id = run_id, .written_dir = ""};
    sweep_folders(&s, remove_context);
}
