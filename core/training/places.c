#include "core/training/places.h"

#include "core/training/datasets.h"
#include "god/helpers/sha256.h"

enum { name_bytes_max = 200, hash_digits = 16 };

/* The path of an address: what follows its host, without query and fragment; the whole of "git@host:owner/name". */
static void find_path(const char *address, const char **ret_start, size_t *ret_bytes)
{
    const char *scheme_end = strstr(address, "://");
    const char *path = address;
    if (scheme_end != NULL) {
        path = scheme_end + 3 + strcspn(scheme_end + 3, "/?#");
    }
    *ret_start = path;
    *ret_bytes = strcspn(path, "?#");
}

/* The last component, without slashes at its end and without ".git"; "repo" when nothing is left. */
static void find_name(const char *address, const char **ret_start, size_t *ret_bytes)
{
    const char *path = NULL;
    size_t bytes = 0;
    find_path(address, &path, &bytes);
    while (bytes > 0 && path[bytes - 1] == '/') {
        bytes--;
    }
    const char *slash = memrchr(path, '/', bytes);
    const char *name = slash == NULL ? path : slash + 1;
    bytes -= (size_t)(name - path);
    if (bytes == 0) {
        name = "repo";
        bytes = strlen(name);
    }
    if (bytes > 4 && strncmp(name + bytes - 4, ".git", 4) == 0) {
        bytes -= 4;
    }
    *ret_start = name;
    *ret_bytes = bytes;
}

god_status gdi_clone_dir(const char *root, const char *github_repo, const char *task_id, const char *hotkey,
                         god_text *text, god_error *err)
{
    const char *name = NULL;
    size_t bytes = 0;
    find_name(github_repo, &name, &bytes);
    if (bytes > name_bytes_max) {
        return god_fail(err, GOD_E_INVALID, "the name of the repository has %zu bytes, %d are allowed", bytes,
                        name_bytes_max);
    }
    god_text_clear(text);
    return god_text_append_f(text, err, "%s/%.*s_%s_%.*s", root, (int)bytes, name, task_id, GDI_HOTKEY_SHORT, hotkey);
}

god_status gdi_model_dir(const char *model_argument, god_text *text, god_error *err)
{
    god_text_clear(text);
    GOD_TRY(god_text_append_str(text, GDI_CACHE_TARGET "/models/", err));
    return gdi_slash_dash(model_argument, text, err);
}

god_status gdi_model_hash(const char *model, const char *salt, char ret_hash[17], god_error *err)
{
    god_text text = GOD_TEXT_INIT;
    char hex[GOD_SHA256_HEX];
    god_status status = god_text_append_f(&text, err, "%s%s", salt, model);
    if (status == GOD_OK) {
        god_sha256_bytes(text.data, text.bytes, hex);
        (void)snprintf(ret_hash, hash_digits + 1, "%.*s", hash_digits, hex);
    }
    god_text_free(&text);
    return status;
}

god_status gdi_output_dir(const char *task_id, const char *expected_repo_name, god_text *text, god_error *err)
{
    god_text_clear(text);
    return god_text_append_f(text, err, GDI_CHECKPOINTS_TARGET "/%s/%s", task_id, expected_repo_name);
}

god_status gdi_run_log_dir(const char *task_id, const char *hotkey, god_text *text, god_error *err)
{
    god_text_clear(text);
    return god_text_append_f(text, err, GDI_CHECKPOINTS_TARGET "/wandb_logs/%s_%s", task_id, hotkey);
}
