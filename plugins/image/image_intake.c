#include "image_intake.h"

#include <string.h>
#include <strings.h>

#include "god/error.h"

static const char text_ending[] = ".txt";

void gim_intake_plan(god_intake_plan *ret_plan)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg", text_ending, NULL};
    const god_intake_plan plan = {
        .size = GOD_SIZE_TO(god_intake_plan, placeholder), .form = GOD_INTAKE_PAIRS, .endings = endings};
    uint32_t size = ret_plan->size;
    memcpy(ret_plan, &plan, size < plan.size ? size : plan.size);
    ret_plan->size = size;
}

static size_t stem_bytes(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash == NULL ? path : slash, '.');
    return dot == NULL ? strlen(path) : (size_t)(dot - path);
}

static uint32_t is_text(const char *path)
{
    return strcasecmp(path + stem_bytes(path), text_ending) == 0;
}

/* The place of the text of a picture; path_count: there is none. */
static uint32_t find_text(const char *const *paths, uint32_t path_count, const char *picture)
{
    size_t bytes = stem_bytes(picture);
    for (uint32_t i = 0; i < path_count; i++) {
        if (is_text(paths[i]) && stem_bytes(paths[i]) == bytes && strncmp(paths[i], picture, bytes) == 0) {
            return i;
        }
    }
    return path_count;
}

god_status gim_intake_read(const char *const *paths, uint32_t path_count, const god_intake_sink *sink, god_error *err)
{
    for (uint32_t i = 0; i < path_count; i++) {
        if (is_text(paths[i])) {
            continue;
        }
        uint32_t text = find_text(paths, path_count, paths[i]);
        if (text == path_count) {
            const char *slash = strrchr(paths[i], '/');
            return god_fail(err, GOD_E_DATA, "the picture \"%.100s\" has no text of the same name beside it",
                            slash == NULL ? paths[i] : slash + 1);
        }
        GOD_TRY(sink->pair(sink->ctx, i, text));
    }
    return GOD_OK;
}
