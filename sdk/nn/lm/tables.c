#include "lm/tables.h"

#include <stdlib.h>

#include "lm/pack.h"

uint32_t gnn_tables_share(const gnn_rope *rope, const god_nn_pack *pack)
{
    for (int64_t s = 0; rope->rotary > 0 && s < pack->sequence_count; s++) {
        int64_t before = gnn_pack_before(pack, s);
        if (before > 0 && gnn_rope_variant(rope, before) != gnn_rope_variant(rope, gnn_pack_length(pack, s))) {
            return 0;
        }
    }
    return 1;
}

void gnn_tables_fini(god_nn_engine *engine, gnn_tables *tables)
{
    engine->ops->free(engine->device, tables->cosines);
    engine->ops->free(engine->device, tables->sines);
    free(tables->segments);
    *tables = (gnn_tables){.cosines = NULL};
}

static gnn_segment *find_segment(const gnn_tables *tables, int64_t variant)
{
    for (size_t i = 0; i < tables->segment_count; i++) {
        if (tables->segments[i].variant == variant) {
            return &tables->segments[i];
        }
    }
    return NULL;
}

static uint32_t serves(const gnn_tables *tables, const gnn_rope *rope, const god_nn_pack *pack)
{
    for (int64_t s = 0; s < pack->sequence_count; s++) {
        const gnn_segment *segment = find_segment(tables, gnn_rope_variant(rope, gnn_pack_length(pack, s)));
        if (segment == NULL || segment->positions < gnn_pack_length(pack, s)) {
            return 0;
        }
    }
    return 1;
}

/* Segments for exactly what this pack needs. */
static god_status list_segments(gnn_tables *tables, const gnn_rope *rope, const god_nn_pack *pack, god_error *err)
{
    int64_t first = 0;
    tables->segments = calloc((size_t)pack->sequence_count, sizeof *tables->segments);
    if (tables->segments == NULL) {
        return god_fail(err, GOD_E_NOMEM, "out of memory for rotary tables");
    }
    for (int64_t s = 0; s < pack->sequence_count; s++) {
        int64_t length = gnn_pack_length(pack, s), variant = gnn_rope_variant(rope, length);
        gnn_segment *segment = find_segment(tables, variant);
        if (segment == NULL) {
            segment = &tables->segments[tables->segment_count++];
            segment->variant = variant;
        }
        segment->positions = length > segment->positions ? length : segment->positions;
    }
    for (size_t i = 0; i < tables->segment_count; i++) {
        tables->segments[i].first = first;
        first += tables->segments[i].positions;
    }
    return GOD_OK;
}

static god_status upload_half(god_nn_engine *engine, const float *from, size_t bytes, float **ret_buffer,
                              god_error *err)
{
    void *buffer = NULL;
    GOD_TRY(engine->ops->alloc(engine->device, bytes, &buffer, err));
    *ret_buffer = buffer;
    return engine->ops->upload(engine->device, buffer, from, bytes, err);
}

static god_status rebuild(god_nn_engine *engine, gnn_tables *tables, const gnn_rope *rope, const god_nn_pack *pack,
                          god_error *err)
{
    int64_t half = rope->rotary / 2;
    gnn_tables_fini(engine, tables);
    GOD_TRY(list_segments(tables, rope, pack, err));
    const gnn_segment *last = &tables->segments[tables->segment_count - 1];
    int64_t count = (last->first + last->positions) * half;
    size_t bytes = (size_t)count * sizeof(float);
    float *staging = malloc(2 * bytes);
    if (staging == NULL) {
        gnn_tables_fini(engine, tables);
        return god_fail(err, GOD_E_NOMEM, "out of memory for rotary tables of %lld numbers", (long long)count);
    }
    for (size_t i = 0; i < tables->segment_count; i++) {
        const gnn_segment *segment = &tables->segments[i];
        gnn_rope_fill(rope, segment->variant, segment->positions, engine->dtype, staging + segment->first * half,
                      staging + count + segment->first * half);
    }
    god_status status = upload_half(engine, staging, bytes, &tables->cosines, err);
    if (status == GOD_OK) {
        status = upload_half(engine, staging + count, bytes, &tables->sines, err);
    }
    free(staging);
    if (status != GOD_OK) {
        gnn_tables_fini(engine, tables);
    }
    return status;
}

god_status gnn_tables_prepare(god_nn_engine *engine, gnn_tables *tables, const gnn_rope *rope, const god_nn_pack *pack,
                              int32_t *ret_rows, god_error *err)
{
    if (rope->rotary == 0) {
        return GOD_OK;
    }
    if (!serves(tables, rope, pack)) {
        GOD_TRY(rebuild(engine, tables, rope, pack, err));
    }
    for (int64_t s = 0; s < pack->sequence_count; s++) {
        int64_t before = gnn_pack_before(pack, s), length = gnn_pack_length(pack, s);
        const gnn_segment *segment = find_segment(tables, gnn_rope_variant(rope, length));
        for (int64_t i = before; i < length; i++) {
            ret_rows[pack->starts[s] + i - before] = (int32_t)(segment->first + i);
        }
    }
    return GOD_OK;
}
