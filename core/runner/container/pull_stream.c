#include "core/runner/container/pull_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"

enum { print_period_ms = 5000, shown_bytes = 400 };

/* NULL when there are too many. */
static gdi_pull_layer *find_layer(gdi_pull_stream *stream, const char *id)
{
    for (size_t i = 0; i < stream->layer_count; i++) {
        if (strncmp(stream->layers[i].id, id, sizeof stream->layers[i].id - 1) == 0) {
            return &stream->layers[i];
        }
    }
    if (stream->layer_count == GDI_PULL_LAYERS_MAX) {
        return NULL;
    }
    gdi_pull_layer *layer = &stream->layers[stream->layer_count++];
    (void)snprintf(layer->id, sizeof layer->id, "%s", id);
    return layer;
}

static uint64_t bytes_of(const json_t *detail, const char *name)
{
    const json_int_t bytes = json_integer_value(json_object_get(detail, name));
    return bytes > 0 && bytes < INT64_C(1) << 50 ? (uint64_t)bytes : 0;
}

static god_status print(gdi_pull_stream *stream, god_error *err)
{
    char text[shown_bytes];
    size_t done = 0;
    uint64_t current = 0, total = 0;
    for (size_t i = 0; i < stream->layer_count; i++) {
        done += stream->layers[i].is_done;
        current += stream->layers[i].current;
        total += stream->layers[i].total;
    }
    int bytes =
        snprintf(text, sizeof text, "pulling %.200s: %zu of %zu parts", stream->image, done, stream->layer_count);
    if (total > 0) {
        bytes += snprintf(text + bytes, sizeof text - (size_t)bytes, ", %" PRIu64 " of %" PRIu64 " MB",
                          current / 1000000, total / 1000000);
    }
    (void)snprintf(text + bytes, sizeof text - (size_t)bytes, "\n");
    return stream->printed(stream->user, text, strlen(text), err);
}

static god_status note_layer(void *user, const json_t *root, god_error *err)
{
    gdi_pull_stream *stream = user;
    const char *id = json_string_value(json_object_get(root, "id"));
    const char *word = json_string_value(json_object_get(root, "status"));
    const json_t *detail = json_object_get(root, "progressDetail");
    gdi_pull_layer *layer = id == NULL || word == NULL ? NULL : find_layer(stream, id);
    if (layer == NULL || json_object_get(root, "progressDetail") == NULL) { /* "Pulling from ..." has an id, too */
        return GOD_OK;
    }
    layer->is_done = layer->is_done || strcmp(word, "Already exists") == 0 || strcmp(word, "Pull complete") == 0 ||
                     strcmp(word, "Download complete") == 0;
    if (strcmp(word, "Downloading") == 0) {
        layer->current = bytes_of(detail, "current");
        layer->total = bytes_of(detail, "total");
    }
    layer->current = layer->is_done ? layer->total : layer->current;
    if (gdi_clock_ms() < stream->next_ms) {
        return GOD_OK;
    }
    stream->next_ms = gdi_clock_ms() + print_period_ms;
    return print(stream, err);
}

god_status gdi_pull_stream_take(void *user, const char *bytes, size_t count, god_error *err)
{
    gdi_pull_stream *stream = user;
    return gdi_progress_take(&stream->progress, bytes, count, note_layer, stream, err);
}

void gdi_pull_stream_clear(gdi_pull_stream *stream)
{
    gdi_progress_clear(&stream->progress);
}
