#include "core/tournament/stream.h"

#include <assert.h>
#include <string.h>

void gdi_stream_open(gdi_stream *stream, const char *round_id, const char *label)
{
    gdi_sha256_init(&stream->prefix);
    gdi_sha256_update(&stream->prefix, round_id, strlen(round_id));
    gdi_sha256_update(&stream->prefix, "/", 1);
    gdi_sha256_update(&stream->prefix, label, strlen(label));
    gdi_sha256_update(&stream->prefix, "/", 1);
    stream->next_k = 0;
    stream->used_bytes = GDI_SHA256_BYTES;
}

static void refill(gdi_stream *stream)
{
    char decimal[20]; /* 2^64 - 1 has twenty digits */
    size_t first = sizeof decimal;
    uint64_t k = stream->next_k++;
    do {
        decimal[--first] = (char)('0' + k % 10);
        k /= 10;
    } while (k > 0);
    gdi_sha256 sha = stream->prefix;
    gdi_sha256_update(&sha, decimal + first, sizeof decimal - first);
    gdi_sha256_final(&sha, stream->digest);
    stream->used_bytes = 0;
}

uint64_t gdi_stream_next(gdi_stream *stream)
{
    if (stream->used_bytes == GDI_SHA256_BYTES) {
        refill(stream);
    }
    uint64_t x = 0;
    for (unsigned i = 0; i < 8; i++) {
        x = x << 8 | stream->digest[stream->used_bytes + i];
    }
    stream->used_bytes += 8;
    return x;
}

uint64_t gdi_stream_below(gdi_stream *stream, uint64_t bound)
{
    assert(bound > 0);
    if (bound == 1) {
        return 0;
    }
    uint64_t rest = (0 - bound) % bound; /* 2^64 mod bound */
    uint64_t x = gdi_stream_next(stream);
    while (rest > 0 && x >= 0 - rest) {
        x = gdi_stream_next(stream);
    }
    return x % bound;
}

double gdi_stream_unit(gdi_stream *stream)
{
    return (double)(gdi_stream_next(stream) >> 11) * 0x1p-53;
}

void gdi_stream_shuffle(gdi_stream *stream, uint32_t *items, uint32_t count)
{
    for (uint32_t i = count; i-- > 1;) {
        uint32_t other = (uint32_t)gdi_stream_below(stream, (uint64_t)i + 1);
        uint32_t held = items[i];
        items[i] = items[other];
        items[other] = held;
    }
}
