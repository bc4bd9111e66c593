#include "core/host/intake_pairs.h"

#include <archive.h>
#include <archive_entry.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/tournament/stream.h"
#include "core/training/split.h"
#include "god/helpers/file.h"

enum {
    pairs_max = 4096,
    file_bytes_max = 64 << 20,
    entry_time_s = 315532800 /* 1980: the first that a zip can hold */
};

typedef struct pairs {
    const char *const *paths;
    uint32_t path_count;
    uint32_t files[pairs_max][2];
    uint32_t order[pairs_max];
    uint32_t count;
} pairs;

/* ---- reading ---- */

static god_status read_pair(const char *line, pairs *p, god_error *err)
{
    json_int_t picture = -1, text = -1;
    json_t *value = json_loads(line, 0, NULL);
    int failed = json_unpack(value, "[I, I!]", &picture, &text);
    json_decref(value);
    if (failed != 0 || picture < 0 || text < 0 || picture >= p->path_count || text >= p->path_count ||
        p->count == pairs_max) {
        return god_fail(err, GOD_E_DATA, "pair %u of the data set is none, or there are more than %d", p->count + 1,
                        pairs_max);
    }
    p->files[p->count][0] = (uint32_t)picture;
    p->files[p->count][1] = (uint32_t)text;
    p->order[p->count] = p->count;
    p->count++;
    return GOD_OK;
}

static god_status read_pairs(const char *path, pairs *p, god_error *err)
{
    char line[64];
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return god_fail_errno(err, GOD_E_IO, "cannot read \"%s\"", path);
    }
    god_status status = GOD_OK;
    while (status == GOD_OK && fgets(line, sizeof line, file) != NULL) {
        status = read_pair(line, p, err);
    }
    (void)fclose(file);
    return status;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All files of all pairs lie in one folder. */
static god_status check_names(const pairs *p, god_error *err)
{
    const char *names[2 * pairs_max];
    size_t count = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        names[count++] = name_of(p->paths[p->files[i][0]]);
        names[count++] = name_of(p->paths[p->files[i][1]]);
    }
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(names[i - 1], names[i]) == 0) {
            return god_fail(err, GOD_E_DATA, "the data set has two files named \"%.100s\"", names[i]);
        }
    }
    return GOD_OK;
}

/* ---- writing ---- */

static god_status add_file(struct archive *zip, const char *folder, const char *path, god_error *err)
{
    char *data = NULL, name[GOD_PATH_MAX];
    size_t bytes = 0;
    GOD_TRY(god_file_read(path, file_bytes_max, &data, &bytes, err));
    struct archive_entry *entry = archive_entry_new();
    (void)snprintf(name, sizeof name, "%s/%s", folder, name_of(path));
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, entry_time_s, 0);
    archive_entry_set_size(entry, (la_int64_t)bytes);
    god_status status = GOD_OK;
    if (archive_write_header(zip, entry) != ARCHIVE_OK || archive_write_data(zip, data, bytes) != (la_ssize_t)bytes) {
        status =
            god_fail(err, GOD_E_IO, "cannot put \"%.200s\" into an archive: %.200s", name, archive_error_string(zip));
    }
    archive_entry_free(entry);
    free(data);
    return status;
}

/* The pairs order[from .. to). */
static god_status write_zip(const pairs *p, uint64_t from, uint64_t to, const char *path, god_error *err)
{
    char folder[64];
    struct archive *zip = archive_write_new();
    (void)snprintf(folder, sizeof folder, "%.*s", (int)strcspn(name_of(path), "."), name_of(path));
    god_status status = GOD_OK;
    if (zip == NULL || archive_write_set_format_zip(zip) != ARCHIVE_OK ||
        archive_write_set_options(zip, "zip:compression=deflate") != ARCHIVE_OK ||
        archive_write_open_filename(zip, path) != ARCHIVE_OK) {
        status = god_fail(err, GOD_E_IO, "cannot write \"%s\": %.200s", path,
                          zip == NULL ? "out of memory" : archive_error_string(zip));
    }
    for (uint64_t i = from; i < to && status == GOD_OK; i++) {
        const uint32_t *files = p->files[p->order[i]];
        status = add_file(zip, folder, p->paths[files[0]], err);
        status = status == GOD_OK ? add_file(zip, folder, p->paths[files[1]], err) : status;
    }
    if (zip != NULL && archive_write_close(zip) != ARCHIVE_OK && status == GOD_OK) {
        status = god_fail(err, GOD_E_IO, "cannot write \"%s\": %.200s", path, archive_error_string(zip));
    }
    (void)archive_write_free(zip);
    return status;
}

static god_status split(pairs *p, const char *pairs_path, const char *task_id, const char *train_path,
                        const char *test_path, god_error *err)
{
    gdi_stream stream;
    uint64_t test = 0;
    GOD_TRY(read_pairs(pairs_path, p, err));
    GOD_TRY(gdi_split_images(p->count, &test, err));
    GOD_TRY(check_names(p, err));
    gdi_stream_open(&stream, task_id, "split");
    gdi_stream_shuffle(&stream, p->order, p->count);
    GOD_TRY(write_zip(p, 0, test, test_path, err));
    return write_zip(p, test, p->count, train_path, err);
}

god_status gdi_intake_split_pairs(const char *pairs_path, const char *const *paths, uint32_t path_count,
                                  const char *task_id, const char *train_path, const char *test_path, god_error *err)
{
    pairs *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the pairs of a data set");
    }
    p->paths = paths;
    p->path_count = path_count;
    god_status status = split(p, pairs_path, task_id, train_path, test_path, err);
    free(p);
    return status;
}
