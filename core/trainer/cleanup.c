#include "core/trainer/cleanup.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/host/cache.h"
#include "core/trainer/fetching.h"
#include "core/training/times.h"

enum { second_us = 1000 * 1000, young_s = 600 };

/* ---- a copy of what matters of every record: removals take long, and the lock is short ---- */

typedef struct past {
    char id[GDI_RECORD_ID_BYTES];
    uint32_t kind, status, at_work;
    int64_t finished_us;
    gdi_past_job job;
    char *task_id, *model;                      /* own */
    char data_key[GDI_CACHE_KEY_BYTES_MAX + 1]; /* of its data in the cache; "": none */
} past;

typedef struct pasts {
    past *items; /* own; sorted by id */
    size_t count, capacity;
    uint32_t failed;
} pasts;

static void clear(pasts *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->items[i].task_id);
        free(p->items[i].model);
    }
    free(p->items);
}

static uint32_t count_one(void *user, const gdi_record *record)
{
    (void)record;
    ((pasts *)user)->capacity++;
    return 0;
}

/* The address of a task's data, NULL for none. */
static const char *data_of(const gdi_record *record)
{
    const json_t *data = json_object_get(record->shown, "training_data");
    const char *zip = json_string_value(json_object_get(data, "dataset_zip"));
    return zip != NULL ? zip : json_string_value(json_object_get(data, "dataset"));
}

static uint32_t copy_one(void *user, const gdi_record *record)
{
    pasts *p = user;
    if (p->count == p->capacity) {
        return 1; /* new ones are young */
    }
    past *item = &p->items[p->count];
    *item = (past){.kind = record->kind,
                   .status = record->status,
                   .at_work = record->at_work,
                   .finished_us = record->finished_us,
                   .job = {.started_s = record->started_us / second_us,
                           .finished_s = record->finished_us / second_us,
                           .is_training = record->status == GDI_RECORD_TRAINING},
                   .task_id = strdup(record->task_id),
                   .model = strdup(record->model)};
    memcpy(item->id, record->id, sizeof item->id);
    const char *data = data_of(record);
    if (data != NULL) {
        p->failed |= gdi_fetching_web_key(data, record->task_id, item->data_key, NULL) != GOD_OK;
    }
    p->failed |= item->task_id == NULL || item->model == NULL;
    p->count++;
    return 0;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const past *)a)->id, ((const past *)b)->id);
}

static god_status copy_records(gdi_records *records, pasts *ret_pasts, god_error *err)
{
    pasts p = {.items = NULL};
    gdi_records_each(records, &p, count_one);
    p.items = calloc(p.capacity + 1, sizeof *p.items);
    if (p.items == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for cleaning");
    }
    gdi_records_each(records, &p, copy_one);
    if (p.failed) {
        clear(&p);
        return god_fail(err, GOD_E_NOMEM, "out of memory for cleaning");
    }
    qsort(p.items, p.count, sizeof *p.items, by_id);
    *ret_pasts = p;
    return GOD_OK;
}

static const past *find(const pasts *p, const char *id)
{
    past wanted = {.id = ""};
    (void)snprintf(wanted.id, sizeof wanted.id, "%s", id);
    return p->count == 0 ? NULL : bsearch(&wanted, p->items, p->count, sizeof *p->items, by_id);
}

static uint32_t is_stopped(const gdi_cleanup *c)
{
    return c->stop_asked != NULL && c->stop_asked(c->user);
}

/* ---- folders ---- */

typedef struct walking {
    const gdi_cleanup *cleanup;
    const pasts *records;
    uint32_t is_first;
    int64_t now_us;
} walking;

static uint32_t is_id(const char *name)
{
    return strlen(name) == 32 && name[strspn(name, "0123456789abcdef")] == '\0';
}

/* A folder whose record comes in the next moment is young. */
static uint32_t is_young(const walking *w, const char *id)
{
    char path[GOD_PATH_MAX];
    struct stat info;
    return god_path_join(w->cleanup->jobs_dir, id, path, NULL) != GOD_OK || stat(path, &info) != 0 ||
           w->now_us / second_us - info.st_mtime < young_s;
}

static uint32_t has_ended(const gdi_cleanup *c, const char *id)
{
    char path[GOD_PATH_MAX];
    gdi_work_end end = {.succeeded = 0};
    if (god_path_join(c->jobs_dir, id, path, NULL) != GOD_OK || gdi_work_look(path, &end, NULL) != GOD_OK) {
        return 0;
    }
    gdi_work_end_clear(&end);
    return 1;
}

/* Every record of the task, as the rules ask for them. */
static uint32_t task_is_old(const walking *w, const char *task_id)
{
    const pasts *p = w->records;
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->items[i].task_id, task_id) == 0 &&
            !gdi_checkpoints_are_old(&p->items[i].job, 1, w->now_us / second_us)) {
            return 0;
        }
    }
    return 1;
}

static void remove_folder(const gdi_cleanup *c, const char *id, const char *why_so)
{
    god_error why = GOD_ERROR_INIT;
    if (gdi_crew_remove(c->crew, id, &why) != GOD_OK) {
        gdi_log_write(c->log, GOD_LOG_WARNING, "cannot remove a job, trying again later", "job", id, "reason",
                      why.message, NULL);
        return;
    }
    gdi_records_set_at_work(c->records, id, 0);
    gdi_log_write(c->log, GOD_LOG_INFO, "removed what a job had left", "job", id, "because", why_so, NULL);
}

static god_status look_at_folder(void *user, const char *name, god_error *err)
{
    (void)err;
    const walking *w = user;
    const gdi_cleanup *c = w->cleanup;
    const past *record = find(w->records, name);
    if (is_stopped(c) || !is_id(name) || gdi_crew_step(c->crew, name) != 0) {
        return GOD_OK;
    }
    if (record == NULL) {
        if (w->is_first || !is_young(w, name)) {
            remove_folder(c, name, "no record knows it");
        }
    } else if (record->status != GDI_RECORD_TRAINING && !has_ended(c, name)) {
        remove_folder(c, name, "it had not ended when its record did");
    } else if (record->status != GDI_RECORD_TRAINING && task_is_old(w, record->task_id)) {
        remove_folder(c, name, "it is old");
    }
    return GOD_OK;
}

/* ---- the cache ---- */

/* Whether the cache has this entry because of the model: "hf://<model>@<commit>...". */
static uint32_t is_of_model(const gdi_cache_entry *entry, const char *model)
{
    static const char scheme[] = "hf://";
    size_t bytes = strlen(model);
    return strncmp(entry->source, scheme, sizeof scheme - 1) == 0 &&
           strncmp(entry->source + sizeof scheme - 1, model, bytes) == 0 &&
           entry->source[sizeof scheme - 1 + bytes] == '@';
}

/* 1: some training had this model, and none lately. */
static uint32_t is_of_old_model(const walking *w, const gdi_cache_entry *entry)
{
    uint32_t found = 0;
    for (size_t i = 0; i < w->records->count; i++) {
        const past *item = &w->records->items[i];
        if (item->kind != GDI_RECORD_START || !is_of_model(entry, item->model)) {
            continue;
        }
        found = 1;
        if (!gdi_model_is_old(&item->job, 1, w->now_us / second_us)) {
            return 0;
        }
    }
    return found;
}

/* 1: the data of a task one of whose jobs ended long ago, and none of whose jobs runs. */
static uint32_t is_old_data(const walking *w, const gdi_cache_entry *entry)
{
    uint32_t is_old = 0;
    if (strcmp(entry->owner, "downloads") != 0) {
        return 0;
    }
    for (size_t i = 0; i < w->records->count; i++) {
        const past *item = &w->records->items[i];
        if (strcmp(item->data_key, entry->key) == 0) {
            if (item->job.is_training) {
                return 0;
            }
            is_old |= gdi_data_is_old(&item->job, 1, w->now_us / second_us);
        }
    }
    return is_old;
}

static void evict_old(const walking *w)
{
    gdi_cache_list list = {.entries = NULL};
    const gdi_cleanup *c = w->cleanup;
    if (gdi_cache_list_read(c->config->paths_cache_dir, &list, NULL) != GOD_OK) {
        return;
    }
    for (size_t i = 0; i < list.count && !is_stopped(c); i++) {
        uint32_t gone = 0;
        if ((is_of_old_model(w, &list.entries[i]) || is_old_data(w, &list.entries[i])) &&
            gdi_cache_evict(c->config->paths_cache_dir, list.entries[i].owner, list.entries[i].key, &gone, NULL) ==
                GOD_OK &&
            gone) {
            gdi_log_write(c->log, GOD_LOG_INFO, "removed what only old jobs needed", "source", list.entries[i].source,
                          NULL);
        }
    }
    gdi_cache_list_clear(&list);
}

/* ---- stale jobs ---- */

uint32_t gdi_job_is_stale(const gdi_record *record, uint32_t step, int64_t now_us)
{
    int64_t now_s = now_us / second_us, started_s = record->started_us / second_us;
    if (record->status != GDI_RECORD_TRAINING) {
        return 0;
    }
    int64_t around_s = record->trains_since_us == 0 || step >= GDI_WORK_UPLOADING ? GDI_AROUND_S : 0;
    int64_t since_s = record->trains_since_us == 0 ? started_s : record->trains_since_us / second_us;
    if (record->kind == GDI_RECORD_PREP) {
        return now_s - since_s > GDI_PREP_STALE_S + around_s;
    }
    return gdi_training_is_stale(since_s, record->hours, now_s - around_s);
}

typedef struct stale_ones {
    char ids[GDI_CREW_MAX][GDI_RECORD_ID_BYTES];
    uint32_t steps[GDI_CREW_MAX];
    uint32_t count;
    int64_t now_us;
} stale_ones;

static uint32_t find_training(void *user, const gdi_record *record)
{
    stale_ones *s = user;
    if (record->status == GDI_RECORD_TRAINING && s->count < GDI_CREW_MAX) {
        memcpy(s->ids[s->count++], record->id, GDI_RECORD_ID_BYTES);
    }
    return 0;
}

/* Keeps those that are stale. */
static uint32_t judge(void *user, const gdi_record *record)
{
    stale_ones *s = user;
    for (uint32_t i = 0; i < s->count; i++) {
        if (strcmp(s->ids[i], record->id) == 0 && !gdi_job_is_stale(record, s->steps[i], s->now_us)) {
            s->ids[i][0] = '\0';
        }
    }
    return 0;
}

/* The crew is asked between two looks at the records: its lock is never taken inside theirs. */
static void end_stale(const gdi_cleanup *c, int64_t now_us)
{
    stale_ones *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return;
    }
    s->now_us = now_us;
    gdi_records_each(c->records, s, find_training);
    for (uint32_t i = 0; i < s->count; i++) {
        s->steps[i] = gdi_crew_step(c->crew, s->ids[i]);
    }
    gdi_records_each(c->records, s, judge);
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->ids[i][0] != '\0') {
            gdi_records_say(c->records, s->ids[i], now_us,
                            "[ERROR] Job failed: it took longer than it may, and is ended.");
            gdi_records_end(c->records, s->ids[i], GDI_RECORD_FAILURE, NULL, now_us);
            gdi_crew_cancel(c->crew, s->ids[i]);
            gdi_log_write(c->log, GOD_LOG_WARNING, "a job took too long, ending it", "job", s->ids[i], NULL);
        }
    }
    free(s);
}

/* ---- the turn ---- */

static void drop_records(const walking *w)
{
    int64_t keep_us = w->cleanup->config->host_keep_jobs_days * 24 * 3600 * second_us;
    for (size_t i = 0; i < w->records->count; i++) {
        const past *item = &w->records->items[i];
        char path[GOD_PATH_MAX];
        if (item->status != GDI_RECORD_TRAINING && item->finished_us < w->now_us - keep_us &&
            god_path_join(w->cleanup->jobs_dir, item->id, path, NULL) == GOD_OK && access(path, F_OK) != 0) {
            gdi_records_drop(w->cleanup->records, item->id);
        }
    }
}

void gdi_cleanup_turn(const gdi_cleanup *cleanup, uint32_t is_first, int64_t now_us)
{
    pasts records;
    god_error why = GOD_ERROR_INIT;
    end_stale(cleanup, now_us);
    god_status status = copy_records(cleanup->records, &records, &why);
    if (status == GOD_OK) {
        walking w = {.cleanup = cleanup, .records = &records, .is_first = is_first, .now_us = now_us};
        status = god_dir_each(cleanup->jobs_dir, &w, look_at_folder, &why);
        evict_old(&w);
        drop_records(&w);
        clear(&records);
    }
    if (status != GOD_OK) {
        gdi_log_write(cleanup->log, GOD_LOG_WARNING, "cannot clean up, trying again later", "reason", why.message,
                      NULL);
    }
}

/* ---- recovery ---- */

static void recover_one(const gdi_cleanup *c, const past *record, int64_t now_us)
{
    char path[GOD_PATH_MAX];
    god_error why = GOD_ERROR_INIT;
    god_status status = god_path_join(c->jobs_dir, record->id, path, &why);
    if (status == GOD_OK && access(path, F_OK) != 0) {
        status = god_fail(&why, GOD_E_NOT_FOUND, "its folder is gone");
    }
    if (status == GOD_OK) {
        status = gdi_crew_start(c->crew, record->id, &why);
    }
    if (status == GOD_OK) {
        gdi_records_say(c->records, record->id, now_us,
                        "[STARTUP_RECOVERY] The trainer was started again, the job goes on.");
        gdi_log_write(c->log, GOD_LOG_INFO, "a job goes on", "job", record->id, NULL);
        return;
    }
    gdi_records_say(c->records, record->id, now_us,
                    "[STARTUP_RECOVERY] The trainer was started again, the job cannot go on.");
    gdi_records_end(c->records, record->id, GDI_RECORD_FAILURE, NULL, now_us);
    gdi_log_write(c->log, GOD_LOG_WARNING, "a job cannot go on", "job", record->id, "reason", why.message, NULL);
}

god_status gdi_cleanup_recover(const gdi_cleanup *cleanup, int64_t now_us, god_error *err)
{
    pasts records;
    GOD_TRY(copy_records(cleanup->records, &records, err));
    for (size_t i = 0; i < records.count; i++) {
        const past *record = &records.items[i];
        char path[GOD_PATH_MAX];
        if (record->status == GDI_RECORD_TRAINING) {
            recover_one(cleanup, record, now_us);
        } else if (god_path_join(cleanup->jobs_dir, record->id, path, NULL) == GOD_OK && access(path, F_OK) == 0 &&
                   !has_ended(cleanup, record->id)) {
            gdi_records_set_at_work(cleanup->records, record->id, 1); /* its GPUs are taken until it is removed */
        }
    }
    clear(&records);
    return GOD_OK;
}
