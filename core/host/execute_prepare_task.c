/* prepare_task: the files of a task, made of a data set (training specification, sections 20.1 and 21).
 *
 *     <cache_dir>/jobs/run-XXXXXX/plan/   a worker says which files the task type reads, and in which form
 *                                /set/    links to the files in the cache, under their names in the data set
 *                                /read/   and what becomes of them: rows.jsonl, pairs.jsonl
 *                                /train_data.json, /test_data.json, or .zip
 *     s3://<s3.bucket>/{16 hex}_train_data.json, {16 hex}_test_data.json, or .zip
 *
 * What task types make of a data set is their plug-ins' business (god/intake.h); one without a data set has a word in
 * place of an address. The names of the objects follow from the task and what is in them, so that a job that was killed
 * writes the same ones again. The addresses are signed for seven days. */
#include "core/cycles/work.h"
#include "core/host/catalogue.h"
#include "core/host/intake_fetch.h"
#include "core/host/intake_pairs.h"
#include "core/host/intake_work.h"
#include "core/host/object_store.h"
#include "core/host/scratch.h"
#include "core/worker/intake.h"
#include "god/helpers/json.h"
#include "god/helpers/sha256.h"

#include <stdlib.h>
#include <time.h>

enum { hash_digits = 16, key_bytes = 64, cache_key_bytes = GOD_SHA256_HEX + 8 };

/* What a worker leaves, and what becomes of it. */
typedef struct form {
    const char *word, *read, *train, *test;
    uint32_t are_pairs;
} form;

static const form *find_form(const char *word)
{
    static const form forms[] = {{"rows", GDI_INTAKE_ROWS_FILE, "train_data.json", "test_data.json", 0},
                                 {"pairs", GDI_INTAKE_PAIRS_FILE, "train_data.zip", "test_data.zip", 1}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (strcmp(forms[i].word, word) == 0) {
            return &forms[i];
        }
    }
    return NULL;
}

typedef struct preparing {
    const gdi_execution *x;
    const char *task_id, *task_type;
    const char *source; /* NULL: the task has no data set */
    json_t *fields;     /* own: the task's "dataset_type" from now on */
    char dir[GOD_PATH_MAX];
    gdi_plugins plugins;
    const gdi_plugin_info *plugin;
    json_t *spec; /* own */
    gdi_s3 *s3;   /* own; NULL until it is needed */
} preparing;

/* ---- the plug-in ---- */

static god_status find_plugin(preparing *p, god_error *err)
{
    const gdi_execution *x = p->x;
    GOD_TRY(gdi_plugins_open(x->config, x->layout, x->log, &p->plugins, err));
    const gdi_catalogue list = {.config = x->config, .layout = x->layout, .log = x->log, .plugins = p->plugins};
    return gdi_catalogue_find(&list, NULL, p->task_type, &p->plugin, err);
}

static god_status read_payload(preparing *p, god_error *err)
{
    const json_t *payload = p->x->payload, *given = NULL;
    GOD_TRY(god_json_get_str("payload", payload, "task_id", &p->task_id, err));
    GOD_TRY(god_json_get_str("payload", payload, "task_type", &p->task_type, err));
    GOD_TRY(god_json_opt_str("payload", payload, "ds", &p->source, err));
    given = json_object_get(json_object_get(payload, "details"), "fields");
    p->fields = given == NULL ? json_object() : json_copy((json_t *)(uintptr_t)given);
    p->spec = json_pack("{s:s, s:O*, s:O}", "task_type", p->task_type, "model", json_object_get(payload, "model_id"),
                        "dataset_type", p->fields);
    return p->fields != NULL && p->spec != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for a task");
}

/* A worker of its own in a folder of its own. */
static god_status work(preparing *p, const char *name, json_t *inputs, char ret_dir[GOD_PATH_MAX], json_t **ret_facts,
                       god_error *err)
{
    GOD_TRY(god_path_join(p->dir, name, ret_dir, err));
    GOD_TRY(god_dir_make(ret_dir, err));
    return gdi_intake_work(p->x, p->plugin, ret_dir, p->spec, inputs, ret_facts, err);
}

static const char *fact(const json_t *facts, const char *name)
{
    const char *value = json_string_value(json_object_get(facts, name));
    return value == NULL ? "" : value;
}

/* ---- the store ---- */

static uint32_t stop_asked(void *user)
{
    const gdi_execution *x = user;
    return x->stop_asked(x->user);
}

/* The object's name: so many digits of a digest over the task and the content, and the file's own name. */
static god_status name_object(const preparing *p, const char *path, char ret_key[key_bytes], god_error *err)
{
    char content[GOD_SHA256_HEX], hex[GOD_SHA256_HEX];
    god_text text = GOD_TEXT_INIT;
    GOD_TRY(god_sha256_file(path, content, err));
    god_status status = god_text_append_f(&text, err, "%s/%s", p->task_id, content);
    if (status == GOD_OK) {
        god_sha256_bytes(text.data, text.bytes, hex);
        (void)snprintf(ret_key, key_bytes, "%.*s_%s", hash_digits, hex, strrchr(path, '/') + 1);
    }
    god_text_free(&text);
    return status;
}

/* *address is a secret for as long as it is valid. */
static god_status put(preparing *p, const char *name, god_text *address, god_error *err)
{
    char path[GOD_PATH_MAX], key[key_bytes];
    const char *bucket = p->x->config->s3_bucket;
    GOD_TRY(god_path_join(p->dir, name, path, err));
    GOD_TRY(name_object(p, path, key, err));
    GOD_TRY(gdi_s3_put(p->s3, bucket, key, path, err));
    return gdi_s3_presign(p->s3, bucket, key, GDI_S3_EXPIRES_S, time(NULL), address, err);
}

static god_status store(preparing *p, const form *f, json_t **ret_result, god_error *err)
{
    god_text train = GOD_TEXT_INIT, test = GOD_TEXT_INIT;
    const gdi_s3_options hooks = {.stop_asked = stop_asked, .user = (void *)(uintptr_t)p->x};
    god_status status = gdi_object_store_open(p->x->config, &hooks, 1, &p->s3, err);
    status = status == GOD_OK ? put(p, f->train, &train, err) : status;
    status = status == GOD_OK ? put(p, f->test, &test, err) : status;
    if (status == GOD_OK) {
        *ret_result =
            json_pack("{s:s, s:s, s:O}", "training_data", train.data, "test_data", test.data, "fields", p->fields);
        status = *ret_result != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for the files of a task");
    }
    god_text_free(&train);
    god_text_free(&test);
    return status;
}

/* ---- the data set ---- */

static god_status list_inputs(const gdi_intake_files *files, json_t **ret_inputs, god_error *err)
{
    json_t *inputs = json_object();
    int failed = inputs == NULL;
    for (uint32_t i = 0; i < files->count; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "%u", i);
        failed |= json_object_set_new(inputs, key, json_string(files->paths[i]));
    }
    *ret_inputs = inputs;
    return failed ? god_fail(err, GOD_E_NOMEM, "out of memory for the files of a data set") : GOD_OK;
}

/* The columns' new names take the place of the old ones. */
static void rename_fields(preparing *p, const json_t *facts)
{
    static const char start[] = "field.";
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)facts, name, value)
    {
        if (strncmp(name, start, sizeof start - 1) == 0) {
            (void)json_object_set(p->fields, name + sizeof start - 1, value);
        }
    }
}

static god_status read_source(preparing *p, const form *f, const gdi_intake_files *files, god_error *err)
{
    char dir[GOD_PATH_MAX], read[GOD_PATH_MAX], train[GOD_PATH_MAX], test[GOD_PATH_MAX];
    json_t *inputs = NULL, *facts = NULL;
    god_status status = list_inputs(files, &inputs, err);
    status = status == GOD_OK ? work(p, "read", inputs, dir, &facts, err) : status;
    json_decref(inputs);
    GOD_TRY(status);
    rename_fields(p, facts);
    json_decref(facts);
    GOD_TRY(god_path_join(dir, f->read, read, err));
    GOD_TRY(god_path_join(p->dir, f->train, train, err));
    GOD_TRY(god_path_join(p->dir, f->test, test, err));
    return f->are_pairs ? gdi_intake_split_pairs(read, (const char *const *)files->paths, files->count, p->task_id,
                                                 train, test, err)
                        : gdi_intake_split_rows(read, p->task_id, train, test, err);
}

static god_status prepare_files(preparing *p, const form *f, const char *endings, json_t **ret_result, god_error *err)
{
    gdi_intake_files files = {.items = NULL};
    char key[cache_key_bytes] = "task-", dir[GOD_PATH_MAX];
    if (p->source == NULL) {
        return god_fail(err, GOD_E_DATA, "the task names no data set (\"ds\"), and one is needed");
    }
    god_sha256_bytes(p->source, strlen(p->source), key + strlen(key));
    GOD_TRY(god_path_join(p->dir, "set", dir, err));
    GOD_TRY(gdi_intake_fetch(p->x, p->source, endings, key, dir, &files, err));
    god_status status = read_source(p, f, &files, err);
    gdi_intake_files_clear(&files);
    return status == GOD_OK ? store(p, f, ret_result, err) : status;
}

/* ---- all of it ---- */

static god_status prepare(preparing *p, json_t **ret_result, god_error *err)
{
    char dir[GOD_PATH_MAX];
    json_t *facts = NULL;
    GOD_TRY(read_payload(p, err));
    GOD_TRY(find_plugin(p, err));
    GOD_TRY(work(p, "plan", NULL, dir, &facts, err));
    const char *word = fact(facts, "intake.form");
    const form *f = find_form(word);
    god_status status = GOD_OK;
    if (strcmp(word, "nothing") == 0) {
        *ret_result = json_pack("{s:s}", "training_data", fact(facts, "intake.placeholder"));
        status = *ret_result != NULL ? GOD_OK : god_fail(err, GOD_E_NOMEM, "out of memory for the files of a task");
    } else if (f != NULL) {
        status = prepare_files(p, f, fact(facts, "intake.endings"), ret_result, err);
    } else {
        status = god_fail(err, GOD_E_UNSUPPORTED, "this host knows no data sets of the form \"%.40s\"", word);
    }
    json_decref(facts);
    return status;
}

god_status gdi_run_prepare_task(const gdi_execution *x, json_t **ret_result, god_error *err)
{
    preparing p = {.x = x};
    gdi_scratch_dir scratch = {.lock_fd = -1};
    GOD_TRY(gdi_scratch_dir_open(x->config->paths_cache_dir, 0, &scratch, err));
    (void)snprintf(p.dir, sizeof p.dir, "%s", scratch.dir);
    god_status status = prepare(&p, ret_result, err);
    gdi_s3_close(p.s3);
    gdi_plugins_close(&p.plugins);
    json_decref(p.spec);
    json_decref(p.fields);
    gdi_scratch_dir_close(&scratch);
    return status;
}
