#include "core/host/intake_work.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/child.h"
#include "core/tournament/stream.h"
#include "core/training/split.h"
#include "core/worker/intake.h"
#include "core/worker/result.h"
#include "god/helpers/json.h"

enum { look_ms = 50, grace_ms = 1000 };

/* ---- the worker ---- */

static god_status write_job(const gdi_execution *x, const gdi_plugin_info *plugin, const char *dir, json_t *spec,
                            json_t *inputs, god_error *err)
{
    char path[GOD_PATH_MAX];
    json_t *job = json_pack("{s:i, s:s, s:s, s:{s:s, s:s, s:s, s:O?}, s:O, s:O*, s:I, s:I}", "version", 1, "id",
                            "intake", "operation", "intake", "plugin", "path", plugin->path, "sha256", plugin->sha256,
                            "id", plugin->id, "config", json_object_get(x->config->plugins_config, plugin->id), "spec",
                            spec, "inputs", inputs, "time_limit_ms", (json_int_t)x->config->worker_time_limit_ms,
                            "grace_ms", (json_int_t)x->config->worker_grace_ms);
    if (job == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for a job");
    }
    god_status status = god_path_join(dir, "job.json", path, err);
    status = status == GOD_OK ? god_json_write(path, job, err) : status;
    json_decref(job);
    return status;
}

static god_status await(const gdi_execution *x, gdi_child *child, god_error *err)
{
    gdi_child_end end;
    god_status status = GOD_E_TIMEOUT;
    while (status == GOD_E_TIMEOUT) {
        if (x->stop_asked(x->user) != 0) {
            gdi_child_stop(child, grace_ms, &end);
            return god_fail(err, GOD_E_CANCELLED, "reading a data set was stopped");
        }
        status = gdi_child_wait(child, look_ms, &end, err);
    }
    return status;
}

static god_status read_facts(const char *dir, json_t **ret_facts, god_error *err)
{
    gdi_result result;
    GOD_TRY(gdi_result_read(dir, &result, err));
    god_status status = GOD_OK;
    if (result.outcome == GDI_OUTCOME_RESULT) {
        *ret_facts = json_incref(result.facts);
    } else {
        status =
            god_fail(err, result.outcome == GDI_OUTCOME_PLUGIN_ERROR ? result.status : GOD_E_IO, "%s", result.message);
    }
    gdi_result_clear(&result);
    return status;
}

god_status gdi_intake_work(const gdi_execution *x, const gdi_plugin_info *plugin, const char *dir, json_t *spec,
                           json_t *inputs, json_t **ret_facts, god_error *err)
{
    const char *const argv[] = {x->layout->worker_path, dir, NULL};
    gdi_child *child = NULL;
    GOD_TRY(write_job(x, plugin, dir, spec, inputs, err));
    GOD_TRY(gdi_child_start(&(gdi_child_options){.argv = argv}, &child, err));
    god_status status = await(x, child, err);
    gdi_child_free(child);
    return status == GOD_OK ? read_facts(dir, ret_facts, err) : status;
}

/* ---- the split ---- */

typedef struct lines {
    const char *text; /* mapped; NULL when there is nothing */
    size_t bytes;
    uint64_t *starts; /* own; count + 1 of them */
    uint32_t *order;  /* own; those of the test first */
    uint32_t count;
} lines;

static god_status map_file(const char *path, lines *l, god_error *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) {
        god_status status = god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", path);
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    void *map = info.st_size == 0 ? NULL : mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void)close(fd);
    if (map == MAP_FAILED) {
        return god_fail_errno(err, GOD_E_IO, "cannot map \"%s\"", path);
    }
    l->text = map;
    l->bytes = (size_t)info.st_size;
    return GOD_OK;
}

static god_status find_lines(lines *l, god_error *err)
{
    uint64_t count = 0;
    for (size_t i = 0; i < l->bytes; i++) {
        count += l->text[i] == '\n';
    }
    if (count > UINT32_MAX / 2) {
        return god_fail(err, GOD_E_DATA, "the data set has %llu rows, which is too many", (unsigned long long)count);
    }
    l->starts = calloc(count + 1, sizeof *l->starts);
    l->order = calloc(count + 1, sizeof *l->order);
    if (l->starts == NULL || l->order == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for %llu rows", (unsigned long long)count);
    }
    for (size_t i = 0; i < l->bytes; i++) {
        if (l->text[i] == '\n') {
            l->order[l->count] = l->count;
            l->starts[++l->count] = i + 1;
        }
    }
    return GOD_OK;
}

/* The lines order[from .. to) as a JSON array. */
static god_status write_array(const lines *l, uint64_t from, uint64_t to, const char *path, god_error *err)
{
    uint64_t written = 0;
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        return god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", path);
    }
    int failed = fputc('[', file) == EOF;
    for (uint64_t i = from; i < to && !failed; i++) {
        uint32_t line = l->order[i];
        size_t bytes = l->starts[line + 1] - l->starts[line] - 1;
        if (bytes > 0) {
            failed |= fputs(written++ == 0 ? "\n" : ",\n", file) == EOF;
            failed |= fwrite(l->text + l->starts[line], 1, bytes, file) != bytes;
        }
    }
    failed |= fputs("\n]\n", file) == EOF;
    failed |= fclose(file) != 0;
    if (failed) {
        return god_fail_errno(err, GOD_E_IO, "cannot write \"%s\"", path);
    }
    return written > 0 ? GOD_OK
                       : god_fail(err, GOD_E_DATA, "of %llu rows none can be used", (unsigned long long)(to - from));
}

static god_status split(lines *l, const char *task_id, const char *train_path, const char *test_path, god_error *err)
{
    gdi_stream stream;
    uint64_t test = 0;
    GOD_TRY(find_lines(l, err));
    GOD_TRY(gdi_split_text(l->count, &test, err));
    gdi_stream_open(&stream, task_id, "split");
    gdi_stream_shuffle(&stream, l->order, l->count);
    GOD_TRY(write_array(l, 0, test, test_path, err));
    return write_array(l, test, l->count, train_path, err);
}

god_status gdi_intake_split_rows(const char *rows_path, const char *task_id, const char *train_path,
                                 const char *test_path, god_error *err)
{
    lines l = {.text = NULL};
    GOD_TRY(map_file(rows_path, &l, err));
    god_status status = split(&l, task_id, train_path, test_path, err);
    if (l.text != NULL) {
        (void)munmap((void *)(uintptr_t)l.text, l.bytes);
    }
    free(l.starts);
    free(l.order);
    return status;
}
