/* Checks of "god.dataset/1". */
#include "core/loader/checks_data.h"
#include "core/loader/tables.h"
#include "god/helpers/file.h"

enum { key_buffer_bytes = 129, guard = 0x5a };

/* ---- needs ---- */

static uint32_t is_hex_digest(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static uint32_t is_known(const gdi_check_needs_list *list, const char *key)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->keys[i], key) == 0) {
            return 1;
        }
    }
    return 0;
}

static const char *or_none(const char *text)
{
    return text == NULL ? "(none)" : text;
}

/* What is wrong with an item; NULL when nothing is. */
static const char *find_fault(const gdi_check_needs_list *list, const god_need *item)
{
    if (item == NULL || !GOD_HAS(item, god_need, key) || item->key == NULL) {
        return "needs gives an item without a key, or forgets its size";
    }
    if (!gdi_is_name(item->key, GDI_CHECK_KEY_BYTES - 1)) {
        return "needs gives a key that is not made of letters, digits, '.', '_' and '-'";
    }
    if (is_known(list, item->key)) {
        return "needs gives the same key twice";
    }
    if (list->count == GDI_CHECK_NEEDS_MAX) {
        return "needs gives more than 16 items";
    }
    if (GOD_HAS(item, god_need, sha256) && item->sha256 != NULL && !is_hex_digest(item->sha256)) {
        return "needs gives a sha256 that is not 64 lower-case hex digits";
    }
    if (GOD_HAS(item, god_need, uri) && item->uri != NULL && strstr(item->uri, "://") == NULL) {
        return "needs gives a uri without a scheme";
    }
    return NULL;
}

static god_status take_need(void *user, const god_need *item)
{
    gdi_check_needs_list *list = user;
    const char *fault = find_fault(list, item);
    if (fault != NULL) {
        (void)snprintf(list->broken, sizeof list->broken, "%s", fault);
        return GOD_E_INVALID;
    }
    uint32_t i = list->count++;
    if (list->count == list->refuse_at) {
        return GOD_E_IO;
    }
    const char *uri = GOD_HAS(item, god_need, uri) ? item->uri : NULL;
    const char *revision = GOD_HAS(item, god_need, revision) ? item->revision : NULL;
    const char *sha256 = GOD_HAS(item, god_need, sha256) ? item->sha256 : NULL;
    (void)snprintf(list->keys[i], sizeof list->keys[i], "%s", item->key);
    (void)snprintf(list->texts[i], sizeof list->texts[i], "%s %s %s %s", item->key, or_none(uri), or_none(revision),
                   or_none(sha256));
    return GOD_OK;
}

god_status gdi_check_list_needs(const gdi_checked *what, god_instance *instance, gdi_check_needs_list *list,
                                god_error *err)
{
    return what->plugin.dataset.needs(instance, what->spec_json, list, take_need, err);
}

static uint32_t session_for_data(const gdi_checked *what, gdi_check_session *s, god_error *ret_why)
{
    return what->spec_json == NULL ? gdi_check_skips(ret_why, "no --task was given")
                                   : gdi_check_session_open(what, what->plugin.has_dataset, GOD_DATASET_ID, s, ret_why);
}

static uint32_t needs_the_same_twice(const gdi_checked *what, god_instance *instance, god_error *ret_why)
{
    gdi_check_needs_list lists[2] = {{.count = 0}, {.count = 0}};
    for (int i = 0; i < 2; i++) {
        god_error err = GOD_ERROR_INIT;
        god_status status = gdi_check_list_needs(what, instance, &lists[i], &err);
        if (lists[i].broken[0] != '\0') {
            return gdi_check_fails(ret_why, "%s", lists[i].broken);
        }
        uint32_t verdict = gdi_check_succeeded("needs", status, &err, ret_why);
        if (verdict != GDI_PASS) {
            return verdict;
        }
    }
    if (lists[0].count != lists[1].count || memcmp(lists[0].texts, lists[1].texts, sizeof lists[0].texts) != 0) {
        return gdi_check_fails(ret_why, "needs gives another list the second time");
    }
    return GDI_PASS;
}

uint32_t gdi_check_needs(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_session s;
    uint32_t verdict = session_for_data(what, &s, ret_why);
    if (verdict == GDI_PASS) {
        verdict = needs_the_same_twice(what, s.instance, ret_why);
        gdi_check_session_close(what, &s);
    }
    return verdict;
}

static uint32_t needs_stop_when_refused(const gdi_checked *what, god_instance *instance, god_error *ret_why)
{
    for (uint32_t at = 1; at <= GDI_CHECK_NEEDS_MAX; at++) {
        gdi_check_needs_list list = {.refuse_at = at};
        god_error err = GOD_ERROR_INIT;
        god_status status = gdi_check_list_needs(what, instance, &list, &err);
        if (list.count < at) {
            return gdi_check_succeeded("needs", status, &err, ret_why);
        }
        if (list.count > at || status != GOD_E_IO) {
            return gdi_check_fails(ret_why, "item %u was refused with GOD_E_IO, needs %s and returns %s", at,
                                   list.count > at ? "goes on" : "stops", god_status_name(status));
        }
    }
    return GDI_PASS;
}

uint32_t gdi_check_needs_refused(const gdi_checked *what, god_error *ret_why)
{
    gdi_check_session s;
    uint32_t verdict = session_for_data(what, &s, ret_why);
    if (verdict == GDI_PASS) {
        verdict = needs_stop_when_refused(what, s.instance, ret_why);
        gdi_check_session_close(what, &s);
    }
    return verdict;
}

/* ---- inputs ---- */

static uint32_t meet_one(const gdi_checked *what, const char *key, gdi_check_inputs *inputs, uint32_t i,
                         god_error *ret_why)
{
    god_error err = GOD_ERROR_INIT;
    const char *path = strcmp(key, "data") == 0 ? what->data_path : strcmp(key, "base") == 0 ? what->base_dir : NULL;
    if (path == NULL) {
        return gdi_check_skips(ret_why, "the task needs \"%s\", and nothing was given for it", key);
    }
    god_status status = god_sha256_file(path, inputs->digests[i], &err);
    if (status != GOD_OK && god_sha256_dir(path, inputs->digests[i], &err) != GOD_OK) {
        return gdi_check_skips(ret_why, "%s", err.message);
    }
    inputs->items[i] =
        (god_input){.size = GOD_SIZE_TO(god_input, sha256), .key = key, .path = path, .sha256 = inputs->digests[i]};
    inputs->pointers[i] = &inputs->items[i];
    return GDI_PASS;
}

uint32_t gdi_check_meet_needs(const gdi_checked *what, god_instance *instance, gdi_check_inputs *ret_inputs,
                              god_error *ret_why)
{
    god_error err = GOD_ERROR_INIT;
    memset(ret_inputs, 0, sizeof *ret_inputs);
    god_status status = gdi_check_list_needs(what, instance, &ret_inputs->list, &err);
    if (status != GOD_OK) {
        return gdi_check_fails(ret_why, "needs returns %s: %.400s", god_status_name(status), err.message);
    }
    for (uint32_t i = 0; i < ret_inputs->list.count; i++) {
        uint32_t verdict = meet_one(what, ret_inputs->list.keys[i], ret_inputs, i, ret_why);
        if (verdict != GDI_PASS) {
            return verdict;
        }
    }
    ret_inputs->inputs = (god_inputs){
        .size = GOD_SIZE_TO(god_inputs, items), .count = ret_inputs->list.count, .items = ret_inputs->pointers};
    return GDI_PASS;
}

/* A session together with its inputs, for a check that needs both. */
static uint32_t with_inputs(const gdi_checked *what,
                            uint32_t (*check)(const gdi_checked *what, god_instance *instance, gdi_check_inputs *inputs,
                                              god_error *ret_why),
                            god_error *ret_why)
{
    gdi_check_session s;
    gdi_check_inputs inputs;
    uint32_t verdict = session_for_data(what, &s, ret_why);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    verdict = gdi_check_meet_needs(what, s.instance, &inputs, ret_why);
    if (verdict == GDI_PASS) {
        verdict = check(what, s.instance, &inputs, ret_why);
    }
    gdi_check_session_close(what, &s);
    return verdict;
}

/* ---- cache_key ---- */

static uint32_t get_key(const gdi_checked *what, god_instance *instance, const gdi_check_inputs *inputs,
                        char ret_key[static key_buffer_bytes], god_error *ret_why)
{
    god_error err = GOD_ERROR_INIT;
    memset(ret_key, guard, key_buffer_bytes);
    god_status status =
        what->plugin.dataset.cache_key(instance, what->spec_json, &inputs->inputs, ret_key, key_buffer_bytes, &err);
    uint32_t verdict = gdi_check_succeeded("cache_key", status, &err, ret_why);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    if (memchr(ret_key, '\0', key_buffer_bytes) == NULL || !gdi_is_name(ret_key, key_buffer_bytes - 1)) {
        return gdi_check_fails(ret_why, "cache_key gives \"%.*s\", allowed are 1 to %d letters, digits, '.', '_', '-'",
                               key_buffer_bytes - 1, ret_key, key_buffer_bytes - 1);
    }
    return GDI_PASS;
}

static uint32_t gives_steady_key(const gdi_checked *what, god_instance *instance, gdi_check_inputs *inputs,
                                 god_error *ret_why)
{
    char first[key_buffer_bytes], second[key_buffer_bytes];
    uint32_t verdict = get_key(what, instance, inputs, first, ret_why);
    if (verdict == GDI_PASS) {
        verdict = get_key(what, instance, inputs, second, ret_why);
    }
    if (verdict == GDI_PASS && strcmp(first, second) != 0) {
        verdict = gdi_check_fails(ret_why, "cache_key gives \"%s\", then \"%s\"", first, second);
    }
    return verdict;
}

uint32_t gdi_check_cache_key(const gdi_checked *what, god_error *ret_why)
{
    return with_inputs(what, gives_steady_key, ret_why);
}

/* Another digest for one input is another file. */
static uint32_t gives_other_key(const gdi_checked *what, god_instance *instance, gdi_check_inputs *inputs,
                                god_error *ret_why)
{
    char before[key_buffer_bytes], after[key_buffer_bytes];
    uint32_t changed = 0;
    uint32_t verdict = get_key(what, instance, inputs, before, ret_why);
    for (uint32_t i = 0; verdict == GDI_PASS && i < inputs->list.count; i++) {
        char *digit = &inputs->digests[i][0];
        *digit = *digit == '0' ? '1' : '0';
        verdict = get_key(what, instance, inputs, after, ret_why);
        changed |= verdict == GDI_PASS && strcmp(before, after) != 0;
    }
    if (verdict == GDI_PASS && inputs->list.count == 0) {
        return gdi_check_skips(ret_why, "the task needs no files");
    }
    return verdict == GDI_PASS && !changed
               ? gdi_check_fails(ret_why, "cache_key gives \"%s\" whatever the inputs hold", before)
               : verdict;
}

uint32_t gdi_check_cache_key_input(const gdi_checked *what, god_error *ret_why)
{
    return with_inputs(what, gives_other_key, ret_why);
}

static uint32_t refuses_small_buffer(const gdi_checked *what, god_instance *instance, gdi_check_inputs *inputs,
                                     god_error *ret_why)
{
    char key[key_buffer_bytes];
    uint32_t verdict = get_key(what, instance, inputs, key, ret_why);
    if (verdict != GDI_PASS) {
        return verdict;
    }
    god_error err = GOD_ERROR_INIT;
    size_t room = strlen(key); /* one less than it needs */
    memset(key, guard, sizeof key);
    god_status status = what->plugin.dataset.cache_key(instance, what->spec_json, &inputs->inputs, key, room, &err);
    if (key[room] != guard) {
        return gdi_check_fails(ret_why, "cache_key writes beyond its buffer of %zu bytes", room);
    }
    return status == GOD_OK ? gdi_check_fails(ret_why, "cache_key cuts its name to %zu bytes", room)
                            : gdi_check_explained("cache_key", status, &err, ret_why);
}

uint32_t gdi_check_cache_key_buffer(const gdi_checked *what, god_error *ret_why)
{
    return with_inputs(what, refuses_small_buffer, ret_why);
}

/* ---- prepare ---- */

uint32_t gdi_check_prepare_into(const gdi_checked *what, god_instance *instance, const char *name, char *ret_path,
                                god_error *ret_why)
{
    gdi_check_inputs inputs;
    god_error err = GOD_ERROR_INIT;
    uint32_t verdict = gdi_check_meet_needs(what, instance, &inputs, ret_why);
    if (verdict == GDI_PASS) {
        verdict = gdi_check_folder(what, name, ret_path, ret_why);
    }
    if (verdict != GDI_PASS) {
        return verdict;
    }
    god_status status = what->plugin.dataset.prepare(instance, what->spec_json, &inputs.inputs, ret_path, &err);
    return gdi_check_succeeded("prepare", status, &err, ret_why);
}

static uint32_t prepares_the_same_twice(const gdi_checked *what, god_instance *instance, gdi_check_inputs *inputs,
                                        god_error *ret_why)
{
    static const char *const names[] = {"prepared-1", "prepared-2"};
    char digests[2][GOD_SHA256_HEX], path[GOD_PATH_MAX];
    (void)inputs;
    for (int i = 0; i < 2; i++) {
        god_error err = GOD_ERROR_INIT;
        uint32_t verdict = gdi_check_prepare_into(what, instance, names[i], path, ret_why);
        if (verdict != GDI_PASS) {
            return verdict;
        }
        if (god_sha256_dir(path, digests[i], &err) != GOD_OK) {
            return gdi_check_fails(ret_why, "%s", err.message);
        }
    }
    return strcmp(digests[0], digests[1]) == 0 ? GDI_PASS
                                               : gdi_check_fails(ret_why, "prepare writes other bytes the second time");
}

uint32_t gdi_check_prepare(const gdi_checked *what, god_error *ret_why)
{
    return with_inputs(what, prepares_the_same_twice, ret_why);
}

/* Every input becomes the same file of rubbish. */
static uint32_t survives_rubbish(const gdi_checked *what, god_instance *instance, gdi_check_inputs *inputs,
                                 god_error *ret_why)
{
    static const struct {
        const char *text;
        size_t bytes;
    } rubbish[] = {{"", 0},
                   {"\0\0\0\0", 4},
                   {"[", 1},
                   {"[{]}", 4},
                   {"\x7f"
                    "ELF\xff\xfe\n\n",
                    8},
                   {"7\n", 2}};
    char file[GOD_PATH_MAX], folder[GOD_PATH_MAX];
    god_error err = GOD_ERROR_INIT;
    if (god_path_join(what->work_dir, "rubbish", file, &err) != GOD_OK) {
        return gdi_check_skips(ret_why, "%s", err.message);
    }
    for (uint32_t i = 0; i < inputs->list.count; i++) {
        inputs->items[i].path = file;
    }
    for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
        uint32_t verdict = gdi_check_folder(what, "prepared-rubbish", folder, ret_why);
        if (verdict != GDI_PASS || god_file_write(file, rubbish[i].text, rubbish[i].bytes, ret_why) != GOD_OK) {
            return GDI_SKIP;
        }
        god_error problem = GOD_ERROR_INIT;
        god_status status = what->plugin.dataset.prepare(instance, what->spec_json, &inputs->inputs, folder, &problem);
        if (status != GOD_OK && gdi_check_explained("prepare", status, &problem, ret_why) != GDI_PASS) {
            return GDI_FAIL;
        }
    }
    return GDI_PASS;
}

uint32_t gdi_check_prepare_rubbish(const gdi_checked *what, god_error *ret_why)
{
    return with_inputs(what, survives_rubbish, ret_why);
}
