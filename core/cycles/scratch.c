#include "core/cycles/scratch.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 * 1024 };

typedef struct gdi_scratch_chunk {
    struct gdi_scratch_chunk *next;
    size_t used, capacity;
    max_align_t memory[];
} chunk;

typedef struct gdi_scratch_kept {
    struct gdi_scratch_kept *next;
    gdi_rows *rows;
    json_t *json;
} kept;

static chunk *chunk_new(size_t bytes)
{
    size_t capacity = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
    chunk *fresh = malloc(sizeof *fresh + capacity);
    if (fresh != NULL) {
        *fresh = (chunk){.capacity = capacity};
    }
    return fresh;
}

void *gdi_scratch_alloc(gdi_scratch *scratch, size_t count, size_t size)
{
    const size_t unit = sizeof(max_align_t);
    if (size != 0 && count > (SIZE_MAX / 2 - unit) / size) {
        return NULL;
    }
    size_t bytes = (count * size + unit - 1) / unit * unit;
    chunk *present = scratch->chunks;
    if (present == NULL || present->capacity - present->used < bytes) {
        chunk *fresh = chunk_new(bytes);
        if (fresh == NULL) {
            return NULL;
        }
        fresh->next = present;
        scratch->chunks = present = fresh;
    }
    void *memory = (char *)present->memory + present->used;
    present->used += bytes;
    return memset(memory, 0, bytes);
}

static bool keep(gdi_scratch *scratch, gdi_rows *rows, json_t *json)
{
    kept *entry = gdi_scratch_alloc(scratch, 1, sizeof *entry);
    if (entry == NULL) {
        gdi_rows_free(rows);
        json_decref(json);
        return false;
    }
    *entry = (kept){.next = scratch->kept, .rows = rows, .json = json};
    scratch->kept = entry;
    return true;
}

bool gdi_scratch_keep_rows_take(gdi_scratch *scratch, gdi_rows *rows)
{
    return rows == NULL || keep(scratch, rows, NULL);
}

bool gdi_scratch_keep_json_take(gdi_scratch *scratch, json_t *value)
{
    return value != NULL && keep(scratch, NULL, value);
}

void gdi_scratch_clear(gdi_scratch *scratch)
{
    for (kept *entry = scratch->kept; entry != NULL; entry = entry->next) {
        gdi_rows_free(entry->rows);
        json_decref(entry->json);
    }
    scratch->kept = NULL;
    /* One chunk stays for the next step; a step that needed several was an unusual one. */
    while (scratch->chunks != NULL && scratch->chunks->next != NULL) {
        chunk *first = scratch->chunks;
        scratch->chunks = first->next;
        free(first);
    }
    if (scratch->chunks != NULL) {
        scratch->chunks->used = 0;
    }
}

void gdi_scratch_fini(gdi_scratch *scratch)
{
    gdi_scratch_clear(scratch);
    free(scratch->chunks);
    *scratch = (gdi_scratch){.chunks = NULL};
}
