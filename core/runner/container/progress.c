#include "core/runner/container/progress.h"

#include <stdio.h>
#include <string.h>

#include "god/helpers/json.h"

enum { line_bytes_max = 256 << 10 };

god_status gdi_progress_finish(gdi_progress *progress, gdi_progress_seen *seen, void *user, god_error *err)
{
    json_t *root = NULL;
    god_error ignored = GOD_ERROR_INIT;
    const uint32_t passed_over = progress->too_long || progress->line.bytes == 0;
    progress->too_long = 0;
    if (passed_over || god_json_parse("engine", progress->line.data, progress->line.bytes, &root, &ignored) != GOD_OK) {
        god_text_clear(&progress->line);
        return GOD_OK; /* not ours to judge */
    }
    god_text_clear(&progress->line);
    const char *failed = json_string_value(json_object_get(root, "error"));
    if (failed != NULL && progress->failure[0] == '\0') {
        (void)snprintf(progress->failure, sizeof progress->failure, "%s", failed);
    }
    god_status status = seen(user, root, err);
    json_decref(root);
    return status;
}

god_status gdi_progress_take(gdi_progress *progress, const char *bytes, size_t count, gdi_progress_seen *seen,
                             void *user, god_error *err)
{
    while (count > 0) {
        const char *end = memchr(bytes, '\n', count);
        size_t piece = end != NULL ? (size_t)(end - bytes) : count;
        if (progress->line.bytes + piece > line_bytes_max) {
            progress->too_long = 1;
        } else {
            GOD_TRY(god_text_append(&progress->line, bytes, piece, err));
        }
        if (end != NULL) {
            GOD_TRY(gdi_progress_finish(progress, seen, user, err));
            piece++;
        }
        bytes += piece;
        count -= piece;
    }
    return GOD_OK;
}

void gdi_progress_clear(gdi_progress *progress)
{
    god_text_free(&progress->line);
}
