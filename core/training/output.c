#include "core/training/output.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "god/helpers/json.h"
#include "god/helpers/text.h"

enum { metadata_bytes_max = 16 << 20 };

static uint32_t ends_with(const char *name, const char *ending)
{
    size_t bytes = strlen(name), ending_bytes = strlen(ending);
    return bytes >= ending_bytes && strcmp(name + bytes - ending_bytes, ending) == 0;
}

/* ---- which folder ---- */

static god_status note_weights(void *user, const char *name, god_error *err)
{
    (void)err;
    if (ends_with(name, ".safetensors")) {
        *(uint32_t *)user = 1;
    }
    return GOD_OK;
}

typedef struct search {
    const char *dir;
    char found[GOD_PATH_MAX]; /* the first folder with weights; "" when there is none */
    uint32_t has_content;
} search;

static god_status look_at(void *user, const char *name, god_error *err)
{
    static const char *const own[] = {".git", ".gitattributes", ".gitignore", ".gitkeep"};
    search *s = user;
    char path[GOD_PATH_MAX];
    struct stat info;
    GOD_TRY(god_path_join(s->dir, name, path, err));
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strcmp(name, own[i]) == 0) {
            return GOD_OK;
        }
    }
    if (lstat(path, &info) != 0) {
        return GOD_OK;
    }
    s->has_content |= S_ISDIR(info.st_mode) || (S_ISREG(info.st_mode) && info.st_size >= GDI_OUTPUT_FILE_BYTES_MIN);
    if (S_ISDIR(info.st_mode) && s->found[0] == '\0') {
        uint32_t has_weights = 0;
        GOD_TRY(god_dir_each(path, &has_weights, note_weights, err));
        if (has_weights) {
            memcpy(s->found, path, sizeof path);
        }
    }
    return GOD_OK;
}

god_status gdi_output_find(const char *local_folder, char ret_dir[GOD_PATH_MAX], god_error *err)
{
    search s = {.dir = local_folder};
    struct stat info;
    if (lstat(local_folder, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return god_fail(err, GOD_E_NOT_FOUND, "the output folder \"%s\" is missing: write the result there",
                        local_folder);
    }
    GOD_TRY(god_dir_each(local_folder, &s, look_at, err));
    if (!s.has_content) {
        return god_fail(err, GOD_E_DATA,
                        "the output folder \"%s\" holds nothing but metadata: files of more than %d bytes or a folder "
                        "are needed",
                        local_folder, GDI_OUTPUT_FILE_BYTES_MIN - 1);
    }
    (void)snprintf(ret_dir, GOD_PATH_MAX, "%s", s.found[0] != '\0' ? s.found : local_folder);
    return GOD_OK;
}

uint32_t gdi_output_skips(const char *name)
{
    static const char *const skipped[] = {"trainer_state.json", "training_args.bin", "optimizer.pt",  "optimizer.bin",
                                          "scheduler.pt",       "scaler.pt",         "rng_state*.pth"};
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++) {
        if (fnmatch(skipped[i], name, 0) == 0) {
            return 1;
        }
    }
    return 0;
}

/* ---- whose model it is based on ---- */

static god_status name_in_config(const char *path, const char *base_model, god_error *err)
{
    json_t *config = NULL;
    if (god_json_read(path, metadata_bytes_max, &config, NULL) != GOD_OK) {
        return GOD_OK;
    }
    god_status status = GOD_OK;
    if (json_is_object(config)) {
        status = json_object_set_new(config, "base_model_name_or_path", json_string(base_model)) == 0
                     ? god_json_write(path, config, err)
                     : god_fail(err, GOD_E_NOMEM, "out of memory for \"%s\"", path);
    }
    json_decref(config);
    return status;
}

static god_status name_in_lines(const char *text, const char *base_model, god_text *out, god_error *err)
{
    while (*text != '\0') {
        size_t bytes = strcspn(text, "\n"), blanks = strspn(text, " \t\r");
        if (strncmp(text + blanks, "base_model:", strlen("base_model:")) == 0) {
            GOD_TRY(god_text_append_f(out, err, "base_model: %s", base_model));
        } else {
            GOD_TRY(god_text_append(out, text, bytes, err));
        }
        text += bytes;
        if (*text == '\n') {
            GOD_TRY(god_text_append_str(out, "\n", err));
            text++;
        }
    }
    return GOD_OK;
}

static god_status name_in_readme(const char *path, const char *base_model, god_error *err)
{
    char *text = NULL;
    size_t bytes = 0;
    god_text out = GOD_TEXT_INIT;
    if (god_file_read(path, metadata_bytes_max, &text, &bytes, NULL) != GOD_OK) {
        return GOD_OK;
    }
    god_status status = strlen(text) != bytes ? GOD_OK : name_in_lines(text, base_model, &out, err);
    if (status == GOD_OK && out.bytes > 0) {
        status = god_file_write(path, out.data, out.bytes, err);
    }
    god_text_free(&out);
    free(text);
    return status;
}

/* A link would let the write leave the folder. */
static uint32_t is_plain_file(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISREG(info.st_mode);
}

god_status gdi_output_name_base(const char *dir, const char *base_model, god_error *err)
{
    char path[GOD_PATH_MAX];
    GOD_TRY(god_path_join(dir, "adapter_config.json", path, err));
    GOD_TRY(is_plain_file(path) ? name_in_config(path, base_model, err) : GOD_OK);
    GOD_TRY(god_path_join(dir, "README.md", path, err));
    return is_plain_file(path) ? name_in_readme(path, base_model, err) : GOD_OK;
}
