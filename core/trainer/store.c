#include "core/trainer/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/trainer/store_shown.h"
#include "god/helpers/file.h"
#include "god/helpers/json.h"

enum { file_bytes_max = 16 << 20, id_digits = 32 };

struct gdi_records {
    char *dir; /* own */
    const gdi_log *log;
    pthread_mutex_t lock; /* guards what follows, and the files */
    gdi_record *items;    /* own */
    size_t count, capacity;
};

void gdi_record_new_id(char ret_id[GDI_RECORD_ID_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[id_digits / 2] = {0};
    (void)getentropy(random, sizeof random); /* at most 256 bytes: it cannot fail on a system that has booted */
    for (size_t i = 0; i < sizeof random; i++) {
        ret_id[2 * i] = digits[random[i] >> 4];
        ret_id[2 * i + 1] = digits[random[i] & 15];
    }
    ret_id[id_digits] = '\0';
}

/* ---- files ---- */

static god_status path_of(const gdi_records *records, const char *id, char ret_path[GOD_PATH_MAX], god_error *err)
{
    char name[GDI_RECORD_ID_BYTES + 8];
    (void)snprintf(name, sizeof name, "%s.json", id);
    return god_path_join(records->dir, name, ret_path, err);
}

static god_status write_record(const gdi_records *records, const gdi_record *record, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(path_of(records, record->id, path, err));
    json_t *root = json_pack("{s:i, s:s, s:I, s:O}", "version", 1, "id", record->id, "trains_since_us",
                             (json_int_t)record->trains_since_us, "record", record->shown);
    if (root == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the record of a job");
    }
    god_status status = god_json_write(path, root, err);
    json_decref(root);
    return status;
}

static void write_or_say(const gdi_records *records, const gdi_record *record)
{
    god_error why = GOD_ERROR_INIT;
    if (write_record(records, record, &why) != GOD_OK) {
        gdi_log_write(records->log, GOD_LOG_ERROR, "cannot write the record of a job, going on without", "job",
                      record->id, "reason", why.message, NULL);
    }
}

static god_status read_record(const char *path, const char *id, gdi_record *ret_record, god_error *err)
{
    json_t *root = NULL, *shown = NULL;
    int64_t trains_since_us = 0;
    GOD_TRY(god_json_read(path, file_bytes_max, &root, err));
    god_status status = god_json_get_object(path, root, "record", &shown, err);
    if (status == GOD_OK) {
        status = god_json_opt_int(path, root, "trains_since_us", 0, INT64_MAX, &trains_since_us, err);
    }
    json_incref(shown);
    json_decref(root);
    if (status != GOD_OK) {
        json_decref(shown);
        return status;
    }
    GOD_TRY(gdi_shown_take(path, shown, ret_record, err));
    ret_record->trains_since_us = trains_since_us;
    (void)snprintf(ret_record->id, sizeof ret_record->id, "%s", id);
    return GOD_OK;
}

/* ---- the list ---- */

static god_status make_room(gdi_records *records, god_error *err)
{
    if (records->count < records->capacity) {
        return GOD_OK;
    }
    if (records->count >= GDI_RECORDS_MAX) {
        return god_fail(err, GOD_E_IO, "there are %d records of jobs already; see host.keep_jobs_days",
                        GDI_RECORDS_MAX);
    }
    size_t capacity = records->capacity == 0 ? 64 : 2 * records->capacity;
    gdi_record *items = realloc(records->items, capacity * sizeof *items);
    if (items == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the records of jobs");
    }
    records->items = items;
    records->capacity = capacity;
    return GOD_OK;
}

static gdi_record *find_id(gdi_records *records, const char *id)
{
    for (size_t i = 0; i < records->count; i++) {
        if (strcmp(records->items[i].id, id) == 0) {
            return &records->items[i];
        }
    }
    return NULL;
}

static gdi_record *find_pair(gdi_records *records, uint32_t kind, const char *task_id, const char *hotkey)
{
    gdi_record *found = NULL;
    for (size_t i = 0; i < records->count; i++) {
        gdi_record *record = &records->items[i];
        if (record->kind == kind && strcmp(record->task_id, task_id) == 0 &&
            (hotkey == NULL || strcmp(record->hotkey, hotkey) == 0) &&
            (found == NULL || record->started_us > found->started_us)) {
            found = record;
        }
    }
    return found;
}

static void drop(gdi_records *records, gdi_record *record)
{
    char path[GOD_PATH_MAX];
    if (path_of(records, record->id, path, NULL) == GOD_OK) {
        (void)unlink(path);
    }
    json_decref(record->shown);
    *record = records->items[--records->count];
}

typedef struct reading {
    gdi_records *records;
} reading;

static god_status read_entry(void *user, const char *name, god_error *err)
{
    gdi_records *records = ((reading *)user)->records;
    char path[GOD_PATH_MAX], bad[GOD_PATH_MAX], id[GDI_RECORD_ID_BYTES];
    god_error why = GOD_ERROR_INIT;
    if (strlen(name) != id_digits + 5 || strcmp(name + id_digits, ".json") != 0) {
        return GOD_OK;
    }
    (void)snprintf(id, sizeof id, "%.*s", id_digits, name);
    GOD_TRY(god_path_join(records->dir, name, path, err));
    GOD_TRY(make_room(records, err));
    god_status status = read_record(path, id, &records->items[records->count], &why);
    if (status == GOD_OK) {
        records->count++;
        return GOD_OK;
    }
    if (status != GOD_E_DATA) {
        return god_fail(err, status, "%s", why.message);
    }
    (void)snprintf(bad, sizeof bad, "%.*s.bad", (int)sizeof bad - 5, path);
    (void)rename(path, bad);
    gdi_log_write(records->log, GOD_LOG_WARNING, "the record of a job cannot be read, going on without it", "file", bad,
                  "reason", why.message, NULL);
    return GOD_OK;
}

god_status gdi_records_open(const char *dir, const gdi_log *log, gdi_records **ret_records, god_error *err)
{
    gdi_records *records = calloc(1, sizeof *records);
    if (records == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for the records of jobs");
    }
    records->log = log;
    records->dir = strdup(dir);
    (void)pthread_mutex_init(&records->lock, NULL);
    reading state = {.records = records};
    god_status status =
        records->dir == NULL ? god_fail(err, GOD_E_NOMEM, "out of memory for a path") : god_dir_make(dir, err);
    if (status == GOD_OK) {
        status = god_dir_each(dir, &state, read_entry, err);
    }
    if (status != GOD_OK) {
        gdi_records_close(records);
        return status;
    }
    *ret_records = records;
    return GOD_OK;
}

void gdi_records_close(gdi_records *records)
{
    if (records == NULL) {
        return;
    }
    for (size_t i = 0; i < records->count; i++) {
        json_decref(records->items[i].shown);
    }
    (void)pthread_mutex_destroy(&records->lock);
    free(records->items);
    free(records->dir);
    free(records);
}

/* ---- changes ---- */

god_status gdi_records_begin(gdi_records *records, const json_t *request, const char *id, int64_t now_us,
                             god_error *err)
{
    gdi_record record = {.id = ""};
    GOD_TRY(gdi_shown_make(request, id, now_us, &record, err));
    (void)pthread_mutex_lock(&records->lock);
    god_status status = make_room(records, err);
    if (status == GOD_OK) {
        status = write_record(records, &record, err);
    }
    if (status == GOD_OK) {
        gdi_record *older = find_pair(records, record.kind, record.task_id, record.hotkey);
        if (older != NULL) {
            drop(records, older);
        }
        records->items[records->count++] = record;
    } else {
        json_decref(record.shown);
    }
    (void)pthread_mutex_unlock(&records->lock);
    return status;
}

void gdi_records_say(gdi_records *records, const char *id, int64_t now_us, const char *line)
{
    char when[GDI_RECORD_TIME_BYTES];
    gdi_record_time(now_us, when);
    (void)pthread_mutex_lock(&records->lock);
    gdi_record *record = find_id(records, id);
    json_t *lines = record == NULL ? NULL : json_object_get(record->shown, "logs");
    if (lines != NULL && json_array_size(lines) < GDI_RECORD_LOG_LINES_MAX) {
        json_t *text = json_sprintf("[%s] %.*s", when, GDI_RECORD_LINE_BYTES_MAX, line);
        if (text != NULL) { /* NULL: no UTF-8, or a character was cut */
            (void)json_array_append_new(lines, text);
        }
        write_or_say(records, record);
    }
    (void)pthread_mutex_unlock(&records->lock);
}

void gdi_records_container(gdi_records *records, const char *id, const char *container_name, int64_t started_us)
{
    (void)pthread_mutex_lock(&records->lock);
    gdi_record *record = find_id(records, id);
    if (record != NULL) {
        record->trains_since_us = started_us;
        (void)json_object_set_new(record->shown, "container_name", json_string(container_name));
        write_or_say(records, record);
    }
    (void)pthread_mutex_unlock(&records->lock);
}

void gdi_records_end(gdi_records *records, const char *id, uint32_t status, const json_t *result, int64_t now_us)
{
    (void)pthread_mutex_lock(&records->lock);
    gdi_record *record = find_id(records, id);
    if (record != NULL) {
        record->status = status;
        record->finished_us = now_us;
        (void)json_object_set_new(record->shown, "status", json_string(gdi_shown_status(status)));
        (void)json_object_set_new(record->shown, "finished_at", gdi_shown_time(now_us));
        if (result != NULL) {
            (void)json_object_set_new(record->shown, "result", json_deep_copy(result));
        }
        write_or_say(records, record);
    }
    (void)pthread_mutex_unlock(&records->lock);
}

void gdi_records_run_url(gdi_records *records, const char *id, const char *url)
{
    (void)pthread_mutex_lock(&records->lock);
    gdi_record *record = find_id(records, id);
    if (record != NULL) {
        (void)json_object_set_new(record->shown, "wandb_url", json_string(url));
        write_or_say(records, record);
    }
    (void)pthread_mutex_unlock(&records->lock);
}

void gdi_records_set_at_work(gdi_records *records, const char *id, uint32_t at_work)
{
    (void)pthread_mutex_lock(&records->lock);
    gdi_record *record = find_id(records, id);
    if (record != NULL) {
        record->at_work = at_work;
    }
    (void)pthread_mutex_unlock(&records->lock);
}

void gdi_records_drop(gdi_records *records, const char *id)
{
    (void)pthread_mutex_lock(&records->lock);
    gdi_record *record = find_id(records, id);
    if (record != NULL) {
        drop(records, record);
    }
    (void)pthread_mutex_unlock(&records->lock);
}

/* ---- looking ---- */

void gdi_records_each(gdi_records *records, void *user, uint32_t (*each)(void *user, const gdi_record *record))
{
    (void)pthread_mutex_lock(&records->lock);
    for (size_t i = 0; i < records->count; i++) {
        if (each(user, &records->items[i])) {
            break;
        }
    }
    (void)pthread_mutex_unlock(&records->lock);
}

json_t *gdi_records_show(gdi_records *records, uint32_t kind, const char *task_id, const char *hotkey)
{
    (void)pthread_mutex_lock(&records->lock);
    const gdi_record *record = find_pair(records, kind, task_id, hotkey);
    json_t *copy = record == NULL ? NULL : json_deep_copy(record->shown);
    (void)pthread_mutex_unlock(&records->lock);
    return copy;
}

json_t *gdi_records_show_id(gdi_records *records, const char *id)
{
    (void)pthread_mutex_lock(&records->lock);
    const gdi_record *record = find_id(records, id);
    json_t *copy = record == NULL ? NULL : json_deep_copy(record->shown);
    (void)pthread_mutex_unlock(&records->lock);
    return copy;
}

static int64_t latest_us(const gdi_record *record)
{
    return record->finished_us > record->started_us ? record->finished_us : record->started_us;
}

static int by_latest(const void *a, const void *b)
{
    int64_t x = latest_us(*(const gdi_record *const *)a), y = latest_us(*(const gdi_record *const *)b);
    return (x < y) - (x > y);
}

json_t *gdi_records_recent(gdi_records *records, int64_t since_us)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&records->lock);
    json_t *list = json_array();
    const gdi_record **found = calloc(records->count + 1, sizeof *found);
    int failed = list == NULL || found == NULL;
    for (size_t i = 0; i < records->count && !failed; i++) {
        if (latest_us(&records->items[i]) >= since_us) {
            found[count++] = &records->items[i];
        }
    }
    if (!failed && count > 0) {
        qsort(found, count, sizeof *found, by_latest);
    }
    for (size_t i = 0; i < count && !failed; i++) {
        failed |= json_array_append_new(list, json_deep_copy(found[i]->shown));
    }
    (void)pthread_mutex_unlock(&records->lock);
    free(found);
    if (failed) {
        json_decref(list);
        return NULL;
    }
    return list;
}
