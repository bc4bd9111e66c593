#include "core/training/verdict.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/training/output.h"
#include "god/helpers/json.h"
#include "god/helpers/sha256.h"

enum { config_bytes_max = 4 << 20 };

GOD_PRINTF(3, 4) static void find(gdi_verdict *verdict, uint32_t is_fatal, const char *format, ...)
{
    if (verdict->count == GDI_VERDICT_FINDINGS_MAX) {
        return;
    }
    gdi_finding *finding = &verdict->findings[verdict->count++];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(finding->text, sizeof finding->text, format, values);
    va_end(values);
    finding->is_fatal = is_fatal;
    verdict->fatal_count += is_fatal;
}

static int is_there(const char *dir, const char *name)
{
    char path[GOD_PATH_MAX];
    struct stat info;
    god_error ignored = GOD_ERROR_INIT;
    return god_path_join(dir, name, path, &ignored) == GOD_OK && lstat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Counts the weight files and compares each with the base model's file of the same name. */
typedef struct weights {
    const char *dir, *base_dir;
    uint32_t count, same, empty;
} weights;

static int is_weights(const char *name)
{
    size_t bytes = strlen(name), ending = strlen(".safetensors");
    return bytes > ending && strcmp(name + bytes - ending, ".safetensors") == 0;
}

static god_status look_at(void *user, const char *name, god_error *err)
{
    weights *state = user;
    char path[GOD_PATH_MAX], base_path[GOD_PATH_MAX], digest[GOD_SHA256_HEX], base[GOD_SHA256_HEX];
    struct stat info;
    if (!is_weights(name)) {
        return GOD_OK;
    }
    GOD_TRY(god_path_join(state->dir, name, path, err));
    if (lstat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return GOD_OK;
    }
    state->count++;
    state->empty += info.st_size <= 8;
    if (state->base_dir != NULL && is_there(state->base_dir, name)) {
        GOD_TRY(god_path_join(state->base_dir, name, base_path, err));
        GOD_TRY(god_sha256_file(path, digest, err));
        GOD_TRY(god_sha256_file(base_path, base, err));
        state->same += strcmp(digest, base) == 0;
    }
    return GOD_OK;
}

static void judge_adapter_config(gdi_verdict *verdict)
{
    char path[GOD_PATH_MAX];
    json_t *root = NULL;
    god_error why = GOD_ERROR_INIT;
    const char *text = NULL;
    if (god_path_join(verdict->dir, "adapter_config.json", path, &why) != GOD_OK ||
        god_json_read(path, config_bytes_max, &root, &why) != GOD_OK) {
        find(verdict, 1, "adapter_config.json cannot be read: %.200s", why.message);
        return;
    }
    if (god_json_get_str("adapter_config.json", root, "peft_type", &text, &why) != GOD_OK) {
        find(verdict, 1, "%.250s", why.message);
    }
    json_decref(root);
}

static god_status judge(gdi_verdict *verdict, const char *base_dir, god_error *err)
{
    weights found = {.dir = verdict->dir, .base_dir = base_dir};
    GOD_TRY(god_dir_each(verdict->dir, &found, look_at, err));
    if (is_there(verdict->dir, "adapter_config.json")) {
        (void)snprintf(verdict->kind, sizeof verdict->kind, "adapter");
        judge_adapter_config(verdict);
        if (!is_there(verdict->dir, "adapter_model.safetensors")) {
            find(verdict, 1, "adapter_config.json is there, adapter_model.safetensors is not");
        }
    } else if (is_there(verdict->dir, "config.json")) {
        (void)snprintf(verdict->kind, sizeof verdict->kind, "model");
        if (found.count == 0) {
            find(verdict, 1, "config.json is there, but no .safetensors file with weights");
        } else if (found.same == found.count) {
            find(verdict, 1, "the weights are those of the base model: this is not a fine-tune");
        }
    } else if (is_there(verdict->dir, "adapter_model.safetensors")) {
        find(verdict, 1, "adapter_config.json is missing beside adapter_model.safetensors");
    } else if (found.count > 0) {
        find(verdict, 0,
             "there are weights but neither adapter_config.json nor config.json; fine for a picture model "
             "only");
    } else {
        find(verdict, 1, "there is no model: neither adapter_config.json nor config.json nor a .safetensors file");
    }
    if (found.empty > 0) {
        find(verdict, 1, "%u of the .safetensors files are empty", found.empty);
    }
    return GOD_OK;
}

god_status gdi_verdict_make(const char *output_dir, const char *base_dir, gdi_verdict *ret_verdict, god_error *err)
{
    gdi_verdict verdict = {.dir = ""};
    god_error why = GOD_ERROR_INIT;
    god_status status = gdi_output_find(output_dir, verdict.dir, &why);
    if (status != GOD_OK) {
        verdict.dir[0] = '\0';
        find(&verdict, 1, "%.250s", why.message);
        status = status == GOD_E_NOT_FOUND || status == GOD_E_DATA ? GOD_OK : god_fail(err, status, "%s", why.message);
    } else {
        status = judge(&verdict, base_dir, err);
    }
    if (status == GOD_OK) {
        *ret_verdict = verdict;
    }
    return status;
}
